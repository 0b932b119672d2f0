"""Version 6 counts reactions by hour and chat: of those told before, the last word on each post stands for all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import aiosqlite

from bot.store.migrations import MIGRATIONS, migrate

_HOUR = 3_600_000_000


async def test_reactions_told_before_are_counted(tmp_path: Path) -> None:
    """By the hour of their last word; a reaction told later goes on from there."""
    path = tmp_path / "kabarbot.db"
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, None, MIGRATIONS[:5])
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("INSERT INTO feeds (id, url, interval, added_at, next_at) VALUES (1, 'u', 1, 0, 0)")
        file.execute(
            "INSERT INTO headlines (id, title, published_at, portal_title, owner_feed, first_seen_at)"
            " VALUES (1, 'Satu', 0, 'Satu', 1, 0)"
        )
        file.executemany(
            "INSERT INTO reactions (chat_id, message_id, headline_id, total, at) VALUES (?, ?, 1, ?, ?)",
            [(-1, 1, 5, 7 * _HOUR), (-1, 2, 3, 8 * _HOUR - 1), (-1, 3, 1, 8 * _HOUR), (-2, 1, 2, 7 * _HOUR)],
        )
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, None)
        rows = await connection.execute_fetchall("SELECT hour, chat_id, count FROM reactions_by_hour")

    assert [tuple(row) for row in rows] == [(7, -2, 2), (7, -1, 8), (8, -1, 1)]
