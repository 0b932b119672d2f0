"""The operator's web server on a real socket, over a real database: what it serves, and all that it refuses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bot import events as told
from bot.domain.status import StatusSource
from bot.errors import SettingsError, StoreError
from bot.observe.room import Observatory
from bot.observe.web import StatusServer, Views
from bot.store.connection import Database
from bot.store.status import StatusStore
from tests.support_observe import MINUTE, NOW, FixedClock, FixedSource, channel, feed, fill, headline, sent

TOKEN = "123456789:AAEsecretTOKENxyz0123456789"
JAKARTA = ZoneInfo("Asia/Jakarta")
PATHS = ("/", "/metrics", "/health/live", "/health/ready")


class Health:
    """What ails the bot, as a test says it."""

    def __init__(self) -> None:
        self.loops = ""
        self.ailment = ""

    def live(self) -> str:
        return self.loops

    async def ready(self) -> str:
        return self.ailment


class Site:
    """A client of one server."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        self.root = root
        self._session = session

    async def ask(self, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        """Status, text and headers."""
        async with self._session.request(method, self.root + path, allow_redirects=False) as response:
            return response.status, await response.text(), dict(response.headers)


@asynccontextmanager
async def serving(server: StatusServer) -> AsyncIterator[Site]:
    """The server while it runs."""
    await server.start()
    try:
        host, port = server.address
        async with aiohttp.ClientSession() as session:
            yield Site(f"http://{host}:{port}", session)
    finally:
        await server.stop()


def site(
    source: StatusSource | None = None, health: Health | None = None, observatory: Observatory | None = None
) -> AbstractAsyncContextManager[Site]:
    """A server at a free port, over `source`."""
    health = health or Health()
    observatory = observatory or Observatory(FixedClock(), secrets=[TOKEN], commands=["terbaru"])
    return serving(
        observatory.server(
            "127.0.0.1", 0, source or FixedSource(), JAKARTA, live=health.live, ready=health.ready
        )
    )


async def test_a_real_day_is_on_the_page_and_in_the_metrics(tmp_path: Path) -> None:
    """From rows in SQLite to what a browser and Prometheus get."""
    path = tmp_path / "kabarbot.db"
    database = await Database.open(path)
    await fill(
        database,
        feeds=[feed(1, name="rmol")],
        channels=[channel(1)],
        headlines=[headline(1, NOW - 5 * MINUTE, title="Harga Cabai Naik")],
        deliveries=[sent(1, 1, NOW - 4 * MINUTE, 5)],
    )
    async with site(StatusStore(database, path)) as here:
        status, page, headers = await here.ask("/")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        for part in ("All is well", "Harga Cabai Naik", "@kanal1", "rmol", "06:12:22 WIB"):
            assert part in page
        status, metrics, headers = await here.ask("/metrics")
        assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
        assert 'kabarbot_channels{state="open"} 1.0' in metrics
    await database.close()


async def test_events_are_in_the_metrics_and_troubles_on_the_page() -> None:
    """The observatory's listeners are the ones that its server shows."""
    observatory = Observatory(FixedClock(), secrets=[TOKEN])
    events = told.Events(observatory.listeners)
    events.tell(told.Polled(NOW, "rmol", "failed", "no answer"))
    events.tell(told.StoreTrouble(NOW, "disk is full"))
    async with site(observatory=observatory) as here:
        _, metrics, _ = await here.ask("/metrics")
        assert 'kabarbot_polls_total{feed="rmol",outcome="failed"} 1.0' in metrics
        _, page, _ = await here.ask("/")
        assert "The database cannot be written" in page


async def test_health_answers_with_its_reason() -> None:
    """200 and ok, or 503 and one line: live for the loops, ready as `kabarbot health`."""
    health = Health()
    async with site(health=health) as here:
        assert (await here.ask("/health/live"))[:2] == (200, "ok\n")
        assert (await here.ask("/health/ready"))[:2] == (200, "ok\n")
        health.loops, health.ailment = "no beat of: poller", "something waits"
        assert (await here.ask("/health/live"))[:2] == (503, "no beat of: poller\n")
        assert (await here.ask("/health/ready"))[:2] == (503, "something waits\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_only_get_and_head_are_answered(method: str) -> None:
    """Nothing here can be changed."""
    async with site() as here:
        for path in PATHS:
            assert (await here.ask(path, method))[0] == 405
        status, body, headers = await here.ask("/", "HEAD")
        assert (status, body) == (200, "")
        assert int(headers["Content-Length"]) > 1000


@pytest.mark.parametrize(
    "path", ["/x", "/static/", "/templates/status.css", "/..%2f..%2fetc/passwd", "//", "/metrics/"]
)
async def test_nothing_else_is_there(path: str) -> None:
    """No file, no listing, no redirect."""
    async with site() as here:
        assert (await here.ask(path))[0] == 404


@pytest.mark.parametrize("path", [*PATHS, "/nowhere"])
async def test_every_answer_is_locked_down(path: str) -> None:
    """No outside host, no sniffing, no framing, no cache, and no word about what serves it."""
    async with site() as here:
        headers = (await here.ask(path))[2]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "kabarbot"


async def test_no_secret_is_served() -> None:
    """Not even when a feed is named after the token."""
    observatory = Observatory(FixedClock(), secrets=[TOKEN])
    for listen in observatory.listeners:
        listen(told.Polled(NOW, f"https://h/bot{TOKEN}/x", "ok"))
        listen(told.UpdatesTrouble(NOW, "network", f"/bot{TOKEN}/getUpdates"))
    async with site(observatory=observatory) as here:
        for path in ("/", "/metrics"):
            assert TOKEN.partition(":")[2] not in (await here.ask(path))[1]


async def test_a_database_that_cannot_be_read_is_no_crash() -> None:
    """The page says so, the metrics go on, health says 503."""

    async def ready() -> str:
        raise StoreError("malformed")

    observatory = Observatory(FixedClock(), secrets=[])
    source = FixedSource(error=StoreError("malformed"))
    server = observatory.server("127.0.0.1", 0, source, JAKARTA, live=str, ready=ready)
    async with serving(server) as here:
        status, page, _ = await here.ask("/")
        assert status == 200
        assert "the database cannot be read" in page
        assert (await here.ask("/metrics"))[0] == 200
        assert (await here.ask("/health/ready"))[0] == 503


def test_an_address_in_use_is_a_wrong_setting() -> None:
    """One line that names the setting, exit code 2; nothing is left open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def start() -> None:
            await (
                Observatory(FixedClock(), secrets=[])
                .server("127.0.0.1", port, FixedSource(), JAKARTA, live=str, ready=Health().ready)
                .start()
            )

        with pytest.raises(
            SettingsError, match=rf"^HTTP_ADDRESS 127\.0\.0\.1:{port}: cannot listen"
        ) as error:
            asyncio.run(start())
        assert error.value.exit_code == 2


async def test_a_host_that_does_not_exist_is_a_wrong_setting() -> None:
    """As an address of another machine is."""
    server = Observatory(FixedClock(), secrets=[]).server(
        "nosuch.invalid", 80, FixedSource(), JAKARTA, live=str, ready=Health().ready
    )
    with pytest.raises(SettingsError, match=r"HTTP_ADDRESS nosuch\.invalid:80"):
        await server.start()


async def test_stopping_twice_or_before_the_start_is_harmless() -> None:
    """An end is an end."""
    server = StatusServer("127.0.0.1", 0, _views())
    await server.stop()
    await server.start()
    await server.stop()
    await server.stop()


async def test_an_address_is_known_while_it_serves_only() -> None:
    """Port 0 is replaced by the one that was found."""
    server = StatusServer("127.0.0.1", 0, _views())
    with pytest.raises(RuntimeError):
        _ = server.address
    async with serving(server):
        assert server.address[0] == "127.0.0.1"
        assert server.address[1] > 0


async def test_connections_are_bounded() -> None:
    """Idle ones fill the house; one more is turned away at the door: long before silent ones are cut."""
    server = StatusServer("127.0.0.1", 0, _views(), most_connections=3)
    async with serving(server):
        idle = [await asyncio.open_connection(*server.address) for _ in range(3)]
        await _heard_by(server, idle)
        reader, writer = await asyncio.open_connection(*server.address)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        for _, leaving in idle:
            leaving.close()
            await leaving.wait_closed()


async def test_nobody_who_says_nothing_is_waited_for() -> None:
    """A silent connection, and one that never finishes its first line, are closed."""
    server = StatusServer("127.0.0.1", 0, _views(), sweep=0.05)
    async with serving(server):
        silent, _one = await asyncio.open_connection(*server.address)
        slow, writer = await asyncio.open_connection(*server.address)
        writer.write(b"GET / HTT")
        async with asyncio.timeout(10):
            assert await silent.read() == b""
            await slow.read()
        _one.close()
        writer.close()


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    """The operator reads why, and the bot is not held up."""

    async def never() -> str:
        await asyncio.Event().wait()
        return ""

    async with serving(StatusServer("127.0.0.1", 0, _views(page=never), answer_within=0.05)) as here:
        assert (await here.ask("/"))[:2] == (503, "no answer in time\n")


def _views(page: Callable[[], Awaitable[str]] | None = None) -> Views:
    async def metrics() -> bytes:
        return b""

    return Views(page or Health().ready, metrics, live=str, ready=Health().ready)


async def _heard_by(
    server: StatusServer, connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> None:
    """Every connection has reached the server: each gets an answer, and stays open."""
    assert server.address
    for reader, writer in connections:
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
