"""Why a row is not due any more although nothing was sent: told in SQL, for the statements that ask.

A row that is under way cannot be ended; when it turns out not to have arrived, it is asked here first.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.store.connection import Transaction
from bot.store.values import dump, ticks

#: An expression over a row of `deliveries`: the reason, or NULL where it is still due.
OVER = """CASE
    WHEN EXISTS (SELECT 1 FROM headlines h WHERE h.id = deliveries.headline_id AND h.withdrawn_at IS NOT NULL)
        THEN 'withdrawn'
    -- taken out of the settings while it was under way, and put back: new
    WHEN EXISTS (SELECT 1 FROM channels c WHERE c.id = deliveries.channel_id AND c.added_at > deliveries.claimed_at)
        THEN 'channel_removed'
    WHEN EXISTS (SELECT 1 FROM hand_posts p JOIN keys k ON k.hash = p.hash
        WHERE p.chat_id = deliveries.chat_id AND k.headline_id = deliveries.headline_id)
        THEN 'by_hand'
    END"""

# Somebody was quicker than the feed.
_STANDS_ALREADY = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'by_hand', detail = 'message ' || p.message_id, at = :now
FROM hand_posts p CROSS JOIN keys k ON k.hash = p.hash CROSS JOIN channels c ON c.chat_id = p.chat_id
WHERE deliveries.channel_id = c.id AND deliveries.headline_id = k.headline_id
    AND deliveries.state IN ('PENDING', 'HELD')
    AND k.headline_id IN (SELECT value FROM json_each(:headlines))
"""


async def end_posted_by_hand(tx: Transaction, headlines: Collection[int], now: datetime) -> None:
    """New rows of headlines that stand in the channel already, because somebody posted them there."""
    await tx.run(_STANDS_ALREADY, {"headlines": dump(list(headlines)), "now": ticks(now)})
