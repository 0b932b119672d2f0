"""Version 2 finds what version 1 knew: the index is built of what readers may see, added categories too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import aiosqlite

from bot.domain.search import parse, top
from bot.store.connection import Database
from bot.store.migrations import MIGRATIONS, migrate
from bot.store.search import Search

_HEADLINE = """
INSERT INTO headlines (id, title, link, kicker, published_at, portal_title, owner_feed, first_seen_at, hidden, withdrawn_at)
VALUES (?, ?, 'https://kabar.example/1', 'Dunia', ?, 'x', 1, 0, ?, ?)
"""


def fill(path: Path) -> None:
    """What a version 1 knew: three headlines, of which readers see one; a feed added a category to it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO feeds (id, url, interval, added_at, next_at) VALUES (1, 'u', 1, 0, 0)"
        )
        for row in (
            (1, "Beras naik", 1, 0, None),
            (2, "Beras ditahan", 2, 1, None),
            (3, "Beras ditarik", 3, 0, 9),
        ):
            connection.execute(_HEADLINE, row)
        connection.executemany(
            "INSERT INTO headline_feeds (headline_id, feed_id, category) VALUES (?, 1, ?)",
            [(1, "Ekonomi"), (2, "Dunia"), (3, "")],
        )


async def test_what_was_known_is_found(tmp_path: Path) -> None:
    """And what was hidden or withdrawn is not."""
    path = tmp_path / "kabarbot.db"
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, None, MIGRATIONS[:1])
    fill(path)
    database = await Database.open(path)
    try:
        search = Search(database)
        for words in ("beras", "ekonomi beras", "dunia"):
            found = await search.older(parse(words), top(9), 11)
            assert [match.headline.id for match in found] == [1], words
        async with database.transaction() as tx:
            await tx.run("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
    finally:
        await database.close()
