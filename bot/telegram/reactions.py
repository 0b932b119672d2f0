"""Reactions to posts: Telegram tells totals, late and grouped, to a bot that administers the channel.

It does not know which messages are posts of ours: `EngagementLog` does. Source: Bot API, MessageReactionCountUpdated.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.ports import EngagementLog


class ReactionWatcher:
    """Hands on the sum of all kinds of reactions to a message."""

    def __init__(self, engagement: EngagementLog) -> None:
        self._engagement = engagement

    async def see(self, update: Mapping[str, Any]) -> None:
        """Every kind of update may come. Raises what `EngagementLog` raises."""
        counted = update.get("message_reaction_count")
        if counted is None:
            return
        total = sum(int(kind.get("total_count", 0)) for kind in counted.get("reactions") or ())
        at = datetime.fromtimestamp(counted["date"], UTC)
        await self._engagement.reacted(counted["chat"]["id"], counted["message_id"], total, at)
