"""How long readers wait for answers with a million headlines stored and a fan-out to 100,000 subscribers under way.

Method: three rounds of the same commands, each with the bot as `python -m bot run` against the sandbox Bot API server,
a process of its own that keeps the published limits: (1) a thousand headlines and nothing else to do, the baseline;
(2) a million headlines; (3) a million, and headlines going round 100,000 subscribers at the limit of 30 messages a
second. Six commands a second, by readers who are no subscribers: `/terbaru`, one with a category, `/populer` by what
readers did in a day, `/cari` with words of headlines (common ones often, as people do), a page button under an earlier
answer, and inline. Two figures each: *answering*, the bot's own time from the request to the reply as it tells it
(`command_answered` in its log, to the millisecond), and *to the server*, from the reader's command to the accepted answer at the server,
which counts the server's own time, the update's way through the inbox, and in round 3 the wait for a place in the
limits too (every 33 ms there is one, and news has taken places for up to 60 ms ahead). The headlines are those of
`bench_search.py`; `KABARBOT_BENCH_DB` keeps their database for the next run, `KABARBOT_BENCH_HEADLINES` makes it smaller.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bench_search import COMMON, HEADLINES, Language, fill
from bot.sandbox.client import SandboxClient
from bot.sandbox.portal import SamplePortal
from bot.sandbox.process import running_sandbox
from bot.sandbox.server import DEFAULT_TOKEN
from bot.store.connection import Database

FEW, SUBSCRIBERS = 1000, 100_000
SECONDS, A_SECOND, WARM_UP = 25.0, 6, 2.0
ASKING = 150
_FIRST_READER, _FIRST_ASKING = 1001, 900_001
_NEWS_EVERY = 8.0
_DEEDS_A_DAY, _DAYS = 3000, 31
_MORE = "Selengkapnya ›"

Entry = Mapping[str, Any]


@dataclass(slots=True)
class Round:
    """What a round found: milliseconds by kind of command."""

    name: str
    answering: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    to_server: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    news: float = 0.0


async def main() -> None:
    """Print a table of the three rounds."""
    with tempfile.TemporaryDirectory() as folder:
        small, big = Path(folder) / "small.db", Path(os.environ.get("KABARBOT_BENCH_DB", f"{folder}/big.db"))
        await prepare(small, FEW)
        await prepare(big, HEADLINES)
        rounds = [
            await play("a thousand headlines", small, fan_out=False),
            await play(f"{HEADLINES:,} headlines", big, fan_out=False),
            await play("the same, and a fan-out", big, fan_out=True),
        ]
    report(rounds)


async def prepare(path: Path, headlines: int) -> None:
    """A database as the bot makes it, with so many headlines and what readers did in a month; kept if it is there."""
    if path.exists():
        return
    began = time.perf_counter()
    await (await Database.open(path)).close()
    await asyncio.to_thread(fill, path, headlines)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "INSERT INTO categories (key, name) SELECT DISTINCT lower(kicker), kicker FROM headlines"
        )
        database.execute(
            "INSERT INTO shelf (category_id, published_at, headline_id) SELECT c.id, h.published_at, h.id"
            " FROM headlines h JOIN categories c ON c.name = h.kicker"
        )
        database.executemany(
            "INSERT OR IGNORE INTO deeds (minute, headline_id, count) VALUES (?, ?, ?)", deeds(headlines)
        )
    print(f"{headlines:,} headlines prepared in {time.perf_counter() - began:.0f} s")


def deeds(headlines: int) -> list[tuple[int, int, int]]:
    """Reactions of the last month, most of them to new headlines."""
    rng, now = random.Random(4), int(time.time() // 60)
    rows = []
    for back in range(_DAYS * 1440):
        for _ in range(_DEEDS_A_DAY // 1440):
            newest = max(headlines - back // 10, 1)
            rows.append((now - back, max(newest - int(rng.expovariate(1 / 40)), 1), rng.randint(1, 5)))
    return rows


async def play(name: str, path: Path, *, fan_out: bool) -> Round:
    """One round over the database at `path`."""
    subscribe(path, SUBSCRIBERS if fan_out else 0)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "bot.log"
        async with (
            running_sandbox() as server,
            SandboxClient(server.control) as control,
            SamplePortal() as portal,
        ):
            channel = await control.add_chat("channel", "Kabar")
            await control.add_user(id=_FIRST_READER, count=5000)
            await control.add_user(id=_FIRST_ASKING, count=ASKING)
            async with running_bot(server.url, portal.feed_url, channel, path, log):
                asking = asyncio.create_task(ask(control))
                began = time.monotonic()
                while fan_out and time.monotonic() - began < SECONDS:
                    portal.publish()
                    await asyncio.sleep(_NEWS_EVERY)
                await asking
                await asyncio.sleep(1.0)
                return found(name, await control.journal(), log)


def subscribe(path: Path, readers: int) -> None:
    """So many subscribers to everything, and nothing on its way."""
    with closing(sqlite3.connect(path)) as database, database:
        for table in ("reader_rows", "reader_messages", "fanouts", "subscribers", "inbox"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        rows = ((_FIRST_READER + number,) for number in range(readers))
        database.executemany("INSERT INTO subscribers (id, wish, since) VALUES (?, '[[],[],[]]', 0)", rows)


@asynccontextmanager
async def running_bot(url: str, feed: str, channel: int, path: Path, log: Path) -> AsyncIterator[None]:
    """The bot as a process; ended by SIGTERM."""
    settings = {
        "TELEGRAM_TOKEN": DEFAULT_TOKEN,
        "TELEGRAM_API_URL": url,
        "FEED_URL": feed,
        "CHANNELS": str(channel),
        "FIRST_RUN_POSTS": "0",
        "POLL_INTERVAL": "2",
        "KEEP_DAYS": "36500",
        "DATABASE_PATH": str(path),
        "HTTP_ADDRESS": "",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **settings},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def ask(control: SandboxClient) -> None:
    """Readers ask, one after another, until the time is over."""
    rng, words = random.Random(5), Language(1)
    await asyncio.sleep(3.0)
    end, turn = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        reader = _FIRST_ASKING + turn % ASKING
        turn += 1
        await one(control, reader, rng, words, turn)
        await asyncio.sleep(1 / A_SECOND)


async def one(control: SandboxClient, reader: int, rng: random.Random, words: Language, turn: int) -> None:
    """What one reader asks."""
    title = words.text(3).split()
    match turn % 6:
        case 0:
            await control.say(reader, "/terbaru")
        case 1:
            await control.say(reader, "/populer")
        case 2:
            await control.say(reader, f"/cari {title[0]} {title[1]}")
        case 3:
            await control.say(reader, f"/cari {rng.choice(COMMON)} {title[2]}")
        case 4:
            await turn_page(control, reader)
        case _:
            await control.ask_inline(reader, title[0])


async def turn_page(control: SandboxClient, reader: int) -> None:
    """A tap on `Selengkapnya ›` under the newest list that a reader has; one who has none asks for it."""
    for earlier in range(reader - 1, max(reader - 5, _FIRST_ASKING - 1), -1):
        for message in reversed(await control.messages(earlier)):
            if _MORE in json.dumps(message, ensure_ascii=False):
                await control.tap(earlier, message["id"], button=_MORE, user=earlier)
                return
    await control.say(reader, "/terbaru Dunia")


def found(name: str, journal: Sequence[Entry], log: Path) -> Round:
    """Waits by kind."""
    result = Round(name)
    open_asks: dict[int, tuple[str, float]] = {}
    queries: dict[str, tuple[str, float]] = {}
    for entry in journal:
        chat, at = entry.get("chat", 0), entry["at"]
        match entry["kind"]:
            case "message" if chat >= _FIRST_ASKING:
                open_asks[chat] = (entry["text"].split()[0], at)
            case "tap":
                queries[entry["query"]] = ("button", at)
            case "inline" if "text" in entry:
                queries[entry["query"]] = ("inline", at)
            case "answered" if entry.get("query") in queries:
                kind, began = queries.pop(entry["query"])
                result.to_server[kind].append((at - began) * 1000)
            case "sent" if chat in open_asks:
                kind, began = open_asks.pop(chat)
                result.to_server[kind].append((at - began) * 1000)
    news = [entry["at"] for entry in journal if entry["kind"] == "sent" and 0 < entry["chat"] < _FIRST_ASKING]
    result.news = len(news) / (news[-1] - news[0]) if len(news) > 1 else 0.0
    for line in log.read_text("utf-8").splitlines():
        if '"command_answered"' in line:
            told = json.loads(line)
            name = told["command"]
            result.answering[name if name in {"button", "inline"} else f"/{name}"].append(
                told["took_s"] * 1000
            )
    return result


def report(rounds: Sequence[Round]) -> None:
    """A line for each kind and round."""
    base = rounds[0]
    for one_round in rounds:
        news = f", {one_round.news:.1f} messages of news a second" if one_round.news else ""
        print(f"{one_round.name}{news}:")
        for kind in (*sorted(one_round.to_server), ""):
            own, server = measured(one_round.answering, kind), measured(one_round.to_server, kind)
            before = measured(base.to_server, kind)
            ratio = quantile(server, 0.5) / quantile(before, 0.5) if server and before else 0.0
            print(
                f"  {kind or 'all':10} {len(own):4} answering {figures(own)}   to the server {figures(server)}"
                f"   ({ratio:.1f} x the baseline's p50)"
            )


def measured(by_kind: Mapping[str, Sequence[float]], kind: str) -> list[float]:
    """In order; of all kinds where none is named."""
    return sorted(by_kind.get(kind, ()) if kind else [one for some in by_kind.values() for one in some])


def figures(ordered: Sequence[float]) -> str:
    """The median and p99."""
    return f"p50 {quantile(ordered, 0.5):6.1f} ms  p99 {quantile(ordered, 0.99):6.1f} ms"


def quantile(ordered: Sequence[float], part: float) -> float:
    """The smallest value that `part` of all do not exceed; 0 of none."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


if __name__ == "__main__":
    asyncio.run(main())
