"""Whether this database is the one that the bot last wrote to, or a copy that somebody made by hand (promise 9).

A file is known by its inode, and by a word that is written into it and into a file of its own beside it, and changed
every ten minutes: an old copy that is put in its place has the place, but not the word. The word that stood beside it
before counts too, since a power cut or a full disk may come between the two writes.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.errors import DatabaseUnusable, StoreError
from bot.store.backup import CLOSE
from bot.store.connection import Database, Transaction
from bot.store.meta import made_up
from bot.store.values import ticks

#: While this holds nothing is posted: an editor is asked whether the database is the right one.
NOT_ASKED = "NOT EXISTS (SELECT 1 FROM meta WHERE key = 'copy_asked')"

_READ = "SELECT value FROM meta WHERE key = ?"
_WRITE = """
INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
_DROP = "DELETE FROM meta WHERE key = ? RETURNING value"
_SKIP = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'copy', at = :now
WHERE state IN ('PENDING', 'SENDING', 'UNCERTAIN', 'RETRY', 'HELD')
"""
# What a feed showed since the question was asked is among the rows that end; its next look is no first one.
_SEEN = """
UPDATE first_looks SET state = 'closed'
WHERE feed_id IN (SELECT id FROM feeds WHERE ifnull(looked_at, 0) < :asked)
"""
_FORGET = (
    "UPDATE deliveries SET twin_open = 0 WHERE twin_open = 1",
    "DELETE FROM fanouts",
    "DELETE FROM reader_rows",
    "DELETE FROM reader_messages",
)


class Found(StrEnum):
    """What a database turned out to be."""

    OWN = "own"
    MARKED = "marked"  # a copy that `backup` made, or one that is treated as such from now on
    ASKED = "asked"  # a copy made by hand, it seems: posts are held until an editor decides


class Copies:
    """Tells a copy at the start, and keeps the sign by which it is told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, now: datetime, *, has_desk: bool) -> Found:
        """At every start, before anything else is done. A disk without room for a new sign leaves the old one."""
        path = self._database.path
        if path is None:
            return Found.OWN
        left, inode = await asyncio.to_thread(_signs, path)
        async with self._database.transaction() as tx:
            found = await _judge(tx, left, inode, now, has_desk=has_desk)
        with suppress(StoreError):
            await self.sign()
        return found

    async def sign(self) -> None:
        """A new word, in the database first. Raises `DatabaseFull`, `DatabaseUnusable`."""
        path = self._database.path
        if path is None:
            return
        word = made_up()
        left, inode = await asyncio.to_thread(_signs, path)
        sign = json.dumps({"word": word, "before": left, "inode": inode})
        async with self._database.transaction() as tx:
            await tx.run(_WRITE, ("file", sign))
        await asyncio.to_thread(_leave, path, word)


async def go_on(tx: Transaction) -> bool:
    """It is the right database: what waited goes out. False where nothing was asked any more."""
    return await tx.one(_DROP, ("copy_asked",)) is not None


async def as_copy(tx: Transaction, now: datetime) -> bool:
    """It is an old one: all that waits was posted already. False where nothing was asked any more."""
    asked = await tx.one(_DROP, ("copy_asked",))
    if asked is None:
        return False
    values = {"now": ticks(now), "asked": int(asked["value"])}
    await tx.run(_SKIP, values)
    await tx.run(_SEEN, values)
    for step in _FORGET:
        await tx.run(step)
    return True


async def _judge(tx: Transaction, left: str, inode: int, now: datetime, *, has_desk: bool) -> Found:
    if await tx.one(_READ, ("copy_asked",)) is not None:
        return Found.ASKED
    if await tx.one(_DROP, ("copy",)) is not None:
        return Found.MARKED
    row = await tx.one(_READ, ("file",))
    if row is None or _is_own(json.loads(row["value"]), left, inode):
        return Found.OWN
    if has_desk:
        await tx.run(_WRITE, ("copy_asked", str(ticks(now))))
        return Found.ASKED
    for step in CLOSE:
        await tx.run(step)
    return Found.MARKED


def _is_own(sign: dict[str, Any], left: str, inode: int) -> bool:
    return sign["inode"] == inode and left in {sign["word"], sign["before"]}


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sign")


def _signs(path: Path) -> tuple[str, int]:
    """The word beside the database, empty where none is, and the file's inode."""
    try:
        return _beside(path).read_text("utf-8").strip(), path.stat().st_ino
    except FileNotFoundError:
        return "", path.stat().st_ino
    except (OSError, ValueError) as error:
        raise DatabaseUnusable(
            f"DATABASE_PATH {path}: {_beside(path).name} beside it cannot be read"
        ) from error


def _leave(path: Path, word: str) -> None:
    """Whole or not at all, whenever the power goes."""
    part = path.with_name(f"{path.name}.sign.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(f"{word}\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(_beside(path))
    except OSError as error:
        raise DatabaseUnusable(
            f"DATABASE_PATH {path}: nothing can be written beside it ({error.strerror})"
        ) from error
