"""A portal on loopback that answers as it is told, byte for byte, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.headlines import Document
from bot.sources.parsing import parse
from bot.sources.tasks import Parsed, Task, Want

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2024, 11, 29, 1, 30, tzinfo=UTC)


def task(**changes: object) -> Task:
    """How these tests read a body, unless they say otherwise."""
    usual: dict[str, object] = {"url": "https://portal.example/rss", "zone": JAKARTA, "now": NOW}
    return Task(**{**usual, **changes})  # type: ignore[arg-type]


def read(body: bytes | str, **changes: object) -> Document:
    """The document that a body is, parsed in this process."""
    raw = body.encode() if isinstance(body, str) else body
    return parse(raw, task(**changes)).document


def rss(*items: str, channel: str = "<title>Portal</title><link>https://portal.example/</link>") -> str:
    """An RSS 2.0 document with these items, each the inside of an ``<item>``."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{channel}{inside}</channel></rss>'
    )


@dataclass(slots=True)
class Asked:
    """A request as it came in; header names in lower case."""

    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Answer:
    """What to answer: `cut` leaves the body short of its announced length, `drip` sends a byte at a time."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float | None = None
    raw: bytes | None = None

    def head(self) -> bytes:
        """Status line and headers."""
        lines = {"Content-Length": str(len(self.body)), "Connection": "close", **self.headers}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        return f"HTTP/1.1 {self.status} Whatever\r\n{text}\r\n".encode()


Replying = Answer | Callable[[Asked], Answer]


class StubPortal:
    """Serves `answers` by path; counts how many requests it worked on at the same time."""

    def __init__(self) -> None:
        self.answers: dict[str, Replying] = {}
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.hold: Callable[[], Awaitable[None]] | None = None
        self._now = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def close(self) -> None:
        for one in [*self._tasks]:
            one.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    def url(self, path: str = "/rss", host: str = "127.0.0.1") -> str:
        """The address of `path` here."""
        return f"http://{host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        current = asyncio.current_task()
        assert current
        self._tasks.add(current)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._now -= 1
            self._tasks.discard(current)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        asked = Asked(lines[0].split(" ")[1], headers)
        self.asked.append(asked)
        if self.hold:
            await self.hold()
        found = self.answers.get(asked.path, Answer(404, b"not here"))
        await _write(writer, found(asked) if callable(found) else found)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    if answer.raw is not None:
        writer.write(answer.raw)
        await writer.drain()
        return
    writer.write(answer.head())
    body = answer.body[: answer.cut] if answer.status not in {204, 304} else b""  # RFC 9110 §15.4.5
    if answer.drip is None:
        writer.write(body)
    else:
        for place in range(len(body)):
            writer.write(body[place : place + 1])
            await writer.drain()
            await asyncio.sleep(answer.drip)
    await writer.drain()


@asynccontextmanager
async def stub_portal() -> AsyncIterator[StubPortal]:
    """A portal that is gone when the block ends."""
    portal = await StubPortal().start()
    try:
        yield portal
    finally:
        await portal.close()


class FakeResolver(AbstractResolver):
    """Knows the names that a test gives it, and counts how often it was asked; never asks the network."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError(socket.EAI_NONAME, "unknown")
        return [
            ResolveResult(
                hostname=host, host=self.names[host], port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        return


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def tick(self, by: timedelta) -> None:
        """Move on."""
        self._now += by


class InProcessParser:
    """Parses without a child, and counts: for tests of what stands around the parser."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    async def parse(self, body: bytes, task: Task) -> Parsed:
        self.tasks.append(task)
        return parse(body, task)


__all__ = [
    "JAKARTA",
    "NOW",
    "Answer",
    "Asked",
    "FakeClock",
    "FakeResolver",
    "InProcessParser",
    "StubPortal",
    "Want",
]
