"""What the operator's page reads from a real database, filled with plain SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.status import Amount, StatusSource
from bot.errors import StoreError
from bot.store import hours
from bot.store import status as room
from bot.store.beats import Beats
from bot.store.connection import Database
from bot.store.status import MOST_LISTED, StatusStore
from bot.store.values import ticks
from tests.support_observe import HOUR, MINUTE, NOW, channel, delivery, feed, fill, headline, insert, sent

SECOND = timedelta(seconds=1)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A new database on disk."""
    opened = await Database.open(tmp_path / "kabarbot.db")
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database, tmp_path: Path) -> StatusStore:
    """The store under test, on a disk of 100 bytes of which 30 are free."""
    return StatusStore(
        database, tmp_path / "kabarbot.db", popular_url="https://p/populer", disk=lambda _: (100, 70, 30)
    )


def test_it_is_what_the_page_wants(store: StatusStore) -> None:
    """The store fits the page's port."""
    source: StatusSource = store
    assert source is store


async def test_an_empty_database_is_a_status_too(store: StatusStore) -> None:
    """Before the first start has set anything."""
    status = await store.status(NOW)
    assert (status.feeds, status.channels, status.latest) == ((), (), ())
    assert status.delays is not None
    assert (status.delays.posts, status.delays.p50) == (0, None)
    assert len(status.hours) == 24
    assert sum(hour.headlines + hour.posts for hour in status.hours) == 0
    assert status.popular.looked is None
    assert status.vitals.room.database > 0
    assert (status.vitals.room.free, status.vitals.room.disk) == (30, 100)


async def test_feeds_in_trouble_come_first(database: Database, store: StatusStore) -> None:
    """With their failures and times; one that was taken out is not shown, a paused one has no next look."""
    failing = {"failures": 3, "failing_since": ticks(NOW - 5 * MINUTE), "failure": "HTTP 503"}
    await fill(
        database,
        feeds=[
            feed(1, removed_at=None),
            feed(2, removed_at=ticks(NOW)),
            feed(3, removed_at=None, **failing),
            feed(4, removed_at=None, paused=1, **{**failing, "failing_since": ticks(NOW - 1 * MINUTE)}),
            feed(5, removed_at=None, name=""),
        ],
    )
    status = await store.status(NOW)
    assert [one.name for one in status.feeds] == [
        "feed-3",
        "feed-4",
        "feed-1",
        "https://portal.example/rss/5",
    ]
    first, second, *_ = status.feeds
    assert (first.failures, first.failure, first.failing_since) == (3, "HTTP 503", NOW - 5 * MINUTE)
    assert first.next_look == NOW + 18 * SECOND
    assert first.looked == NOW - 12 * SECOND
    assert first.interval == 30 * SECOND
    assert (second.next_look, second.paused) == (None, True)
    assert (status.vitals.feeds, status.vitals.feeds_failing) == (4, 2)


async def test_a_channel_knows_its_queue_and_its_last_post(database: Database, store: StatusStore) -> None:
    """The last post by its message id, the delay from publication, what waits and since when, what is held."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1)],
        headlines=[headline(n, NOW - (10 - n) * MINUTE) for n in range(1, 9)],
        deliveries=[
            sent(1, 1, NOW - 9 * MINUTE + 5 * SECOND, 11),
            sent(2, 1, NOW - 8 * MINUTE + 21 * SECOND, 12),
            delivery(3, 1, "RETRY", NOW - 2 * MINUTE),
            delivery(4, 1, "PENDING", NOW - 3 * MINUTE),
            delivery(5, 1, "HELD", NOW - 4 * MINUTE, reason="hold"),
            delivery(6, 1, "HELD", NOW - 4 * MINUTE, reason="first_look"),
            delivery(7, 1, "SKIPPED", NOW, reason="too_old"),
            delivery(8, 1, "UNCERTAIN", NOW),
        ],
    )
    status = await store.status(NOW)
    (one,) = status.channels
    assert (one.name, one.known, one.open) == ("@kanal1", True, True)
    assert (one.last_post, one.delay) == (NOW - 8 * MINUTE + 21 * SECOND, 21 * SECOND)
    assert one.waiting == Amount(2)
    assert one.waiting_since == NOW - 3 * MINUTE
    assert one.held == Amount(1)
    assert one.uncertain == 1
    assert status.vitals.held == Amount(1)
    assert status.vitals.held_since == NOW - 4 * MINUTE
    assert status.vitals.uncertain == 1


@pytest.mark.parametrize(
    ("ahead", "minutes"),
    [
        ({"state": "RETRY", "at": NOW - 4 * MINUTE}, 4),
        ({"state": "PENDING", "at": NOW - MINUTE, "lane": 0}, 2),
    ],
    ids=["tried again", "breaking"],
)
async def test_the_oldest_that_waits(
    database: Database, store: StatusStore, ahead: dict[str, Any], minutes: int
) -> None:
    """What is tried again goes first and has waited longest; breaking news goes first and has not."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1)],
        headlines=[headline(1, NOW - HOUR), headline(2, NOW - HOUR)],
        deliveries=[
            {**delivery(1, 1, "PENDING", NOW - 2 * MINUTE), "lane": 1},
            {"lane": 1, **delivery(2, 1, **ahead)},
        ],
    )
    (one,) = (await store.status(NOW)).channels
    assert one.waiting_since == NOW - minutes * MINUTE


async def test_topics_of_one_group_have_their_own_last_posts(database: Database, store: StatusStore) -> None:
    """They share a chat, and its message ids."""
    both = {"chat_id": -5, "ref": "@grup"}
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1, topic=7, **both), channel(2, topic=8, **both), channel(3, topic=9, **both)],
        headlines=[headline(1, NOW - HOUR), headline(2, NOW - HOUR)],
        deliveries=[
            {**sent(1, 1, NOW - 9 * MINUTE, 11), "chat_id": -5},
            {**sent(2, 2, NOW - 8 * MINUTE, 12), "chat_id": -5},
        ],
    )
    posts = [one.last_post for one in (await store.status(NOW)).channels]
    assert posts == [NOW - 9 * MINUTE, NOW - 8 * MINUTE, None]


async def test_channels_in_trouble_come_first_and_their_queue_is_stuck(
    database: Database, store: StatusStore
) -> None:
    """Paused, unknown, halted, held, waiting, well; what waits behind a pause is no delay of the bot's."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[
            channel(1),
            channel(2),
            channel(3),
            channel(4, halted_at=ticks(NOW - HOUR)),
            channel(5, chat_id=None),
            channel(6, paused_at=ticks(NOW - MINUTE), pause_detail="kicked"),
        ],
        headlines=[headline(1, NOW - MINUTE), headline(2, NOW - MINUTE)],
        deliveries=[
            delivery(1, 2, "PENDING", NOW - 30 * SECOND),
            delivery(1, 3, "HELD", NOW, reason="surge"),
            delivery(1, 4, "PENDING", NOW - 40 * MINUTE),
            delivery(1, 6, "PENDING", NOW - 50 * MINUTE),
            delivery(2, 6, "PENDING", NOW - 50 * MINUTE),
        ],
    )
    status = await store.status(NOW)
    assert [one.name for one in status.channels] == [f"@kanal{n}" for n in (6, 5, 4, 3, 2, 1)]
    assert (status.channels[0].pause_detail, status.channels[0].paused) == ("kicked", NOW - MINUTE)
    vitals = status.vitals
    assert (vitals.waiting, vitals.stuck) == (Amount(1), Amount(3))
    assert vitals.waiting_since == NOW - 30 * SECOND
    assert (vitals.channels, vitals.channels_paused, vitals.channels_halted) == (6, 1, 1)
    assert vitals.channels_unknown == 1


async def test_a_chat_that_telegram_wants_left_alone_says_until_when(
    database: Database, store: StatusStore
) -> None:
    """Only while it is so."""
    await fill(database, channels=[channel(1), channel(2)])
    async with database.transaction() as tx:
        rests = [(-1001, NOW + MINUTE), (-1002, NOW - MINUTE)]
        await insert(tx, "chats", [{"chat_id": chat, "blocked_until": ticks(at)} for chat, at in rests])
    assert [one.blocked for one in (await store.status(NOW)).channels] == [NOW + MINUTE, None]


async def test_removed_channels_are_not_shown(database: Database, store: StatusStore) -> None:
    """Nor counted."""
    await fill(database, channels=[channel(1, removed_at=ticks(NOW))])
    status = await store.status(NOW)
    assert (status.channels, status.vitals.channels) == ((), 0)


async def test_counting_stops_at_a_limit(database: Database, store: StatusStore) -> None:
    """A paused channel's backlog of a week costs no more than five hundred rows."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1)],
        headlines=[headline(n, NOW - HOUR) for n in range(1, 700)],
        deliveries=[delivery(n, 1, "PENDING", NOW - HOUR) for n in range(1, 700)],
    )
    assert str((await store.vitals(NOW)).waiting) == "500+"


async def test_a_held_headline_counts_once_for_all_channels(database: Database, store: StatusStore) -> None:
    """An editor releases headlines, not rows."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(n) for n in range(1, 4)],
        headlines=[headline(1, NOW, hidden=1), headline(2, NOW, hidden=1)],
        deliveries=[delivery(h, c, "HELD", NOW, reason="surge") for h in (1, 2) for c in (1, 2, 3)],
    )
    assert (await store.vitals(NOW)).held == Amount(2)


async def test_lists_are_bounded(database: Database, store: StatusStore) -> None:
    """Sixty feeds and sixty channels; the totals are of all."""
    await fill(database, feeds=[feed(n) for n in range(1, 80)], channels=[channel(n) for n in range(1, 120)])
    status = await store.status(NOW)
    assert (len(status.feeds), len(status.channels)) == (MOST_LISTED, MOST_LISTED)
    assert (status.vitals.feeds, status.vitals.channels) == (79, 119)


async def test_hours_count_headlines_and_posts(database: Database, store: StatusStore) -> None:
    """The past 24 hours, this one last; neither held nor withdrawn headlines, nothing from before."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1)],
        headlines=[
            headline(1, NOW - 5 * MINUTE),
            headline(2, NOW - 2 * HOUR),
            headline(3, NOW - 2 * HOUR, hidden=1),
            headline(4, NOW - 30 * HOUR),
        ],
        deliveries=[
            sent(1, 1, NOW - 4 * MINUTE, 5),
            sent(2, 1, NOW - 2 * HOUR, 4),
            sent(4, 1, NOW - 30 * HOUR, 3),
        ],
    )
    hours = (await store.status(NOW)).hours
    assert hours[-1].start == NOW.replace(minute=0, second=0)
    assert [(hours.index(h), h.headlines, h.posts) for h in hours if h.headlines or h.posts] == [
        (21, 1, 1),
        (23, 1, 1),
    ]


async def test_the_chart_goes_on_while_the_page_is_looked_at(database: Database, store: StatusStore) -> None:
    """Past hours are counted once, this one and late headlines of the last one again."""
    await fill(database, feeds=[feed(1)], channels=[channel(1)], headlines=[headline(1, NOW - 30 * MINUTE)])
    await store.status(NOW)
    await fill(
        database,
        headlines=[headline(2, NOW - 20 * MINUTE)],
        deliveries=[sent(2, 1, NOW, 9)],
    )
    hours = (await store.status(NOW)).hours
    assert [(h.headlines, h.posts) for h in hours[-2:]] == [(2, 0), (0, 1)]
    later = (await store.status(NOW + HOUR)).hours
    assert [(h.headlines, h.posts) for h in later[-3:]] == [(2, 0), (0, 1), (0, 0)]


async def test_percentiles_are_of_the_last_day(database: Database, store: StatusStore) -> None:
    """Nearest rank, from publication to post; a post from before yesterday does not count."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1)],
        headlines=[headline(n, NOW - HOUR) for n in range(1, 101)] + [headline(101, NOW - 40 * HOUR)],
        deliveries=[sent(n, 1, NOW - HOUR + n * SECOND, n) for n in range(1, 101)]
        + [sent(101, 1, NOW - 30 * HOUR, 101)],
    )
    delays = (await store.status(NOW)).delays
    assert delays is not None
    assert (delays.posts, delays.p50, delays.p95) == (100, 50 * SECOND, 95 * SECOND)


async def test_a_post_before_its_publication_has_no_delay(database: Database, store: StatusStore) -> None:
    """A portal's clock may be ahead of ours."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1)],
        headlines=[headline(1, NOW)],
        deliveries=[sent(1, 1, NOW - MINUTE, 1)],
    )
    status = await store.status(NOW)
    assert status.delays is not None
    assert status.delays.p50 == timedelta()
    assert status.channels[0].delay == timedelta()


async def test_the_latest_posts_are_headlines(database: Database, store: StatusStore) -> None:
    """One line a headline, however many channels it went to; the newest first, without withdrawn ones."""
    await fill(
        database,
        feeds=[feed(1)],
        channels=[channel(1), channel(2)],
        headlines=[
            headline(1, NOW - HOUR, withdrawn_at=None),
            headline(2, NOW - 30 * MINUTE, withdrawn_at=None, revision=2),
            headline(3, NOW - 20 * MINUTE, withdrawn_at=ticks(NOW)),
        ],
        deliveries=[
            sent(1, 1, NOW - 50 * MINUTE, 1),
            sent(2, 1, NOW - 29 * MINUTE, 2),
            sent(2, 2, NOW - 28 * MINUTE, 2),
            sent(3, 1, NOW - 10 * MINUTE, 3),
        ],
    )
    newest, older = (await store.status(NOW)).latest
    assert (newest.title, newest.channels, newest.corrected) == ("Headline 2", 2, True)
    assert (newest.sent, newest.delay) == (NOW - 29 * MINUTE, MINUTE)
    assert (older.title, older.channels, older.corrected) == ("Headline 1", 1, False)


async def test_the_popular_list_is_the_portals(database: Database, store: StatusStore) -> None:
    """In its order, with the newest words of a known headline, without withdrawn and held ones."""
    await fill(
        database,
        feeds=[feed(1)],
        headlines=[headline(1, NOW - HOUR), headline(2, NOW, hidden=1)],
    )
    line = {"url": "https://p/populer", "link": "https://p/x", "published_at": None, "headline_id": None}
    async with database.transaction() as tx:
        await insert(tx, "popular_looks", [{"url": "https://p/populer", "looked_at": ticks(NOW - MINUTE)}])
        rows = [
            {**line, "position": 0, "title": "Strange"},
            {**line, "position": 1, "title": "Old words", "headline_id": 1},
            {**line, "position": 2, "title": "Held", "headline_id": 2},
        ]
        await insert(tx, "popular", rows)
    popular = (await store.status(NOW)).popular
    assert popular.looked == NOW - MINUTE
    assert [(one.title, one.published) for one in popular.headlines] == [
        ("Strange", None),
        ("Headline 1", NOW - HOUR),
    ]


async def test_beats_are_those_of_the_health_check(database: Database, store: StatusStore) -> None:
    """The same rows that `kabarbot health` reads."""
    await Beats(database).beat(["poller", "deliverer"], NOW)
    assert (await store.vitals(NOW)).beats == {"poller": NOW, "deliverer": NOW}
    assert set(await store.health_values()) == {"beat:poller", "beat:deliverer"}


async def test_no_statement_reads_a_table_from_end_to_end(database: Database) -> None:
    """Headlines and deliveries grow for ever: each statement must find its rows by an index."""
    said = vars(room) | vars(hours)
    statements = {name: sql for name, sql in said.items() if name.isupper() and isinstance(sql, str)}
    assert len(statements) > 10
    for name, sql in statements.items():
        values = {"most": 1} if ":most" in sql else ("[1]",) * sql.count("?")
        plan = [row["detail"] for row in await database.read(f"EXPLAIN QUERY PLAN {sql}", values)]
        walks = [
            step
            for step in plan
            if step.startswith("SCAN") and step.split()[1] in {"d", "deliveries", "h", "headlines"}
        ]
        # The last statement's `d` is a sample that was already cut short; held rows are an index of their own.
        allowed = {"SCAN d"} if "LIMIT ?) d" in sql else {"SCAN deliveries USING INDEX deliveries_held"}
        assert set(walks) <= allowed, (name, plan)


async def test_a_folder_that_is_gone_is_an_error_of_the_store(database: Database, tmp_path: Path) -> None:
    """Which the page can say; nothing crashes."""

    def gone(_: Path) -> tuple[int, int, int]:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(StoreError, match="folder cannot be read"):
        await StatusStore(database, tmp_path / "kabarbot.db", disk=gone).vitals(NOW)
