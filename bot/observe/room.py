"""The operator's side of the bot, put together: listeners for events, and the server that shows what they heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from bot.domain.status import StatusSource
from bot.errors import StoreError
from bot.events import Listener
from bot.observe.metrics import MetricsListener
from bot.observe.redaction import Redactor
from bot.observe.troubles import TroubleListener
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.observe.web import StatusServer

#: For so long one reading of the gauges serves everybody who asks.
_FRESH = timedelta(seconds=1)


class Observatory:
    """Built before anything happens, so that it hears all of it; its server is made when the store is open.

    `commands` are the names that readers' commands may have, `secrets` what must never be shown.
    """

    def __init__(self, clock: Clock, *, secrets: Collection[str], commands: Collection[str] = ()) -> None:
        self._clock = clock
        self._redact = Redactor(secrets)
        self._troubles = TroubleListener()
        self._metrics = MetricsListener(commands, self._redact)

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """What must hear every event."""
        return (self._metrics, self._troubles)

    def know_commands(self, names: Collection[str]) -> None:
        """The names that readers' commands may have, where they are known later than the events begin."""
        self._metrics.know_commands(names)

    def server(
        self,
        host: str,
        port: int,
        source: StatusSource,
        zone: tzinfo,
        *,
        live: Callable[[], str],
        ready: Callable[[], Awaitable[str]],
    ) -> StatusServer:
        """The web server at `HTTP_ADDRESS`, not started. `live` and `ready` say what ails the bot, or nothing."""
        from bot.observe.page import StatusPage
        from bot.observe.web import StatusServer, Views

        page = StatusPage(
            source, self._clock, zone, ready=ready, troubles=self._troubles.current, redact=self._redact
        )
        metrics = Scrape(self._metrics, source, self._clock)
        views = Views(page.html, metrics.text, live=live, ready=ready, style=page.style)
        return StatusServer(host, port, views)


class Scrape:
    """The metrics' text, with the gauges of the moment; without them where the database cannot be read."""

    def __init__(self, metrics: MetricsListener, source: StatusSource, clock: Clock) -> None:
        self._metrics = metrics
        self._source = source
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read: datetime | None = None

    async def text(self) -> bytes:
        """Prometheus' text format."""
        async with self._lock:
            now = self._clock.now()
            if self._read is None or not timedelta() <= now - self._read < _FRESH:
                await self._observe(now)
        return self._metrics.exposition()

    async def _observe(self, now: datetime) -> None:
        try:
            self._metrics.observe(await self._source.vitals(now))
        except StoreError:
            return  # the counters are worth having all the more
        self._read = now
