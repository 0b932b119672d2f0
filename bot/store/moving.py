"""A group that becomes a supergroup gets another id: what it chose goes along, and so does its place in the queue."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bot.store.connection import Database, Transaction
from bot.store.fanout import ADD, FANOUTS, rows_for
from bot.store.values import ticks

_KNOWN = """
SELECT EXISTS (SELECT 1 FROM subscribers WHERE id = :id) OR EXISTS (SELECT 1 FROM readers WHERE id = :id) AS known
"""
_AT_ONCE = "SELECT id, wish, since FROM subscribers WHERE id = ? AND digest_at IS NULL"
_ALL_ASKED = "UPDATE subscribers SET since = ? WHERE id = ?"
_MOVE = (
    "UPDATE OR REPLACE subscribers SET id = :new WHERE id = :old",
    "UPDATE OR REPLACE readers SET id = :new WHERE id = :old",
)


async def move_group(database: Database, old: int, new: int, now: datetime) -> None:
    """Subscription, news under way and language of a group; of one that chose nothing there is nothing to move."""
    rows = await database.read(_KNOWN, {"id": old})
    if not rows[0]["known"]:
        return
    async with database.transaction() as tx:
        await _ask_before(tx, old, now)
        for step in _MOVE:
            await tx.run(step, {"old": old, "new": new})


async def _ask_before(tx: Transaction, old: int, now: datetime) -> None:
    """Ask the group about every headline on its way: a cursor would pass its new place too early or once more."""
    group = await tx.one(_AT_ONCE, (old,))
    if group is None:
        return
    for fanout in await tx.all(FANOUTS):
        await tx.many(ADD, rows_for(fanout, (group,), Counter()))
    await tx.run(_ALL_ASKED, (ticks(now), old))
