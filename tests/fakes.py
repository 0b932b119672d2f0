"""Hand-written fakes of the ports for the tests of `bot.workers`, around the real store in memory.

Time passes only when a test says so (`FakeClock.advance`), and then in order: whoever waits for an earlier
moment goes first, and everything that follows is done before the next. So nothing here depends on how fast
the machine is.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from bot.domain.delivery import Doubt, Found, FrozenRequest, Outcome, Post, Settlement, Target, Verdict
from bot.domain.desk import Mark
from bot.domain.headlines import Words
from bot.domain.looks import FeedAddress, Look
from bot.domain.pacing import Pacing
from bot.errors import DatabaseFull
from bot.events import Event, Events
from bot.store.connection import IN_MEMORY, Database, Transaction
from bot.store.room import Stores
from bot.workers.loop import Loop
from tests.support_store import MEMORY, NOW, Home

E = TypeVar("E", bound=Event)

DONE, UNKNOWN, NOT_SENT, TOO_FAST, CHANNEL, MOVED, CONTENT, MISSING, REFUSED = (
    Outcome(verdict, detail=verdict.value)
    for verdict in (
        Verdict.DONE,
        Verdict.UNKNOWN,
        Verdict.NOT_SENT,
        Verdict.TOO_FAST,
        Verdict.CHANNEL,
        Verdict.MOVED,
        Verdict.CONTENT,
        Verdict.MISSING,
        Verdict.REFUSED,
    )
)


class FakeClock:
    """`ports.Clock` that advances by hand. `idle` is set while nothing is done outside the event loop."""

    def __init__(self, now: datetime = NOW, idle: asyncio.Event | None = None) -> None:
        self.time = now
        self._idle = idle
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heappush(self._sleepers, (self.time + timedelta(seconds=seconds), self._count, waking))
        await waking

    async def advance(self, seconds: float = 0.0) -> None:
        """Let `seconds` pass, everybody waking at their moment."""
        end = self.time + timedelta(seconds=seconds)
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, waking = heappop(self._sleepers)
            if not waking.done():
                self.time = max(self.time, at)
                waking.set_result(None)
                await self.settle()
        self.time = end
        await self.settle()

    async def jump(self, seconds: float) -> None:
        """Let `seconds` pass at once, as a machine that slept: who is overdue wakes once. Cheap for days."""
        self.time += timedelta(seconds=seconds)
        await self.advance()

    async def settle(self) -> None:
        """Let everything be done that waits for no time."""
        # What CPython's event loop is about to run; nothing public tells.
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        while ready or (self._idle is not None and not self._idle.is_set()):
            await (self._idle.wait() if self._idle is not None and not ready else asyncio.sleep(0))


class WatchedDatabase(Database):
    """The real database, which tells while nobody is using it (`idle`), and can be `full`."""

    idle: asyncio.Event
    full = False
    reads = 0
    writes = 0
    _users = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        if self.full:
            raise DatabaseFull("the disk is full")
        self.writes += 1
        with self._used():
            async with super().transaction() as tx:
                yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        self.reads += 1
        with self._used():
            async with super().reading() as tx:
                yield tx

    @contextmanager
    def _used(self) -> Iterator[None]:
        self._users += 1
        self.idle.clear()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self.idle.set()


class Heard(list[Event]):
    """Events that were told, in order, and the `Events` that tells them."""

    def __init__(self) -> None:
        super().__init__()
        self.events = Events([self.append])

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self if isinstance(event, kind)]


@dataclass(frozen=True, slots=True)
class Said:
    """One call of the network."""

    at: datetime
    verb: str
    chat: int
    text: str = ""
    message_id: int | None = None
    request: FrozenRequest | None = None


class FakeNetwork:
    """`ports.Network`: accepts everything, or answers as scripted for a chat; remembers every call.

    A scripted exception is raised; `hold(chat)` makes calls about a chat wait until `let_go`.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.calls: list[Said] = []
        self.scripts: dict[tuple[str, int], deque[Any]] = defaultdict(deque)
        self.rules: dict[tuple[str, int], Outcome] = {}
        self.names: dict[str, tuple[int, str, str] | Outcome] = {}
        self._gates: dict[int, asyncio.Event] = {}
        self._ids: dict[int, int] = defaultdict(lambda: 100)

    def script(self, verb: str, chat: int, *answers: Any) -> None:
        """The next answers to `verb` about `chat`; then `rule`'s, or the friendliest."""
        self.scripts[verb, chat].extend(answers)

    def rule(self, verb: str, chat: int, outcome: Outcome | None) -> None:
        """What `verb` about `chat` comes to from now on; None: the friendliest answer."""
        if outcome is None:
            self.rules.pop((verb, chat), None)
        else:
            self.rules[verb, chat] = outcome

    def hold(self, chat: int) -> None:
        self._gates[chat] = asyncio.Event()

    def let_go(self, chat: int) -> None:
        self._gates.pop(chat).set()

    def of(self, verb: str, chat: int | None = None) -> list[Said]:
        return [call for call in self.calls if call.verb == verb and chat in {None, call.chat}]

    def texts(self, chat: int, verb: str = "send") -> list[str]:
        return [call.text for call in self.of(verb, chat)]

    async def send(self, target: Target, request: FrozenRequest) -> Outcome:
        return await self._call("send", target.chat_id, None, request)

    async def edit(self, target: Target, message_id: int, request: FrozenRequest) -> Outcome:
        return await self._call("edit", target.chat_id, message_id, request)

    async def delete(self, target: Target, message_id: int) -> Outcome:
        return await self._call("delete", target.chat_id, message_id, None)

    async def settle(self, doubt: Doubt) -> Settlement:
        return await self._ask("settle", doubt)

    async def twins(self, doubt: Doubt) -> Settlement:
        return await self._ask("twins", doubt)

    async def resolve(self, name: str) -> tuple[int, str, str] | Outcome:
        self.calls.append(Said(self._clock.now(), "resolve", 0, name))
        await asyncio.sleep(0)
        return self.names.get(name, NOT_SENT)

    async def welcome(self, target: Target) -> Outcome:
        return await self._call("welcome", target.chat_id, None, None)

    async def _call(
        self, verb: str, chat: int, message_id: int | None, request: FrozenRequest | None
    ) -> Outcome:
        body = {} if request is None else request.body
        text = body.get("text") or body.get("caption") or ""
        self.calls.append(Said(self._clock.now(), verb, chat, text, message_id, request))
        answer = await self._answer(verb, chat) or self.rules.get((verb, chat), DONE)
        if verb == "send" and answer is DONE:
            self._ids[chat] += 1
            return replace(DONE, message_id=self._ids[chat])
        assert isinstance(answer, Outcome)
        return answer

    async def _ask(self, verb: str, doubt: Doubt) -> Settlement:
        chat = doubt.target.chat_id
        self.calls.append(Said(self._clock.now(), verb, chat, message_id=doubt.message_id))
        answer = await self._answer(verb, chat) or Settlement(Found.ABSENT)
        assert isinstance(answer, Settlement)
        return answer

    async def _answer(self, verb: str, chat: int) -> Any:
        await asyncio.sleep(0)
        if chat in self._gates:
            await self._gates[chat].wait()
        script = self.scripts[verb, chat]
        answer = script.popleft() if script else None
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakePortal:
    """`ports.Portal`: says what is scripted for an address, the last for ever. `hold` makes looks wait."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.scripts: dict[str, deque[Look | Exception]] = {}
        self.asked: list[tuple[datetime, FeedAddress]] = []
        self._gates: dict[str, asyncio.Event] = {}

    def says(self, url: str, *looks: Look | Exception) -> None:
        self.scripts[url] = deque(looks)

    def hold(self, url: str) -> None:
        self._gates[url] = asyncio.Event()

    def let_go(self, url: str) -> None:
        self._gates.pop(url).set()

    def times(self, url: str) -> list[datetime]:
        return [at for at, address in self.asked if address.url == url]

    async def look(self, feed: FeedAddress) -> Look:
        self.asked.append((self._clock.now(), feed))
        await asyncio.sleep(0)
        if feed.url in self._gates:
            await self._gates[feed.url].wait()
        script = self.scripts.get(feed.url, deque([Look(None)]))
        answer = script.popleft() if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def popular(self, feed: FeedAddress) -> Look:
        return await self.look(feed)


class FakeRenderer:
    """`ports.Renderer`: a post is its headline; photo, rich and plain are its three forms.

    Words in `broken` cannot be rendered. `made` counts the posts that were.
    """

    def __init__(self, *, photos: bool = False) -> None:
        self.photos = photos
        self.broken: set[str] = set()
        self.made = 0

    def post(
        self,
        words: Words,
        target: Target,
        *,
        loud: bool,
        first_seen: datetime | None = None,
        marks: Sequence[Mark] = (),
    ) -> FrozenRequest:
        self.made += 1
        self._check(words.title)
        text = "\n".join((words.title, *(mark.text for mark in marks)))
        if self.photos:
            return FrozenRequest("sendPhoto", {"photo": words.image, "caption": text, "rich": True})
        return FrozenRequest("sendMessage", {"text": text, "rich": True})

    def plainer(self, request: FrozenRequest) -> FrozenRequest | None:
        if request.method != "sendPhoto":
            return self.without_markup(request)
        self._check(request.body["caption"])
        return FrozenRequest(
            "sendMessage", {"text": request.body["caption"], "rich": True}, request.level + 1
        )

    def without_markup(self, request: FrozenRequest) -> FrozenRequest | None:
        body, key = dict(request.body), _words_at(request)
        self._check(body[key])
        if not body.pop("rich", None):
            return None
        return FrozenRequest(request.method, {**body, key: f"plain {body[key]}"}, request.level + 1)

    def revised(self, post: Post) -> FrozenRequest:
        self._check(post.words.title)
        text = "\n".join((post.words.title, *post.notes))
        body = {**post.request.body, _words_at(post.request): text}
        return FrozenRequest(post.request.method, body, post.request.level)

    def _check(self, text: str) -> None:
        if any(word in text for word in self.broken):
            raise RecursionError("too deep")


def _words_at(request: FrozenRequest) -> str:
    return "caption" if request.method == "sendPhoto" else "text"


class Worker(Protocol):
    """What `Newsroom.run` starts and stops."""

    @property
    def loop(self) -> Loop: ...

    async def run(self) -> None: ...


class Newsroom(Home):
    """The real store in memory with everything else of a bot faked: what the tests of workers stand in."""

    clock: FakeClock
    network: FakeNetwork
    portal: FakePortal

    def __init__(self) -> None:
        super().__init__(MEMORY, Path())
        self.heard = Heard()
        self.renderer = FakeRenderer()
        self.pace = Pacing()
        self._running: list[tuple[Worker, asyncio.Task[None]]] = []

    async def __aenter__(self) -> Self:
        self.database = await WatchedDatabase.open(IN_MEMORY)
        self.stores = Stores.over(self.database)
        self.database.idle = asyncio.Event()
        self.database.idle.set()
        self.clock = FakeClock(idle=self.database.idle)
        self.network = FakeNetwork(self.clock)
        self.portal = FakePortal(self.clock)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.full = False
        for _, task in self._running:
            task.cancel()
        while any(not task.done() for _, task in self._running):
            await self.clock.advance(1)
        await asyncio.gather(*(task for _, task in self._running), return_exceptions=True)
        await self.clock.advance(5)
        await self.end()

    @property
    def told(self) -> dict[str, Any]:
        """What every worker is handed besides its own ports."""
        return {"clock": self.clock, "events": self.heard.events}

    def start(self, *workers: Worker) -> None:
        """Run them until the test ends, or `stop`."""
        self._running += [(worker, asyncio.ensure_future(worker.run())) for worker in workers]

    async def run(self, *workers: Worker, seconds: float = 0.0) -> None:
        """Start them and let time pass."""
        self.start(*workers)
        await self.clock.advance(seconds)

    async def stop(self, within: float = 5.0) -> float:
        """Stop all; returns the seconds that it took. AssertionError if longer than `within`."""
        began = self.clock.now()
        for worker, _ in self._running:
            worker.loop.stop()
        await self.clock.settle()
        while any(not task.done() for _, task in self._running):
            assert self.clock.now() - began <= timedelta(seconds=within)
            await self.clock.advance(0.05)
        self._running.clear()
        return (self.clock.now() - began).total_seconds()

    async def states(self, channel_id: int | None = None) -> Sequence[str]:
        """States of a channel's rows (the first channel's) in the order of their headlines."""
        rows = await self.stores.database.read(
            "SELECT state FROM deliveries WHERE channel_id = ? ORDER BY headline_id",
            (self.channels[0] if channel_id is None else channel_id,),
        )
        return [row["state"] for row in rows]

    async def alerts(self) -> Sequence[str]:
        """What was queued for the desk, oldest first."""
        return [row["text"] for row in await self.stores.database.read("SELECT text FROM alerts ORDER BY id")]

    async def channel_row(self, channel_id: int) -> Mapping[str, Any]:
        """A channel as it is stored."""
        return dict(
            (await self.stores.database.read("SELECT * FROM channels WHERE id = ?", (channel_id,)))[0]
        )
