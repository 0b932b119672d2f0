"""What happened outside must not be forgotten inside: outcomes are saved through trouble and cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.delivery import Claim
from bot.errors import StoreError
from bot.events import Events
from bot.ports import Clock, Outbox
from bot.workers.loop import AFTER_FAILURE, StoreSpell

#: Seconds after a commit in which the next one waits for company.
_GATHER = 0.05


class Saver:
    """Has the database take something, however often it says no at first."""

    def __init__(self, clock: Clock, events: Events) -> None:
        self._clock = clock
        self._spell = StoreSpell(clock, events)

    async def __call__(self, save: Callable[[], Awaitable[object]]) -> None:
        """Try `save`, one verb of the store, until it raises no `StoreError`."""
        while True:
            try:
                await save()
            except StoreError as exc:
                self._spell.begin(exc)
                await self._clock.sleep(AFTER_FAILURE)
            else:
                self._spell.end()
                return


class SentSaver:
    """Saves arrivals: those that are ready together share a commit, and in a crowd more are ready together."""

    def __init__(self, outbox: Outbox, saver: Saver, clock: Clock) -> None:
        self._outbox = outbox
        self._saver = saver
        self._clock = clock
        self._ready: list[tuple[Claim, int | None]] = []
        self._next: asyncio.Task[None] | None = None
        self._committing = asyncio.Lock()
        self._not_before = clock.now()

    async def save(self, claim: Claim, message_id: int | None) -> None:
        """Returns when the database knows it, cancelled meanwhile or not.

        Raises what the commit raised, if not `StoreError`.
        """
        self._ready.append((claim, message_id))
        if self._next is None:
            self._next = asyncio.ensure_future(self._commit())
        await _to_its_end(self._next)

    async def _commit(self) -> None:
        # What becomes ready while a commit is under way, or shortly after one, goes with the next.
        async with self._committing:
            wait = (self._not_before - self._clock.now()).total_seconds()
            await self._clock.sleep(min(wait, _GATHER))
            ready, self._ready, self._next = self._ready, [], None
            await self._saver(partial(self._sent, ready))
            self._not_before = self._clock.now() + timedelta(seconds=_GATHER)

    async def _sent(self, arrivals: Sequence[tuple[Claim, int | None]]) -> None:
        await self._outbox.sent(arrivals, self._clock.now())


async def through_cancellation(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` even if our task is cancelled meanwhile, then be cancelled. Raises what `work` raises."""
    await _to_its_end(asyncio.ensure_future(work))


async def _to_its_end(task: asyncio.Task[None]) -> None:
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        task.result()
        raise
