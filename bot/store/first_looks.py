"""First looks: a channel that meets a feed for the first time posts a few of its headlines, not all.

A pair (channel, feed) is *waiting* until the feed was looked at or has failed once. What the feeds bring
meanwhile is HELD. When no pair of a channel is waiting any more, the newest few become due; a feed that
had failed is *closed*: what its first answer brings counts as seen.
"""

from __future__ import annotations

from datetime import datetime

from bot.store.connection import Database, Row, Transaction
from bot.store.deliveries import make_due, put_on_hold
from bot.store.values import ticks

_LOOKED = """
UPDATE first_looks SET state = CASE
    WHEN :failed THEN iif(state = 'waiting', 'failed', state)
    WHEN state = 'closed' THEN 'done'
    ELSE 'looked' END
WHERE feed_id = :feed AND state <> 'done'
"""
_READY = """
SELECT DISTINCT l.channel_id, c.rules ->> '$.hold' AS hold FROM first_looks l JOIN channels c ON c.id = l.channel_id
WHERE l.state <> 'done' AND l.state IN ('looked', 'failed') AND c.removed_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM first_looks w
        WHERE w.channel_id = l.channel_id AND w.state <> 'done' AND w.state = 'waiting')
"""
# What a surge holds is for an editor to decide.
_CHOSEN = """
SELECT d.id FROM deliveries d JOIN headlines h ON h.id = d.headline_id
WHERE d.channel_id = :channel AND d.state = 'HELD' AND d.reason = 'first_look' AND h.hidden = 0
ORDER BY h.published_at DESC, h.id DESC LIMIT :limit
"""
_SKIP_REST = """
UPDATE deliveries SET state = 'SKIPPED', at = :now
WHERE channel_id = :channel AND state = 'HELD' AND reason = 'first_look'
"""
_CLOSE = """
UPDATE first_looks SET state = iif(state = 'failed', 'closed', 'done')
WHERE channel_id = ? AND state <> 'done' AND state IN ('looked', 'failed')
"""


async def looked(tx: Transaction, feed_id: int, *, failed: bool) -> None:
    """The feed was looked at, or has failed."""
    await tx.run(_LOOKED, {"feed": feed_id, "failed": failed})


async def any_ready(database: Database) -> bool:
    """Whether a channel waits for no feed any more, and is not decided."""
    return bool(await database.read(_READY))


async def release(tx: Transaction, now: datetime, limit: int) -> int:
    """Decide for every channel that waits for no feed any more; returns how many rows became due."""
    return sum([await _decide(tx, row, now, limit) for row in await tx.all(_READY)])


async def _decide(tx: Transaction, ready: Row, now: datetime, limit: int) -> int:
    channel = ready["channel_id"]
    chosen = [row["id"] for row in await tx.all(_CHOSEN, {"channel": channel, "limit": limit})]
    chosen.reverse()  # newest were chosen, oldest go first
    if ready["hold"]:
        await put_on_hold(tx, chosen, now)
    else:
        await make_due(tx, chosen, now, loud=chosen[:1])
    await tx.run(_SKIP_REST, {"channel": channel, "now": ticks(now)})
    await tx.run(_CLOSE, (channel,))
    return 0 if ready["hold"] else len(chosen)
