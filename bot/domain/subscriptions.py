"""What a reader is subscribed to: which headlines, at once or in a digest, and what goes into one message.

Pure: it keeps no reader, reads no clock and sends nothing. Words stand in a headline as they do for a
channel (`routing.route`); unlike a channel's rules, a category *or* a word is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from bot.domain.delivery import FrozenRequest
from bot.domain.headlines import Headline, Words
from bot.domain.identity import folded
from bot.domain.polling import Channel
from bot.domain.routing import route

#: When a digest comes where its reader chose no hour, in the settings' `TIMEZONE`.
DIGEST_AT = time(7)
#: Headlines of one message (architecture.md, "Readers' fan-out").
MOST_MERGED = 10
#: What has waited longer than this for its reader is `SKIPPED(late)` and offered in the digest.
LATE_AFTER = timedelta(hours=2)
#: What a digest looks back over, and how many of its headlines are the most popular.
DIGEST_SPAN = timedelta(days=1)
MOST_POPULAR = 3
#: What one reader may ask for: a subscription is matched against every headline.
MOST_PHRASES = 20
LONGEST_PHRASE = 64


@dataclass(frozen=True, slots=True)
class Wish:
    """The headlines a reader wants: of one of `categories` or with one of `include`, and none of `exclude`.

    Without categories and words it is every headline that `exclude` does not bar.
    """

    categories: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReaderNews:
    """One message that waits for a reader (or a group, below zero): `MOST_MERGED` headlines at most.

    `language` as the reader chose it, None where nothing was chosen; `frozen`: exactly this goes out, since it
    may have arrived before. `topic`: where in a forum it goes.
    """

    reader: int
    headlines: tuple[Headline, ...]
    language: str | None = None
    frozen: FrozenRequest | None = None
    digest: bool = False
    topic: int | None = None


@dataclass(frozen=True, slots=True)
class DigestDue:
    """Whose digest was due at `due` (aware UTC), chosen for `at` (local); nothing from before `since` is in it."""

    reader: int
    wish: Wish
    at: time
    due: datetime
    since: datetime


class Matching:
    """One headline, asked by many readers: each distinct phrase is looked for once, however many wish for it."""

    def __init__(self, words: Words, categories: Collection[str]) -> None:
        """`categories` are those that feeds have added beside the kicker."""
        self._words = words
        self._names = {_plain(name) for name in (words.kicker, *categories) if name}
        self._texts = (_plain(words.title), _plain(words.lead))
        self._found: dict[str, bool] = {}

    def wanted(self, wish: Wish) -> bool:
        """Whether a reader with this wish gets the headline; case does not matter, `exclude` comes first."""
        if any(map(self._has, wish.exclude)):
            return False
        if not wish.categories and not wish.include:
            return True
        return not self._names.isdisjoint(map(_plain, wish.categories)) or any(map(self._has, wish.include))

    def _has(self, phrase: str) -> bool:
        if phrase not in self._found:
            self._found[phrase] = self._may_stand(phrase) and self._stands(phrase)
        return self._found[phrase]

    def _may_stand(self, phrase: str) -> bool:
        # Of a thousand readers' phrases hardly one stands there, and this tells it fifty times sooner.
        plain = _plain(phrase)
        return any(plain in text for text in self._texts)

    def _stands(self, phrase: str) -> bool:
        return route(self._words, (), "", Channel(0, include=(phrase,)))[0]


class Told:
    """A headline of the day, ready to be asked about by many readers; compares by itself."""

    def __init__(self, headline: Headline, categories: Collection[str] = ()) -> None:
        """`categories` are those that feeds have added beside the kicker."""
        self.headline = headline
        self.matching = Matching(headline.words, categories)


def parse_wish(text: str, categories: Collection[str]) -> Wish:
    """What stands behind ``/langganan``: phrases between commas, ``-`` before one that bars.

    A phrase that names one of `categories`, whatever its case, is that category as the portal writes it.
    Repeated phrases count once. Raises `ValueError` (``many`` or ``long``) above `MOST_PHRASES` or
    `LONGEST_PHRASE` characters.
    """
    phrases = [phrase for part in text.split(",") if (phrase := folded(part)).strip("- ")]
    if len(phrases) > MOST_PHRASES:
        raise ValueError("many")
    if any(len(phrase) > LONGEST_PHRASE for phrase in phrases):
        raise ValueError("long")
    known = {_plain(name): name for name in categories}
    wanted = [phrase for phrase in phrases if not phrase.startswith("-")]
    return Wish(
        categories=_once([known[_plain(phrase)] for phrase in wanted if _plain(phrase) in known]),
        include=_once([phrase for phrase in wanted if _plain(phrase) not in known]),
        exclude=_once([phrase.lstrip("- ") for phrase in phrases if phrase.startswith("-")]),
    )


def with_more(wish: Wish, more: Wish) -> Wish:
    """A reader of `wish` asks for `more`. Raises `ValueError` (``many``) above `MOST_PHRASES` of them."""
    both = Wish(
        _once([*wish.categories, *more.categories]),
        _once([*wish.include, *more.include]),
        _once([*wish.exclude, *more.exclude]),
    )
    if len(both.categories) + len(both.include) + len(both.exclude) > MOST_PHRASES:
        raise ValueError("many")
    return both


def without(wish: Wish, phrase: str) -> Wish | None:
    """`wish` without a category or phrase; None where nothing that was asked for would be left."""
    plain = _plain(phrase)

    def kept(phrases: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in phrases if _plain(one) != plain)

    less = Wish(kept(wish.categories), kept(wish.include), kept(wish.exclude))
    narrowed = bool(wish.categories or wish.include)
    return None if narrowed and not less.categories and not less.include else less


def next_digest(at: time, zone: tzinfo, after: datetime) -> datetime:
    """The first moment later than `after` at which it is `at` in `zone`; aware, in `after`'s own zone.

    On a day without that time (clocks go forward) it comes as much later as they jump; on one that has it
    twice, at the first.
    """
    day = after.astimezone(zone).date()
    for days in range(3):
        moment = datetime.combine(day + timedelta(days), at, zone).astimezone(after.tzinfo)
        if moment > after:
            return moment
    raise ValueError(f"no {at} in {zone} within two days of {after}")  # pragma: no cover - no such zone


def last_digest(at: time, zone: tzinfo, now: datetime) -> datetime:
    """The last moment not later than `now` at which it was `at` in `zone`; aware, as `next_digest`."""
    moment = next_digest(at, zone, now - timedelta(days=2))
    while (later := next_digest(at, zone, moment)) <= now:
        moment = later
    return moment


def choose_digest(due: DigestDue, day: Sequence[Told], popular: Sequence[int]) -> tuple[int, ...]:
    """Ids of the headlines of one digest: the most popular first, then the newest, `MOST_MERGED` at most.

    `day` is newest first; `popular` are ids, best first. Only what the reader wishes for is chosen.
    """
    wanted: list[int] = []
    ranks = {headline_id: rank for rank, headline_id in enumerate(popular)}
    favourites: list[int] = []
    for told in day:
        is_popular = told.headline.id in ranks
        if told.headline.first_seen <= due.since or not (is_popular or len(wanted) < MOST_MERGED):
            continue
        if told.matching.wanted(due.wish):
            wanted.append(told.headline.id)
            favourites += [told.headline.id] * is_popular
    best = sorted(favourites, key=ranks.__getitem__)[:MOST_POPULAR]
    return (*best, *[one for one in wanted if one not in best])[:MOST_MERGED]


def _once(phrases: Sequence[str]) -> tuple[str, ...]:
    return tuple({_plain(phrase): phrase for phrase in reversed(phrases)}.values())[::-1]


def _plain(text: str) -> str:
    return folded(text).casefold()
