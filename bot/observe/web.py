"""The operator's web server: the page, health and metrics, and nothing else.

It only answers GET and HEAD, changes nothing, and keeps no access log. Connections and time are bounded,
so that nobody who reaches the port can hold up the bot.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from aiohttp.web_protocol import RequestHandler

#: Connections at once; one more is closed unheard.
_MOST_CONNECTIONS = 40
#: Seconds: for an answer, for a silent connection, between two looks at how long each is open.
_ANSWER_WITHIN, _KEEP_ALIVE, _SWEEP = 10.0, 15.0, 10.0
#: After so many sweeps a connection is told to end, and after one more it is cut.
_SWEEPS = 6
_METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"
_HEADERS = {
    "Server": "kabarbot",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STRICTEST = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Views:
    """What is served. `page` gives HTML, `metrics` Prometheus' text; `live` and `ready` what ails the bot.

    An ailment is one line in plain words, empty when there is none. `style` is the policy source
    (CSP 3) of the page's own style sheet, which stands in it.
    """

    page: Callable[[], Awaitable[str]]
    metrics: Callable[[], Awaitable[bytes]]
    live: Callable[[], str]
    ready: Callable[[], Awaitable[str]]
    style: str = "'none'"


class StatusServer:
    """Serves `views` at `host` and `port` (0: any that is free), from `start` to `stop`.

    `answer_within` and `sweep` are seconds: how long an answer may take, and how often it is looked
    how long each connection is open.
    """

    def __init__(
        self,
        host: str,
        port: int,
        views: Views,
        *,
        most_connections: int = _MOST_CONNECTIONS,
        answer_within: float = _ANSWER_WITHIN,
        sweep: float = _SWEEP,
    ) -> None:
        self._host = host
        self._port = port
        self._views = views
        self._most_connections = most_connections
        self._answer_within = answer_within
        self._sweep_every = sweep
        self._runner = web.AppRunner(
            self._app(), access_log=None, handle_signals=False, keepalive_timeout=_KEEP_ALIVE
        )
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that were bound."""
        if self._server is None:
            raise RuntimeError("the server was not started")
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    async def start(self) -> None:
        """Listen. Raises `errors.SettingsError` where the address cannot be used."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._accept, self._host, self._port, backlog=64)
        except (OSError, UnicodeError) as exc:
            await self._runner.cleanup()
            raise SettingsError([_cannot_listen(self._host, self._port, exc)]) from exc
        self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Close; an answer under way is finished."""
        if self._server is None or self._sweeping is None:
            return
        self._server.close()
        self._sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._sweeping
        await self._runner.cleanup()
        self._server = self._sweeping = None

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._in_time], client_max_size=1024)
        app.router.add_get("/", self._page)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._ready)
        app.on_response_prepare.append(self._protect)
        return app

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=await self._views.page(), content_type="text/html")

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=await self._views.metrics(), headers={"Content-Type": _METRICS_TYPE})

    async def _live(self, _request: web.Request) -> web.Response:
        return _health(self._views.live())

    async def _ready(self, _request: web.Request) -> web.Response:
        return _health(await self._views.ready())

    async def _protect(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_HEADERS)
        policy = f"{_STRICTEST}; img-src data:; style-src {self._views.style}"
        response.headers["Content-Security-Policy"] = policy

    @web.middleware
    async def _in_time(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            async with asyncio.timeout(self._answer_within):
                return await handler(request)
        except StoreError:
            return web.Response(status=503, text="the database cannot be read at the moment\n")
        except TimeoutError:
            return web.Response(status=503, text="no answer in time\n")

    def _accept(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is None or len(server.connections) >= self._most_connections:
            return _Refusal()
        return server()

    async def _sweep(self) -> None:
        """Aiohttp waits for ever for the first request of a connection; nobody here needs to be waited for."""
        ages: dict[RequestHandler, int] = {}
        while self._runner.server is not None:
            await asyncio.sleep(self._sweep_every)
            ages = {one: ages.get(one, 0) + 1 for one in self._runner.server.connections}
            for connection, age in ages.items():
                if age == _SWEEPS:
                    connection.close()
                elif age > _SWEEPS:
                    connection.force_close()


class _Refusal(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _health(ailment: str) -> web.Response:
    return web.Response(status=503 if ailment else 200, text=f"{ailment or 'ok'}\n")


def _cannot_listen(host: str, port: int, error: OSError | UnicodeError) -> str:
    number = getattr(error, "errno", None)
    reason = os.strerror(number) if isinstance(number, int) and number > 0 else str(error)
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"HTTP_ADDRESS {where}: cannot listen there ({reason}); expected a free address of this machine"
