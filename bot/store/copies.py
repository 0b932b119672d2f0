"""Whether this database is the one that the bot last wrote to, or a copy that somebody made by hand (promise 9).

A file is known by its inode, and by a word that is written into it and into a file of its own beside it, and changed
every ten minutes: an old copy that is put in its place has the place, but not the word. The word that stood beside it
before counts too, since a power cut or a full disk may come between the two writes.

A whole disk that is put back (a snapshot) has both: where the bot was not alive for ten minutes, the channels are
asked whether they hold own posts that this database does not know.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.delivery import Doubt
from bot.errors import DatabaseUnusable, StoreError
from bot.ports import Found
from bot.store.connection import Database, Row, Transaction
from bot.store.meta import made_up, note
from bot.store.rows import TARGET, target_of
from bot.store.values import moment, thaw, ticks

_SKIP_ALL = "UPDATE deliveries SET state = 'SKIPPED', reason = 'copy'{at} WHERE state IN ({open_states})"
_OPEN = "'PENDING', 'SENDING', 'UNCERTAIN', 'RETRY', 'HELD'"
#: Twins that were sought, and what was on its way to readers.
_FORGET = (
    "UPDATE deliveries SET twin_open = 0 WHERE twin_open = 1",
    "DELETE FROM fanouts",
    "DELETE FROM reader_rows",
    "DELETE FROM reader_messages",
)
#: What is due in the original is not due in a copy, and its first look counts as seen.
CLOSE = (
    _SKIP_ALL.format(at="", open_states=_OPEN),
    "UPDATE first_looks SET state = 'closed' WHERE state IN ('waiting', 'looked', 'failed', 'done')",
    *_FORGET,
    "DELETE FROM alerts WHERE sent_at IS NULL",
    "DELETE FROM inbox",
    "DELETE FROM health",
)
#: Else nothing is posted: an editor, or a channel, is asked whether the database is the right one.
NOT_ASKED = "NOT EXISTS (SELECT 1 FROM meta WHERE key IN ('copy_asked', 'copy_doubted'))"
#: A bot that was alive so lately has not been put back.
_LATELY = timedelta(minutes=10)

_READ = "SELECT value FROM meta WHERE key = ?"
_DROP = "DELETE FROM meta WHERE key = ? RETURNING value"
_LAST_BEAT = "SELECT max(value ->> '$') AS beat FROM health WHERE key LIKE 'beat:%'"
# The channels with the newest posts. One in which a post of unknown outcome may stand cannot tell.
_IN_QUESTION = f"""
SELECT d.id, d.headline_id, d.chat_id, d.request, t.highest_id, h.published_at, {TARGET}
FROM (SELECT channel_id, max(id) AS id FROM (SELECT id, channel_id FROM deliveries
        WHERE sent_at IS NOT NULL AND state = 'SENT' AND request IS NOT NULL ORDER BY sent_at DESC LIMIT 500)
    GROUP BY channel_id ORDER BY id DESC LIMIT 20) p
JOIN deliveries d ON d.id = p.id JOIN channels c ON c.id = d.channel_id JOIN headlines h ON h.id = d.headline_id
JOIN chats t ON t.chat_id = d.chat_id
WHERE c.kind = 'channel' AND c.removed_at IS NULL AND c.paused_at IS NULL AND t.highest_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM deliveries u WHERE u.chat_id = d.chat_id AND u.state IN ('SENDING', 'UNCERTAIN'))
ORDER BY d.id DESC LIMIT 3
"""  # noqa: S608 - TARGET is a constant of ours
_SKIP = _SKIP_ALL.format(at=", at = :now", open_states=_OPEN)
# What a feed showed since the question was asked is among the rows that end; its next look is no first one.
_SEEN = """
UPDATE first_looks SET state = 'closed'
WHERE feed_id IN (SELECT id FROM feeds WHERE ifnull(looked_at, 0) < :asked)
"""


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
            await note(tx, "file", sign)
        await asyncio.to_thread(_leave, path, word)

    async def in_question(self) -> Sequence[Doubt]:
        """Of up to three channels: did a post of ours arrive there after the last that is known? None: nothing to ask."""
        return [_doubt(row) for row in await self._database.read(_IN_QUESTION)]

    async def answered(self, now: datetime, *, newer: bool, has_desk: bool) -> Found:
        """What the channels said: they hold `newer` own posts than this database knows, or none."""
        async with self._database.transaction() as tx:
            if await tx.one(_DROP, ("copy_doubted",)) is None or not newer:
                return Found.OWN
            return await _found_copy(tx, now, has_desk=has_desk)


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
    if row is not None and not _is_own(json.loads(row["value"]), left, inode):
        return await _found_copy(tx, now, has_desk=has_desk)
    if await _was_away(tx, now):
        await note(tx, "copy_doubted", str(ticks(now)))
        return Found.DOUBTED
    return Found.OWN


async def _was_away(tx: Transaction, now: datetime) -> bool:
    if await tx.one(_READ, ("copy_doubted",)) is not None:
        return True
    row = await tx.one(_LAST_BEAT)
    beat = row["beat"] if row else None
    return beat is not None and now - datetime.fromisoformat(beat) > _LATELY


async def _found_copy(tx: Transaction, now: datetime, *, has_desk: bool) -> Found:
    if has_desk:
        await note(tx, "copy_asked", str(ticks(now)))
        return Found.ASKED
    for step in CLOSE:
        await tx.run(step)
    return Found.MARKED


def _doubt(row: Row) -> Doubt:
    return Doubt(
        delivery_id=row["id"],
        headline_id=row["headline_id"],
        published=moment(row["published_at"]),
        target=target_of(row),
        request=thaw(row["request"]),
        known_before=row["highest_id"],
        highest=row["highest_id"],
    )


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
