"""Many feeds: CPU share and memory (goal: 10,000 feeds, 30 items, one in ten changed, a look every 5 minutes, one core).

Method: a server of its own process plays portals on 127.0.0.1 to 127.0.0.100, each with an equal share of the feeds;
every tenth look at a feed finds a new item on top, the others are answered 304. The bot is `kabarbot run`, one channel,
a Bot API sandbox. By default a slice is measured at the full rate of looks: 1,000 feeds every 30 s are the 33.3 looks a
second of 10,000 every 5 minutes, so that CPU needs no scaling; what 9,000 more feeds take in memory does, and
`bench_feeds.py 10000 300` measures it all (20 minutes, most of them the first looks at 300,000 headlines); a third number
is the items of a feed, with 2 it takes half as long. CPU is that of the bot and its parsing child, from the kernel.
*Plain* is feedparser on every body of every look, no conditional requests, nothing recorded, measured on the same bodies
in this process.

Seen on two shared cores, quiet, all 10,000 feeds of 30 items every 300 s: 33.3 looks/s and none late, 29 % of a core (20
the bot, 10 its child), 122 MB (84 and 39); plain feedparser 83 % for parsing alone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from benchmarks.processes import cpu, family, resident, running_bot
from bot.sandbox.server import Options, Sandbox

SERVE = "--serve" in sys.argv
GIVEN = [int(word) for word in sys.argv[1:] if word.isdecimal()]
FEEDS, INTERVAL, ITEMS = (*GIVEN, *(1000, 30, 30)[len(GIVEN) :])
HOSTS, CHANGED = 100, 10
SECONDS = max(60, INTERVAL + 10)
PLAIN = 100
GOAL_CPU, GOAL_MEMORY = 0.5, 250


async def main() -> None:
    """Print CPU share and memory of the bot, and the CPU share of plain feedparser."""
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(Options(limits=False)) as sandbox, portals() as port:
            sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
            plain = plain_feedparser(port)
            urls = [f"http://127.0.0.{n % HOSTS + 1}:{port}/{n}" for n in range(FEEDS)]
            async with looking_bot(sandbox, urls, Path(folder)) as pid:
                await measure(pid, Path(folder) / "kabarbot.db", plain)


async def measure(pid: int, database: Path, plain: float) -> None:
    """Wait until every feed is known, let one interval pass, and measure."""
    began = time.monotonic()
    while looked(database) < FEEDS:  # noqa: ASYNC110 - it stands in the bot's database
        await asyncio.sleep(1)
    print(f"{FEEDS} feeds of {ITEMS} items, known after {time.monotonic() - began:.0f} s")
    await asyncio.sleep(INTERVAL)
    before, at = used(pid), time.monotonic()
    await asyncio.sleep(SECONDS)
    took = time.monotonic() - at
    spent = {process: now - before.get(process, 0.0) for process, now in used(pid).items()}
    rate, memory = FEEDS / INTERVAL, {process: resident(process) for process in spent}
    share = sum(spent.values()) / took
    main_mb, child_mb = memory[pid], sum(memory.values()) - memory[pid]
    print(f"  {rate:.1f} looks/s for {took:.0f} s, {late(database)} feeds late at the end")
    print(
        f"  CPU {share:.0%} of a core: {spent[pid] / took:.0%} the bot, {share - spent[pid] / took:.0%} its child (goal {GOAL_CPU:.0%})"
    )
    print(
        f"  memory {main_mb + child_mb:.0f} MB: {main_mb:.0f} the bot, {child_mb:.0f} its child (goal {GOAL_MEMORY})"
    )
    print(f"  plain feedparser for everything: {plain * rate:.0%} of a core, for parsing alone")


def plain_feedparser(port: int) -> float:
    """Seconds of CPU that fetching and parsing one feed takes without any thrift."""
    import feedparser

    began = time.process_time()
    for number in range(PLAIN):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{number}?plain") as answer:
            assert len(feedparser.parse(answer.read()).entries) == ITEMS
    return (time.process_time() - began) / PLAIN


def looked(database: Path) -> int:
    """How many feeds have been looked at."""
    return ask(database, "SELECT count(*) FROM feeds WHERE looked_at IS NOT NULL")


def late(database: Path) -> int:
    """How many feeds should have been looked at ten seconds ago."""
    return ask(database, f"SELECT count(*) FROM feeds WHERE next_at < {int((time.time() - 10) * 1e6)}")  # noqa: S608


def ask(database: Path, sql: str) -> int:
    """One number of the bot's database, 0 where there is none yet."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as opened:
            return int(opened.execute(sql).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def used(pid: int) -> dict[int, float]:
    """Seconds of CPU of a process and its children, by process."""
    return {process: cpu(process) for process in family(pid)}


@asynccontextmanager
async def looking_bot(sandbox: Sandbox, urls: list[str], folder: Path) -> AsyncIterator[int]:
    """The bot as a process; its process id."""
    settings = {
        "TELEGRAM_TOKEN": sandbox.token,
        "TELEGRAM_API_URL": sandbox.url,
        "CHANNELS": "@kabar",
        "DATABASE_PATH": str(folder / "kabarbot.db"),
        "HTTP_ADDRESS": "",
        "POLL_INTERVAL": str(INTERVAL),
        "SURGE_LIMIT": "0",
        "LOG_LEVEL": "warning",
    }
    tables = "\n".join(f'[[feeds]]\nurl = "{url}"' for url in urls)
    (folder / "kabarbot.toml").write_text(tables, encoding="utf-8")
    async with running_bot(settings, folder) as pid:
        yield pid


@asynccontextmanager
async def portals() -> AsyncIterator[int]:
    """The server of all feeds as a process; its port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--serve", str(FEEDS), str(INTERVAL), str(ITEMS)),
        stdout=asyncio.subprocess.PIPE,
        limit=1000,
    )
    try:
        assert process.stdout
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


class Feed:
    """One feed, which changes at every tenth look."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.looks = number % CHANGED
        self.newest = ITEMS
        self.body = b""

    def look(self, known: str) -> tuple[int, bytes]:
        """Status and body for a client that knows the version `known`."""
        self.looks += 1
        if self.looks % CHANGED == 0:
            self.newest += 1
            self.body = b""
        if known == self.tag:
            return 304, b""
        self.body = self.body or self.document()
        return 200, self.body

    @property
    def tag(self) -> str:
        return f'"{self.newest}"'

    def document(self) -> bytes:
        """RSS as portals write it: about 900 bytes an item."""
        items = "".join(self.item(n) for n in range(self.newest, self.newest - ITEMS, -1))
        now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        head = f"<title>Portal {self.number}</title><link>http://portal{self.number}.example/</link>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
            ' xmlns:media="http://search.yahoo.com/mrss/"><channel>'
            f"{head}<lastBuildDate>{now}</lastBuildDate>{items}</channel></rss>"
        ).encode()

    def item(self, n: int) -> str:
        link = f"http://portal{self.number}.example/berita/read/2026/11/25/{self.number}{n:06}/judul-berita-ke-{n}"
        when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - (self.newest - n) * 60))
        lead = "Kabar yang cukup panjang untuk sebuah ringkasan berita di portal mana pun. " * 4
        return (
            f"<item><title>Judul Berita ke-{n} dari Portal {self.number} tentang Hal yang Penting</title>"
            f'<link>{link}</link><guid isPermaLink="false">{self.number}-{n}</guid><pubDate>{when}</pubDate>'
            f"<category>Nasional</category><dc:creator>Wartawan {n % 7}</dc:creator>"
            f"<description><![CDATA[<p>{lead}</p>]]></description>"
            f'<media:content url="{link}.jpg" medium="image" width="800" height="450"/></item>'
        )


async def serve() -> None:
    """Play all portals until terminated; prints the port."""
    from aiohttp import web

    feeds: dict[int, Feed] = {}

    async def answer(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        feed = feeds.setdefault(number, Feed(number))
        if "plain" in request.query:
            return web.Response(body=feed.document())
        status, body = feed.look(request.headers.get("If-None-Match", ""))
        return web.Response(
            status=status, body=body, headers={"ETag": feed.tag}, content_type="application/rss+xml"
        )

    app = web.Application()
    app.router.add_get("/{number:[0-9]+}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()  # noqa: S104 - every loopback address
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve() if SERVE else main())
