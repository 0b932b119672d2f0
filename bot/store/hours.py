"""What page and picture count by hour: headlines, posts, and how long it was from one to the other. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.status import Delays, Hour
from bot.store.connection import Database, Row
from bot.store.values import dump, moment, ticks

#: Posts that delays are taken from.
_SAMPLE = 1000
_HOURS = 24
_HOUR = timedelta(hours=1)

# A range of an index for each hour: counting is all that is done, nothing is sorted or grouped.
_HEADLINES_OF_HOURS = """
SELECT value AS hour, (SELECT count(*) FROM headlines
    WHERE withdrawn_at IS NULL AND hidden = 0 AND published_at >= value AND published_at < value + 3600000000) AS n
FROM json_each(?)
"""
_POSTS_OF_HOURS = """
SELECT value AS hour, (SELECT count(*) FROM deliveries
    WHERE sent_at >= value AND sent_at < value + 3600000000) AS n
FROM json_each(?)
"""
_DELAYS = """
SELECT d.sent_at - h.published_at AS delay FROM (SELECT sent_at, headline_id FROM deliveries
    WHERE sent_at >= ? ORDER BY sent_at DESC LIMIT ?) d
JOIN headlines h ON h.id = d.headline_id ORDER BY delay
"""


class Hours:
    """The last hours of the whole newsroom. It remembers what cannot change any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # A headline may be seen an hour after it was published; what was posted in a past hour does not change.
        self._headlines = _ByHour(database, _HEADLINES_OF_HOURS, live=2)
        self._posts = _ByHour(database, _POSTS_OF_HOURS, live=1)

    async def counted(self, now: datetime) -> tuple[Hour, ...]:
        """The last 24 hours, oldest first; the last one is under way."""
        this = now.replace(minute=0, second=0, microsecond=0)
        hours = [this - _HOUR * back for back in reversed(range(_HOURS))]
        headlines, posts = await self._headlines.count(hours), await self._posts.count(hours)
        return tuple(Hour(hour, headlines[hour], posts[hour]) for hour in hours)

    async def delays(self, since: datetime) -> Delays:
        """Of the newest posts since then, at most 1,000."""
        rows = await self._database.read(_DELAYS, (ticks(since), _SAMPLE))
        if not rows:
            return Delays(0, since)
        return Delays(len(rows), since, _percentile(rows, 50), _percentile(rows, 95))


class _ByHour:
    """Counts by hour; of all hours but the last `live` it remembers what it counted once."""

    def __init__(self, database: Database, sql: str, *, live: int) -> None:
        self._database = database
        self._sql = sql
        self._live = live
        self._known: dict[datetime, int] = {}

    async def count(self, hours: Sequence[datetime]) -> Mapping[datetime, int]:
        """A count for each of `hours`, which follow each other."""
        past = {hour: self._known[hour] for hour in hours[: -self._live] if hour in self._known}
        asked = dump([ticks(hour) for hour in hours if hour not in past])
        rows = await self._database.read(self._sql, (asked,))
        self._known = past | {moment(row["hour"]): int(row["n"]) for row in rows}
        return self._known


def _percentile(ordered: Sequence[Row], percent: int) -> timedelta:
    """The nearest rank."""
    row = ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]
    return timedelta(microseconds=max(row["delay"], 0))
