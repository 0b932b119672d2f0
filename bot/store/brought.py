"""Stories that an editor brings by their links: whose they are, and how they are recorded."""

from __future__ import annotations

from bot.domain.links import site
from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.store.connection import Database
from bot.store.feeds import Feeds
from bot.store.polls import keep_news

#: The newest headlines whose sites are the portal's own.
_RECENT = 2000
_SITES = f"""
SELECT h.link, h.owner_feed AS feed FROM
    (SELECT ifnull(portal_link, link) AS link, owner_feed FROM headlines ORDER BY id DESC LIMIT {_RECENT}) h
    JOIN feeds f ON f.id = h.owner_feed WHERE f.removed_at IS NULL AND h.link IS NOT NULL
UNION ALL SELECT url, id FROM feeds WHERE removed_at IS NULL
"""  # noqa: S608 - a constant of ours


class Brought:
    """Implements `ports.BroughtStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feeds = Feeds(database)

    async def feed_for(self, link: str) -> FeedForPoll | None:
        """The feed whose site a link is of: its headlines lead there, or it lies there itself."""
        wanted = site(link)
        for row in await self._database.read(_SITES):
            if wanted and site(row["link"]) == wanted:
                return await self._feeds.one(row["feed"])
        return None

    async def record_brought(self, intent: PollIntent) -> Recorded:
        """All of `intent` in one transaction; it was no look at the feed."""
        async with self._database.transaction() as tx:
            return await keep_news(tx, intent, follow=False)
