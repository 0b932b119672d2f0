"""Places in the queues: one sequence for all channels, given when a row becomes due."""

from __future__ import annotations

from bot.store.connection import Transaction

_TAKE = """
INSERT INTO meta (key, value) VALUES ('sequence', :count)
ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + :count
RETURNING CAST(value AS INTEGER) - :count AS before
"""


async def next_sequence(tx: Transaction, count: int) -> int:
    """Take `count` places; returns the first."""
    row = await tx.one(_TAKE, {"count": count})
    assert row is not None  # noqa: S101 - RETURNING always returns the row that was written
    return int(row["before"]) + 1
