"""A headline goes round 100,000 subscribers, and newer ones come meanwhile: who waits for whom, and what it costs.

Method: the bot is `python -m bot run` with `BROADCAST_RATE=30` against the sandbox Bot API server, a process of its
own that keeps the published limits (a 429 above them); times are the server's. Of 100,000 subscribers in the database
six in ten want everything, the others one of 5,000 words or a category of no headline here. At 30 messages a second
all of them take close to an hour, so the first round is cut off after `SECONDS`: one headline, then three newer ones
while it goes round, and 5 channels that each want every post. What it shows: messages a second against the limit; how
long channels wait for a post, and readers for a newer headline, behind the old fan-out; what the database grows by
(rows and bytes: `readers x headlines` would be a quarter of a million rows). The second round goes to its end, with
so few readers that this is half a minute: everybody has each headline, nobody has one twice.
`KABARBOT_BENCH_READERS` changes the number.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.processes import cpu
from bot.domain.subscriptions import Wish
from bot.sandbox.client import SandboxClient
from bot.sandbox.portal import SamplePortal
from bot.sandbox.process import running_sandbox
from bot.sandbox.server import DEFAULT_TOKEN
from bot.store.connection import Database
from bot.store.subscriptions import wish_text

READERS = int(os.environ.get("KABARBOT_BENCH_READERS", "100000"))
RATE, CHANNELS = 30, 5
SECONDS, NEWER_AT = 60.0, (15.0, 16.0, 35.0)
FEW, FEW_NEWER_AT = 600, (4.0, 9.0)
_LONGEST = 50.0
_FIRST_ID = 1001
_STEADY = 3.0

Entry = Mapping[str, Any]


@dataclass(slots=True)
class Stage:
    """What a round is played on; `published` are (title, seconds since the epoch)."""

    control: SandboxClient
    portal: SamplePortal
    folder: Path
    channels: Sequence[int]
    published: list[tuple[str, float]]
    pid: int = 0

    @property
    def database(self) -> Path:
        """The bot's."""
        return self.folder / "kabarbot.db"

    def publish(self) -> None:
        """A headline of this moment."""
        self.published.append((self.portal.publish().title, time.time()))

    def ask(self, sql: str) -> int:
        """A number from the database, read beside the bot."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as database:
            return int(database.execute(sql).fetchone()[0])

    def size(self) -> float:
        """MiB on disk, with what is not in the main file yet."""
        files = self.folder.glob("kabarbot.db*")
        return sum(file.stat().st_size for file in files if not file.name.endswith("lock")) / 2**20


async def main() -> None:
    """Print both rounds."""
    async with stage(READERS, reached=int(SECONDS * RATE / 0.6) + 500) as made:
        await cut_off(made)
    async with stage(FEW, reached=FEW) as made:
        await to_the_end(made)


@asynccontextmanager
async def stage(readers: int, reached: int) -> AsyncIterator[Stage]:
    """So many subscribers, of whom Telegram knows the first `reached`; the bot runs and has looked at the feed."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_sandbox() as server,
            SandboxClient(server.control) as control,
            SamplePortal() as portal,
        ):
            channels = [await control.add_chat("channel", f"Kabar {number}") for number in range(CHANNELS)]
            await control.add_user(id=_FIRST_ID, count=min(reached, readers))
            made = Stage(control, portal, Path(folder), channels, [])
            await subscribe(made.database, readers)
            before = made.size()
            async with running_bot(server.url, made):
                await until(lambda: made.ask("SELECT count(*) FROM feeds WHERE looked_at IS NOT NULL") > 0)
                yield made
            print(f"  database: {before:.2f} MiB before, {made.size():.2f} MiB after")


def wish(number: int) -> Wish:
    """What subscriber `number` asks for."""
    if number % 10 < 6:
        return Wish()
    return Wish(include=(f"kata{number % 5000}",)) if number % 10 < 9 else Wish(categories=("Tanpa Berita",))


async def subscribe(path: Path, readers: int) -> None:
    """A database as the bot makes it, with so many subscribers."""
    await (await Database.open(path)).close()
    rows = ((_FIRST_ID + number, wish_text(wish(number))) for number in range(readers))
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO subscribers (id, wish, since) VALUES (?, ?, 0)", rows)


@asynccontextmanager
async def running_bot(url: str, made: Stage) -> AsyncIterator[None]:
    """The bot as a process; ended by SIGTERM."""
    settings = {
        "TELEGRAM_TOKEN": DEFAULT_TOKEN,
        "TELEGRAM_API_URL": url,
        "FEED_URL": made.portal.feed_url,
        "CHANNELS": ",".join(map(str, made.channels)),
        "FIRST_RUN_POSTS": "0",
        "POLL_INTERVAL": "1",
        "BROADCAST_RATE": str(RATE),
        "DATABASE_PATH": str(made.database),
        "HTTP_ADDRESS": "",
        "LOG_LEVEL": "error",
    }
    async with processes.running_bot(settings, made.folder) as made.pid:
        yield


async def until(condition: Callable[[], object]) -> None:
    """TimeoutError if it does not hold in time."""
    end = time.monotonic() + _LONGEST
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.2)


async def cut_off(made: Stage) -> None:
    """The first round."""
    spent, began = cpu(made.pid), time.monotonic()
    made.publish()
    waiting = list(NEWER_AT)
    most, most_going = 0, 0
    while (passed := time.monotonic() - began) < SECONDS:
        while waiting and passed >= waiting[0]:
            waiting.pop(0)
            made.publish()
        most = max(most, made.ask("SELECT count(*) FROM reader_rows"))
        most_going = max(most_going, made.ask("SELECT count(*) FROM fanouts"))
        await asyncio.sleep(0.5)
    spent = cpu(made.pid) - spent
    journal = await made.control.journal()
    print(f"{READERS:,} subscribers, {len(made.published)} headlines, cut off after {SECONDS:g} s:")
    report(made, journal)
    print(f"  at most {most} rows of readers and {most_going} of headlines on their way")
    print(
        f"  CPU of the bot: {spent:.1f} s, {spent / len(to_readers(journal)) * 1000:.1f} ms a message, all told"
    )


def to_readers(journal: Sequence[Entry]) -> list[Entry]:
    """What readers were sent."""
    return [entry for entry in journal if entry["kind"] == "sent" and entry["chat"] > 0]


def report(made: Stage, journal: Sequence[Entry]) -> None:
    """Rates and waits."""
    sent = [entry for entry in journal if entry["kind"] == "sent"]
    news = to_readers(journal)
    begin, end = news[0]["at"] + _STEADY, news[-1]["at"]
    steady = sum(begin <= entry["at"] < end for entry in sent) / (end - begin)
    limited = sum(entry["kind"] == "limited" for entry in journal)
    print(f"  {steady:.2f} messages a second of {RATE} that are allowed; 429s: {limited}")
    for number, (title, at) in enumerate(made.published, 1):
        posts = [entry["at"] - at for entry in sent if entry["chat"] < 0 and title in entry["text"]]
        first = next(entry for entry in news if title in entry["text"])
        later = [entry for entry in news if entry["at"] >= first["at"]]
        share = sum(title in entry["text"] for entry in later) / len(later)
        print(
            f"  headline {number}: in {len(posts)} channels after {max(posts):.2f} s (a look at the feed a second);"
            f" with readers after {first['at'] - at:.2f} s, from then on in {share:.0%} of their messages"
        )


async def to_the_end(made: Stage) -> None:
    """The second round."""
    made.publish()
    for before, at in zip((0.0, *FEW_NEWER_AT), FEW_NEWER_AT, strict=False):
        await asyncio.sleep(at - before)
        made.publish()
    await asyncio.sleep(2)
    await until(
        lambda: not made.ask("SELECT count(*) FROM fanouts") + made.ask("SELECT count(*) FROM reader_rows")
    )
    news = to_readers(await made.control.journal())
    got = Counter(
        (entry["chat"], title) for entry in news for title, _ in made.published if title in entry["text"]
    )
    wanted = sum(wish(number) == Wish() for number in range(FEW)) * len(made.published)
    print(f"{FEW} subscribers, {len(made.published)} headlines, to the end:")
    print(
        f"  {len(got)} of {wanted} arrived in {len(news)} messages, {sum(got.values()) - len(got)} of them twice",
        end="",
    )
    print(f"; {news[-1]['at'] - made.published[0][1]:.1f} s, at {RATE} a second {len(news) / RATE:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
