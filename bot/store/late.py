"""What came too late for readers who get their news at once: it waits for the digests' hour, and goes out as one.

Keeps no row a reader: a fan-out that is cut off stays one row, with who had been asked by then.
"""

from __future__ import annotations

from datetime import datetime

from bot.domain.subscriptions import LATE_AFTER, MOST_MERGED
from bot.store.connection import Database, Transaction
from bot.store.values import ticks

#: A fan-out that has not begun to be offered is none of the courier's business.
GOING = "late_at IS NOT 0"

# What is offered and comes too late once more is let go.
_LET_GO = "DELETE FROM fanouts WHERE late_at > 0 AND late_at < :late"
_CUT = """
UPDATE fanouts SET late_at = 0, asked_from = start, asked_to = cursor, asked_round = wrapped,
    start = NULL, cursor = NULL, wrapped = 0
WHERE late_at IS NULL AND at < :late
"""
_ANY = """
SELECT EXISTS (SELECT 1 FROM fanouts WHERE late_at = 0 AND at <= :upto)
    OR EXISTS (SELECT 1 FROM reader_rows WHERE state = 'SKIPPED' AND at <= :upto) AS found
"""
_OFFER = "UPDATE fanouts SET late_at = :now WHERE late_at = 0 AND at <= :upto"
# Whoever chose a digest finds them there (`digests`).
_AT_ONCE = "reader_id IN (SELECT id FROM subscribers WHERE digest_at IS NULL)"
_TOO_MANY = f"""
DELETE FROM reader_rows WHERE state = 'SKIPPED' AND at <= :upto AND {_AT_ONCE} AND (
    SELECT count(*) FROM reader_rows n WHERE n.reader_id = reader_rows.reader_id
        AND n.state = 'SKIPPED' AND n.headline_id > reader_rows.headline_id) >= {MOST_MERGED}
"""  # noqa: S608 - constants of ours
_OFFER_ROWS = f"""
UPDATE reader_rows SET state = 'PENDING', digest = 1, at = :now, next_at = 0
WHERE state = 'SKIPPED' AND at <= :upto AND {_AT_ONCE}
"""  # noqa: S608 - constants of ours
_FORGET_ROWS = "DELETE FROM reader_rows WHERE state = 'SKIPPED' AND at < ?"
_FORGET = "DELETE FROM fanouts WHERE late_at = 0 AND at < ?"


async def cut_off(tx: Transaction, now: datetime) -> None:
    """What has gone round for longer than `LATE_AFTER` stops where it is."""
    for step in (_LET_GO, _CUT):
        await tx.run(step, {"late": ticks(now - LATE_AFTER)})


class Late:
    """Offers what came too late, and forgets it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def offer(self, hour: datetime, now: datetime) -> None:
        """What was too late by `hour` sets out as a digest; asked again, there is nothing left to offer."""
        named = {"upto": ticks(hour - LATE_AFTER)}
        rows = await self._database.read(_ANY, named)
        if not rows[0]["found"]:
            return
        async with self._database.transaction() as tx:
            for step in (_OFFER, _TOO_MANY, _OFFER_ROWS):
                await tx.run(step, named | ({} if step is _TOO_MANY else {"now": ticks(now)}))

    async def forget(self, before: datetime) -> None:
        """Drop what became due before then and was never offered."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET_ROWS, (ticks(before),))
            await tx.run(_FORGET, (ticks(before),))
