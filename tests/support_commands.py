"""What the tests of the readers' commands share: a store in memory, and requests as readers send them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.registry import Kit, commands
from bot.commands.router import Answers
from bot.domain.headlines import Headline, Words
from bot.domain.paging import Anchor, anchor_of
from bot.domain.replies import Reply, Request
from bot.domain.search import HEADLINE_BONUS, Match, Place, Query, Term
from bot.domain.subscriptions import Wish
from bot.locale import load

NOW = datetime(2024, 11, 29, 1, 30, tzinfo=UTC)
PORTAL = "Kabar Contoh"
POPULAR_URL = "https://kabar.example/populer"


@dataclass
class MemoryHeadlines:
    """`ports.HeadlineReader` over a list: slow, plain, and true to the port's words."""

    stored: list[Headline] = field(default_factory=list)
    popular_lists: dict[str, tuple[Headline, ...]] = field(default_factory=dict)

    async def latest(
        self, *, before: Anchor | None, after: Anchor | None, category: str, limit: int
    ) -> Sequence[Headline]:
        rows = sorted(self.stored, key=anchor_of, reverse=True)
        rows = [row for row in rows if category in {"", row.words.kicker}]
        if before is not None:
            rows = [row for row in rows if anchor_of(row) < before]
        if after is not None:
            rows = [row for row in rows if anchor_of(row) > after][-limit:]
        return rows[:limit]

    async def anchor(self, headline_id: int) -> Anchor | None:
        return next((anchor_of(row) for row in self.stored if row.id == headline_id), None)

    async def popular(self, url: str, limit: int) -> Sequence[Headline]:
        return self.popular_lists.get(url, ())[:limit]

    async def categories(self) -> Sequence[tuple[str, int]]:
        return Counter(row.words.kicker for row in self.stored if row.words.kicker).most_common()


@dataclass
class MemoryFinder:
    """`ports.HeadlineFinder` over the same list, in one block: words are what `str.split` makes of a text."""

    headlines: MemoryHeadlines

    async def newest_id(self) -> int:
        return max((row.id for row in self.headlines.stored), default=0)

    async def older(self, query: Query, place: Place, limit: int) -> Sequence[Match]:
        return [one for one in self._found(query, place.upper) if _key(one.place) < _key(place)][:limit]

    async def newer(self, query: Query, place: Place, upto: int, limit: int) -> Sequence[Match]:
        found = [one for one in self._found(query, upto) if _key(one.place) > _key(place)]
        return found[-limit:]

    def _found(self, query: Query, upper: int) -> list[Match]:
        found = []
        for row in self.headlines.stored:
            said = row.words
            everything = f"{said.title} {said.kicker} {said.reporter} {said.lead}"
            if query and row.id <= upper and all(_holds(everything, term) for term in query.terms):
                in_title = all(_holds(said.title, term) for term in query.terms)
                at = said.published + (HEADLINE_BONUS if in_title else timedelta())
                found.append(Match(row, Place(upper, at, row.id)))
        return sorted(found, key=lambda one: _key(one.place), reverse=True)


def _key(place: Place) -> Anchor:
    return place.at, place.id


def _holds(text: str, term: Term) -> bool:
    said = f" {' '.join(text.lower().split())} "
    return f" {' '.join(term.words)}{'' if term.prefix else ' '}" in said


@dataclass
class MemorySearches:
    """`ports.SearchMemory` in a list; `forget` empties it."""

    kept: list[tuple[str, int]] = field(default_factory=list)

    async def remember(self, words: str, upto: int, now: datetime) -> int:
        if (words, upto) not in self.kept:
            self.kept.append((words, upto))
        return self.kept.index((words, upto)) + 1

    async def recall(self, search_id: int) -> tuple[str, int] | None:
        return self.kept[search_id - 1] if 0 < search_id <= len(self.kept) else None


@dataclass
class MemoryReaders:
    """`ports.ReaderStore` in a dictionary."""

    languages: dict[int, str] = field(default_factory=dict)

    async def language(self, reader: int) -> str | None:
        return self.languages.get(reader)

    async def choose_language(self, reader: int, language: str, now: datetime) -> None:
        self.languages[reader] = language

    async def erase(self, reader: int) -> None:
        self.languages.pop(reader, None)


@dataclass
class MemorySubscriptions:
    """`ports.SubscriptionStore` in a dictionary."""

    wishes: dict[int, Wish] = field(default_factory=dict)
    digests: dict[int, time | None] = field(default_factory=dict)
    topics: dict[int, int | None] = field(default_factory=dict)

    async def subscribe(
        self, chat_id: int, wish: Wish, digest_at: time | None, now: datetime, *, topic: int | None = None
    ) -> None:
        self.wishes[chat_id] = wish
        self.topics[chat_id] = topic
        self.digests[chat_id] = digest_at

    async def subscription(self, chat_id: int) -> tuple[Wish, time | None] | None:
        return (self.wishes[chat_id], self.digests.get(chat_id)) if chat_id in self.wishes else None

    async def stop(self, chat_id: int) -> None:
        self.wishes.pop(chat_id, None)


@dataclass
class FixedMembers:
    """`ports.Membership`: the users of `admins` administer every group."""

    admins: frozenset[int | None] = frozenset()

    async def is_admin(self, chat_id: int, user_id: int | None) -> bool:
        return user_id in self.admins


def headline(
    number: int, *, published: datetime | None = None, kicker: str = "", title: str = ""
) -> Headline:
    """Headline `number`: a minute younger than the one before it, unless `published` says otherwise."""
    when = published or NOW - timedelta(days=1) + timedelta(minutes=number)
    words = Words(title or f"Berita {number}", f"https://kabar.example/read/{number}", kicker, when)
    return Headline(number, words, first_seen=when)


def headlines(count: int, *, kicker: str = "") -> list[Headline]:
    """`count` headlines, the oldest first."""
    return [headline(number, kicker=kicker) for number in range(1, count + 1)]


def kit(store: MemoryHeadlines, **changes: object) -> Kit:
    """What commands are built from, over `store`; `changes` are other fields of the kit."""
    made = Kit(
        store,
        PORTAL,
        finder=MemoryFinder(store),
        searches=MemorySearches(),
        readers=MemoryReaders(),
        subscriptions=MemorySubscriptions(),
        members=FixedMembers(),
        catalogues=load(),
        zone=ZoneInfo("Asia/Jakarta"),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # any field of the kit


def answers(store: MemoryHeadlines, **changes: object) -> Answers:
    """The router with every command, over `store`; `changes` as in `kit`."""
    return Answers(commands(kit(store, **changes)), load())


def ask(
    text: str, *, language: str = "id", private: bool = True, at: datetime = NOW, user: int = 7
) -> Request:
    """The request that a reader sends by typing `text`."""
    name, _, argument = text.removeprefix("/").partition(" ")
    return Request(name, argument, 100, user, language, at, private=private)


def tap(data: str, *, language: str = "id") -> Request:
    """The request that a reader sends by tapping a button with `data`."""
    return Request("", "", 100, 7, language, NOW, button=data)


def titles(reply: Reply) -> list[str]:
    """The headlines of an answer, in its order."""
    return [row.words.title for row in reply.listing.headlines] if reply.listing else []


def labels(reply: Reply) -> list[str]:
    """What stands on an answer's buttons."""
    return [button.text for row in reply.buttons for button in row]


def data_of(reply: Reply, label: str) -> str:
    """The callback data of the button `label`."""
    return next(button.data for row in reply.buttons for button in row if button.text == label)


def says_something(reply: Reply) -> bool:
    """Whether a reader sees an answer: a message with words, or a bubble over the button."""
    return bool((reply.heading or reply.text or reply.listing) and not reply.silent) or bool(reply.toast)
