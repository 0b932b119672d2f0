"""Drivers' errors become ours, in this one place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import DatabaseFull, DiskRefused, StoreError


@contextmanager
def store_errors() -> Iterator[None]:
    """What the driver raises inside becomes `StoreError`, or `DiskRefused`; the text is for the operator."""
    try:
        yield
    except sqlite3.Error as exc:
        # The lower byte is the primary code (sqlite.org/rescode.html); errors of the driver itself have none.
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise DatabaseFull(f"no room for the database: {exc}") from exc
        if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}:
            raise DiskRefused(f"the database's disk refused: {exc}") from exc
        raise StoreError(f"the database refused: {exc}") from exc
    except (ValueError, OverflowError) as exc:  # aiosqlite says ValueError of a closed connection
        raise StoreError(f"the database refused: {exc}") from exc
