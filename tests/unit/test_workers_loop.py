"""What all workers share: rounds that nothing ends but `stop`, tasks that are ended together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.errors import StoreError
from bot.events import StoreRecovered, StoreTrouble, WorkerFailed
from bot.workers.loop import LONGEST_PAUSE, Loop, StoreSpell, Tasks
from tests.fakes import FakeClock, Heard


class Bench:
    """A loop whose rounds do as scripted: an exception, or the seconds that they return (the last for ever)."""

    def __init__(self, *script: float | Exception, rest: float = 0.01) -> None:
        self.clock, self.heard = FakeClock(), Heard()
        self.rounds: list[float] = []
        self.script = list(script)
        self.inside: Callable[[], None] = lambda: None
        self.loop = Loop("bench", self._round, self.clock, self.heard.events, rest=rest)
        self.began = self.clock.now()

    async def _round(self) -> float:
        self.rounds.append((self.clock.now() - self.began).total_seconds())
        self.inside()
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return step

    async def run(self, seconds: float) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self.loop.run())
        await self.clock.advance(seconds)
        return task

    async def end(self, task: asyncio.Task[None]) -> None:
        self.loop.stop()
        await self.clock.advance(1)
        await task


async def test_rounds_come_when_they_said() -> None:
    """And at least every five seconds: silence means that a loop hangs."""
    bench = Bench(1.0, 2.0, 3600.0)
    task = await bench.run(20)

    assert bench.rounds == [0, 1, 3, 8, 13, 18]
    assert bench.loop.alive(bench.clock.now(), timedelta(seconds=LONGEST_PAUSE))
    await bench.end(task)


@pytest.mark.parametrize("pause", [0.0, -5.0])
async def test_no_round_comes_without_a_rest(pause: float) -> None:
    """A round that always has something to do does not eat the processor."""
    bench = Bench(pause, rest=0.1)
    task = await bench.run(1)

    assert len(bench.rounds) == 11
    await bench.end(task)


async def test_wake_brings_a_round_and_is_remembered_as_news() -> None:
    """Once; a nudge brings a round too, but says nothing new."""
    bench = Bench(4.0)
    task = await bench.run(1)
    bench.loop.wake()
    await bench.clock.advance(0.1)
    assert bench.rounds == [0, 1]
    assert (bench.loop.news(), bench.loop.news()) == (True, False)
    bench.loop.nudge()
    await bench.clock.advance(0.1)
    assert bench.rounds == [0, 1, 1.1]
    assert not bench.loop.news()
    await bench.end(task)


async def test_a_wake_during_a_round_is_not_lost() -> None:
    """What happens while a round is under way brings another one."""
    bench = Bench(4.0)
    bench.inside = lambda: bench.loop.wake() if len(bench.rounds) == 1 else None
    task = await bench.run(1)

    assert len(bench.rounds) == 2
    await bench.end(task)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("y"), RecursionError(), TimeoutError()])
async def test_whatever_a_round_raises_the_loop_goes_on(error: Exception) -> None:
    """After a second, and told with the error for the log."""
    bench = Bench(error, 2.0)
    task = await bench.run(2.5)

    assert bench.rounds == [0, 1]
    (told,) = bench.heard.of(WorkerFailed)
    assert (told.worker, told.error) == ("bench", error)
    assert told.detail.startswith(type(error).__name__)
    await bench.end(task)


async def test_trouble_with_the_database_is_told_once_a_spell() -> None:
    """Tried every second, told at the beginning and when it is over; the next spell is told again."""
    no = StoreError("the disk is full")
    bench = Bench(no, no, no, 1.0, no, 1.0)
    task = await bench.run(7)

    assert bench.rounds == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [event.detail for event in bench.heard.of(StoreTrouble)] == ["the disk is full"] * 2
    assert len(bench.heard.of(StoreRecovered)) == 2
    await bench.end(task)


async def test_stop_ends_a_loop_that_waits_at_once() -> None:
    """Well within five seconds, without another round."""
    bench = Bench(5.0)
    task = await bench.run(1)
    bench.loop.stop()
    await bench.clock.advance(0.1)

    assert task.done()
    assert bench.loop.stopping
    assert bench.rounds == [0]


async def test_a_cancelled_loop_leaves_nothing_running() -> None:
    """Its alarm is ended with it."""
    bench = Bench(5.0)
    task = await bench.run(1)
    task.cancel()
    await bench.clock.settle()

    assert task.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_loop_that_never_came_round_is_not_alive() -> None:
    """Nor is one whose last round ended long ago."""
    bench = Bench(1.0)
    now = bench.clock.now()
    assert not bench.loop.alive(now, timedelta(hours=1))
    bench.loop.beat = now - timedelta(seconds=21)
    assert not bench.loop.alive(now, timedelta(seconds=20))


async def test_a_spell_that_lasts_is_told_again() -> None:
    """Once a minute: somebody else's end must not make all look well, and an alert must not fall silent."""
    clock, heard = FakeClock(), Heard()
    spell = StoreSpell(clock, heard.events)
    for _ in range(150):
        spell.begin(StoreError("the disk is full"))
        await clock.advance(1)
    spell.end()

    assert len(heard.of(StoreTrouble)) == 3
    assert len(heard.of(StoreRecovered)) == 1


def test_a_spell_that_did_not_begin_does_not_end() -> None:
    """Nothing is told of a database that always said yes."""
    heard = Heard()
    StoreSpell(FakeClock(), heard.events).end()
    assert heard == []


def tasks() -> tuple[Tasks, FakeClock, Heard]:
    clock, heard = FakeClock(), Heard()
    return Tasks("bench", clock, heard.events), clock, heard


async def test_tasks_are_known_while_they_run() -> None:
    """By their keys."""
    running, clock, _ = tasks()
    running.start(7, clock.sleep(1))
    running.start(8, clock.sleep(2))
    assert (7 in running, len(running), set(running.keys())) == (True, 2, {7, 8})
    await clock.advance(1)
    assert (7 in running, len(running)) == (False, 1)
    await clock.advance(1)
    assert len(running) == 0


async def test_a_task_that_dies_is_told_of_and_gone() -> None:
    """The database's trouble once a spell, what nobody foresaw each time."""
    running, clock, heard = tasks()

    async def die(error: Exception) -> None:
        await clock.sleep(1)
        raise error

    for key, error in enumerate((StoreError("no"), StoreError("no"), ValueError("bug"), ValueError("bug"))):
        running.start(key, die(error))
    await clock.advance(1)

    assert len(running) == 0
    assert (len(heard.of(StoreTrouble)), len(heard.of(WorkerFailed))) == (1, 2)
    running.start(1, clock.sleep(1))
    await clock.advance(1)
    assert len(heard.of(StoreRecovered)) == 1


async def test_finish_waits_then_cancels() -> None:
    """What ends in time ends by itself; what does not is cancelled; what will not is left."""
    running, clock, _ = tasks()
    ended: list[str] = []

    async def quick() -> None:
        await clock.sleep(1)
        ended.append("quick")

    async def slow() -> None:
        try:
            await clock.sleep(100)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def deaf() -> None:
        try:
            await clock.sleep(100)
        except asyncio.CancelledError:
            await clock.sleep(50)
            ended.append("deaf")

    for key, work in enumerate((quick(), slow(), deaf())):
        running.start(key, work)
    finishing = asyncio.ensure_future(running.finish(3.5))
    await clock.advance(3.4)
    assert (ended, finishing.done()) == (["quick"], False)
    await clock.advance(0.2)
    assert (ended, finishing.done()) == (["quick", "cancelled"], False)
    await clock.advance(1)
    assert finishing.done()
    await clock.advance(60)
    assert ended[-1] == "deaf"


async def test_finish_has_nothing_to_wait_for() -> None:
    """It takes no time where nothing runs."""
    running, _, _ = tasks()
    await running.finish(3.5)
