"""Sets digests out at their hour: the popular and the new of a day as one message. Sends nothing: the courier does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, tzinfo

from bot.domain.subscriptions import (
    DIGEST_AT,
    DIGEST_SPAN,
    LATE_AFTER,
    DigestDue,
    choose_digest,
    last_digest,
    next_digest,
)
from bot.events import Events
from bot.ports import Clock, DigestStore
from bot.workers.loop import Loop

#: Subscribers in one round: some milliseconds' choosing.
_MOST = 10
#: Moments reckoned in one round.
_MOST_PLANNED = 200
_IDLE, _BUSY = 2.0, 0.1


class DigestWorker:
    """The loop of digests. `popular`: ids of the most popular headlines of the day before a moment, best first."""

    def __init__(
        self,
        store: DigestStore,
        *,
        popular: Callable[[datetime], Awaitable[Sequence[int]]],
        zone: tzinfo,
        clock: Clock,
        events: Events,
    ) -> None:
        self._store = store
        self._popular = popular
        self._zone = zone
        self._clock = clock
        self.loop = Loop("digest", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()

    async def _round(self) -> float:
        now = self._clock.now()
        unplanned = await self._store.unplanned(_MOST_PLANNED)
        if unplanned:
            await self._store.plan([(reader, next_digest(at, self._zone, now)) for reader, at in unplanned])
        await self._offer_late(now)
        due = await self._store.due(now, _MOST)
        if due:
            await self._begin(due, now)
        return _BUSY if due or unplanned else _IDLE

    async def _begin(self, due: Sequence[DigestDue], now: datetime) -> None:
        popular = await self._popular(now)
        day = await self._store.day(now, DIGEST_SPAN)
        for one in due:
            next_at = next_digest(one.at, self._zone, now)
            # Yesterday's morning paper is not brought at noon: what it had to tell is left to the next.
            if now - one.due > LATE_AFTER:
                await self._store.plan([(one.reader, next_at)])
            else:
                await self._store.set_out(one.reader, choose_digest(one, day, popular), next_at, now)

    async def _offer_late(self, now: datetime) -> None:
        """What could not reach those who chose no hour in time comes at the digests' own hour."""
        hour = last_digest(DIGEST_AT, self._zone, now)
        if now - hour <= LATE_AFTER:
            await self._store.offer_late(hour, now)
