"""From every earlier schema, with data: what was waiting is posted, what was posted is known, what was ordered stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosqlite
import pytest

from bot.domain.desk import Order, Verb
from bot.domain.headlines import Key, KeyKind
from bot.domain.search import parse, top
from bot.ports import Found
from bot.store.connection import Database
from bot.store.explain import Explainer
from bot.store.headlines import key_hash
from bot.store.migrations import MIGRATIONS, migrate
from bot.store.room import Stores
from bot.store.values import dump, ticks

NOW = datetime(2024, 11, 29, 8, 0, tzinfo=UTC)
LINK = "https://kabar.example/berita-{}"
#: As the first version wrote them.
RULES = {name: [] for name in ("feeds", "categories", "include", "exclude")} | {
    **dict.fromkeys(("template", "utm"), ""),
    **dict.fromkeys(("silent", "hold"), False),
}
HEADLINE = """
INSERT INTO headlines (id, title, link, kicker, published_at, portal_title, portal_link, owner_feed, first_seen_at)
VALUES (:id, :title, :link, 'Dunia', :at, :title, :link, 1, :at)
"""


def fill(path: Path) -> None:
    """A newsroom as any version knew it: one story posted, one waiting, in one channel."""
    at = ticks(NOW - timedelta(hours=1))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO feeds (id, url, interval, added_at, next_at, looked_at) VALUES (1, 'https://kabar.example/rss', 30000000, 0, 0, ?)",
            (at,),
        )
        connection.execute(
            "INSERT INTO channels (id, ref, chat_id, kind, rules, added_at) VALUES (7, '@satu', -1001, 'channel', ?, 0)",
            (dump(RULES),),
        )
        connection.execute("INSERT INTO first_looks (channel_id, feed_id, state) VALUES (7, 1, 'done')")
        connection.execute("INSERT INTO chats (chat_id, highest_id) VALUES (-1001, 5)")
        for number, state in ((1, "SENT"), (2, "PENDING")):
            link = LINK.format(number)
            connection.execute(
                HEADLINE, {"id": number, "title": f"Beras naik {number}", "link": link, "at": at}
            )
            connection.execute(
                "INSERT INTO keys (hash, headline_id) VALUES (?, ?)",
                (key_hash(Key(KeyKind.LINK, link)), number),
            )
            connection.execute(
                "INSERT INTO revisions (headline_id, revision, title, link, at) VALUES (?, 1, 'x', ?, ?)",
                (number, link, at),
            )
            connection.execute("INSERT INTO headline_feeds (headline_id, feed_id) VALUES (?, 1)", (number,))
            sent = (at, 5, '{"method": "sendMessage", "body": {"text": "x"}, "level": 0}')
            connection.execute(
                "INSERT INTO deliveries (headline_id, channel_id, state, seq, at, due_at, chat_id, sent_at, message_id, request,"
                " shown_revision) VALUES (?, 7, ?, ?, ?, ?, -1001, ?, ?, ?, 1)",
                (number, state, number, at, at, *(sent if state == "SENT" else (None, None, None))),
            )


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
async def test_a_newsroom_goes_on(tmp_path: Path, version: int) -> None:
    """Nothing is lost, nothing is posted twice, and all that later versions can do is done with it."""
    path = tmp_path / "kabarbot.db"
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, None, MIGRATIONS[:version])
    fill(path)
    database = await Database.open(path)
    try:
        stores = Stores.over(database)
        assert await stores.copies.begin(NOW, has_desk=True) is Found.OWN
        (head,) = await stores.outbox.heads(NOW, 9)
        found = await stores.search.older(parse("beras"), top(9), 11)
        (posted,) = await stores.stories.by_link(LINK.format(1))
        order = Order(Verb.CORRECT, 7, -100, NOW, 1, "teks")
        await stores.orders.correct(order, posted.id, "teks")
        (edit,) = await stores.edits.edits_due(NOW, 9)
        (life,) = await Explainer(database).explain(LINK.format(2))
        watched = await stores.takedowns.posted_from(1, NOW - timedelta(days=1), 9)
        (channel,) = await stores.polls.channels_for_routing()

        assert (head.headline_id, head.words.title, head.target.name) == (2, "Beras naik 2", "@satu")
        assert [match.headline.id for match in found] == [2, 1]
        assert (edit.message_id, [mark.text for mark in edit.marks]) == (5, ["teks"])
        assert [(one.channel, one.state) for one in life.deliveries] == [("@satu", "PENDING")]
        assert [story.link for story in watched] == [LINK.format(1)]
        assert (channel.id, channel.waiting, channel.breaking) == (7, frozenset(), ())
        async with database.transaction() as tx:
            assert not await tx.all("PRAGMA foreign_key_check")
    finally:
        await database.close()
