"""What all workers share: rounds until told to stop, woken early, guarded at the top, seen to be alive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from bot.errors import StoreError
from bot.events import Events, StoreRecovered, StoreTrouble, WorkerFailed
from bot.ports import Clock

#: A loop comes round at least this often, so that silence means that it hangs.
LONGEST_PAUSE = 5.0
#: Seconds after something nobody foresaw, and after the database said no.
_AFTER_FAILURE = 1.0


class Loop:
    """Calls `round_` again and again; it returns the seconds until it has something to do.

    A round must not wait for the network: what does so runs in a task of its own.
    """

    def __init__(
        self, name: str, round_: Callable[[], Awaitable[float]], clock: Clock, events: Events
    ) -> None:
        self.name = name
        self.beat: datetime | None = None
        self._round = round_
        self._clock = clock
        self._events = events
        self._woken = asyncio.Event()
        self._stopping = False
        self._store_trouble = False

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stopping

    def wake(self) -> None:
        """There may be something to do now."""
        self._woken.set()

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
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(pause, LONGEST_PAUSE))):
                    await self._woken.wait()

    async def _guarded(self) -> float:
        try:
            pause = await self._round()
        except StoreError as exc:
            self._events.tell(StoreTrouble(self._clock.now(), str(exc)))
            self._store_trouble = True
            return _AFTER_FAILURE
        except Exception as exc:  # noqa: BLE001 - the one place: a worker outlives what nobody foresaw
            self._events.tell(WorkerFailed(self._clock.now(), self.name, f"{type(exc).__name__}: {exc}", exc))
            return _AFTER_FAILURE
        if self._store_trouble:
            self._store_trouble = False
            self._events.tell(StoreRecovered(self._clock.now()))
        return pause


class Tasks:
    """A worker's running tasks by key, at most one each; ended together."""

    def __init__(self, name: str, clock: Clock, events: Events) -> None:
        self._name = name
        self._clock = clock
        self._events = events
        self._running: dict[int, asyncio.Task[None]] = {}

    def __contains__(self, key: int) -> bool:
        return key in self._running

    def __len__(self) -> int:
        return len(self._running)

    def keys(self) -> set[int]:
        """What is running."""
        return set(self._running)

    def start(self, key: int, work: Awaitable[None]) -> None:
        """Run `work` under `key`, which must not be running."""
        self._running[key] = asyncio.ensure_future(self._guarded(key, work))

    async def finish(self, seconds: float) -> None:
        """Let what is running end within `seconds`, then cancel it."""
        running = list(self._running.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)

    async def _guarded(self, key: int, work: Awaitable[None]) -> None:
        try:
            await work
        except StoreError as exc:
            self._events.tell(StoreTrouble(self._clock.now(), str(exc)))
        except Exception as exc:  # noqa: BLE001 - as in `Loop`: the task's own top
            self._events.tell(
                WorkerFailed(self._clock.now(), self._name, f"{type(exc).__name__}: {exc}", exc)
            )
        finally:
            self._running.pop(key, None)
