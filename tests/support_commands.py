"""What the tests of the readers' commands share: a store in memory, and requests as readers send them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.commands.registry import Kit, commands
from bot.commands.router import Answers
from bot.domain.headlines import Headline, Words
from bot.domain.paging import Anchor, anchor_of
from bot.domain.replies import Reply, Request
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


def answers(store: MemoryHeadlines, **kit: object) -> Answers:
    """The router with every command, over `store`."""
    return Answers(commands(Kit(store, portal=PORTAL, **kit)), load())  # type: ignore[arg-type] # any field of the kit


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
