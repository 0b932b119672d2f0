"""`OPS_CHAT` under the id that it has now: a group that becomes a supergroup gets another than the setting says."""

from __future__ import annotations

import asyncio
from typing import Self

from bot.store.connection import Database
from bot.store.meta import note

_KEY = "moved:{chat_id}"
_READ = "SELECT value FROM meta WHERE key = ?"


class OpsChat:
    """Implements `ports.DeskChat`; `find` makes one."""

    def __init__(self, database: Database, setting: int | None, now_at: int | None) -> None:
        self._database = database
        self._setting = setting
        self._id = now_at
        self._moved = asyncio.Event()

    @classmethod
    async def find(cls, database: Database, setting: int | None) -> Self:
        """The chat that the setting means, where it went since. None: there is no desk."""
        rows = await database.read(_READ, (_KEY.format(chat_id=setting),)) if setting is not None else ()
        return cls(database, setting, int(rows[0]["value"]) if rows else setting)

    @property
    def id(self) -> int | None:
        """Where the desk is now; None where there is none."""
        return self._id

    async def follow(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup; kept if it is the desk's."""
        if self._id is None or old_chat_id != self._id:
            return
        async with self._database.transaction() as tx:
            await note(tx, _KEY.format(chat_id=self._setting), str(new_chat_id))
        self._id = new_chat_id
        self._moved.set()

    async def moved(self) -> None:
        """Wait until the desk has another id than when this was last asked."""
        await self._moved.wait()
        self._moved.clear()
