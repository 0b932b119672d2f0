"""Signs of life for the health check, and what the store asks for now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.events import Events
from bot.ports import Clock, Upkeep
from bot.workers.loop import Loop

_EVERY = 5.0
_FORGET_EVERY = timedelta(minutes=10)
#: A loop that has not come round for this long hangs.
HANGS = timedelta(seconds=20)


class Housekeeper:
    """Watches the other loops. Mends nothing. Once in each `quiet` time the database is tidied up."""

    def __init__(
        self,
        upkeep: Upkeep,
        loops: Sequence[Loop],
        *,
        clock: Clock,
        events: Events,
        quiet: Callable[[datetime], bool] = lambda _now: False,
    ) -> None:
        self._upkeep = upkeep
        self._clock = clock
        self.loop = Loop("housekeeper", self._round, clock, events)
        self._loops = loops
        self._forget_at = clock.now() + timedelta(minutes=1)
        self._quiet = quiet
        self._tidy = False

    def ailment(self) -> str:
        """Which loops have not come round lately, in words; empty when all have."""
        now = self._clock.now()
        silent = [loop.name for loop in (*self._loops, self.loop) if loop.beat and not loop.alive(now, HANGS)]
        return f"these loops hang: {', '.join(silent)}" if silent else ""

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()

    async def _round(self) -> float:
        now = self._clock.now()
        alive = [loop.name for loop in self._loops if loop.alive(now, HANGS)]
        await self._upkeep.beat([*alive, self.loop.name], now)
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            await self._upkeep.forget(now)
        if not self._quiet(now):
            self._tidy = False
        elif not self._tidy:
            self._tidy = await self._upkeep.tidy()
        return _EVERY
