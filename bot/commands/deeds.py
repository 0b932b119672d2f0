"""The ranking that `/populer` shows where the portal has no list: by what readers did (`domain.ranking`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.commands.popular import Window
from bot.domain.headlines import Headline
from bot.domain.ranking import ranked
from bot.ports import EngagementReader

#: How far each looks back (product.md §5).
SPANS = {
    Window.DAY: timedelta(days=1),
    Window.WEEK: timedelta(days=7),
    Window.MONTH: timedelta(days=30),
}


class ReadersRanking:
    """Implements `popular.Ranking`."""

    def __init__(self, engagement: EngagementReader) -> None:
        self._engagement = engagement

    async def ranked(self, window: Window, now: datetime, limit: int) -> Sequence[Headline]:
        """The most popular of the last 24 hours, 7 or 30 days before `now`; empty where nothing is known."""
        deeds = await self._engagement.deeds(SPANS[window], now)
        return await self._engagement.headlines(ranked(deeds, SPANS[window], limit))
