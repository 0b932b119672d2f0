"""What the tests of `bot.telegram` share: fakes of its ports, a bot at the sandbox, a server that answers anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.domain.delivery import Doubt, FrozenRequest, Target
from bot.domain.headlines import Headline, Words
from bot.domain.replies import Reply, Request
from bot.errors import StoreError
from bot.events import Event, Events
from bot.ports import StoredUpdate, Traffic
from bot.sandbox.server import Options, Sandbox
from bot.telegram.bot import QuietBot, build_bot
from bot.telegram.limiter import Limiter
from bot.telegram.transport import AiohttpRequest, Timeouts

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = datetime(2024, 11, 29, 5, 0, tzinfo=UTC)
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
WORDS = Words(
    title="Rusia Desak Armenia dan Azerbaijan Hentikan Permusuhan di Nagorno-Karabakh",
    link="https://rmol.id/dunia/read/2023/09/20/589919/rusia-desak",
    kicker="Dunia",
    published=datetime(2023, 9, 19, 23, 12, tzinfo=UTC),
    reporter="Reni Erina",
)


class FakeClock:
    """Time that passes only by sleeping: nobody really waits. `slept` are the seconds asked for."""

    def __init__(self, now: datetime = NOON) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=max(seconds, 0))
        await asyncio.sleep(0)


class RealClock:
    """Time as it is, with sleeps cut to a moment: for tests that speak to a server and must not wait."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(max(seconds, 0), 0.01))


class FakePace:
    """Lets answers leave `delay` after they ask, one fixed value for each chat."""

    def __init__(self, delays: Mapping[int, timedelta] | None = None) -> None:
        self.delays = dict(delays or {})
        self.asked: list[int] = []
        self.refused: list[tuple[int, datetime]] = []

    def answer(self, chat_id: int, now: datetime) -> datetime:
        self.asked.append(chat_id)
        return now + self.delays.get(chat_id, timedelta())

    def refuse(self, chat_id: int, until: datetime, now: datetime) -> None:
        self.refused.append((chat_id, until))


class FakeTraffic:
    """Keeps what it is told, or says no while `broken`."""

    def __init__(self) -> None:
        self.noted: list[Traffic] = []
        self.blocked: dict[int, datetime] = {}
        self.broken = False

    async def recent_traffic(self, since: datetime) -> Sequence[Traffic]:
        return [one for one in self.noted if one.at >= since]

    async def blocks(self, now: datetime) -> Mapping[int, datetime]:
        return {chat: until for chat, until in self.blocked.items() if until > now}

    async def note_traffic(self, traffic: Sequence[Traffic]) -> None:
        await asyncio.sleep(0)
        self._check()
        self.noted.extend(traffic)

    async def note_block(self, chat_id: int, until: datetime) -> None:
        self._check()
        self.blocked[chat_id] = until

    def _check(self) -> None:
        if self.broken:
            raise StoreError("no")


@dataclass
class Row:
    """One update in the fake inbox."""

    body: Mapping[str, Any]
    received: datetime
    begun: int = 0
    done: bool = False


class FakeAnswers:
    """Answers whose ids are not known, by number; while `broken`, the database says no."""

    def __init__(self) -> None:
        self.open: dict[int, int] = {}
        self.known: set[int] = set()
        self.broken = False
        self._begun = 0

    async def answer_begins(self, chat_id: int, now: datetime) -> int | None:
        self._fail()
        self._begun += 1
        self.open[self._begun] = chat_id
        return self._begun

    async def answer_ends(self, answer_id: int, message_id: int | None, now: datetime) -> None:
        self._fail()
        del self.open[answer_id]
        if message_id is not None:
            self.known.add(message_id)

    def _fail(self) -> None:
        if self.broken:
            raise StoreError("disk full")


class FakeInbox:
    """`ports.Inbox` in memory; it may outlive a loop as a database would. `full`: so many writes fail first."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.full = 0

    async def keep(self, updates: Sequence[Mapping[str, Any]], now: datetime) -> None:
        self._write()
        for update in updates:
            self.rows.setdefault(update["update_id"], Row(update, now))

    async def last_id(self) -> int | None:
        return max(self.rows, default=None)

    async def waiting(self) -> Sequence[StoredUpdate]:
        found = [
            StoredUpdate(number, row.body, row.received, row.begun)
            for number, row in sorted(self.rows.items())
            if not row.done
        ]
        await asyncio.sleep(0)
        return found

    async def begin(self, update_id: int, now: datetime) -> int:
        self._write()
        self.rows[update_id].begun += 1
        return self.rows[update_id].begun

    async def done(self, update_ids: Sequence[int], now: datetime) -> None:
        self._write()
        for update_id in update_ids:
            self.rows[update_id].done = True

    @property
    def open(self) -> list[int]:
        return [number for number, row in sorted(self.rows.items()) if not row.done]

    def _write(self) -> None:
        if self.full:
            self.full -= 1
            raise StoreError("the disk is full")


@dataclass
class FakeChats:
    """Keeps what updates told."""

    seen: list[tuple[int, int, bool]] = field(default_factory=list)
    by_hand: list[tuple[int, tuple[str, ...], int]] = field(default_factory=list)
    rights: list[tuple[int, bool, str]] = field(default_factory=list)
    moves: list[tuple[int, int]] = field(default_factory=list)
    broken: bool = False

    async def message_seen(self, chat_id: int, message_id: int, *, theirs: bool) -> None:
        if self.broken:
            raise StoreError("no")
        self.seen.append((chat_id, message_id, theirs))

    async def posted_by_hand(self, chat_id: int, links: Sequence[str], message_id: int) -> None:
        self.by_hand.append((chat_id, tuple(links), message_id))

    async def membership(self, chat_id: int, *, may_post: bool, detail: str) -> None:
        self.rights.append((chat_id, may_post, detail))

    async def migrated(self, old_chat_id: int, new_chat_id: int) -> None:
        self.moves.append((old_chat_id, new_chat_id))


class FakeAnswering:
    """Answers every request with `reply` (or what it makes of the request), and keeps the requests."""

    def __init__(self, reply: Reply | Callable[[Request], Awaitable[Reply]] | None = None) -> None:
        self.reply = reply or Reply(text="halo")
        self.requests: list[Request] = []

    async def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.reply if isinstance(self.reply, Reply) else await self.reply(request)


class Heard(list[Event]):
    """Events that were told, in order."""

    @property
    def events(self) -> Events:
        return Events([self.append])

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self if isinstance(event, kind)]


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until `condition` holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for knows no event
            await asyncio.sleep(0.005)


def headline(number: int, title: str = "Judul", link: str | None = "https://kabar.id/1") -> Headline:
    words = Words(title, link, "Dunia", NOON - timedelta(minutes=number))
    return Headline(number, words, first_seen=NOON)


def doubt(target: Target, request: FrozenRequest, known_before: int | None, **more: Any) -> Doubt:
    more.setdefault("highest", known_before)
    return Doubt(1, 1, NOON, target, request, known_before, **more)


# ---------------------------------------------------------------- servers


@asynccontextmanager
async def quiet_bot(
    url: str,
    token: str = TOKEN,
    limiter: Limiter | None = None,
    timeouts: Timeouts | None = None,
) -> AsyncIterator[QuietBot]:
    """A bot at `url` that was not introduced; its connections are closed at the end."""
    free = Limiter(FakePace(), FakeTraffic(), RealClock(), Events())
    bot = build_bot(token, url, limiter or free, request=AiohttpRequest(timeouts=timeouts))
    try:
        yield bot
    finally:
        await bot.shutdown()


@asynccontextmanager
async def sandbox_bot(**options: Any) -> AsyncIterator[tuple[Sandbox, QuietBot]]:
    """A sandbox (`options` as its `Options`; no rate limits) and a bot introduced to it."""
    options.setdefault("limits", False)
    async with Sandbox(Options(**options)) as sandbox, quiet_bot(sandbox.url, sandbox.token) as bot:
        await bot.initialize()
        yield sandbox, bot


@dataclass
class Script:
    """What a server answers, whatever is asked: (status, body) in turn, the last one for ever."""

    url: str
    answers: list[tuple[int, str]]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]


@asynccontextmanager
async def scripted(*answers: tuple[int, str]) -> AsyncIterator[Script]:
    """A server on a free loopback port."""
    script = Script("", list(answers))

    async def handle(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        script.calls.append((request.path.rpartition("/")[2], body))
        status, text = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
        return web.Response(status=status, text=text, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    script.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield script
    finally:
        await runner.cleanup()


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(talk: Talk) -> AsyncIterator[str]:
    """A server that does with a connection whatever `talk` does, and then cuts it; its root URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Head and body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    return head + await reader.readexactly(length)
