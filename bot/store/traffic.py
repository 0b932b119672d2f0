"""What the limiter must remember through a restart: the last minute's messages, and Telegram's own orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.ports import Traffic
from bot.store.connection import Database
from bot.store.values import moment, ticks

_RECENT = "SELECT chat_id, at FROM traffic WHERE at >= ? ORDER BY at"
_NOTE = "INSERT INTO traffic (chat_id, at) VALUES (?, ?)"
_FORGET = "DELETE FROM traffic WHERE at < ?"
_BLOCKS = "SELECT chat_id, blocked_until FROM chats WHERE blocked_until > ?"
_BLOCK = """
INSERT INTO chats (chat_id, blocked_until) VALUES (:chat, :until)
ON CONFLICT (chat_id) DO UPDATE SET blocked_until = max(ifnull(blocked_until, 0), excluded.blocked_until)
"""


class TrafficLog:
    """Implements `ports.TrafficStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent_traffic(self, since: datetime) -> Sequence[Traffic]:
        """Sends and edits since then, oldest first."""
        rows = await self._database.read(_RECENT, (ticks(since),))
        return [Traffic(row["chat_id"], moment(row["at"])) for row in rows]

    async def blocks(self, now: datetime) -> Mapping[int, datetime]:
        """Chats that Telegram told us to leave alone, and until when."""
        rows = await self._database.read(_BLOCKS, (ticks(now),))
        return {row["chat_id"]: moment(row["blocked_until"]) for row in rows}

    async def note_traffic(self, traffic: Sequence[Traffic]) -> None:
        """Keep answers and edits (posts are noted with their claims)."""
        async with self._database.transaction() as tx:
            await tx.many(_NOTE, [(t.chat_id, ticks(t.at)) for t in traffic])

    async def note_block(self, chat_id: int, until: datetime) -> None:
        """A 429: leave this chat alone until then."""
        async with self._database.transaction() as tx:
            await tx.run(_BLOCK, {"chat": chat_id, "until": ticks(until)})

    async def forget_traffic(self, before: datetime) -> None:
        """What no limit looks back to any more."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET, (ticks(before),))
