"""The headline lists of a page: *Populer*, *UPDATE*, *Terkini*, whatever their markup is.

A list is what follows its heading, up to the next heading and within the smallest element that holds both;
a headline is a link that reads like one; its date is the one that stands beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from urllib.parse import urlsplit

from bot.domain.headlines import Item
from bot.domain.links import absolute, article_id, canonical, house, parts_of, postable
from bot.domain.months import fold
from bot.domain.text import clean_title
from bot.sources.outline import Frame, Outline, Token
from bot.sources.page_context import PageContext


class ListKind(StrEnum):
    """What a heading promises of the list below it."""

    POPULAR = "popular"
    LATEST = "latest"
    OTHER = "other"  # ends the list above it


_POPULAR = re.compile(
    r"\b(?:ter)?populer\b|\bmost (?:popular|read|viewed|shared)\b|\bpaling (?:banyak )?(?:dibaca|dicari|dilihat)\b"
    r"|\bbanyak dibaca\b|\bterlaris\b|\bterfavorit\b|\bpopular\b|\btop (?:seven|five|ten|\d+)\b|\btrending\b"
)
_LATEST = re.compile(
    r"\bupdates?\b|\bterbaru\b|\bterkini\b|\blatest\b|\bnewest\b|\brecent\b|\bbreaking news\b|\bbaru saja\b|\bindeks berita\b"
)
_OTHER = re.compile(
    r"^(?:berita|artikel|baca|news)?\s*(?:terkait|juga|lainnya|pilihan|rekomendasi|related)\b|^(?:other|related) |^tags?\b"
    r"|^(?:ikuti|follow|tentang|redaksi|kategori|categories|copyright|©|iklan|advertisement|komentar|comments)\b"
)
_MORE = re.compile(
    r"^(?:(?:baca |lihat |berita )?(?:selengkapnya|semua|lainnya)|see (?:all|more)|read more|more|indeks)\W*$"
)
_NO_ARTICLE = re.compile(
    r"^/(?:tag|tags|kategori|category|author|penulis|profile|profil|topic|topik|search|cari|page|indeks|login|rss)(?:/|$)"
)
_SECTION_PATH = re.compile(r"^/(?:kategori|category|kanal|rubrik|channel)/[^/]+/?$")
_SOCIAL = re.compile(
    r"(?:^|\.)(?:facebook|twitter|x|instagram|youtube|tiktok|whatsapp|linkedin|pinterest|t)\.(?:com|me)$|^(?:wa\.me|t\.co)$"
)
_CLOCK = re.compile(r"[|,•\-]?\s*\d{1,2}[:.]\d\d")
#: Of these alone is a heading made that is a link; a headline may say *terbaru* too.
_HEADING_WORDS = re.compile(
    r"(?:(?:berita|artikel|kabar|news|ter)?\s*(?:populer|terpopuler|terbaru|terkini|updates?|latest|popular|most|read"
    r"|viewed|paling|banyak|dibaca|trending|top|\d+|hari|minggu|bulan|ini|berita|news|indeks|lainnya|di|portal)\W*)+"
)
_LONGEST_HEADING = 45
_MOST_WORDS_OF_HEADING = 5
_LONGEST_DATELINE = 120


@dataclass(slots=True)
class _Card:
    """A headline while it is put together from the links to one article."""

    link: str
    title: str = ""
    when: datetime | None = None
    image: str | None = None
    categories: dict[str, None] = field(default_factory=dict)


def find_lists(page: Outline, context: PageContext) -> list[tuple[ListKind, list[Item]]]:
    """The lists under headings that say popular or latest, in the order of the page."""
    headings = [(place, kind) for place, token in enumerate(page.tokens) if (kind := _heading(token))]
    found: list[tuple[ListKind, list[Item]]] = []
    for index, (place, kind) in enumerate(headings):
        if kind is ListKind.OTHER:
            continue
        stop = headings[index + 1][0] if index + 1 < len(headings) else len(page.tokens)
        items = _list_below(page, place, stop, context)
        if items:
            found.append((kind, items))
    return found


def headlines_of(tokens: Iterable[Token], context: PageContext) -> list[Item]:
    """The headlines among `tokens`, each article once, in their order."""
    cards: dict[str, _Card] = {}
    marks: list[_Card | datetime] = []
    run: list[str] = []  # the texts since the last headline
    for token in tokens:
        card = _card_for(token, cards, context)
        if card is not None:
            _learn(card, token, context)
            run.clear()
            if not marks or marks[-1] is not card:
                marks.append(card)
        elif marks and isinstance(marks[-1], _Card) and (name := _section_of(token, context)):
            marks[-1].categories.setdefault(name)
        _mark_date(token, marks, run, context)
    _give_dates(marks)
    return [_item(card) for card in _of_one_house([card for card in cards.values() if card.title])]


def _of_one_house(cards: list[_Card]) -> list[_Card]:
    """Without the links to strangers (advertisements), where most of a list stays in one house."""
    houses = Counter(house(card.link) for card in cards)
    if not houses:
        return cards
    name, count = houses.most_common(1)[0]
    return [card for card in cards if house(card.link) == name] if count * 2 > len(cards) else cards


def _heading(token: Token) -> ListKind | None:
    """What kind of heading a token is, None where it is none."""
    text = fold(token.text).strip(" :#»›-|")
    if not text or len(text) > _LONGEST_HEADING or len(text.split()) > _MOST_WORDS_OF_HEADING:
        return None
    if token.href is not None and not ((token.in_heading or token.target) and _HEADING_WORDS.fullmatch(text)):
        return None
    if _POPULAR.search(text):
        return ListKind.POPULAR
    if _LATEST.search(text):
        return ListKind.LATEST
    return ListKind.OTHER if _OTHER.search(text) or (token.in_heading and token.href is None) else None


def _list_below(page: Outline, place: int, stop: int, context: PageContext) -> list[Item]:
    token = page.tokens[place]
    if token.target and (pane := page.by_id.get(token.target)):
        return headlines_of(page.tokens[pane.start : pane.end], context)
    best: list[Item] = []
    for frame in _widening(token.frames):
        below = page.tokens[place + 1 : min(frame.end, stop)]
        best = headlines_of(_until_more(below, context), context)
        if len(best) > 1:
            break
    return best


def _widening(frames: Sequence[Frame]) -> Iterable[Frame]:
    """The elements around a heading, from the inside out, those of equal end once."""
    last = -1
    for frame in reversed(frames):
        if frame.end != last:
            last = frame.end
            yield frame


def _until_more(tokens: Sequence[Token], context: PageContext) -> Sequence[Token]:
    """The tokens up to *Selengkapnya*; one that repeats an article's own link ends nothing."""
    seen: set[str] = set()
    for place, token in enumerate(tokens):
        link = absolute(token.href, context.base)
        if token.href is not None and link and _MORE.match(fold(token.text)) and link not in seen and seen:
            return tokens[:place]
        if link:
            seen.add(link)
    return tokens


def _mark_date(token: Token, marks: list[_Card | datetime], run: list[str], context: PageContext) -> None:
    """Note the time that a token tells; a clock that follows its day in another element belongs to it."""
    if token.when:
        found = context.when(token.when)
    elif token.href is not None:
        dates = (piece for piece in token.pieces if any(char.isdigit() for char in piece))
        found = next(filter(None, (_dateline(piece, context) for piece in dates)), None)
    else:
        run.append(token.text)
        found = _dateline(token.text, context)
        if run[:-1] and _CLOCK.match(token.text) and (whole := _dateline(" ".join(run[-3:]), context)):
            found = whole
            if marks and isinstance(marks[-1], datetime):
                marks.pop()
    if found is not None:
        marks.append(found)


def _dateline(text: str, context: PageContext) -> datetime | None:
    if len(text) > _LONGEST_DATELINE or not re.search(r"\d|lalu|saja|ago|now", text):
        return None
    return context.when(text) if _is_mostly_date(text) else None


def _is_mostly_date(text: str) -> bool:
    """Whether a text is a dateline and no headline with a date in it (*Harga Emas 24 Juli 2025*)."""
    words = re.findall(r"[^\W\d_]{2,}", text.partition(" | ")[0] if text.count("|") > 1 else text)
    return len(words) <= 5 and bool(re.match(r"[^\d]{0,28}\d", text) or len(words) <= 3)


def _section_of(token: Token, context: PageContext) -> str:
    """The name of the section that a link beside a headline leads to; empty where it leads elsewhere."""
    link = absolute(token.href, context.base) if token.href else None
    parts = parts_of(link or "")
    leads = parts is not None and _SECTION_PATH.match(parts.path.lower())
    return clean_title(token.text) if leads and len(token.text.split()) <= 3 else ""


def _card_for(token: Token, cards: dict[str, _Card], context: PageContext) -> _Card | None:
    """The card of the article that a link leads to; None for text and for links that are no headline."""
    link = absolute(token.href, context.base) if token.href else None
    if link is None or not _may_be_article(link, context):
        return None
    key = canonical(link)
    if key not in cards and not (_title_of(token, link, context) or token.image):
        return None
    return cards.setdefault(key, _Card(link))


def _may_be_article(link: str, context: PageContext) -> bool:
    try:
        parts, base = urlsplit(link), urlsplit(context.base)
    except ValueError:  # no address at all: a page may hold anything
        return False
    if not postable(link) and (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
        return False
    if _SOCIAL.search(parts.hostname or "") or _NO_ARTICLE.match(parts.path.lower()):
        return False
    return len(parts.path.strip("/")) > 1 or bool(parts.query)


def _learn(card: _Card, token: Token, context: PageContext) -> None:
    title = _title_of(token, card.link, context)
    poorer = not card.title or len(card.title.split()) < 3 or _is_cut(card.title)
    if title and poorer and (not card.title or not _is_cut(title)):
        card.title = title
    card.image = card.image or absolute(token.image, context.base)


def _title_of(token: Token, link: str, context: PageContext) -> str:
    """The headline that a link says: not its date, not *Selengkapnya*; empty where it says none."""
    pieces = [piece for piece in token.pieces if not _dateline(piece, context)]
    longest = clean_title(max(pieces, key=len, default=""))
    whole = clean_title(" ".join(pieces)) if len(pieces) < 4 else longest
    told = clean_title(token.title)
    for text in (told if _is_cut(longest) or (told and told in whole) else "", longest):
        if _reads_like_headline(text, link) and not _MORE.match(fold(text)):
            return text
    return ""


def _is_cut(title: str) -> bool:
    return title.endswith(("...", "…"))


def _reads_like_headline(text: str, link: str) -> bool:
    words = len(text.split())
    return words >= 3 and len(text) >= 12 or words >= 2 and article_id(link) is not None  # noqa: RUF021


def _give_dates(marks: Sequence[_Card | datetime]) -> None:
    """Dates stand after their headlines, or before them: what fits more of the list is believed."""
    pairs = list(pairwise(marks))
    after = [(one, two) for one, two in pairs if isinstance(one, _Card) and isinstance(two, datetime)]
    before = [(two, one) for one, two in pairs if isinstance(one, datetime) and isinstance(two, _Card)]
    told = after if len(after) >= len(before) else before
    if len(told) == 1 and sum(isinstance(mark, _Card) for mark in marks) > 3:
        return  # the clock of the page, not the list's
    for card, when in told:
        card.when = card.when or when


def _item(card: _Card) -> Item:
    return Item(
        title=card.title,
        link=card.link,
        published=card.when,
        image=card.image,
        categories=tuple(card.categories),
    )
