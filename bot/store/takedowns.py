"""Posted stories whose pages are looked after, and what is suspected of them. Implements `ports.TakedownStore`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.takedowns import Suspicion
from bot.ports import PostedStory
from bot.store.alerts import queue
from bot.store.connection import Database, Row
from bot.store.values import maybe_moment, maybe_ticks, moment, ticks

# A portal whose feed fails is left alone.
_POSTED = """
SELECT h.id, h.owner_feed, h.title, h.published_at, ifnull(h.portal_link, h.link) AS link,
    coalesce(f.moved_to, f.url) AS found_on, t.misses, t.since, t.look_at, t.told_at
FROM {places} CROSS JOIN feeds f ON f.id = h.owner_feed LEFT JOIN takedowns t ON t.headline_id = h.id
WHERE h.withdrawn_at IS NULL AND h.hidden = 0 AND h.published_at >= :since AND f.removed_at IS NULL
    AND f.failures = 0 AND ifnull(h.portal_link, h.link) IS NOT NULL
    AND EXISTS (SELECT 1 FROM deliveries d WHERE d.headline_id = h.id AND d.state = 'SENT') AND {which}
"""
_NEWEST_FIRST = "ORDER BY h.published_at DESC, h.id DESC LIMIT :limit"
_BEFORE = (
    _POSTED.format(
        places="headlines h", which="(h.published_at, h.id) < (:at, :id) AND t.headline_id IS NULL"
    )
    + _NEWEST_FIRST
)
_OF_FEED = (
    _POSTED.format(places="headlines h", which="h.owner_feed = :feed AND t.headline_id IS NULL")
    + _NEWEST_FIRST
)
_DUE = (
    _POSTED.format(
        places="takedowns s CROSS JOIN headlines h ON h.id = s.headline_id", which="s.look_at <= :now"
    )
    + "ORDER BY s.look_at LIMIT :limit"
)
_SUSPECT = """
INSERT INTO takedowns (headline_id, misses, since, look_at) VALUES (:id, :misses, :since, :look_at)
ON CONFLICT (headline_id) DO UPDATE SET misses = :misses, since = :since, look_at = :look_at
    WHERE (told_at IS NOT NULL) = :told
"""
_CLEAR = "DELETE FROM takedowns WHERE headline_id = ? AND told_at IS NULL"
_TELL = """
INSERT INTO takedowns (headline_id, misses, since, look_at, told_at)
SELECT id, :misses, :since, :look_at, :now FROM headlines WHERE id = :id AND withdrawn_at IS NULL
ON CONFLICT (headline_id) DO UPDATE SET misses = :misses, look_at = :look_at, told_at = :now WHERE told_at IS NULL
RETURNING headline_id
"""
_BACK = """
DELETE FROM takedowns WHERE headline_id = ? AND told_at IS NOT NULL
    AND headline_id IN (SELECT id FROM headlines WHERE withdrawn_at IS NULL)
RETURNING headline_id
"""
_FORGET = """
DELETE FROM takedowns WHERE told_at IS NULL AND headline_id IN
    (SELECT t.headline_id FROM takedowns t JOIN headlines h ON h.id = t.headline_id WHERE h.published_at < ?)
"""


class Takedowns:
    """Reads what was posted, keeps what is suspected. Withdraws nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def posted_before(
        self, place: tuple[datetime, int], since: datetime, limit: int
    ) -> Sequence[PostedStory]:
        """Posted stories that were published before `place` (a time, and an id for equal ones), newest first."""
        at, headline = place
        values = {"at": ticks(at), "id": headline, "since": ticks(since), "limit": limit}
        return [_story(row) for row in await self._database.read(_BEFORE, values)]

    async def posted_from(self, feed_id: int, since: datetime, limit: int) -> Sequence[PostedStory]:
        """The newest posted stories that a feed owns and of which nothing is suspected."""
        values = {"feed": feed_id, "since": ticks(since), "limit": limit}
        return [_story(row) for row in await self._database.read(_OF_FEED, values)]

    async def suspects_due(self, now: datetime, since: datetime, limit: int) -> Sequence[PostedStory]:
        """Stories that are to be looked at again now."""
        values = {"now": ticks(now), "since": ticks(since), "limit": limit}
        return [_story(row) for row in await self._database.read(_DUE, values)]

    async def suspect(self, headline_id: int, suspicion: Suspicion) -> None:
        """Keep what is suspected; without a time to look again nothing is, any more."""
        async with self._database.transaction() as tx:
            if suspicion.look_at is None:
                await tx.run(_CLEAR, (headline_id,))
            else:
                await tx.run(_SUSPECT, {**_values(headline_id, suspicion), "told": suspicion.told})

    async def taken_down(self, headline_id: int, suspicion: Suspicion, text: str, now: datetime) -> bool:
        """Queue `text` for the desk, once. False where it was told before, or is withdrawn by now."""
        return await self._tell(_TELL, {**_values(headline_id, suspicion), "now": ticks(now)}, text, now)

    async def put_back(self, headline_id: int, text: str, now: datetime) -> bool:
        """Queue `text` for the desk, once; nothing is suspected any more. False where it is withdrawn by now."""
        return await self._tell(_BACK, (headline_id,), text, now)

    async def forget_suspicions(self, before: datetime) -> None:
        """Of stories published before then; those that were told stay, to be told once."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET, (ticks(before),))

    async def _tell(
        self, sql: str, values: dict[str, object] | tuple[object, ...], text: str, now: datetime
    ) -> bool:
        async with self._database.transaction() as tx:
            told = await tx.one(sql, values) is not None
            if told:
                await queue(tx, text, now)
        return told


def _values(headline_id: int, suspicion: Suspicion) -> dict[str, object]:
    return {
        "id": headline_id,
        "misses": suspicion.misses,
        "since": maybe_ticks(suspicion.since),
        "look_at": maybe_ticks(suspicion.look_at),
    }


def _story(row: Row) -> PostedStory:
    return PostedStory(
        id=row["id"],
        feed_id=row["owner_feed"],
        title=row["title"],
        link=row["link"],
        found_on=row["found_on"],
        published=moment(row["published_at"]),
        suspicion=Suspicion(
            row["misses"] or 0,
            maybe_moment(row["since"]),
            maybe_moment(row["look_at"]),
            told=row["told_at"] is not None,
        ),
    )
