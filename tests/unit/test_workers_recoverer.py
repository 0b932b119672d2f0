"""Asking and twins (product.md §6): only what is absent is sent again, only a certain twin is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.delivery import Found, Outcome, Settlement, Verdict
from bot.events import Asking, Delivered, StoreTrouble, TwinSought, WorkerFailed
from bot.workers.recoverer import AT_ONCE, Recoverer
from tests.fakes import CHANNEL, DONE, MISSING, NOT_SENT, REFUSED, UNKNOWN, Newsroom
from tests.support_store import HOUR, NOW, channel

SATU = -1001
ARRIVED = Settlement(Found.ARRIVED, (105,))
LATER = Settlement(Found.LATER, detail="the bot is not in the chat with its rights")
UNKNOWABLE = Settlement(Found.UNKNOWABLE)


@dataclass
class Bench:
    room: Newsroom
    woken: list[float]

    def build(self, *, desk: bool = True) -> Recoverer:
        return Recoverer(
            self.room.stores.doubts,
            self.room.network,
            wake_delivery=lambda: self.woken.append((self.room.clock.now() - NOW).total_seconds()),
            desk_compares=desk,
            **self.room.told,
        )

    async def doubt(self, number: int = 1) -> None:
        """A send of unknown outcome in every channel, to be asked about now."""
        await self.room.news(number)
        for claim in await self.room.claim(self.room.clock.now()):
            await self.room.stores.outbox.uncertain(claim, NOW, "no answer", NOW)

    async def resent(self, known: int | None = 100) -> None:
        """A post of @satu that was sent again and arrived as 110; its twin is to be sought."""
        await self.doubt()
        await self.room.sql(
            "UPDATE deliveries SET state = 'SENT', resent_at = ?, twin_open = 1, message_id = 110, known_before = ?",
            NOW.timestamp() * 1_000_000,
            known,
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Newsroom() as room:
        await room.furnish(channel("@satu"))
        yield Bench(room, [])


async def test_what_arrived_is_sent(bench: Bench) -> None:
    """Under the id that was found; it counts as delivered, and its channel goes on."""
    await bench.doubt()
    bench.room.network.script("settle", SATU, ARRIVED)

    await bench.room.run(bench.build(), seconds=1)

    row = await bench.room.row(1)
    assert (row["state"], row["message_id"]) == ("SENT", 105)
    (told,) = bench.room.heard.of(Delivered)
    assert (told.asked, told.channel, told.message_id) == (True, "@satu", 105)
    assert len(bench.woken) == 1


class SlowReading:
    """A store whose second answer takes so long that what it tells of is settled meanwhile."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._reads = 0
        self._reading, self._saved = asyncio.Event(), asyncio.Event()

    async def doubts(self, now: datetime) -> Any:
        found = await self._store.doubts(now)
        self._reads += 1
        if self._reads == 2:
            self._reading.set()
            await self._saved.wait()
        return found

    async def settled(self, *about: Any) -> None:
        await self._reading.wait()
        await self._store.settled(*about)
        self._saved.set()


async def test_what_was_settled_while_it_was_read_is_not_asked_about_again(bench: Bench) -> None:
    """The answer would be about a send that is over, and another one may have left."""
    await bench.doubt()
    bench.room.network.script("settle", SATU, ARRIVED)
    store: Any = SlowReading(bench.room.stores.doubts)
    worker = Recoverer(
        store,
        bench.room.network,
        wake_delivery=lambda: None,
        desk_compares=True,
        **bench.room.told,
    )
    await bench.room.run(worker, seconds=2)

    assert len(bench.room.heard.of(Asking)) == 1


@pytest.mark.parametrize("answer", [Settlement(Found.ABSENT), UNKNOWABLE], ids=["absent", "unknowable"])
async def test_what_is_not_there_is_sent_again_as_it_was(bench: Bench, answer: Settlement) -> None:
    """RETRY with the very same request, to be told and to be looked for as a twin."""
    await bench.doubt()
    bench.room.network.script("settle", SATU, answer)

    await bench.room.run(bench.build(), seconds=1)

    row = await bench.room.row(1)
    assert (row["state"], row["resend"], row["keep_request"]) == ("RETRY", 1, 1)
    assert len(bench.woken) == 1


async def test_without_an_answer_it_is_asked_less_and_less(bench: Bench) -> None:
    """5, 10, 20, 40, 60, 60 s; the row stays UNCERTAIN, and delivery is not bothered."""
    await bench.doubt()
    bench.room.network.script("settle", SATU, *[LATER] * 50)

    await bench.room.run(bench.build(), seconds=200)

    asked = [(call.at - NOW).total_seconds() for call in bench.room.network.of("settle")]
    assert asked == pytest.approx([0, 5, 15, 35, 75, 135, 195], abs=2)
    assert await bench.room.states() == ["UNCERTAIN"]
    assert bench.woken == []
    assert (await bench.room.row(1))["detail"] == LATER.detail


async def test_a_bot_that_is_let_back_in_asks_at_once(bench: Bench) -> None:
    """However long the next question was put off."""
    await bench.doubt()
    bench.room.network.script("settle", SATU, *[LATER] * 5, ARRIVED)
    await bench.room.run(bench.build(), seconds=80)
    assert len(bench.room.network.of("settle")) == 5

    await bench.room.stores.channels.resume_chat(SATU, bench.room.clock.now())
    await bench.room.clock.advance(0.6)
    await bench.room.stores.channels.resume_chat(SATU, bench.room.clock.now())
    await bench.room.clock.advance(0.6)

    assert await bench.room.states() == ["SENT"]


async def test_an_answer_outlives_a_full_disk(bench: Bench) -> None:
    """It is not asked for again: it is saved when there is room."""
    await bench.doubt()
    bench.room.network.hold(SATU)
    bench.room.network.script("settle", SATU, ARRIVED)
    await bench.room.run(bench.build(), seconds=1)
    bench.room.database.full = True
    bench.room.network.let_go(SATU)
    await bench.room.clock.advance(30)
    bench.room.database.full = False
    await bench.room.clock.advance(1.1)

    assert await bench.room.states() == ["SENT"]
    assert len(bench.room.network.of("settle")) == 1
    assert len(bench.room.heard.of(StoreTrouble)) == 1


async def test_asking_that_dies_is_not_repeated_at_once(bench: Bench) -> None:
    """Something nobody foresaw: asked again in its time."""
    await bench.doubt()
    bench.room.network.script("settle", SATU, ValueError("bug"), ARRIVED)

    await bench.room.run(bench.build(), seconds=4)
    assert len(bench.room.heard.of(WorkerFailed)) == 1
    assert len(bench.room.network.of("settle")) == 1
    await bench.room.clock.advance(2)
    assert await bench.room.states() == ["SENT"]


async def test_a_chat_that_hangs_holds_up_no_other_question() -> None:
    """A few are asked about at once, each chat by itself."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(20)))
        bench = Bench(room, [])
        await bench.doubt()
        room.network.hold(SATU)

        await room.run(bench.build(), seconds=0.1)
        assert len(room.heard.of(Asking)) == AT_ONCE
        await room.clock.advance(5)

        settled = [await room.states(one) for one in room.channels]
        assert settled == [["UNCERTAIN"], *[["RETRY"]] * 19]


async def test_a_certain_twin_is_deleted_and_told(bench: Bench) -> None:
    """The only own id between the one known before and the new one."""
    await bench.resent()
    bench.room.network.script("twins", SATU, ARRIVED)

    await bench.room.run(bench.build(desk=False), seconds=1)

    assert [call.message_id for call in bench.room.network.of("delete")] == [105]
    (told,) = bench.room.heard.of(TwinSought)
    assert (told.found, told.deleted) == ((105,), 105)
    assert (await bench.room.row(1))["twin_open"] == 0


@pytest.mark.parametrize(
    ("known", "answer", "desk"),
    [
        (100, Settlement(Found.ARRIVED, (104, 105)), True),
        (None, Settlement(Found.ARRIVED, (105,)), True),
        (None, Settlement(Found.ARRIVED, (105,), same=(105,)), False),
        (100, Settlement(Found.ABSENT), True),
    ],
    ids=["two", "not compared", "no desk", "none"],
)
async def test_an_uncertain_twin_is_told_and_left(
    bench: Bench, known: int | None, answer: Settlement, desk: bool
) -> None:
    """Nothing is deleted; what was found is reported."""
    await bench.resent(known)
    bench.room.network.script("twins", SATU, answer)

    await bench.room.run(bench.build(desk=desk), seconds=1)

    assert bench.room.network.of("delete") == []
    (told,) = bench.room.heard.of(TwinSought)
    assert (told.found, told.deleted) == (answer.ids, None)


async def test_a_twin_is_left_an_hour_after_the_resend(bench: Bench) -> None:
    """Then it may be anything."""
    await bench.resent()
    bench.room.clock.time = NOW + HOUR + timedelta(seconds=1)
    bench.room.network.script("twins", SATU, ARRIVED)
    await bench.room.run(bench.build(), seconds=1)
    assert bench.room.network.of("delete") == []
    assert bench.room.heard.of(TwinSought)[0].found == (105,)


@pytest.mark.parametrize(
    ("outcome", "deleted"),
    [(DONE, 105), (MISSING, 105), (REFUSED, None), (CHANNEL, None)],
    ids=lambda value: str(getattr(value, "verdict", value)),
)
async def test_what_a_deletion_comes_to_is_told(bench: Bench, outcome: Outcome, deleted: int | None) -> None:
    """Gone is gone; one that cannot be deleted is reported as standing."""
    await bench.resent()
    bench.room.network.script("twins", SATU, ARRIVED)
    bench.room.network.script("delete", SATU, outcome)
    await bench.room.run(bench.build(), seconds=1)
    assert [event.deleted for event in bench.room.heard.of(TwinSought)] == [deleted]


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (UNKNOWN, 5),
        (NOT_SENT, 5),
        (Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=20)), 20),
    ],
    ids=lambda value: str(getattr(value, "verdict", value)),
)
async def test_a_deletion_without_an_answer_is_looked_at_again(
    bench: Bench, outcome: Outcome, wait: int
) -> None:
    """The search begins anew, for the twin may or may not be there."""
    await bench.resent()
    bench.room.network.script("twins", SATU, ARRIVED, Settlement(Found.ABSENT))
    bench.room.network.script("delete", SATU, outcome)

    await bench.room.run(bench.build(), seconds=wait + 2)

    first, second = bench.room.network.of("twins")
    assert (second.at - first.at).total_seconds() == pytest.approx(wait, abs=1)
    assert len(bench.room.network.of("delete")) == 1


async def test_a_search_without_an_answer_goes_on_later(bench: Bench) -> None:
    """As any question."""
    await bench.resent()
    bench.room.network.script("twins", SATU, LATER, ARRIVED)
    await bench.room.run(bench.build(), seconds=7)
    assert len(bench.room.network.of("twins")) == 2
    assert len(bench.room.heard.of(TwinSought)) == 1


async def test_it_ends_in_time(bench: Bench) -> None:
    """A question that hangs is cut off; it is asked again after the restart."""
    await bench.doubt()
    bench.room.network.hold(SATU)
    await bench.room.run(bench.build(), seconds=1)
    assert await bench.room.stop() < 2.5
    assert await bench.room.states() == ["UNCERTAIN"]


async def test_while_enough_questions_are_asked_no_more_are_looked_for() -> None:
    """The database is not asked for doubts that have to wait anyway."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(AT_ONCE + 1)))
        bench = Bench(room, [])
        await bench.doubt()
        for chat in range(-1000 - AT_ONCE, -1000):
            room.network.hold(chat)
        room.network.hold(-1000 - AT_ONCE - 1)
        await room.run(bench.build(), seconds=1)
        assert len(room.network.of("settle")) == AT_ONCE

        before = room.database.reads
        await room.clock.advance(10)
        assert room.database.reads == before
