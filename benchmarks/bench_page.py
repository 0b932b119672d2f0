"""Is the operator's page quick and small, and `/statistik` quick, with much stored? (goals: 50 ms, 100 kB, 50 ms of queries)

Method: the bot's own database is filled to a million headlines with a post each, and with 500 channels that all have the
last 200 of them, reactions in every hour, and posts that wait; one channel refuses, one is halted, one feed fails. The
page is rendered by a new object each time (what it remembers of past hours is then not there yet), and again by one that has
been looked at before; the clock is moved, so that no rendering serves twice. Times are those of this process on a
processor, the database's threads included, so that a busy machine changes little; medians of nine. The search's index is
left empty: nothing here asks it. `bench_page.py 100000` chooses another size.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.observe.page import StatusPage
from bot.store.connection import Database
from bot.store.statistics import StatisticsStore
from bot.store.status import StatusStore

SIZE = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CHANNELS, RECENT, WAITING, TIMES = 500, 200, 5, 9
#: Seconds between two headlines: a million of them are younger than KEEP_DAYS.
APART = 30
ZONE = ZoneInfo("Asia/Jakarta")


class MovingClock:
    """Two seconds later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=2)
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def main() -> None:
    """Print how long each takes, and how large the page is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kabarbot.db"
        await (await Database.open(path)).close()
        began = time.monotonic()
        furnish(path)
        fill(path)
        size = path.stat().st_size / 2**20
        print(
            f"{SIZE:,} headlines, {CHANNELS} channels, {size:,.0f} MiB, in {time.monotonic() - began:.0f} s"
        )
        database = await Database.open(path)
        try:
            await measure(database, path)
        finally:
            await database.close()


async def measure(database: Database, path: Path) -> None:
    """Time the page and the figures over the filled database."""
    clock, sizes = MovingClock(), []

    def page() -> StatusPage:
        return StatusPage(StatusStore(database, path), clock, ZONE, ready=well)

    async def looked(by: StatusPage) -> None:
        sizes.append(len((await by.html()).encode()))

    pages, known = [page() for _ in range(TIMES)], page()
    first = [await timed(lambda one=one: looked(one)) for one in pages]  # type: ignore[misc] # a default, not an argument
    again = [await timed(lambda: looked(known)) for _ in range(TIMES + 1)][1:]
    print(
        f"page: {statistics.median(first):.0f} ms at first, {statistics.median(again):.0f} ms again (goal 50)"
    )
    print(f"page: {max(sizes) / 1000:.0f} kB (goal 100)")
    sources = [StatisticsStore(database) for _ in range(TIMES)]
    asked = [await timed(lambda one=one: one.figures(clock.now())) for one in sources]  # type: ignore[misc]
    print(f"figures of /statistik: {statistics.median(asked):.0f} ms (goal 50)")


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds on a processor."""
    began = time.process_time()
    await work()
    return (time.process_time() - began) * 1000


async def well() -> str:
    """Nothing ails the bot."""
    return ""


def furnish(path: Path) -> None:
    """The feeds and channels of a large newsroom."""
    now = int(time.time() * 1_000_000)
    with closing(sqlite3.connect(path)) as file, file:
        file.executemany(
            "INSERT INTO feeds (id, url, interval, added_at, next_at, looked_at, failures) VALUES (?, ?, 30000000, 0, ?, ?, ?)",
            [(n, f"https://portal.example/rss/{n}", now, now, int(n == 3)) for n in range(1, 11)],
        )
        file.executemany(
            "INSERT INTO channels (id, ref, chat_id, title, added_at, paused_at, halted_at) VALUES (?, ?, ?, ?, 0, ?, ?)",
            [
                (
                    n,
                    f"@kanal_{n}",
                    -1_002_000_000_000 - n,
                    f"Kanal {n}",
                    now if n == 7 else None,
                    now if n == 9 else None,
                )
                for n in range(1, CHANNELS + 1)
            ],
        )


def fill(path: Path) -> None:
    """Headlines with a post each, the last of them in every channel, posts that wait, reactions of a week."""
    numbers = {"size": SIZE, "apart": APART, "recent": RECENT, "waiting": WAITING, "now": int(time.time())}
    with closing(sqlite3.connect(path)) as file, file:
        for statement in FILLING:
            file.execute(statement, numbers)


FILLING = (
    "DROP TRIGGER words_known",
    """INSERT INTO headlines (id, title, link, kicker, published_at, portal_title, owner_feed, first_seen_at)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size),
        t (i, at) AS (SELECT i, (:now - 60 - (:size - i) * :apart) * 1000000 FROM n)
    SELECT i, 'Judul berita yang cukup panjang, nomor ' || i, 'https://portal.example/read/' || i, 'Nasional',
        at, 'x', 1, at FROM t""",
    """INSERT INTO deliveries (headline_id, channel_id, state, at, chat_id, message_id, sent_at, shown_revision)
    SELECT id, 1, 'SENT', published_at, -1002000000001, id, published_at + 5000000, 1 FROM headlines""",
    """INSERT OR IGNORE INTO deliveries
        (headline_id, channel_id, state, at, chat_id, message_id, sent_at, shown_revision)
    SELECT h.id, c.id, 'SENT', h.published_at, c.chat_id, h.id, h.published_at + 5000000 + c.id * 1000, 1
    FROM channels c CROSS JOIN headlines h WHERE h.id > :size - :recent""",
    """INSERT OR IGNORE INTO deliveries (headline_id, channel_id, state, at, due_at, seq)
    SELECT h.id, c.id, 'PENDING', h.published_at, h.published_at, h.id FROM channels c CROSS JOIN headlines h
    WHERE h.id > :size - :recent - :waiting AND h.id <= :size - :recent""",
    """INSERT INTO reactions_by_hour (hour, chat_id, count)
    WITH RECURSIVE hours (h) AS (SELECT 0 UNION ALL SELECT h + 1 FROM hours WHERE h < 167)
    SELECT :now / 3600 - h, c.chat_id, c.id + h FROM hours CROSS JOIN channels c""",
)


if __name__ == "__main__":
    asyncio.run(main())
