"""Does a look cost more when more is stored? CPU and memory at 10,000 and at a million headlines (goal: within 1.2 times).

Method: for each size a `kabarbot run` looks at 10 feeds of 30 items once a second each; every look finds one new item on
top, dated two days ago, so that it is fetched, parsed, looked up, recorded and not posted. A first run makes the
database, which is then filled to so many headlines, each with three keys, a category, its words in the index of the
search, and a post. The bots then run on all at once, so that a machine that is slower for a while is so for each of
them, and are measured for four slices of 10 s, of which the calmest counts. CPU is that of a bot and its parsing child,
from the kernel, by look; memory is Pss, what is shared counted in part. SQLite's pages in the system's cache are not
counted: they are given back when somebody needs them. `bench_stored.py 10000 100000` chooses other sizes.

Seen on two shared cores: 37.0 ms and 68 MB with 10,000 headlines, 38.2 and 69 with a million: 1.03 and 1.02 times.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

from aiohttp import web

from benchmarks import processes
from bot.sandbox.server import Options, Sandbox

SIZES = [int(word) for word in sys.argv[1:]] or [10_000, 1_000_000]
FEEDS, ITEMS, SLICES, SECONDS, WARM = 10, 30, 4, 10, 10
GOAL = 1.2
#: Seconds between two stored headlines: a million of them are younger than KEEP_DAYS.
_APART = 30
_WORDS = [
    "presiden",
    "menteri",
    "jakarta",
    "ekonomi",
    "pasar",
    "harga",
    "beras",
    "hujan",
    "banjir",
    "partai",
    "hukum",
    "sidang",
    "gempa",
    "timnas",
    "liga",
]
_TABLES = {
    "headlines": "id, title, link, kicker, published_at, reporter, lead, portal_title, owner_feed, first_seen_at",
    "keys": "hash, headline_id",
    "headline_feeds": "headline_id, feed_id, category",
    "shelf": "category_id, published_at, headline_id",
    "deliveries": "headline_id, channel_id, state, at, chat_id, message_id, sent_at, shown_revision",
}


@dataclass(slots=True)
class House:
    """A bot's surroundings: a Bot API, a portal, and a folder with the database."""

    size: int
    sandbox: Sandbox
    portal: Portal
    folder: Path
    pid: int = 0


async def main() -> None:
    """Print CPU by look and memory for every size, and how much the last is more than the first."""
    async with AsyncExitStack() as stack:
        houses = [await built(stack, size) for size in SIZES]
        for house in houses:
            house.pid = await stack.enter_async_context(running_bot(house))
        await asyncio.sleep(WARM)
        found = await asyncio.gather(*(measured(house) for house in houses))
    for house, (each, memory) in zip(houses, found, strict=True):
        print(f"{house.size:,}: {each:.2f} ms of CPU a look, {memory:.1f} MB")
    (cpu_then, memory_then), (cpu_now, memory_now) = found[0], found[-1]
    print(f"CPU {cpu_now / cpu_then:.2f} times, memory {memory_now / memory_then:.2f} times (goal {GOAL})")


async def built(stack: AsyncExitStack, size: int) -> House:
    """A house with `size` headlines in its database, and no bot in it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    sandbox = await stack.enter_async_context(Sandbox(Options(limits=False)))
    house = House(size, sandbox, await stack.enter_async_context(Portal()), folder)
    sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
    async with running_bot(house), asyncio.timeout(60):
        while house.portal.looks < FEEDS * 3:  # noqa: ASYNC110 - the portal counts, nobody tells
            await asyncio.sleep(0.1)
    began, database = time.monotonic(), folder / "kabarbot.db"
    await asyncio.to_thread(fill, database, size)
    took = time.monotonic() - began
    print(f"{size:,} headlines, {database.stat().st_size / 2**20:,.0f} MiB, filled in {took:.0f} s")
    return house


async def measured(house: House) -> tuple[float, float]:
    """Milliseconds of CPU by look in the calmest slice, and MB."""
    costs = []
    for _ in range(SLICES):
        spent, looks = used(house.pid), house.portal.looks
        await asyncio.sleep(SECONDS)
        costs.append((used(house.pid) - spent) / (house.portal.looks - looks) * 1000)
    return min(costs), sum(map(processes.resident, processes.family(house.pid)))


def fill(path: Path, size: int) -> None:
    """Headlines beside those that are there, through the bot's own triggers; without a commit to the disk for each."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(
            "INSERT INTO categories (key, name) VALUES ('nasional', 'Nasional') ON CONFLICT DO NOTHING"
        )
        for table, columns in _TABLES.items():
            places = ", ".join("?" * len(columns.split(", ")))
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows(table, size))  # noqa: S608
            connection.execute("COMMIT")


def rows(table: str, size: int) -> Iterator[tuple[object, ...]]:
    """What stands in `table`; numbers begin where no headline of the first run is."""
    numbers = range(1_000, 1_000 + size)
    now = int(time.time()) - 60
    times = {number: (now - (size + 1_000 - number) * _APART) * 1_000_000 for number in numbers}
    if table == "keys":
        hashes = (blake2b(f"{kind}{n}".encode(), digest_size=16).digest() for n in numbers for kind in "agl")
        yield from (
            (digest, 1_000 + place // 3)
            for digest, place in sorted(zip(hashes, range(3 * size), strict=True))
        )
    elif table == "headlines":
        rng = random.Random(1)
        for n, at in times.items():
            title, lead = (" ".join(rng.choices(_WORDS, k=words)) for words in (5, 3))
            yield (
                n,
                f"{title} {n}",
                f"https://stored.example/read/{n}",
                "Nasional",
                at,
                "Reni",
                lead,
                title,
                1,
                at,
            )
    elif table == "headline_feeds":
        yield from ((n, n % FEEDS + 1, "") for n in numbers)
    elif table == "shelf":
        yield from ((1, at, n) for n, at in times.items())
    else:
        yield from ((n, 1, "SENT", at, -1_002_000_000_001, n, at, 1) for n, at in times.items())


class Portal:
    """A portal of `FEEDS` feeds on 127.0.0.1 and up; every look finds one new item on top."""

    def __init__(self) -> None:
        self.looks = 0
        self._newest = dict.fromkeys(range(FEEDS), ITEMS)
        self._runner: web.AppRunner | None = None
        self.urls: list[str] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{number:[0-9]+}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "0.0.0.0", 0).start()  # noqa: S104 - every loopback address
        port = self._runner.addresses[0][1]
        self.urls = [f"http://127.0.0.{n + 1}:{port}/{n}" for n in range(FEEDS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        self.looks += 1
        self._newest[number] += 1
        newest = self._newest[number]
        items = "".join(self._item(number, n) for n in range(newest, newest - ITEMS, -1))
        head = f"<title>Portal {number}</title><link>http://portal{number}.example/</link>"
        body = f'<rss version="2.0"><channel>{head}{items}</channel></rss>'
        return web.Response(text=body, content_type="application/rss+xml")

    @staticmethod
    def _item(number: int, n: int) -> str:
        link = f"http://portal{number}.example/read/2026/11/25/{number}{n:06}/judul-ke-{n}"
        when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 2 * 86_400))
        return (
            f"<item><title>Judul Berita ke-{n} dari Portal {number}</title><link>{link}</link>"
            f'<guid isPermaLink="false">{number}-{n}</guid><pubDate>{when}</pubDate>'
            f"<category>Nasional</category><description>{'Kabar yang cukup panjang. ' * 8}</description></item>"
        )


@asynccontextmanager
async def running_bot(house: House) -> AsyncIterator[int]:
    """The bot as a process; its process id."""
    settings = {
        "TELEGRAM_TOKEN": house.sandbox.token,
        "TELEGRAM_API_URL": house.sandbox.url,
        "CHANNELS": "@kabar",
        "FEED_URL": ",".join(house.portal.urls),
        "DATABASE_PATH": str(house.folder / "kabarbot.db"),
        "HTTP_ADDRESS": "",
        "POLL_INTERVAL": "1",
        "SURGE_LIMIT": "0",
        "LOG_LEVEL": "warning",
    }
    async with processes.running_bot(settings, house.folder) as pid:
        yield pid


def used(pid: int) -> float:
    """Seconds of CPU of a process and its children."""
    return sum(map(processes.cpu, processes.family(pid)))


if __name__ == "__main__":
    asyncio.run(main())
