"""The database file: one writer, two readers, transactions that never mix. No business words.

Two coroutines on one connection share its transaction: one's rollback undoes, or its commit keeps half
of, the other's work. So writing happens only inside `Database.transaction()`, one at a time.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import aiosqlite

from bot.errors import DatabaseUnusable, DiskRefused
from bot.store.disk import make_home, refusal
from bot.store.faults import store_errors
from bot.store.migrations import demand_current, migrate

Row = sqlite3.Row
Parameters = Sequence[Any] | Mapping[str, Any]
#: Told of a copy: bytes done, bytes in all.
Copied = Callable[[int, int], None]

#: Seconds that a statement waits for another process's lock (`backup`, an operator's sqlite3).
BUSY_SECONDS = 5.0
#: A path that means: in memory, gone when closed.
IN_MEMORY = ":memory:"
#: Two, so that a long search of one user holds up nobody else.
_READERS = 2
#: Pages (4 KiB) given back at once: some milliseconds.
_SLICE = 500
#: Seconds for which a disk that refused once counts as one that refuses.
_REFUSED_LATELY = 60.0
#: Pages that are copied between two words about it: 4 MB or so.
_PAGES = 1024


class Transaction:
    """Statements on one connection; inside `Database.transaction()` they stand or fall together."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and fetch what it returns (one hop to the connection's thread)."""
        with store_errors():
            return list(await self._connection.execute_fetchall(sql, parameters))

    async def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or None."""
        rows = await self.all(sql, parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, parameters: Parameters = ()) -> None:
        """Run one statement for its effect."""
        await self.all(sql, parameters)

    async def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each of `rows`, in one hop."""
        with store_errors():
            async with self._connection.executemany(sql, rows):
                pass


class _Reader:
    """A connection that only reads, and how many are using it."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection
        self.users = 0


class Database:
    """One SQLite file in WAL mode. Built by `open` or `open_to_read`, ended by `close`.

    `synchronous=FULL`: what was committed survives a power cut.
    """

    def __init__(self, writer: aiosqlite.Connection, readers: Sequence[aiosqlite.Connection] = ()) -> None:
        self._writer = writer
        self._readers = [_Reader(connection) for connection in readers]
        self._lock = asyncio.Lock()
        self._refused_at: float | None = None
        self.path: Path | None = None  # None in memory, and where it is only read

    @classmethod
    async def open(
        cls, path: str | Path, *, backup_before_migrating: bool = True, patience: float = BUSY_SECONDS
    ) -> Self:
        """Open, create or migrate the database at `path` (or `IN_MEMORY`).

        `patience`: seconds that a statement waits for another process's lock.
        Raises `DatabaseUnusable` where the path cannot be used, `DiskRefused` where its disk takes nothing,
        `DatabaseTooNew` for a newer Kabarbot's file.
        """
        in_memory = str(path) == IN_MEMORY
        if not in_memory:
            _prepare(Path(path))
        opened = [await _connect(str(path), patience=patience)]
        try:
            await migrate(opened[0], None if in_memory or not backup_before_migrating else Path(path))
            while not in_memory and len(opened) <= _READERS:
                opened.append(await _connect(_read_only(path), uri=True))
        except BaseException:
            await _close(opened)
            raise
        database = cls(opened[0], opened[1:])
        database.path = None if in_memory else Path(path)
        return database

    @classmethod
    async def open_to_read(cls, path: str | Path) -> Self:
        """Open an existing database beside the bot that runs on it; nothing is migrated or written.

        Raises as `open`, and `DatabaseUnusable` for an older file: only `open` migrates.
        """
        connection = await _connect(_read_only(path), uri=True)
        try:
            await demand_current(connection)
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    @property
    def refused_lately(self) -> bool:
        """Whether the disk took something not within the last minute."""
        at = self._refused_at
        return at is not None and asyncio.get_running_loop().time() - at < _REFUSED_LATELY

    async def close(self) -> None:
        """Close all connections; a transaction under way ends first."""
        async with self._lock:
            await _close([*(reader.connection for reader in self._readers), self._writer])

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """All or nothing, one at a time; a cancelled task rolls back, a commit once begun is finished."""
        async with self._lock:
            try:
                await self._step("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await self._step("COMMIT")
            except BaseException as exc:
                await self._roll_back()
                if isinstance(exc, DiskRefused):
                    await self._note_refusal(exc)
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Statements that only read, on a connection of their own: no search waits for a poll."""
        if not self._readers:
            async with self._lock:
                yield Transaction(self._writer)
            return
        reader = min(self._readers, key=lambda one: one.users)
        reader.users += 1
        try:
            yield Transaction(reader.connection)
        finally:
            reader.users -= 1

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """One statement that only reads."""
        async with self.reading() as tx:
            return await tx.all(sql, parameters)

    async def copy_to(self, target: Path, told: Copied | None = None) -> None:
        """A consistent copy of all that is committed (SQLite's online backup). `target` is overwritten.

        `told` hears (bytes done, bytes in all) from the connection's thread.
        """
        source = self._readers[0].connection if self._readers else self._writer
        with store_errors():
            async with aiosqlite.connect(target) as copy:
                await _copy_in_steps(source, copy, told or (lambda _done, _whole: None))

    async def give_back(self) -> bool:
        """Give some of the file's empty pages back to the disk; True where none is left, and the log is short.

        A slice at a time, for whoever writes must not wait long (SQLite, PRAGMA incremental_vacuum).
        """
        async with self._lock:
            with store_errors():
                await _to_its_end(self._writer.execute_fetchall(f"PRAGMA incremental_vacuum({_SLICE})"))
                ((left,),) = await self._writer.execute_fetchall("PRAGMA freelist_count")
                if left:
                    return False
                await _to_its_end(self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)"))
        return True

    async def _step(self, sql: str) -> None:
        with store_errors():
            await _to_its_end(self._writer.execute_fetchall(sql))

    async def _note_refusal(self, error: DiskRefused) -> None:
        """Raises it in plainer words where the system has some: SQLite says the same of all but a full disk."""
        self._refused_at = asyncio.get_running_loop().time()
        if type(error) is not DiskRefused or self.path is None:
            return
        if why := await asyncio.to_thread(refusal, self.path.parent):
            raise DiskRefused(f"the database's disk takes nothing: {why}") from error

    async def _roll_back(self) -> None:
        # The driver does nothing where SQLite itself has rolled back, as it does when the disk is full.
        with store_errors(), suppress(ValueError):  # closed meanwhile: that rolls back too
            await _to_its_end(self._writer.rollback())


async def _copy_in_steps(source: aiosqlite.Connection, copy: aiosqlite.Connection, told: Copied) -> None:
    """As one step would, telling after each. Without a snapshot of its own every commit of the bot would begin it anew."""
    size = next(iter(await source.execute_fetchall("PRAGMA page_size")))[0]

    def progress(_status: int, remaining: int, total: int) -> None:
        told((total - remaining) * size, total * size)

    await source.execute_fetchall("BEGIN")
    try:
        await source.execute_fetchall("SELECT 1 FROM sqlite_master LIMIT 1")
        await source.backup(copy, pages=_PAGES, progress=progress, sleep=0)
    finally:
        await source.rollback()


async def _to_its_end(work: Awaitable[object]) -> None:
    """Let `work` finish however often our task is cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None:
        task.exception()  # seen: what counts is that we were cancelled
        raise cancelled
    task.result()


def _prepare(path: Path) -> None:
    """Make the folder, and say in plain words what stands in the way."""
    try:
        make_home(path.parent)
    except OSError as exc:
        raise DatabaseUnusable(f"DATABASE_PATH {path}: its folder cannot be made ({exc.strerror})") from exc
    if path.is_dir():
        raise DatabaseUnusable(f"DATABASE_PATH {path}: this is a folder, not a file")
    # Beside the file SQLite keeps its log, so the folder must be writable too.
    places = [path.parent, path] if path.exists() else [path.parent]
    if not all(os.access(place, os.W_OK) for place in places):
        raise DatabaseUnusable(f"DATABASE_PATH {path}: not writable by user {os.getuid()}")


def _read_only(path: str | Path) -> str:
    return f"file:{quote(str(path))}?mode=ro"


async def _connect(path: str, *, uri: bool = False, patience: float = BUSY_SECONDS) -> aiosqlite.Connection:
    try:
        connection = await aiosqlite.connect(path, isolation_level=None, timeout=patience, uri=uri)
    except sqlite3.Error as exc:
        raise DatabaseUnusable(f"DATABASE_PATH {path}: cannot be opened ({exc})") from exc
    connection.row_factory = sqlite3.Row
    try:
        for pragma in _READING if uri else _WRITING:
            await connection.execute_fetchall(pragma)
    except BaseException as exc:
        await connection.close()
        if not isinstance(exc, sqlite3.Error):
            raise
        if not uri and (why := await asyncio.to_thread(refusal, Path(path).absolute().parent)):
            raise DiskRefused(f"DATABASE_PATH {path}: its disk takes nothing ({why})") from exc
        raise DatabaseUnusable(f"DATABASE_PATH {path}: not a database that can be used ({exc})") from exc
    return connection


async def _close(connections: Iterable[aiosqlite.Connection]) -> None:
    for connection in connections:
        await connection.close()


_READING = (
    "PRAGMA query_only = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -2000",  # KiB; memory at rest is a promise
)
_WRITING = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA auto_vacuum = INCREMENTAL",  # takes effect on a new file only
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -2000",
    "PRAGMA journal_size_limit = 16777216",
)
