"""A bot that was away asks its channels first, and posts nothing meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.domain.delivery import Found, Settlement
from bot.events import CopyFound
from bot.workers.prover import Prover
from tests.fakes import Newsroom
from tests.support_store import NOW

CHAT = -1001
LATER = Settlement(Found.LATER)
ABSENT = Settlement(Found.ABSENT)
ARRIVED = Settlement(Found.ARRIVED, ids=(101,))


class Room(Newsroom):
    """One story stands in a channel, another waits."""

    async def open(self) -> None:
        self.wakes = 0
        await self.furnish()
        await self.news(1)
        await self.deliver(100)
        await self.news(2)
        await self.sql("INSERT INTO meta (key, value) VALUES ('copy_doubted', '1')")

    async def prove(self, *answers: Settlement, has_desk: bool = True, seconds: float = 60) -> None:
        self.network.script("settle", CHAT, *answers)
        await self.run(
            Prover(
                self.stores.copies,
                self.network,
                wake_delivery=self._wake,
                has_desk=has_desk,
                **self.told,
            ),
            seconds=seconds,
        )

    def _wake(self) -> None:
        self.wakes += 1

    async def heads(self) -> int:
        return len(await self.stores.outbox.heads(NOW, 9))


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with Room() as opened:
        await opened.open()
        yield opened


async def test_nothing_is_posted_before_they_answer(room: Room) -> None:
    """Nor claimed; then it goes out, and nobody is asked again."""
    assert await room.heads() == 0
    await room.prove(LATER, ABSENT, seconds=3)
    assert await room.heads() == 0
    await room.clock.advance(60)

    assert await room.heads() == 1
    assert room.wakes == 1
    assert len(room.network.of("settle")) == 2
    assert not room.heard.of(CopyFound)


async def test_own_posts_that_are_not_known(room: Room) -> None:
    """The desk is asked; posts stay where they are."""
    await room.prove(ARRIVED)
    (question,) = await room.stores.questions.unasked()

    assert question.kind == "copy"
    assert await room.heads() == 0
    assert [event.held for event in room.heard.of(CopyFound)] == [True]


async def test_without_a_desk(room: Room) -> None:
    """What was open has ended."""
    await room.prove(ARRIVED, has_desk=False)

    assert await room.states() == ["SENT", "SKIPPED"]
    assert [event.held for event in room.heard.of(CopyFound)] == [False]


async def test_a_channel_that_never_answers(room: Room) -> None:
    """Holds up the others for a minute at most."""
    await room.prove(*[LATER] * 9, seconds=90)

    assert await room.heads() == 1


async def test_a_channel_with_a_send_of_unknown_outcome_is_not_asked(room: Room) -> None:
    """The post that may have arrived would be taken for one that is not known."""
    await room.sql("UPDATE deliveries SET state = 'UNCERTAIN', chat_id = ? WHERE state = 'PENDING'", CHAT)
    await room.prove(ARRIVED)

    assert not room.network.of("settle")
    assert not await room.stores.questions.unasked()
