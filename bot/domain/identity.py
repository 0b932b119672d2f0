"""Which headline an item of a document tells of (product.md §4.4).

A headline owns a set of keys, and an item is known if any of its valid keys is. The rules, and what portals
do that made them:

- **ARTICLE** ``site|id`` outlives a changed slug, GUID, scheme or tracking parameter, and is the same in every
  feed of the site. **GUID** ``feed|guid`` holds within its feed only: two portals both count from 1.
  **LINK** is the canonical link. Where an item's keys belong to two headlines, that order decides.
- A kind that stands for two different titles in one document tells nothing apart (24 items that all link to
  the home page, one GUID for all) and is **void** for that feed from then on. The same title twice is one
  headline told twice; so is a title beside its own cut (``Rusia desak…``) or with a label before it
  (``Foto: Rusia desak …``).
- **Link alone.** Where only the link is known and the item has another GUID or time *and* another title, the
  page has a new story (a feed of one item that always links to the home page). The new headline takes the
  link over; the old one keeps its other keys.
- **TEXT** (canonical link and title together) is the net under the others. It identifies an item that has no
  ARTICLE and no GUID; it recognises an old story whose link was taken over, and all that is in the feed at the
  moment when a kind becomes void. That is why every item records it. Beside an unknown GUID it counts only
  if the time is the same too: a daily *Cuaca hari ini* on one page is a new story every day.
- A GUID that is nothing but the address of a home page says no more than the link does, and is left out.

Deciding what becomes of a headline is not done here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.headlines import Item, Key, KeyKind
from bot.domain.links import article_key, canonical, parts_of
from bot.domain.polling import Known

_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛‹›′ʼ´", "'") | dict.fromkeys("‐‑‒–—―−", "-")
)
#: Characters; a shorter text before ``…`` or behind a label may be many a title's.
_TELLING = 15


@dataclass(frozen=True, slots=True)
class Match:
    """The headline that an item tells of and the kind of key that found it; both None for a new one."""

    known: Known | None = None
    by: KeyKind | None = None


def folded(text: str) -> str:
    """`text` as corrections compare it.

    Folding removes what no reader would call a change: white space, invisible characters, Unicode's ways to
    write the same letter (NFKC), and which quotes, apostrophes and dashes stand there. Case stays.
    """
    if not text.isascii():
        # NFKC makes some marks of others (and ´ a blank with an accent), so they are replaced on both sides of it.
        seen = "".join(char for char in text.translate(_TYPOGRAPHY) if unicodedata.category(char) != "Cf")
        text = unicodedata.normalize("NFKC", seen).translate(_TYPOGRAPHY)
    return " ".join(text.split())


def same_title(one: str, other: str) -> bool:
    """Whether two titles are one headline's: equal but for folding and case, a cut of it, or labelled."""
    if one == other:
        return True
    one, other = folded(one).casefold(), folded(other).casefold()
    return (
        one == other or is_cut(one, other) or is_cut(other, one) or _labels(one, other) or _labels(other, one)
    )


def is_cut(short: str, long: str) -> bool:
    """Whether `short` is the beginning of `long` and says so with ``…``, as lists on pages do."""
    start = folded(short).removesuffix("...")
    return start != folded(short) and len(start) >= _TELLING and folded(long).startswith(start.rstrip())


def keys(
    items: Sequence[Item], feed_id: int, void: frozenset[KeyKind]
) -> tuple[tuple[tuple[Key, ...], ...], frozenset[KeyKind]]:
    """The valid keys of each item, strongest first, and the kinds that this document makes void.

    `void` are the kinds that earlier documents of the feed made void. Linear in the number of items.
    """
    drafts = [_all_keys(item, feed_id) for item in items]
    newly = _ambiguous(items, drafts) - void
    gone = void | newly
    return tuple(tuple(key for key in draft if key.kind not in gone) for draft in drafts), newly


def match(item_keys: Sequence[Key], item: Item, known: Mapping[Key, Known]) -> Match:
    """Which remembered headline `item` is; `known` answers for at least all of `item_keys`."""
    found = {key.kind: known[key] for key in item_keys if key in known}
    for kind in (KeyKind.ARTICLE, KeyKind.GUID):
        if kind in found:
            return Match(found[kind], kind)
    by_link, by_text = found.get(KeyKind.LINK), found.get(KeyKind.TEXT)
    if by_link is not None and same_title(by_link.title, item.title):
        return Match(by_link, KeyKind.LINK)
    if by_text is not None and (not is_strong(item_keys) or by_text.published == item.published):
        return Match(by_text, KeyKind.TEXT)
    if by_link is not None and not _differs(item_keys, item, by_link):
        return Match(by_link, KeyKind.LINK)
    return Match()


def is_strong(item_keys: Iterable[Key]) -> bool:
    """Whether something better than link and title tells the item apart."""
    return any(key.kind in {KeyKind.ARTICLE, KeyKind.GUID} for key in item_keys)


def _all_keys(item: Item, feed_id: int) -> tuple[Key, ...]:
    link = canonical(item.link) if item.link else ""
    found = []
    if item.link and (article := article_key(item.link)):
        found.append(Key(KeyKind.ARTICLE, article))
    if item.guid and not _is_home(item.guid):
        found.append(_guid_key(feed_id, item.guid))
    if link:
        found.append(Key(KeyKind.LINK, link))
    text = f"{link}\n{folded(item.title).casefold()}".encode(errors="surrogatepass")
    return (*found, Key(KeyKind.TEXT, blake2b(text, digest_size=16).hexdigest()))


def _guid_key(feed_id: int, guid: str) -> Key:
    """A GUID that is an address changes with the portal's scheme, and with nothing else."""
    guid = guid.strip()
    return Key(KeyKind.GUID, f"{feed_id}|{f'https{guid[4:]}' if guid.startswith('http://') else guid}")


def _is_home(guid: str) -> bool:
    if not guid.startswith(("http://", "https://")) or "#" in guid:
        return False
    parts = parts_of(canonical(guid))
    return parts is not None and parts.path in {"", "/"} and not parts.query


def _ambiguous(items: Sequence[Item], drafts: Sequence[Sequence[Key]]) -> frozenset[KeyKind]:
    """Kinds of which one key stands beside two different titles."""
    titles: dict[Key, str] = {}
    found = set()
    for item, draft in zip(items, drafts, strict=True):
        for key in draft:
            if not same_title(titles.setdefault(key, item.title), item.title):
                found.add(key.kind)
    return frozenset(found)


def _differs(item_keys: Sequence[Key], item: Item, known: Known) -> bool:
    """Whether GUID or time say that this is another story; what is missing on one side says nothing."""
    scope = f"{known.owner_feed}|"
    mine = next((k for k in item_keys if k.kind is KeyKind.GUID and k.value.startswith(scope)), None)
    if mine and known.guid and mine != _guid_key(known.owner_feed, known.guid):
        return True
    return item.published is not None and known.published is not None and item.published != known.published


def _labels(long: str, short: str) -> bool:
    return len(short) >= _TELLING and long.endswith(f": {short}")
