"""`/populer [hari|minggu|bulan]` (`/popular`): what is read most, and by whose count. It counts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.commands.command import Handler
from bot.commands.latest import Latest
from bot.domain.headlines import Headline
from bot.domain.paging import fold
from bot.domain.replies import Listing, Reply, Request
from bot.locale import Say, phrase
from bot.ports import HeadlineReader

#: Headlines in the list (product.md §5).
SEVEN = 7


class Window(StrEnum):
    """The time that a ranking looks back on."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Ranking(Protocol):
    """Headlines ranked by what readers did with them."""

    async def ranked(self, window: Window, now: datetime, limit: int) -> Sequence[Headline]:
        """The most popular of the last 24 hours, 7 or 30 days before `now`; empty where nothing is known."""
        ...


_WINDOWS = {
    "hari": Window.DAY,
    "minggu": Window.WEEK,
    "bulan": Window.MONTH,
    **{window.value: window for window in Window},
}
_COUNTED = {
    Window.DAY: phrase("By what readers on Telegram did in the last 24 hours."),
    Window.WEEK: phrase("By what readers on Telegram did in the last 7 days."),
    Window.MONTH: phrase("By what readers on Telegram did in the last 30 days."),
}


class Popular(Handler):
    """The portal's own list where it has one, else a ranking, else the latest; it says which.

    `url` is the portal's list ('' for none); without a `ranking` there is none.
    """

    def __init__(
        self, headlines: HeadlineReader, latest: Latest, *, portal: str, url: str, ranking: Ranking | None
    ) -> None:
        self._headlines = headlines
        self._latest = latest
        self._portal = portal
        self._url = url
        self._ranking = ranking

    async def answer(self, request: Request, say: Say) -> Reply:
        portals = await self._headlines.popular(self._url, SEVEN) if self._url else ()
        if portals:
            return _listing(portals, say("In {portal}’s own order.", portal=self._portal), say)
        return await self._ranked(request, say) or await self._nothing_known(say)

    async def _ranked(self, request: Request, say: Say) -> Reply | None:
        if self._ranking is None:
            return None
        window = _WINDOWS.get(fold(request.argument), Window.DAY)
        ranked = await self._ranking.ranked(window, request.at, SEVEN)
        return _listing(ranked, say(_COUNTED[window]), say) if ranked else None

    async def _nothing_known(self, say: Say) -> Reply:
        reply = await self._latest.newest("", say)
        if reply.listing is None:
            return reply
        return replace(
            reply, heading=say("Nobody knows yet what is read most. Here are the latest headlines:")
        )


def _listing(headlines: Sequence[Headline], note: str, say: Say) -> Reply:
    return Reply(heading=say("Most read"), listing=Listing(tuple(headlines)), note=note)
