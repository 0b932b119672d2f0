"""How long a search takes among a million headlines: words, phrases, prefixes, deep pages; and what a poll pays.

Method: a database as the bot makes it (its own schema and triggers), filled with `HEADLINES` headlines whose words
follow Zipf's law over 60,000 made-up Indonesian-like words, the twenty most common ones being real (`yang`, `dan`,
`presiden`, …: the first stands in two of three headlines). Each search is the store's own verb on its own
connection, cache of 2 MB as in the bot, file warm in the system's memory; one page of ten and a look for an
eleventh, as `/cari` asks. The worst kinds are named by themselves, since no random choice of words would find
them. `KABARBOT_BENCH_HEADLINES` makes it smaller; `KABARBOT_BENCH_DB` keeps the database for the next run.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate
from pathlib import Path

from bot.domain.paging import PAGE
from bot.domain.search import parse, top
from bot.store.connection import Database
from bot.store.room import Stores
from bot.store.search import Search

HEADLINES = int(os.environ.get("KABARBOT_BENCH_HEADLINES", "1000000"))
ROUNDS = 400
COMMON = (
    *("yang", "dan", "di", "ini", "itu", "dengan", "untuk", "dari", "dalam", "pada", "akan", "tidak"),
    *("presiden", "pemerintah", "indonesia", "jakarta", "kepada", "menteri", "partai", "berita"),
)
_KINDS = ("Dunia", "Politik", "Ekonomi", "Olahraga", "Hukum", "Gaya")
_ADD = """
INSERT INTO headlines (title, link, kicker, published_at, reporter, lead, portal_title, owner_feed, first_seen_at)
VALUES (?, ?, ?, ?, ?, ?, '', 1, ?)
"""


class Language:
    """Words as a newsroom uses them: few of them often, most of them seldom."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        made = dict.fromkeys(self._word() for _ in range(60_000))
        self._words = [*COMMON, *(word for word in made if word not in COMMON)]
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self._words))))

    def text(self, words: int) -> str:
        """So many words."""
        return " ".join(self._rng.choices(self._words, cum_weights=self._weights, k=words))

    def headline(self, number: int) -> tuple[object, ...]:
        """A row of `_ADD`; headlines come a minute apart."""
        at = number * 60_000_000
        link = f"https://kabar.example/read/{number}"
        return (self.text(9), link, self._rng.choice(_KINDS), at, self.text(2), self.text(35), at)

    def _word(self) -> str:
        stem = "".join(
            self._rng.choice("bcdghjklmnprstwy") + self._rng.choice("aiueo")
            for _ in range(self._rng.choice((2, 2, 3, 3, 4)))
        )
        before = self._rng.choice(("", "", "", "", "ber", "me", "pe", "di", "ter", "ke", "se"))
        return before + stem + self._rng.choice(("", "", "", "", "kan", "an", "nya", "i"))


def fill(path: Path, headlines: int = HEADLINES) -> None:
    """The headlines, through the bot's own triggers; without a commit to the disk for each."""
    language = Language(1)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(
            "INSERT INTO feeds (id, url, interval, added_at, next_at) VALUES (1, 'u', 1, 0, 0)"
        )
        for start in range(1, headlines + 1, 20_000):
            connection.execute("BEGIN")
            rows = (language.headline(n) for n in range(start, min(start + 20_000, headlines + 1)))
            connection.executemany(_ADD, rows)
            connection.execute("COMMIT")


async def main() -> None:
    """Print a line for each kind of question."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(os.environ.get("KABARBOT_BENCH_DB", f"{folder}/kabarbot.db"))
        fresh = not path.exists()
        database = await Database.open(path)
        try:
            if fresh:
                began = time.perf_counter()
                await asyncio.to_thread(fill, path)
                print(f"{HEADLINES:,} headlines in {time.perf_counter() - began:.0f} s", end=", ")
            print(f"{path.stat().st_size / 2**20:,.0f} MiB on disk")
            await measure(Stores.over(database))
        finally:
            await database.close()


async def measure(stores: Stores) -> None:
    """Every kind, then what they cost those who write."""
    newest = await stores.search.newest_id()
    rows = await stores.database.read("SELECT title FROM headlines WHERE id % (? / 500 + 1) = 0", (newest,))
    titles = [row["title"].split() for row in rows]
    for name, questions in kinds(titles, random.Random(2)):
        await report(name, [one_page(stores.search, question, newest) for question in questions])
    language = Language(3)
    news = [language.headline(newest + number) for number in range(1, 101)]
    await report("commit of one headline", [record(stores.database, one) for one in news])


def kinds(titles: Sequence[Sequence[str]], rng: random.Random) -> Iterator[tuple[str, list[str]]]:
    """(name, questions); words are those of headlines, so common ones are asked for often."""

    def some(make: Callable[[Sequence[str], int], str]) -> list[str]:
        return [make(title, rng.randrange(len(title) - 3)) for title in rng.choices(titles, k=ROUNDS)]

    yield "(warming up)", some(lambda title, at: f'"{title[at]}"')
    yield "one word", some(lambda title, at: f'"{title[at]}"')
    yield "two words", some(lambda title, at: f'{title[at]} "{title[at + 2]}"')
    yield "two words of two headlines", some(lambda title, at: f'{title[at]} "{rng.choice(titles)[at]}"')
    yield "word as typed (prefix)", some(lambda title, at: title[at] if len(title[at]) > 2 else title[-1])
    yield "prefix of 3 letters", some(lambda title, at: title[at][:3])
    yield "prefix of 5 letters", some(lambda title, at: (title[at] + "an")[:5])
    yield "phrase of two words", some(lambda title, at: f'"{title[at]} {title[at + 1]}"')
    yield "phrase of three words", some(lambda title, at: f'"{" ".join(title[at : at + 3])}"')
    yield "whole headline", [" ".join(title) for title in rng.choices(titles, k=ROUNDS)]
    yield "worst: prefixes of common words", [word[:length] for word in COMMON for length in (3, 4, 5, 6)]
    yield "worst: common phrases", [f'"{one} {two}"' for one in COMMON[:8] for two in COMMON[:8]]
    yield "worst: phrases hardly ever there", [f'"{one} {one} {one} {one}"' for one in COMMON]
    yield "worst: eight common words", [" ".join(rng.choices(COMMON, k=20)) for _ in range(50)]


async def one_page(search: Search, question: str, newest: int) -> None:
    """As `/cari` asks."""
    await search.older(parse(question), top(newest), PAGE + 1)


async def record(database: Database, row: Sequence[object]) -> None:
    """A headline among the million, committed."""
    async with database.transaction() as tx:
        await tx.run(_ADD, row)


async def report(name: str, questions: Sequence[Awaitable[None]]) -> None:
    """Ask one after the other; print milliseconds of time, and of this process's CPU (machines are shared)."""
    took, cost = [], []
    for question in questions:
        began, spent = time.perf_counter(), time.process_time()
        await question
        took.append((time.perf_counter() - began) * 1000)
        cost.append((time.process_time() - spent) * 1000)
    print(f"{name:34} {figures(took)}   CPU {figures(cost)}")


def figures(milliseconds: list[float]) -> str:
    """The median, p99 and the worst."""
    ordered = sorted(milliseconds)
    middle, p99 = ordered[len(ordered) // 2], ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
    return f"p50 {middle:6.2f}  p99 {p99:6.2f}  worst {ordered[-1]:6.2f}"


if __name__ == "__main__":
    asyncio.run(main())
