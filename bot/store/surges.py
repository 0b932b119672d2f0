"""Surges: more headlines at once than an editor would expect, held until one decides about all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store.connection import Database, Transaction
from bot.store.deliveries import make_due
from bot.store.values import moment, ticks

# A surge is what one look at one feed brought: nothing else of that feed was first seen at that moment.
HELD_SURGES = """
SELECT h.owner_feed, d.at, f.url, f.name, count(DISTINCT d.headline_id) AS headlines, count(*) AS posts
FROM deliveries d JOIN headlines h ON h.id = d.headline_id JOIN feeds f ON f.id = h.owner_feed
WHERE d.state = 'HELD' AND d.reason = 'surge' AND h.first_seen_at = d.at
GROUP BY d.at, h.owner_feed ORDER BY d.at, h.owner_feed
"""
# Rows that another feed added to the same headlines later go with them.
_ROWS = """
SELECT d.id, d.channel_id FROM deliveries d CROSS JOIN headlines h ON h.id = d.headline_id
WHERE d.state = 'HELD' AND d.reason = 'surge' AND h.owner_feed = :feed AND h.first_seen_at = :at AND d.at >= :at
ORDER BY h.id
"""
_SHOW = "UPDATE headlines SET hidden = 0 WHERE id = (SELECT headline_id FROM deliveries WHERE id = ?)"
_SKIP = "UPDATE deliveries SET state = 'SKIPPED', reason = 'passed_over', at = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class HeldSurge:
    """One surge that waits for an editor: `feed_id` and `at` (aware UTC) name it through restarts."""

    feed_id: int
    at: datetime
    feed: str
    headlines: int


class Surges:
    """Holds nothing back itself: `domain.due` does. Here it is let go."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def held_surges(self) -> Sequence[HeldSurge]:
        """What waits for a decision, oldest first."""
        return [
            HeldSurge(row["owner_feed"], moment(row["at"]), row["name"] or row["url"], row["headlines"])
            for row in await self._database.read(HELD_SURGES)
        ]

    async def release_surge(self, feed_id: int, at: datetime, now: datetime) -> int:
        """`Terbitkan`: all of it is due, oldest first, whatever its age. Returns how many rows; 0 if it is decided."""
        async with self._database.transaction() as tx:
            return await release(tx, feed_id, at, now)

    async def pass_over(self, feed_id: int, at: datetime, now: datetime) -> int:
        """`Lewati`: none of it is posted; readers see it in lists. Returns how many rows; 0 if it is decided."""
        async with self._database.transaction() as tx:
            return await pass_over(tx, feed_id, at, now)


async def release(tx: Transaction, feed_id: int, at: datetime, now: datetime) -> int:
    """As `Surges.release_surge`, in a transaction of somebody else's."""
    rows = await _take(tx, feed_id, at)
    first = {channel: row for row, channel in reversed(rows.items())}
    await make_due(tx, list(rows), now, loud=set(first.values()), by_editor=True)
    return len(rows)


async def pass_over(tx: Transaction, feed_id: int, at: datetime, now: datetime) -> int:
    """As `Surges.pass_over`, in a transaction of somebody else's."""
    rows = await _take(tx, feed_id, at)
    await tx.many(_SKIP, [(ticks(now), row) for row in rows])
    return len(rows)


async def _take(tx: Transaction, feed_id: int, at: datetime) -> dict[int, int]:
    """The rows of a surge in posting order, each with its channel; readers see their headlines from now on."""
    rows = await tx.all(_ROWS, {"feed": feed_id, "at": ticks(at)})
    await tx.many(_SHOW, [(row["id"],) for row in rows])
    return {row["id"]: row["channel_id"] for row in rows}
