"""Version 5 finds who subscribed and what was on its way: at once, in a digest, in the middle of a round."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import aiosqlite

from bot.domain.subscriptions import Wish
from bot.store.connection import Database
from bot.store.migrations import MIGRATIONS, migrate
from bot.store.room import Stores
from bot.store.values import ticks

NOW = datetime(2023, 9, 20, tzinfo=UTC)


def fill(path: Path) -> None:
    """What a version 4 knew: a headline that has reached one of three readers, and a reader with a digest."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO feeds (id, url, interval, added_at, next_at, looked_at) VALUES (1, 'u', 1, 0, 0, 1)"
        )
        connection.executemany(
            "INSERT INTO subscribers (id, wish, digest_at, since) VALUES (?, '[[],[],[]]', ?, 0)",
            [(-5, None), (1, None), (2, None), (3, 18 * 60)],
        )
        connection.execute(
            """INSERT INTO headlines (id, title, link, published_at, portal_title, owner_feed, first_seen_at)
            VALUES (1, 'Beras naik', 'https://kabar.example/1', ?, '', 1, ?)""",
            (ticks(NOW), ticks(NOW)),
        )
        connection.execute("UPDATE fanouts SET start = ?, cursor = -5", (-(2**63),))
        connection.execute(
            "INSERT INTO reader_rows (reader_id, headline_id, at) VALUES (1, 1, ?)", (ticks(NOW),)
        )


async def test_what_was_on_its_way_arrives(tmp_path: Path) -> None:
    """Nobody has it twice, and every choice is as it was."""
    path = tmp_path / "kabarbot.db"
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, None, MIGRATIONS[:4])
    fill(path)
    database = await Database.open(path)
    try:
        stores = Stores.over(database)
        await stores.news.expand(NOW, timedelta(days=1))
        heads = await stores.news.heads(NOW, 9)
        assert [(news.reader, [row.id for row in news.headlines], news.topic) for news in heads] == [
            (1, [1], None),
            (2, [1], None),
        ]
        assert await stores.subscriptions.subscription(3) == (Wish(), time(18))
        assert await stores.subscriptions.subscription(-5) == (Wish(), None)
    finally:
        await database.close()
