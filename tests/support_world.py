"""A newsroom on 127.0.0.1 for tests of the whole program: a Bot API server, a portal, and the bot as a process.

The server and the portal run in the test's own loop, so that a test reads their truth directly; the bot is
`python -m bot run` (or another command line), reached only as an operator reaches it: settings in the
environment, signals, exit code, output. Waiting is by condition, bounded, never by a fixed sleep.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from bot.sandbox.messages import Message
from bot.sandbox.moderators import Moderators
from bot.sandbox.people import People
from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_archive import Article
from bot.sandbox.server import Options, Sandbox
from bot.sandbox.world import Chat, User

ROOT = Path(__file__).parents[1]
RUN = (sys.executable, "-m", "bot", "run")

#: Seconds that a condition may take on a machine that others use too.
PATIENCE = 40.0
_TICK = 0.02
#: What the bot must not inherit from whoever runs the tests.
_FOREIGN = ("proxy", "telegram", "feed", "channel", "ops_", "database")


_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)


def stamp(moment: datetime) -> str:
    """`Rabu, 20 September 2023 | 06:12`, written independently of the bot's own code."""
    at = moment.astimezone(timezone(timedelta(hours=7)))
    return f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year} | {at:%H:%M}"


async def until(condition: Callable[[], object], what: str = "", seconds: float = PATIENCE) -> None:
    """Return when `condition` holds. AssertionError with `what` if it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for {what or 'a condition'}"
        await asyncio.sleep(_TICK)


@dataclass(slots=True)
class BotProcess:
    """The bot as its operator sees it."""

    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def ended(self) -> bool:
        return self.process.returncode is not None

    @property
    def output(self) -> str:
        """Standard output and error so far."""
        return self.log.read_text("utf-8", "replace")

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def wait(self, seconds: float = PATIENCE) -> int:
        """The exit code. AssertionError if it is still running after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                return await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"the bot did not end within {seconds:g} s:\n{self.output}") from None

    async def terminate(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.send(number)
        return await self.wait()

    async def kill(self) -> None:
        """As a power cut does."""
        self.send(signal.SIGKILL)
        await self.process.wait()


class CountingPortal(SamplePortal):
    """A sample portal that counts the looks at its feed. Articles in `unlisted` stand in no feed."""

    looks = 0
    unlisted: frozenset[int] = frozenset()

    def feed_items(self, section: str | None) -> list[Article]:
        return [article for article in super().feed_items(section) if article.id not in self.unlisted]

    def strike(self, *, feed: bool) -> Any:
        """Every request for a page or feed passes here."""
        self.looks += feed
        return super().strike(feed=feed)


@dataclass(slots=True)
class World:
    """What tests hold. `settings` are those of every start; `start` may change them."""

    sandbox: Sandbox
    portal: CountingPortal
    folder: Path
    channels: list[Chat]
    settings: dict[str, str]
    bots: list[BotProcess] = field(default_factory=list)

    @property
    def people(self) -> People:
        return self.sandbox.people

    @property
    def moderators(self) -> Moderators:
        return self.sandbox.moderators

    @property
    def channel(self) -> Chat:
        return self.channels[0]

    @property
    def database(self) -> Path:
        return Path(self.settings["DATABASE_PATH"])

    @property
    def bot(self) -> BotProcess:
        return self.bots[-1]

    async def start(self, *, command: Sequence[str] = RUN, **changes: str) -> BotProcess:
        """A bot's process; what it prints goes to a file of its own."""
        log = self.folder / f"bot-{len(self.bots)}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=clean_environment() | self.settings | changes,
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.bots.append(BotProcess(process, log))
        return self.bot

    async def until(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """As `until`, ending at once with the bot's output if the bot has ended."""
        try:
            await until(lambda: condition() or self.bot.ended, what, seconds)
            assert condition(), f"the bot ended with {self.bot.process.returncode} before {what}"
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.bot.output[-6000:]}") from None

    async def until_posted(self, count: int, *, chat: Chat | None = None) -> list[str]:
        """Wait for `count` standing posts of the bot's; their headlines, oldest first."""
        await self.until(lambda: len(self.headlines(chat)) >= count, f"{count} posts")
        return self.headlines(chat)

    async def until_known(self) -> None:
        """Wait until the first look at the feed has been recorded and decided upon."""
        await self.until(lambda: self.states() and not self.states().get("HELD"), "the first look")

    async def until_quiet(self) -> None:
        """Wait until no delivery is on its way any more."""
        await self.until(lambda: self.states() and not self.open_rows(), "all rows settled")

    async def until_looked(self, times: int = 1) -> None:
        """Wait until the bot has taken in what the portal shows now."""
        before = self.looks()
        await self.until(lambda: self.looks() >= before + times, "another look at the feed")

    def posts(self, chat: Chat | None = None) -> list[Message]:
        """The bot's standing messages, oldest first."""
        shown = (chat or self.channel).messages.values()
        return [message for message in shown if message.own and not message.deleted]

    def headlines(self, chat: Chat | None = None) -> list[str]:
        """The first lines of the bot's standing messages, oldest first."""
        return [message.text.partition("\n")[0] for message in self.posts(chat)]

    def accepted(self, chat: Chat | None = None) -> list[dict[str, Any]]:
        """What the server accepted as new messages in a chat, from the journal."""
        wanted = (chat or self.channel).id
        return [entry for entry in self.sandbox.journal.entries("sent") if entry["chat"] == wanted]

    def texts(self, chat: Chat) -> list[str]:
        """All texts that the bot has ever sent or edited to, in order."""
        entries = self.sandbox.journal.entries()
        kinds = {"sent", "edited"}
        return [
            e["text"] for e in entries if e["kind"] in kinds and e["chat"] == chat.id and e["by"] == "bot"
        ]

    def calls(self, method: str) -> int:
        """How often the bot called a method."""
        return self.sandbox.gateway.counts.get(method.lower(), 0)

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """What the bot's database says, read beside it; nothing where there is none yet."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5.0)) as database:
            database.row_factory = sqlite3.Row
            made = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchall()
            return database.execute(sql, values).fetchall() if made else []

    def states(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        found = self.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        return {row["state"]: row["n"] for row in found}

    def in_doubt(self) -> bool:
        """Whether a send of unknown outcome, or one that may have a twin, waits to be settled."""
        return bool(
            self.rows("SELECT 1 FROM deliveries WHERE state IN ('SENDING', 'UNCERTAIN') OR twin_open = 1")
        )

    def open_rows(self) -> int:
        """Deliveries that something is still to happen to."""
        sql = """SELECT count(*) AS n FROM deliveries WHERE state IN ('PENDING', 'SENDING', 'UNCERTAIN', 'RETRY')
            OR state = 'SENT' AND twin_open = 1"""
        return sum(row["n"] for row in self.rows(sql))

    def looks(self) -> int:
        """Requests for the feed that the portal has answered."""
        return self.portal.looks

    def reader(self, name: str = "Budi", language: str = "id") -> tuple[Chat, User]:
        """Somebody with a private chat."""
        chat = self.moderators.add_user(name, language=language)
        assert chat.user is not None
        return chat, chat.user

    async def close(self) -> None:
        for bot in self.bots:
            if not bot.ended:
                await bot.kill()


def clean_environment() -> dict[str, str]:
    """The environment without what would change the bot; coverage goes into children by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().startswith(_FOREIGN)}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def world(
    folder: Path,
    *,
    channels: int = 1,
    limits: bool = False,
    kind: Literal["channel", "group", "supergroup"] = "channel",
    **settings: str,
) -> AsyncIterator[World]:
    """A sandbox with public channels `@kabar0`, …, a portal with the seed page's news, and no bot yet."""
    async with Sandbox(Options(limits=limits)) as sandbox, CountingPortal() as portal:
        chats = [
            sandbox.moderators.add_chat(
                kind, f"Kabar {number}", username="" if kind == "group" else f"kabar{number}"
            )
            for number in range(channels)
        ]
        base = {
            "TELEGRAM_TOKEN": sandbox.token,
            "TELEGRAM_API_URL": sandbox.url,
            "FEED_URL": portal.feed_url,
            "CHANNELS": ",".join(f"@{chat.username}" if chat.username else str(chat.id) for chat in chats),
            "DATABASE_PATH": str(folder / "kabarbot.db"),
            "HTTP_ADDRESS": "",
            "POLL_INTERVAL": "1",
            "UNCERTAIN_WAIT": "1",
            "FIRST_RUN_POSTS": "1",
            "CHANNEL_RATE": "1000",
            "SURGE_LIMIT": "0",
            # The seed page is years old.
            "MAX_AGE_HOURS": "876000",
        }
        made = World(sandbox, portal, folder, chats, base | settings)
        try:
            yield made
        finally:
            await made.close()
