"""A consistent copy of the live database, marked as a copy so that it never posts old news (promise 9)."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import aiosqlite

from bot.errors import DatabaseUnusable
from bot.store.connection import Copied, Database
from bot.store.copies import CLOSE
from bot.store.faults import store_errors

_MARK = f"""
BEGIN IMMEDIATE;
{";".join(CLOSE)};
INSERT INTO meta (key, value) VALUES ('copy', 'marked') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
COMMIT;
"""  # noqa: S608 - constants of ours


async def back_up(source: Path, target: Path, told: Copied | None = None) -> None:
    """Copy `source` while the bot runs; nothing stands at `target` before the copy is whole and marked.

    `told` hears how far it is.
    Raises `DatabaseUnusable` if `source` cannot be read or `target` cannot be written, `DatabaseFull`.
    """
    if not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise DatabaseUnusable(
            f"{target} cannot be written: {target.parent} is no folder that we may write to"
        )
    part = target.with_name(f"{target.name}.part")
    database = await Database.open_to_read(source)
    try:
        _clear(part)
        part.touch(mode=0o600)  # readers' ids and secrets are in it
        await database.copy_to(part, told)
        await _mark(part)
        part.replace(target)
    except OSError as exc:
        raise DatabaseUnusable(f"{target} cannot be written: {exc.strerror}") from exc
    finally:
        await database.close()
        _clear(part)


def _clear(part: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)


async def _mark(path: Path) -> None:
    with store_errors():
        async with aiosqlite.connect(path, isolation_level=None) as copy:
            try:
                await copy.executescript(_MARK)
                # One file: nothing beside it has to be carried along.
                await copy.execute_fetchall("PRAGMA journal_mode = DELETE")
            except sqlite3.Error:
                if copy.in_transaction:
                    await copy.execute_fetchall("ROLLBACK")
                raise
