"""The durable inbox: an update is stored before Telegram may forget it, and handled at least once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.ports import StoredUpdate
from bot.store.connection import Database
from bot.store.values import dump, moment, ticks

_KEEP = "INSERT OR IGNORE INTO inbox (id, body, received_at) VALUES (?, ?, ?)"
_LAST = "SELECT max(id) AS id FROM inbox"
_WAITING = "SELECT id, body, received_at, begun FROM inbox WHERE done_at IS NULL ORDER BY id"
_BEGIN = "UPDATE inbox SET begun = begun + 1, begun_at = ? WHERE id = ? RETURNING begun"
# The newest row stays whatever its age: it says which update was the last.
_DONE = "UPDATE inbox SET done_at = ?, body = '' WHERE id = ?"
_FORGET = "DELETE FROM inbox WHERE done_at < ? AND id < (SELECT max(id) FROM inbox)"


class UpdateInbox:
    """Implements `ports.Inbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, updates: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Store a batch; known ids are left alone."""
        rows = [(update["update_id"], dump(update), ticks(now)) for update in updates]
        async with self._database.transaction() as tx:
            await tx.many(_KEEP, rows)

    async def last_id(self) -> int | None:
        """The highest update id ever stored."""
        rows = await self._database.read(_LAST)
        return rows[0]["id"] if rows else None

    async def waiting(self) -> Sequence[StoredUpdate]:
        """Updates that were not finished, in order."""
        return [
            StoredUpdate(row["id"], json.loads(row["body"]), moment(row["received_at"]), row["begun"])
            for row in await self._database.read(_WAITING)
        ]

    async def begin(self, update_id: int, now: datetime) -> int:
        """A try begins; returns how many tries that makes."""
        async with self._database.transaction() as tx:
            row = await tx.one(_BEGIN, (ticks(now), update_id))
        return 0 if row is None else int(row["begun"])

    async def done(self, update_ids: Sequence[int], now: datetime) -> None:
        """Handled, or set aside; the words are forgotten at once, the id after a day."""
        async with self._database.transaction() as tx:
            await tx.many(_DONE, [(ticks(now), update_id) for update_id in update_ids])

    async def forget_done(self, before: datetime) -> None:
        """Delete what was handled before then."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET, (ticks(before),))
