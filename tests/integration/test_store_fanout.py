"""A fan-out in the store: every reader once, from a cursor, a bounded number of rows at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import aiosqlite
import pytest

from bot.domain.delivery import FrozenRequest, HoldReason, State
from bot.domain.polling import NewDelivery
from bot.domain.subscriptions import LATE_AFTER, ReaderNews, Wish
from bot.store.connection import Database
from bot.store.fanout import FanOut
from bot.store.late import Late
from bot.store.migrations import migrate
from bot.store.news import ReaderNewsStore
from bot.store.readers import ReaderChoices
from bot.store.subscriptions import Subscriptions
from bot.store.values import ticks
from tests.support_store import MEMORY, channel, headline, open_home
from tests.support_store import NOW as MORNING

NOW = datetime(2023, 9, 20, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FEED = "INSERT INTO feeds (id, url, interval, added_at, next_at, looked_at) VALUES (1, 'https://k.example', 1, 0, 0, ?)"
AGE = timedelta(hours=24)
NEWS = """
INSERT INTO headlines (id, title, kicker, published_at, portal_title, owner_feed, first_seen_at, hidden)
VALUES (?, ?, 'Dunia', ?, '', 1, ?, ?)
"""


class Room:
    """A database on a file."""

    def __init__(self, path: Path, connection: aiosqlite.Connection) -> None:
        self.path = path
        self.database = Database(connection)
        self.readers = Subscriptions(self.database)
        self.fanout = FanOut(self.database)
        self.store = ReaderNewsStore(self.database)

    @classmethod
    async def open(cls, path: Path) -> Room:
        """As it was left."""
        connection = await aiosqlite.connect(path, isolation_level=None)
        connection.row_factory = sqlite3.Row
        await migrate(connection, None)
        await connection.execute("PRAGMA foreign_keys = ON")
        return cls(path, connection)

    async def sql(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """One statement."""
        async with self.database.transaction() as tx:
            return [tuple(row) for row in await tx.all(sql, values)]

    async def looked(self) -> None:
        """The feed has had its first look."""
        await self.sql(FEED, ticks(NOW))

    async def news(
        self, number: int, title: str = "Harga beras", *, hidden: bool = False, published: datetime = NOW
    ) -> None:
        """A headline is recorded."""
        await self.sql(NEWS, number, title, ticks(published), ticks(NOW + SECOND), hidden)

    async def withdraw(self, number: int) -> None:
        """An editor withdraws a headline."""
        await self.sql("UPDATE headlines SET withdrawn_at = 1 WHERE id = ?", number)

    async def subscribe(self, *chats: int, wish: Wish | None = None, digest_at: time | None = None) -> None:
        """These subscribe to everything, or to `wish`."""
        for chat in chats:
            await self.readers.subscribe(chat, wish or Wish(), digest_at, NOW)

    async def expand(self, page: int = 100, now: datetime = NOW) -> bool:
        """Open a page."""
        return await self.fanout.expand(now, AGE, page)

    async def heads(self, now: datetime = NOW) -> list[ReaderNews]:
        """Whom something waits for."""
        return list(await self.store.heads(now, 100))

    async def claim(self, now: datetime = NOW) -> dict[int, list[int]]:
        """Claim all that may be sent: headlines by reader."""
        heads = {news.reader: news for news in await self.heads(now)}
        chosen = [(news, news.frozen or request(news)) for news in heads.values()]
        return {reader: ids(heads[reader]) for reader in await self.store.claim(chosen, now)}

    async def drain(self, page: int) -> list[tuple[int, int]]:
        """Expand and send until nothing is left: (reader, headline) as they were sent."""
        sent: list[tuple[int, int]] = []
        while await self.expand(page) or await self.heads():
            claimed = await self.claim()
            sent += [(reader, one) for reader, some in claimed.items() for one in some]
            for reader in claimed:
                await self.store.sent(reader)
        return sent


def ids(news: ReaderNews) -> list[int]:
    """The headlines of a message."""
    return [headline.id for headline in news.headlines]


def request(news: ReaderNews) -> FrozenRequest:
    """What a renderer would make of it."""
    return FrozenRequest("sendMessage", {"text": json.dumps([row.words.title for row in news.headlines])})


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """Readers may subscribe; a feed that was looked at before."""
    made = await Room.open(tmp_path / "k.db")
    await made.looked()
    yield made
    await made.database.close()


async def test_a_subscription_is_kept_changed_and_forgotten(room: Room) -> None:
    """Stopping erases what waits and what is under way, and erasing a reader stops."""
    await room.subscribe(5, wish=Wish(("Dunia",), ("beras",), ("gosip",)), digest_at=time(6, 30))
    assert await room.readers.subscription(5) == (Wish(("Dunia",), ("beras",), ("gosip",)), time(6, 30))
    await room.subscribe(5, 6)
    assert await room.readers.subscription(5) == (Wish(), None)
    await room.news(1)
    await room.expand()
    await room.claim()
    assert await room.store.claimed(5)
    await room.readers.stop(5)
    await ReaderChoices(room.database).erase(6)
    assert not await room.store.claimed(5)
    assert await room.readers.subscription(5) is None
    assert (
        await room.sql("SELECT reader_id FROM reader_rows UNION SELECT reader_id FROM reader_messages") == []
    )


@pytest.mark.parametrize("page", [1, 2, 3, 7, 100])
async def test_every_reader_gets_each_headline_once(room: Room, page: int) -> None:
    """Groups and people; those with a digest are left alone; nothing is kept afterwards."""
    await room.subscribe(-100, 1, 2, 3, 4, 5)
    await room.subscribe(6, digest_at=time(7))
    await room.news(1)
    await room.expand(page)
    await room.news(2)
    sent = await room.drain(page)
    assert sorted(sent) == [(reader, one) for reader in (-100, 1, 2, 3, 4, 5) for one in (1, 2)]
    assert not await room.store.busy()
    assert await room.sql("SELECT count(*) FROM reader_messages") == [(0,)]


async def test_a_newer_headline_joins_the_older_on_its_way(room: Room) -> None:
    """Two headlines for one reader are one message, and the newer does not begin behind the older's end."""
    await room.subscribe(*range(1, 7))
    await room.news(1)
    await room.expand(2)
    for reader in await room.claim():
        await room.store.sent(reader)
    await room.news(2)
    await room.expand(2)
    assert await room.claim() == {3: [1, 2], 4: [1, 2]}


async def test_rows_do_not_grow_with_readers(room: Room) -> None:
    """While a page waits, no other is opened."""
    await room.subscribe(*range(1, 21))
    await room.news(1)
    assert [await room.expand(5) for _ in range(4)] == [True, False, False, False]
    assert await room.sql("SELECT count(*) FROM reader_rows") == [(5,)]


async def test_a_fan_out_goes_on_from_its_cursor(tmp_path: Path) -> None:
    """The process ends in the middle of one: who was sending is in doubt, who was sent gets nothing again."""
    first = await Room.open(tmp_path / "k.db")
    await first.looked()
    await first.subscribe(1, 2, 3, 4)
    await first.news(1)
    await first.expand(2)
    await first.claim()
    await first.store.sent(1)
    await first.database.close()
    second = await Room.open(tmp_path / "k.db")
    await second.store.orphans([], NOW + SECOND)
    assert await second.drain(2) == [(3, 1), (4, 1)]
    assert await second.store.again(NOW) == 0
    assert await second.store.again(NOW + SECOND) == 1
    assert await second.claim(NOW + SECOND) == {2: [1]}
    await second.database.close()


async def test_a_doubted_message_is_sent_once_more_exactly_as_it_was(room: Room) -> None:
    """Whatever was corrected or came meanwhile; a third time would be one too many."""
    await room.subscribe(1)
    await room.news(1)
    await room.expand()
    await room.claim()
    await room.store.doubt(1, NOW + SECOND)
    await room.news(2)
    await room.sql("UPDATE headlines SET title = 'Lain' WHERE id = 1")
    await room.expand()
    assert await room.heads(NOW + SECOND) == []
    assert await room.store.again(NOW + SECOND) == 1
    (again,) = await room.heads(NOW + SECOND)
    assert again.frozen == FrozenRequest("sendMessage", {"text": '["Harga beras"]'})
    assert await room.claim(NOW + SECOND) == {1: [1]}
    await room.store.retry(1, NOW + SECOND)  # surely not sent now, but perhaps the first time
    (same,) = await room.heads(NOW + SECOND)
    assert same == again
    await room.claim(NOW + SECOND)
    await room.store.doubt(1, NOW + SECOND)
    assert await room.claim(NOW + SECOND) == {1: [2]}


async def test_what_was_surely_not_sent_is_made_anew(room: Room) -> None:
    """With the newest words, and with what came meanwhile."""
    await room.subscribe(1)
    await room.news(1)
    await room.expand()
    await room.claim()
    await room.store.retry(1, NOW + SECOND)
    assert await room.heads() == []
    await room.news(2)
    await room.expand()
    (news,) = await room.heads(NOW + SECOND)
    assert (ids(news), news.frozen) == ([1, 2], None)


@pytest.mark.parametrize("verb", ["retry", "doubt"])
async def test_the_withdrawn_is_never_sent_again(room: Room, verb: str) -> None:
    """Though it was withdrawn while its message was under way; the rest of the message is made anew."""
    await room.subscribe(1)
    await room.news(1)
    await room.news(2, "Kabar lain")
    await room.expand()
    await room.claim()
    await room.withdraw(1)
    await getattr(room.store, verb)(1, NOW + SECOND)
    await room.store.again(NOW + SECOND)
    (news,) = await room.heads(NOW + SECOND)
    assert (ids(news), news.frozen) == ([2], None)


async def test_a_headline_that_is_withdrawn_before_its_claim_is_not_claimed(room: Room) -> None:
    """What was read is compared once more; it comes again without the headline."""
    await room.subscribe(1)
    await room.news(1)
    await room.news(2)
    await room.expand()
    (news,) = await room.heads()
    await room.withdraw(1)
    assert await room.store.claim([(news, request(news))], NOW) == []
    assert await room.claim() == {1: [2]}


async def test_only_what_is_wanted_is_sent(room: Room) -> None:
    """By category or word; who subscribes later does not get old news."""
    await room.subscribe(1, wish=Wish(include=("timnas",)))
    await room.subscribe(2, wish=Wish(categories=("dunia",)))
    await room.subscribe(3, wish=Wish(exclude=("beras",)))
    await room.readers.subscribe(4, Wish(), None, NOW + 2 * SECOND)
    await room.news(1)
    assert await room.drain(100) == [(2, 1)]


async def test_what_was_too_old_when_first_seen_sets_out_for_nobody(room: Room) -> None:
    """As it is posted in no channel (`MAX_AGE_HOURS`)."""
    await room.subscribe(1)
    await room.news(1, published=NOW - AGE)
    await room.news(2, published=NOW + SECOND - AGE)
    assert await room.drain(100) == [(1, 2)]


async def test_first_looks_surges_and_the_withdrawn_do_not_set_out(room: Room) -> None:
    """A feed that was never looked at brings old news; what is withdrawn on its way is gone."""
    await room.subscribe(1)
    await room.news(1, hidden=True)
    await room.sql("UPDATE feeds SET looked_at = NULL")
    await room.news(2)
    await room.sql("UPDATE feeds SET looked_at = 1")
    await room.news(3)
    await room.expand()
    await room.withdraw(3)
    assert await room.drain(100) == []


async def test_ten_are_one_message_and_the_late_are_skipped(room: Room) -> None:
    """Two hours after they became due the rest is for the digest; two days later it is forgotten."""
    await room.subscribe(1)
    for number in range(1, 13):
        await room.news(number)
    await room.expand()
    assert await room.claim() == {1: list(range(1, 11))}
    await room.store.retry(1, NOW + SECOND)
    assert len(await room.heads(NOW + SECOND)) == 1
    assert await room.store.skip_late(NOW + LATE_AFTER + SECOND) == 0
    assert await room.store.skip_late(NOW + LATE_AFTER + 2 * SECOND) == 12
    assert await room.heads(NOW + LATE_AFTER) == []
    await Late(room.database).forget(NOW + SECOND)
    assert await room.sql("SELECT count(*) FROM reader_rows") == [(12,)]
    await Late(room.database).forget(NOW + 2 * SECOND)
    assert await room.sql("SELECT count(*) FROM reader_rows") == [(0,)]


async def test_a_fan_out_that_could_not_begin_in_time_does_not_begin(room: Room) -> None:
    """The bot was down for hours: old news is not sent after it."""
    await room.subscribe(1)
    await room.news(1)
    assert not await room.expand(now=NOW + LATE_AFTER + 2 * SECOND)
    assert not await room.store.busy()


LATER = NOW + timedelta(hours=24)


async def offered(room: Room, page: int = 100) -> list[tuple[int, list[int], bool]]:
    """What the digests' hour of the next day brings to whom, and whether as a digest."""
    late, sent = Late(room.database), []
    for _twice in range(2):
        await late.offer(LATER, LATER)
    while await room.expand(page, LATER) or await room.heads(LATER):
        heads = {news.reader: news for news in await room.heads(LATER)}
        for reader, some in (await room.claim(LATER)).items():
            sent.append((reader, some, heads[reader].digest))
            await room.store.sent(reader)
    return sent


async def test_what_came_too_late_is_offered_once_in_a_digest(room: Room) -> None:
    """Rows that waited, and readers whom a fan-out did not reach: one message for each, the newest ten at most."""
    await room.subscribe(1, 2, 3)
    await room.subscribe(4, wish=Wish(include=("timnas",)))
    for number in range(1, 13):
        await room.news(number)
    await room.expand(1)
    await room.store.skip_late(NOW + LATE_AFTER + 2 * SECOND)
    await room.expand(1, NOW + LATE_AFTER + 2 * SECOND)
    assert not await room.store.busy()
    assert await room.sql("SELECT count(*) FROM fanouts") == [(12,)]

    newest = list(range(3, 13))
    assert sorted(await offered(room, 2)) == [(reader, newest, True) for reader in (1, 2, 3)]
    assert await offered(room) == []
    assert await room.sql("SELECT count(*) FROM fanouts") == [(0,)]


async def test_who_was_reached_in_time_is_offered_nothing(room: Room) -> None:
    """A fan-out that began in the middle and was cut off on its second round knows whom it asked."""
    await room.subscribe(1, 2, 3, 4)
    await room.news(1)
    await room.expand(2)
    await room.news(2)
    for page in (2, 1, 1):
        for reader in await room.claim():
            await room.store.sent(reader)
        await room.expand(page)
    assert await room.claim() == {1: [2]}
    await room.store.sent(1)
    await room.expand(1, NOW + LATE_AFTER + 2 * SECOND)
    assert await offered(room) == [(2, [2], True)]


async def test_what_was_late_is_let_go_in_the_end(room: Room) -> None:
    """Withdrawn, never offered for two days, or offered in vain."""
    await room.subscribe(1)
    for number in (1, 2, 3):
        await room.news(number)
    await room.expand(1, NOW + LATE_AFTER + 2 * SECOND)
    await room.withdraw(1)
    assert await room.sql("SELECT count(*) FROM fanouts") == [(2,)]
    await Late(room.database).offer(LATER, LATER)
    await room.expand(1, LATER + LATE_AFTER + SECOND)
    assert await room.sql("SELECT count(*) FROM fanouts") == [(0,)]
    await room.news(4)
    await room.expand(1, NOW + LATE_AFTER + 2 * SECOND)
    await Late(room.database).forget(NOW + 2 * SECOND)
    assert await room.sql("SELECT count(*) FROM fanouts") == [(0,)]


async def test_news_of_a_topic_knows_its_topic(room: Room) -> None:
    """The one where it was subscribed last."""
    await room.readers.subscribe(-5, Wish(), None, NOW, topic=7)
    await room.readers.subscribe(-5, Wish(), None, NOW, topic=8)
    await room.subscribe(1)
    await room.news(1)
    await room.expand()
    assert {news.reader: news.topic for news in await room.heads()} == {-5: 8, 1: None}


async def test_a_group_that_moved_keeps_its_subscription(room: Room) -> None:
    """And what waits for it."""
    await room.subscribe(-5)
    await room.news(1)
    await room.expand()
    await room.store.moved(-5, -1005, NOW)
    assert await room.claim() == {-1005: [1]}
    assert await room.readers.subscription(-5) is None


@pytest.mark.parametrize("asked", [0, 1, 2, 3])
async def test_a_group_that_moves_under_a_cursor_has_the_news_once(room: Room, asked: int) -> None:
    """Wherever the fan-out stands between its old place and its new one."""
    await room.subscribe(-30, -20, -10, 7)
    await room.news(1)
    sent: list[tuple[int, int]] = []
    for _page in range(asked):
        await room.expand(1)
        for reader, some in (await room.claim()).items():
            sent += [(reader, one) for one in some]
            await room.store.sent(reader)
    await room.store.moved(-20, -1005, NOW + 2 * SECOND)
    await room.store.moved(-10, -15, NOW + 2 * SECOND)
    sent += await room.drain(1)
    moved = {-20: -1005, -10: -15}
    assert sorted(moved.get(reader, reader) for reader, _ in sent) == [-1005, -30, -15, 7]


async def test_a_surge_sets_out_when_an_editor_releases_it(tmp_path: Path) -> None:
    """Once, though several channels held it; what is passed over is old news."""
    async with open_home(MEMORY, tmp_path) as home:
        await home.furnish(channel("@satu"), channel("@dua"), feeds=2)
        await home.sql("UPDATE feeds SET looked_at = 1")
        await home.stores.subscriptions.subscribe(1, Wish(), None, MORNING)
        held = [NewDelivery(one, State.HELD, HoldReason.SURGE) for one in home.channels]
        await home.record(headline(1, *held), at=MORNING)
        await home.record(headline(2, *held), at=MORNING + SECOND)
        news, days = home.stores.news, timedelta(days=10_000)
        assert not await news.expand(MORNING, days)
        first, second = await home.stores.surges.held_surges()
        await home.stores.surges.release_surge(first.feed_id, first.at, MORNING)
        await home.stores.surges.pass_over(second.feed_id, second.at, MORNING)
        assert await news.expand(MORNING, days)
        (mine,) = await news.heads(MORNING, 9)
        assert ids(mine) == [1]
        assert not await news.expand(MORNING, days)
