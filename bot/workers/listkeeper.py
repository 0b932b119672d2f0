"""Keeps the portal's own popular list fresh. Posts nothing of it."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.schedule import next_look
from bot.errors import FetchError, SourceError
from bot.events import Events, Polled
from bot.ports import Clock, PopularStore, Portal
from bot.workers.loop import Loop, Tasks

_ONE = 1
_GRACE = 1.0
#: Seconds until a look that takes longer than the interval is thought of again.
_BUSY = 1.0


class ListKeeper:
    """The loop of looks at `POPULAR_URL`."""

    def __init__(
        self,
        url: str,
        portal: Portal,
        store: PopularStore,
        *,
        interval: timedelta,
        clock: Clock,
        events: Events,
    ) -> None:
        self._url = url
        self._portal = portal
        self._store = store
        self._interval = interval
        self._clock = clock
        self._events = events
        self._failures = 0
        self._next_at = clock.now()
        self._tasks = Tasks("listkeeper", clock, events)
        self.loop = Loop("listkeeper", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        if now >= self._next_at and _ONE not in self._tasks:
            self._next_at = now + self._interval
            self._tasks.start(_ONE, self._look())
        return max((self._next_at - now).total_seconds(), _BUSY)

    async def _look(self) -> None:
        started = self._clock.now()
        wish = None
        try:
            look = await self._portal.popular(await self._store.popular_address(self._url))
        except SourceError as exc:
            self._failures += 1
            wish = exc.retry_after if isinstance(exc, FetchError) else None
            outcome, detail = "failed", str(exc)
        else:
            self._failures = 0
            await self._store.record_popular(self._url, look, self._clock.now())
            outcome, detail = "not_modified" if look.document is None else "ok", ""
        now = self._clock.now()
        self._next_at = next_look(self._interval, self._failures, wish, now, 0.0)
        self._events.tell(Polled(now, self._url, outcome, detail, took=now - started))
        self.loop.nudge()
