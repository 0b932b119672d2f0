"""Signs of life, and forgetting now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from bot.events import StoreTrouble
from bot.workers.housekeeper import HANGS, Housekeeper
from bot.workers.loop import Loop
from tests.fakes import FakeClock, Heard, Newsroom
from tests.support_store import NOW


class FakeUpkeep:
    """`ports.Upkeep` that remembers what it was asked."""

    def __init__(self) -> None:
        self.beats: list[list[str]] = []
        self.forgot: list[datetime] = []
        self.tidied: list[bool] = []

    async def beat(self, loops: Collection[str], now: datetime) -> None:
        await asyncio.sleep(0)
        self.beats.append(sorted(loops))

    async def forget(self, now: datetime) -> None:
        await asyncio.sleep(0)
        self.forgot.append(now)

    async def tidy(self) -> bool:
        await asyncio.sleep(0)
        self.tidied.append(len(self.tidied) % 3 == 2)
        return self.tidied[-1]


def loops(clock: FakeClock) -> tuple[Loop, Loop]:
    """One that comes round every second, and one that never runs."""
    events = Heard().events
    return (
        Loop("quick", lambda: asyncio.sleep(0, 1.0), clock, events),
        Loop("hanging", lambda: asyncio.sleep(0, 1.0), clock, events),
    )


async def test_only_loops_that_come_round_beat() -> None:
    """One that hangs is missing, and named."""
    clock, upkeep = FakeClock(), FakeUpkeep()
    quick, hanging = loops(clock)
    hanging.beat = NOW
    keeper = Housekeeper(upkeep, [quick, hanging], clock=clock, events=Heard().events)
    running = [asyncio.ensure_future(one.run()) for one in (quick, keeper)]

    await clock.advance(HANGS.total_seconds() + 6)

    assert upkeep.beats[1] == ["hanging", "housekeeper", "quick"]
    assert upkeep.beats[-1] == ["housekeeper", "quick"]
    assert keeper.ailment() == "these loops hang: hanging"
    for one in (quick, keeper.loop):
        one.stop()
    await clock.advance(1)
    await asyncio.gather(*running)


async def test_a_loop_that_has_not_begun_is_no_ailment() -> None:
    """Telegram is out of reach at start: its loops wait to begin."""
    clock = FakeClock()
    keeper = Housekeeper(FakeUpkeep(), loops(clock), clock=clock, events=Heard().events)
    assert keeper.ailment() == ""


async def test_it_forgets_every_ten_minutes() -> None:
    """The first time a minute after the start, when there is less to do."""
    clock, upkeep = FakeClock(), FakeUpkeep()
    keeper = Housekeeper(upkeep, [], clock=clock, events=Heard().events)
    running = asyncio.ensure_future(keeper.run())
    await clock.advance(1300)

    assert [at - NOW for at in upkeep.forgot] == [
        timedelta(seconds=60),
        timedelta(seconds=660),
        timedelta(seconds=1260),
    ]
    keeper.loop.stop()
    await clock.advance(1)
    await running


async def test_it_tidies_up_once_in_a_quiet_time() -> None:
    """As often as it takes, then not before the next one."""
    clock, upkeep = FakeClock(), FakeUpkeep()
    keeper = Housekeeper(
        upkeep, [], clock=clock, events=Heard().events, quiet=lambda now: now.hour in {2, 12}
    )
    running = asyncio.ensure_future(keeper.run())
    await clock.advance(3600)
    assert not upkeep.tidied
    await clock.advance(2 * 3600)
    assert upkeep.tidied == [False, False, True]
    await clock.jump(9.5 * 3600)
    await clock.advance(60)
    assert len(upkeep.tidied) == 6
    keeper.loop.stop()
    await clock.advance(1)
    await running


async def test_a_full_disk_does_not_end_it() -> None:
    """The beats come back with the room."""
    async with Newsroom() as room:
        keeper = Housekeeper(room.stores.upkeep, [], **room.told)
        room.database.full = True
        await room.run(keeper, seconds=30)
        assert len(room.heard.of(StoreTrouble)) == 1
        room.database.full = False
        await room.clock.advance(6)
        rows = await room.database.read("SELECT key FROM health")
        assert "beat:housekeeper" in {row["key"] for row in rows}
