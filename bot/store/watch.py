"""What the watcher reads of feeds, and what it found wrong with them. Implements `ports.WatchStore`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.watch import HISTORY_DAYS, slots_of
from bot.ports import WatchedFeed
from bot.store.connection import Database
from bot.store.values import dump, moment, ticks

_DAY = timedelta(days=1)

# Looked at well since news came, and not failing: of the others nothing can be said.
_SILENT = """
SELECT id, interval, last_new_at, looked_at FROM feeds
WHERE id > :after AND removed_at IS NULL AND paused = 0 AND failures = 0
    AND last_new_at IS NOT NULL AND looked_at > last_new_at
ORDER BY id LIMIT :limit
"""
_ARRIVALS = """
SELECT a.feed_id, a.day, a.slots FROM json_each(:ids) j CROSS JOIN arrivals a ON a.feed_id = j.value
WHERE a.day >= :since
"""
_FOUND = "SELECT feed_id, kind FROM watched"
_BEGIN = "INSERT OR IGNORE INTO watched (feed_id, kind, told, since) VALUES (?, ?, ?, ?)"
_END = "DELETE FROM watched WHERE feed_id = ? AND kind = ?"
_OTHERS = "SELECT id, url FROM feeds WHERE removed_at IS NULL AND id <> ?"
_LOOK_NOW = """
UPDATE feeds SET next_at = min(next_at, :now)
WHERE id IN (SELECT value FROM json_each(:ids)) AND removed_at IS NULL AND paused = 0 AND failures = 0
"""
_FORGET = "DELETE FROM arrivals WHERE day < ?"


class Watch:
    """Silences, troubles found, and looks out of turn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def silent_feeds(self, after: int, limit: int, now: datetime) -> Sequence[WatchedFeed]:
        """Up to `limit` feeds with an id above `after` that were looked at well and brought nothing since."""
        rows = await self._database.read(_SILENT, {"after": after, "limit": limit})
        values = {"ids": dump([row["id"] for row in rows]), "since": _day(now) - HISTORY_DAYS - 2}
        days: dict[int, dict[int, int]] = {row["id"]: {} for row in rows}
        for row in await self._database.read(_ARRIVALS, values):
            days[row["feed_id"]][row["day"]] = row["slots"]
        return [
            WatchedFeed(
                id=row["id"],
                interval=timedelta(microseconds=row["interval"]),
                last_new=moment(row["last_new_at"]),
                looked=moment(row["looked_at"]),
                slots=slots_of(days[row["id"]]),
            )
            for row in rows
        ]

    async def found_wrong(self) -> Collection[tuple[int, str]]:
        """(feed id, kind) of every trouble that lasts."""
        return {(row["feed_id"], row["kind"]) for row in await self._database.read(_FOUND)}

    async def wrong(self, feed_id: int, kind: str, values: Mapping[str, str], now: datetime) -> None:
        """A trouble of this kind begins, unless it lasts already; the desk finds it and tells it."""
        async with self._database.transaction() as tx:
            await tx.run(_BEGIN, (feed_id, kind, json.dumps(dict(values)), ticks(now)))

    async def right(self, feed_id: int, kind: str) -> None:
        """It is over."""
        async with self._database.transaction() as tx:
            await tx.run(_END, (feed_id, kind))

    async def other_feeds(self, feed_id: int) -> Sequence[tuple[int, str]]:
        """Id and address of every feed but this one."""
        return [(row["id"], row["url"]) for row in await self._database.read(_OTHERS, (feed_id,))]

    async def look_at(self, feed_ids: Collection[int], now: datetime) -> None:
        """Have these looked at now, but for those that fail."""
        async with self._database.transaction() as tx:
            await tx.run(_LOOK_NOW, {"ids": dump(list(feed_ids)), "now": ticks(now)})

    async def forget_arrivals(self, now: datetime) -> None:
        """Drop what nothing looks back to any more."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET, (_day(now) - HISTORY_DAYS - 7,))


def _day(when: datetime) -> int:
    return ticks(when) // (_DAY // timedelta(microseconds=1))
