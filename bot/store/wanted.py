"""Where a story that an editor publishes is wanted by the rules of today: in channels that came after it, too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.domain.due import wanted_deliveries
from bot.domain.polling import Channel
from bot.store.connection import Transaction
from bot.store.deliveries import add_deliveries
from bot.store.endings import end_posted_by_hand
from bot.store.rows import WORDS, words_of

# What was filtered may be wanted by now: the rules have changed.
_STORY = f"""
SELECT {WORDS},
    (SELECT json_group_array(json_array(f.name, s.category)) FROM headline_feeds s
        CROSS JOIN feeds f ON f.id = s.feed_id WHERE s.headline_id = h.id) AS feeds,
    (SELECT json_group_array(channel_id) FROM deliveries d WHERE d.headline_id = h.id
        AND NOT (d.state = 'SKIPPED' AND d.reason = 'filtered')) AS met
FROM headlines h WHERE h.id = ? AND h.withdrawn_at IS NULL
"""  # noqa: S608 - WORDS is a constant of ours


async def add_wanted(tx: Transaction, headline_id: int, channels: Sequence[Channel], now: datetime) -> None:
    """Rows of `channels` that have none of the story, or one that their rules had kept out, and want it now."""
    row = await tx.one(_STORY, (headline_id,))
    if row is None:
        return
    met = frozenset(json.loads(row["met"]))
    feeds = [(name, category) for name, category in json.loads(row["feeds"])]
    rows = wanted_deliveries(words_of(row), feeds, [one for one in channels if one.id not in met])
    await add_deliveries(tx, [(headline_id, one) for one in rows], now)
    await end_posted_by_hand(tx, {headline_id}, now)
