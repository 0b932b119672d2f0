"""From every earlier schema to this one, in one transaction; a newer database is refused.

A migration is a step from version N to N + 1 and is never changed once released: add the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from bot.errors import DatabaseTooNew, DatabaseUnusable, StoreError
from bot.store.faults import store_errors
from bot.store.schema import VERSION_1
from bot.store.schema_desk import EDITORS
from bot.store.schema_readers import FIGURES, VERSION_2
from bot.store.schema_subscriptions import SUBSCRIPTIONS
from bot.store.schema_takedowns import TAKEDOWNS
from bot.store.schema_topics import TOPICS
from bot.store.schema_watch import KINDS

#: "KBAR" in ASCII: tells our files from other SQLite databases (`PRAGMA application_id`).
APPLICATION_ID = 0x4B424152

#: The step from version N to N + 1 stands at index N.
MIGRATIONS: tuple[str, ...] = (
    *(VERSION_1, VERSION_2, EDITORS, SUBSCRIPTIONS, TOPICS, FIGURES, TAKEDOWNS),
    KINDS,
)


async def migrate(
    connection: aiosqlite.Connection, path: Path | None, steps: Sequence[str] = MIGRATIONS
) -> None:
    """Bring the open database to version `len(steps)`.

    With `path` a copy of an older file is left beside it first. Raises `DatabaseTooNew`,
    `DatabaseUnusable` for somebody else's database, `StoreError` when a step fails (nothing is changed then).
    """
    with store_errors():
        version = await _version(connection, len(steps))
        if version == len(steps):
            return
        if version and path is not None:
            await _keep_copy(connection, path.with_name(f"{path.name}.before-v{len(steps)}"))
        # Rebuilding a table drops the old one, which references would forbid; no effect in a transaction.
        await connection.execute_fetchall("PRAGMA foreign_keys = OFF")
        try:
            await _take(connection, steps, version)
        finally:
            await connection.execute_fetchall("PRAGMA foreign_keys = ON")


async def demand_current(connection: aiosqlite.Connection, steps: Sequence[str] = MIGRATIONS) -> None:
    """For who only reads: raises as `migrate`, and `DatabaseUnusable` where there is something to migrate."""
    with store_errors():
        version = await _version(connection, len(steps))
    if version < len(steps):
        raise DatabaseUnusable(f"the database is of version {version}; start the bot once to migrate it")


async def _version(connection: aiosqlite.Connection, known: int) -> int:
    version = await _pragma(connection, "user_version")
    application = await _pragma(connection, "application_id")
    tables = list(await connection.execute_fetchall("SELECT 1 FROM sqlite_master LIMIT 1"))
    if application != APPLICATION_ID and (tables or version or application):
        raise DatabaseUnusable("DATABASE_PATH names a database of another program")
    if version > known:
        raise DatabaseTooNew(f"the database is of version {version}; this Kabarbot knows {known}: upgrade it")
    return version


async def _take(connection: aiosqlite.Connection, steps: Sequence[str], version: int) -> None:
    """All missing steps and the marks, or nothing."""
    script = "\n".join(steps[version:])
    marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {len(steps)};"
    try:
        await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{marks}")
        if list(await connection.execute_fetchall("PRAGMA foreign_key_check")):
            raise StoreError(f"the database could not be migrated from version {version}: a reference broke")
        await connection.execute_fetchall("COMMIT")
    finally:
        await connection.rollback()  # does nothing after the commit


async def _pragma(connection: aiosqlite.Connection, name: str) -> int:
    rows = list(await connection.execute_fetchall(f"PRAGMA {name}"))
    return int(rows[0][0])


async def _keep_copy(connection: aiosqlite.Connection, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    async with aiosqlite.connect(part) as copy:
        await connection.backup(copy)
    part.replace(target)
