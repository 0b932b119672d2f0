"""What all workers share: rounds until told to stop, woken early, guarded at the top, seen to be alive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from datetime import datetime, timedelta
from typing import Any

from bot.errors import StoreError
from bot.events import Events, StoreRecovered, StoreTrouble, WorkerFailed
from bot.ports import Clock

#: A loop comes round at least this often, so that silence means that it hangs.
LONGEST_PAUSE = 5.0
#: Seconds between two rounds whatever a round says: a mistake in one must not eat the processor.
REST = 0.01
#: Seconds after something nobody foresaw, and between two tries while the database says no.
AFTER_FAILURE = 1.0
#: A spell that lasts is told again, because somebody else's may have ended meanwhile.
_STILL = timedelta(minutes=1)
#: Seconds that a cancelled task has to end.
_CANCELLED_GRACE = 1.0


class StoreSpell:
    """One spell in which the database says no to somebody: told when it begins, each minute, and when it is over."""

    def __init__(self, clock: Clock, events: Events) -> None:
        self._clock = clock
        self._events = events
        self._told: datetime | None = None

    def begin(self, error: StoreError) -> None:
        """It said no."""
        now = self._clock.now()
        if self._told is None or now - self._told >= _STILL:
            self._told = now
            self._events.tell(StoreTrouble(now, str(error)))

    def end(self) -> None:
        """What it said no to went well."""
        if self._told is not None:
            self._told = None
            self._events.tell(StoreRecovered(self._clock.now()))


class Loop:
    """Calls `round_` again and again; it returns the seconds until it has something to do.

    A round must not wait for the network: what does so runs in a task of its own. `rest`: seconds between
    two rounds at least, so that what becomes ready together is done together.
    """

    def __init__(
        self,
        name: str,
        round_: Callable[[], Awaitable[float]],
        clock: Clock,
        events: Events,
        *,
        rest: float = REST,
    ) -> None:
        self.name = name
        self.beat: datetime | None = None
        self._round = round_
        self._clock = clock
        self._events = events
        self.rest = rest
        self._woken = asyncio.Event()
        self._news = False
        self._stopping = False
        self._spell = StoreSpell(clock, events)

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stopping

    def wake(self) -> None:
        """Something happened elsewhere: there may be something new to do."""
        self._news = True
        self._woken.set()

    def nudge(self) -> None:
        """Come round; the worker itself knows why."""
        self._woken.set()

    def news(self) -> bool:
        """Whether `wake` was called since the last time that this was asked."""
        news, self._news = self._news, False
        return news

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping = True
        self._woken.set()

    def alive(self, now: datetime, within: timedelta) -> bool:
        """Whether a round ended lately."""
        return self.beat is not None and now - self.beat <= within

    async def run(self) -> None:
        """Until stopped."""
        while not self._stopping:
            self._woken.clear()
            pause = await self._guarded()
            self.beat = self._clock.now()
            await self._clock.sleep(self.rest)
            await self._sleep(min(pause, LONGEST_PAUSE) - self.rest)

    async def _sleep(self, seconds: float) -> None:
        """Until woken, or `seconds` have passed."""
        if self._woken.is_set() or seconds <= 0:
            return
        alarm = asyncio.ensure_future(self._clock.sleep(seconds))
        alarm.add_done_callback(lambda _: self._woken.set())
        try:
            await self._woken.wait()
        finally:
            alarm.cancel()
            await asyncio.wait([alarm])

    async def _guarded(self) -> float:
        try:
            pause = await self._round()
        except StoreError as exc:
            self._spell.begin(exc)
            return AFTER_FAILURE
        except Exception as exc:  # noqa: BLE001 - the one place: a worker outlives what nobody foresaw
            self._events.tell(_failure(self.name, exc, self._clock.now()))
            return AFTER_FAILURE
        self._spell.end()
        return pause


class Tasks:
    """A worker's running tasks by key, at most one each; ended together."""

    def __init__(self, name: str, clock: Clock, events: Events) -> None:
        self._name = name
        self._clock = clock
        self._events = events
        self._spell = StoreSpell(clock, events)
        self._running: dict[int, asyncio.Task[None]] = {}

    def __contains__(self, key: int) -> bool:
        return key in self._running

    def __len__(self) -> int:
        return len(self._running)

    def keys(self) -> Collection[int]:
        """What is running."""
        return self._running.keys()

    def start(self, key: int, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` under `key`, which must not be running."""
        self._running[key] = asyncio.ensure_future(self._guarded(key, work))

    async def finish(self, seconds: float) -> None:
        """Let what is running end within `seconds`, then cancel it; its outcomes have a moment to be saved."""
        await self._ended(seconds)
        for task in self._running.values():
            task.cancel()
        await self._ended(_CANCELLED_GRACE)

    async def _ended(self, seconds: float) -> None:
        if not self._running:
            return
        all_ended = asyncio.ensure_future(asyncio.wait(list(self._running.values())))
        deadline = asyncio.ensure_future(self._clock.sleep(seconds))
        await asyncio.wait([all_ended, deadline], return_when=asyncio.FIRST_COMPLETED)
        for waiting in (all_ended, deadline):
            waiting.cancel()
        await asyncio.wait([all_ended, deadline])

    async def _guarded(self, key: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreError as exc:
            self._spell.begin(exc)
        except Exception as exc:  # noqa: BLE001 - as in `Loop`: the task's own top
            self._events.tell(_failure(self._name, exc, self._clock.now()))
        else:
            self._spell.end()
        finally:
            del self._running[key]


def _failure(worker: str, error: Exception, now: datetime) -> WorkerFailed:
    return WorkerFailed(now, worker, f"{type(error).__name__}: {error}", error)
