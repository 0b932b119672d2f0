"""Digests: who is due, what there was within a day, and the rows by which a digest sets out. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from bot.domain.subscriptions import MOST_MERGED, DigestDue, Told
from bot.store.connection import Database
from bot.store.late import Late
from bot.store.rows import HEADLINE, headline_of
from bot.store.subscriptions import wish_of
from bot.store.values import moment, ticks

#: Rows that wait at most before another digest sets out.
_ROOM = 100
#: Headlines of a day that a digest is chosen from.
_MOST = 200

_UNPLANNED = """
SELECT id, digest_at FROM subscribers WHERE digest_at IS NOT NULL AND digest_next IS NULL LIMIT ?
"""
_PLAN = "UPDATE subscribers SET digest_next = ? WHERE id = ? AND digest_at IS NOT NULL"
# What it tells, or leaves out, the next one does not tell again.
_SET_OUT = "UPDATE subscribers SET digest_next = ?, since = ? WHERE id = ? AND digest_at IS NOT NULL"
_WAITING = (
    "SELECT count(*) AS n FROM (SELECT 1 FROM reader_rows WHERE state IN ('PENDING', 'RETRY') LIMIT :most)"
)
_DUE = """
SELECT id, wish, digest_at, digest_next, since FROM subscribers
WHERE digest_at IS NOT NULL AND digest_next <= :now ORDER BY digest_next LIMIT :limit
"""
_DAY = f"""
SELECT h.also, {HEADLINE} FROM headlines h
WHERE h.withdrawn_at IS NULL AND h.hidden = 0 AND h.published_at > :since AND h.published_at <= :now
ORDER BY h.published_at DESC, h.id DESC LIMIT {_MOST}
"""  # noqa: S608 - constants of ours
_ADD = """
INSERT OR IGNORE INTO reader_rows (reader_id, headline_id, at, digest)
SELECT id, ?, ?, 1 FROM subscribers WHERE id = ? AND digest_at IS NOT NULL
"""
_ADD_LATE = """
UPDATE reader_rows SET state = 'PENDING', digest = 1, at = :now, next_at = 0
WHERE reader_id = :reader AND headline_id IN (SELECT headline_id FROM reader_rows
    WHERE reader_id = :reader AND state = 'SKIPPED' ORDER BY headline_id DESC LIMIT :room)
"""


class Digests:
    """Implements `ports.DigestStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._late = Late(database)

    async def unplanned(self, limit: int) -> Sequence[tuple[int, time]]:
        """Subscribers whose next digest has no moment yet, and the local time that they chose."""
        rows = await self._database.read(_UNPLANNED, (limit,))
        return [(row["id"], time(*divmod(row["digest_at"], 60))) for row in rows]

    async def plan(self, moments: Sequence[tuple[int, datetime]]) -> None:
        """When the next digest of each subscriber is due."""
        async with self._database.transaction() as tx:
            await tx.many(_PLAN, [(ticks(at), reader) for reader, at in moments])

    async def due(self, now: datetime, limit: int) -> Sequence[DigestDue]:
        """Whose digest is due; none while enough waits already."""
        async with self._database.reading() as tx:
            waiting = await tx.one(_WAITING, {"most": _ROOM})
            if waiting is not None and waiting["n"] >= _ROOM:
                return []
            rows = await tx.all(_DUE, {"now": ticks(now), "limit": limit})
        return [
            DigestDue(
                row["id"],
                wish_of(row["wish"]),
                time(*divmod(row["digest_at"], 60)),
                due=moment(row["digest_next"]),
                since=moment(row["since"]),
            )
            for row in rows
        ]

    async def day(self, now: datetime, span: timedelta) -> Sequence[Told]:
        """What was published within `span` before `now` and readers may see, newest first; bounded."""
        rows = await self._database.read(_DAY, {"since": ticks(now - span), "now": ticks(now)})
        return [
            Told(headline_of(row), tuple(name for name in row["also"].split(" · ") if name)) for row in rows
        ]

    async def set_out(
        self, reader: int, headline_ids: Sequence[int], next_at: datetime, now: datetime
    ) -> None:
        """The digest of `reader` is on its way, with what came too late before; the next is due at `next_at`."""
        room = max(MOST_MERGED - len(headline_ids), 0)
        async with self._database.transaction() as tx:
            # In the order in which they are to be read.
            await tx.many(_ADD, [(one, ticks(now) + place, reader) for place, one in enumerate(headline_ids)])
            await tx.run(_ADD_LATE, {"now": ticks(now) + MOST_MERGED, "reader": reader, "room": room})
            await tx.run(_SET_OUT, (ticks(next_at), ticks(now), reader))

    async def offer_late(self, hour: datetime, now: datetime) -> None:
        """What was too late at `hour` for readers who get their news at once sets out as a digest; once."""
        await self._late.offer(hour, now)
