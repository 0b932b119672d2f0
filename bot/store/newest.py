"""The newest post of ours in every channel, for `kabarbot check`. Reads a database beside the bot that runs on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.store.connection import Database
from bot.store.values import thaw

# The newest story's, not the last sent: that one needs no index, and any post of ours will do.
_NEWEST = """
SELECT c.ref, d.chat_id, d.message_id, d.request FROM channels c CROSS JOIN deliveries d ON d.id = (
    SELECT id FROM deliveries WHERE channel_id = c.id AND state = 'SENT' AND message_id IS NOT NULL
    ORDER BY headline_id DESC LIMIT 1)
WHERE c.removed_at IS NULL ORDER BY c.id
"""


@dataclass(frozen=True, slots=True)
class NewestPost:
    """Where it stands, and the buttons under it; `channel` is the setting's own words."""

    channel: str
    chat_id: int
    message_id: int
    buttons: Mapping[str, Any] | None


async def newest_posts(path: Path) -> Sequence[NewestPost]:
    """One of each channel that has any. Raises `errors.KabarbotError` for a file that cannot be read."""
    database = await Database.open_to_read(path)
    try:
        return [
            NewestPost(
                row["ref"], row["chat_id"], row["message_id"], thaw(row["request"]).body.get("reply_markup")
            )
            for row in await database.read(_NEWEST)
        ]
    finally:
        await database.close()
