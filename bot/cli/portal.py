"""The portal as `preview` and `check` look at it: as the running bot does, for the length of one command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import tzinfo
from zoneinfo import ZoneInfo

from bot.sources.portal import Portal

#: Where times without a zone are read when there are no settings.
_ZONE = ZoneInfo("Asia/Jakarta")


@asynccontextmanager
async def open_portal(named: Iterable[str] | None = None, zone: tzinfo = _ZONE) -> AsyncIterator[Portal]:
    """A portal with its own connections and parsing child, both closed at the end.

    `named` are the addresses of the settings, which alone may lie in a private network; None where
    every address was typed by the operator. `zone` is where times without one are read.
    """
    from bot.clock import SystemClock
    from bot.sources.fetch import Fetcher
    from bot.sources.parser import ParserProcess

    fetcher, parser = Fetcher(allowed=named), ParserProcess()
    try:
        yield Portal(fetcher, parser, zone=zone, clock=SystemClock())
    finally:
        await parser.aclose()
        await fetcher.aclose()
