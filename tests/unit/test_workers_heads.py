"""The heads as they were last read: what is asked again, when, and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import StoreError
from bot.workers.heads import READ_EVERY, Heads
from tests.fakes import Newsroom
from tests.support_store import MINUTE, NOW, SECOND, channel

SATU, DUA, TIGA = -1001, -1002, -1003


@pytest.fixture
async def room() -> AsyncIterator[Newsroom]:
    """Three channels with two headlines each."""
    async with Newsroom() as made:
        await made.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
        await made.news(1, 2)
        yield made


def drain(heads: Heads) -> list[int]:
    """The chats of all heads that are ready, in order."""
    chats = []
    while (head := heads.pop(NOW)) is not None:
        chats.append(head.target.chat_id)
    return chats


class BrokenOutbox:
    """An outbox whose `heads` fails as often as it is told."""

    def __init__(self, room: Newsroom) -> None:
        self.fails = 0
        self._outbox = room.stores.outbox

    async def heads(self, *given: object, **named: object) -> object:
        if self.fails:
            self.fails -= 1
            raise StoreError("no")
        return await self._outbox.heads(*given, **named)  # type: ignore[arg-type]


async def test_heads_are_read_once_and_then_only_where_something_was_saved(room: Newsroom) -> None:
    """A chat that is freed is asked about alone."""
    heads = Heads(room.stores.outbox)
    await heads.read(NOW)
    assert heads.at_hand
    assert drain(heads) == [SATU, DUA, TIGA]
    reads = room.database.reads
    await heads.read(NOW)
    assert room.database.reads == reads

    heads.free(DUA)
    await heads.read(NOW)
    assert drain(heads) == [DUA]
    assert not heads.at_hand


async def test_a_chat_can_be_freed_for_later(room: Newsroom) -> None:
    """A row that is tried again in a second."""
    heads = Heads(room.stores.outbox)
    await heads.read(NOW)
    drain(heads)
    heads.free(DUA, NOW + SECOND)
    assert heads.next_at() == NOW + SECOND
    await heads.read(NOW)
    assert drain(heads) == []
    await heads.read(NOW + SECOND)
    assert drain(heads) == [DUA]
    assert heads.next_at() is None


async def test_what_is_put_off_comes_in_its_time_and_place(room: Newsroom) -> None:
    """The one that waits longest goes first again."""
    heads = Heads(room.stores.outbox)
    await heads.read(NOW)
    first = heads.pop(NOW)
    assert first is not None
    heads.put_off(first, NOW + SECOND)
    heads.free(SATU)  # it is held already, and not taken twice
    await heads.read(NOW)
    assert heads.next_at() == NOW + SECOND
    assert heads.pop(NOW + SECOND) is first


async def test_news_and_time_have_all_read_again(room: Newsroom) -> None:
    """What was held is forgotten, for it may have changed."""
    heads = Heads(room.stores.outbox)
    await heads.read(NOW)
    heads.forget()
    await heads.read(NOW)
    assert drain(heads) == [SATU, DUA, TIGA]
    await heads.read(NOW + READ_EVERY)
    assert drain(heads) == [SATU, DUA, TIGA]
    heads.read_by(NOW + READ_EVERY + SECOND)
    heads.read_by(None)
    await heads.read(NOW + READ_EVERY + SECOND)
    assert drain(heads) == [SATU, DUA, TIGA]


async def test_a_full_page_means_that_there_is_more() -> None:
    """The next page brings the other chats; what is freed meanwhile comes with it, in its order."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(37)))
        await room.news(1)
        heads = Heads(room.stores.outbox, page=30)
        await heads.read(NOW)
        assert not heads.low
        put_off = heads.pop(NOW)
        assert put_off is not None
        heads.put_off(put_off, NOW + MINUTE)
        chats = drain(heads)
        assert len(chats) == 29
        assert heads.exhausted

        assert heads.low

        await room.sql("UPDATE deliveries SET state = 'SENT' WHERE id <= 30")
        heads.free(chats[0])
        await heads.read(NOW)
        assert len(drain(heads)) == 7
        assert not heads.exhausted
        assert not heads.low


async def test_a_page_that_is_being_read_is_not_asked_for_twice() -> None:
    """What is popped and put off meanwhile stays as it is."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(12)))
        await room.news(1)
        heads = Heads(room.stores.outbox, page=6)
        await heads.read(NOW)
        for _ in range(5):
            heads.pop(NOW)
        reading = asyncio.ensure_future(heads.read_page(NOW))
        await asyncio.sleep(0)
        assert not heads.low
        last = heads.pop(NOW)
        assert last is not None
        reads = room.database.reads
        await heads.read(NOW)
        assert room.database.reads == reads
        heads.put_off(last, NOW + SECOND)
        await reading
        ready = drain(heads)
        assert len(ready) == len(set(ready)) == 6
        assert last.target.chat_id not in ready


async def test_what_was_freed_is_not_forgotten_when_the_database_says_no(room: Newsroom) -> None:
    """It is asked about the next time."""
    outbox = BrokenOutbox(room)
    heads = Heads(outbox)  # type: ignore[arg-type]
    outbox.fails = 1
    with pytest.raises(StoreError):
        await heads.read(NOW)
    await heads.read(NOW)
    assert drain(heads) == [SATU, DUA, TIGA]

    heads.free(DUA)
    outbox.fails = 1
    with pytest.raises(StoreError):
        await heads.read(NOW)
    await heads.read(NOW)
    assert drain(heads) == [DUA]
