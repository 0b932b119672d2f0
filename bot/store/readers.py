"""What readers and groups have chosen. Of who has chosen nothing there is no row."""

from __future__ import annotations

from datetime import datetime

from bot.store.connection import Database
from bot.store.moving import move_group
from bot.store.values import ticks

_LANGUAGE = "SELECT language FROM readers WHERE id = ?"
_CHOOSE = """
INSERT INTO readers (id, language, at) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET language = excluded.language, at = excluded.at
"""
_ERASE = "DELETE FROM readers WHERE id = ?"
_STOP = "DELETE FROM subscribers WHERE id = ?"


class ReaderChoices:
    """Implements `ports.ReaderStore`. `reader` is the id of a user, or of a group (below zero)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def language(self, reader: int) -> str | None:
        """``id`` or ``en`` as chosen; None where nothing was."""
        rows = await self._database.read(_LANGUAGE, (reader,))
        return str(rows[0]["language"]) if rows else None

    async def choose_language(self, reader: int, language: str, now: datetime) -> None:
        """From now on answers speak `language`."""
        async with self._database.transaction() as tx:
            await tx.run(_CHOOSE, (reader, language, ticks(now)))

    async def erase(self, reader: int) -> None:
        """Forget all that was chosen, the subscription with it; whoever is not known is erased already."""
        async with self._database.transaction() as tx:
            await tx.run(_ERASE, (reader,))
            await tx.run(_STOP, (reader,))

    async def moved(self, group: int, chat_id: int, now: datetime) -> None:
        """A group became a supergroup: what it chose, its subscription with it, goes along."""
        await move_group(self._database, group, chat_id, now)
