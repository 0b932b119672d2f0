"""A newsroom's store for tests: in memory, on disk, or on a file as a kill leaves it, and factories of what goes in.

A `Home` is a store with what may happen to it between two steps of a test: `again()` is nothing in memory, a
restart on disk, and for `KILLED` the files are copied while they are open, which is what a power cut leaves.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.delivery import Claim, FrozenRequest, State
from bot.domain.headlines import Document, Item, Key, KeyKind, Words
from bot.domain.looks import Look, Validators
from bot.domain.polling import (
    ChannelSetup,
    Correction,
    FeedForPoll,
    NewDelivery,
    NewHeadline,
    PollIntent,
    Recorded,
    Sighting,
)
from bot.store.connection import IN_MEMORY, Database
from bot.store.room import Stores

MEMORY, FILE, KILLED = "memory", "file", "killed"
KINDS = (MEMORY, FILE, KILLED)

NOW = datetime(2023, 9, 20, 0, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
SITE = "https://kabar.example"


def feed(number: int = 1, **fields: object) -> FeedForPoll:
    """A feed of the settings."""
    made = FeedForPoll(0, f"{SITE}/rss/{number}", name=f"rss-{number}")
    return replace(made, **fields)  # type: ignore[arg-type]


def channel(ref: str = "@satu", **fields: object) -> ChannelSetup:
    """A channel of the settings."""
    return replace(ChannelSetup(ref), **fields)  # type: ignore[arg-type]


def link(number: int) -> str:
    """Where the story `number` stands."""
    return f"{SITE}/dunia/kabar-yang-ke-{number}-hari-ini"


def link_key(number: int) -> Key:
    """The key of the story's canonical link."""
    return Key(KeyKind.LINK, link(number))


def words(number: int, **fields: object) -> Words:
    """What the portal says of the story `number`; a higher number is newer."""
    made = Words(f"Kabar nomor {number}", link(number), "Dunia", NOW + number * SECOND - HOUR)
    return replace(made, **fields)  # type: ignore[arg-type]


def headline(number: int, *rows: NewDelivery, category: str = "", **fields: object) -> NewHeadline:
    """The story `number` as it is first recorded, with these rows."""
    said = words(number, **fields)
    return NewHeadline(said, said.published, f"guid-{number}", (link_key(number),), category, rows)


def due(*channels: int, **fields: object) -> tuple[NewDelivery, ...]:
    """Rows that are due to these channels at once."""
    return tuple(replace(NewDelivery(c, State.PENDING), **fields) for c in channels)  # type: ignore[arg-type]


def look(*items: Item, etag: str | None = '"1"', **fields: object) -> Look:
    """A good look that found `items`."""
    made = Look(Document(items), Validators(etag, None), "body")
    return replace(made, **fields)  # type: ignore[arg-type]


def request(text: str = "Kabar", method: str = "sendMessage", level: int = 0) -> FrozenRequest:
    """What is sent."""
    return FrozenRequest(method, {"text": text}, level)


class Home:
    """One store and the newsroom in it. Not a fake: everything goes through the store's own verbs."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self._folder = folder
        self._path = folder / "kabarbot.db"
        self._lives = 0
        self.feeds: Sequence[int] = ()
        self.channels: Sequence[int] = ()

    @property
    def path(self) -> Path:
        """Where the database is now."""
        return self._path

    async def begin(self) -> None:
        """Open it for the first time."""
        await self._open(IN_MEMORY if self.kind == MEMORY else self._path)

    async def wait_for_nobody(self) -> None:
        """Open a file so that another process's lock is an error at once."""
        await self._open(self._path, patience=0)

    async def end(self) -> None:
        """Close it."""
        await self.stores.database.close()

    async def again(self) -> Stores:
        """What happens to a store between two runs of the bot; returns the stores as they are then."""
        if self.kind == FILE:
            await self.end()
            await self._open(self._path)
        elif self.kind == KILLED:
            left = self._left_by_a_kill()
            await self.end()
            self._path = left
            await self._open(left)
        return self.stores

    async def furnish(self, *channels: ChannelSetup, feeds: int = 1) -> None:
        """Settings: `feeds` feeds and these channels (``@satu``), all met and resolved: chats -1001, -1002, …"""
        given = channels or (channel(),)
        await self.settle(given, [feed(n) for n in range(1, feeds + 1)])
        chats = {
            one.ref: -1000 - n if one.ref.startswith("@") else int(one.ref) for n, one in enumerate(given, 1)
        }
        for one, ref in await self.stores.channels.unresolved():
            await self.stores.channels.resolved(one, chats[ref], f"Kanal {ref}", "channel", NOW)
        for one in self.feeds:
            await self.record(feed_id=one)
        await self.stores.polls.release_first_looks(NOW, 1)

    async def settle(
        self, channels: Sequence[ChannelSetup], feeds: Sequence[FeedForPoll], at: datetime = NOW
    ) -> None:
        """What a start does with the settings."""
        self.feeds = await self.stores.feeds.configure(feeds, at)
        await self.stores.channels.configure(channels, at)
        self.channels = [one.id for one in await self.stores.polls.channels_for_routing()]

    async def record(
        self,
        *new: NewHeadline,
        corrections: Sequence[Correction] = (),
        sightings: Sequence[Sighting] = (),
        at: datetime = NOW,
        feed_id: int | None = None,
        found: Look | None = None,
    ) -> Recorded:
        """A good look at a feed (the first one)."""
        intent = PollIntent(
            self.feeds[0] if feed_id is None else feed_id, at, new, tuple(corrections), tuple(sightings)
        )
        return await self.stores.polls.record(intent, found or look(), at + MINUTE)

    async def news(self, *numbers: int, at: datetime = NOW, to: Sequence[int] = ()) -> tuple[int, ...]:
        """The stories `numbers` become due to all channels, or to those named; returns headline ids."""
        rows = due(*(to or self.channels))
        return (await self.record(*(headline(n, *rows) for n in numbers), at=at)).headline_ids

    async def correct(self, headline_id: int, title: str, at: datetime = NOW, **fields: object) -> None:
        """The portal says it in other words."""
        said = words(headline_id, title=title, **fields)
        await self.record(corrections=[Correction(headline_id, said, "old")], at=at)

    async def titles(self, at: datetime = NOW) -> list[str]:
        """The headlines at the heads of all free channels."""
        return [head.words.title for head in await self.stores.outbox.heads(at, 500)]

    async def claim(self, at: datetime = NOW) -> Sequence[Claim]:
        """Claim all heads."""
        heads = await self.stores.outbox.heads(at, 500)
        chosen = [(head, head.frozen or request(head.words.title)) for head in heads]
        return await self.stores.outbox.claim(chosen, at)

    async def deliver(self, first_id: int = 100, at: datetime = NOW) -> None:
        """Claim all heads and let them arrive under ids that count from `first_id`."""
        claims = await self.claim(at)
        await self.stores.outbox.sent([(claim, first_id + n) for n, claim in enumerate(claims)], at)

    async def row(self, headline_id: int, channel_id: int | None = None) -> Mapping[str, Any]:
        """A delivery row as it is stored (of the first channel)."""
        rows = await self.stores.database.read(
            "SELECT * FROM deliveries WHERE headline_id = ? AND channel_id = ?",
            (headline_id, self.channels[0] if channel_id is None else channel_id),
        )
        return dict(rows[0])

    async def fate(self, headline_id: int, channel_id: int | None = None) -> tuple[str, str | None]:
        """State and reason of a row (of the first channel)."""
        row = await self.row(headline_id, channel_id)
        return row["state"], row["reason"]

    async def fates(self, channel_id: int | None = None) -> dict[int, str]:
        """State, or reason where there is one, of every row of a channel (the first), by headline."""
        rows = await self.stores.database.read(
            "SELECT headline_id, ifnull(reason, state) AS fate FROM deliveries WHERE channel_id = ?",
            (self.channels[0] if channel_id is None else channel_id,),
        )
        return {row["headline_id"]: row["fate"] for row in rows}

    async def sql(self, statement: str, *values: object) -> None:
        """What no verb does yet: an editor's doing."""
        async with self.stores.database.transaction() as tx:
            await tx.run(statement, values)

    async def withdraw(self, headline_id: int) -> None:
        """A headline is withdrawn; rows that wait are ended by whoever withdraws, those under way are not."""
        await self.sql(
            "UPDATE headlines SET withdrawn_at = 1, revision = revision + 1 WHERE id = ?", headline_id
        )

    async def _open(self, path: str | Path, *, patience: float = 5) -> None:
        self.stores = Stores.over(await Database.open(path, patience=patience))

    def _left_by_a_kill(self) -> Path:
        self._lives += 1
        left = self._folder / f"life-{self._lives}"
        left.mkdir()
        for part in self._path.parent.glob(f"{self._path.name}*"):
            shutil.copy(part, left / part.name)
        return left / self._path.name


@asynccontextmanager
async def open_home(kind: str, folder: Path) -> AsyncIterator[Home]:
    """A store of this kind, closed at the end whatever happened to it."""
    home = Home(kind, folder)
    await home.begin()
    try:
        yield home
    finally:
        await home.end()
