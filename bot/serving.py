"""A small HTTP server that strangers may reach: connections, headers and silence are bounded.

Whoever knows what is served passes one handler; nothing is served here. There is no access log, and no
answer tells more than it must.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import SettingsError

if TYPE_CHECKING:
    from aiohttp.web_protocol import RequestHandler

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

#: Seconds: a connection is silent for so long at most; between two looks at how long each is open.
_KEEP_ALIVE, _SWEEP = 15.0, 5.0
#: Sweeps after which a connection is told to end, and one later is cut: half a minute in all.
_SWEEPS = 5
#: Seconds that answers under way may take to end when the server stops.
_GRACE = 2.0


class BoundedServer:
    """Serves `handler` at `host` and `port` (0: any that is free), from `start` to `stop`.

    `setting` is what the operator calls the address; of more than `most_connections` one is closed unheard.
    Bodies are handed over as they came, packed ones too.
    """

    def __init__(
        self, handler: Handler, host: str, port: int, *, setting: str, most_connections: int
    ) -> None:
        self._host, self._port = host, port
        self._setting = setting
        self._most = most_connections
        self._web = web.Server(
            handler, access_log=None, keepalive_timeout=_KEEP_ALIVE, auto_decompress=False, lingering_time=1.0
        )
        self._runner = web.ServerRunner(self._web, handle_signals=False, shutdown_timeout=_GRACE)
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
            raise SettingsError([self._cannot_listen(exc)]) from exc
        self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Close; an answer under way has a moment to be finished. Safe to call twice."""
        if self._server is None or self._sweeping is None:
            return
        self._server.close()
        self._sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._sweeping
        await self._runner.cleanup()
        self._server = self._sweeping = None

    def _accept(self) -> asyncio.Protocol:
        return _Refusal() if len(self._web.connections) >= self._most else self._web()

    async def _sweep(self) -> None:
        """Aiohttp waits for ever for the first request of a connection; nobody here needs to be waited for."""
        ages: dict[RequestHandler, int] = {}
        while True:
            await asyncio.sleep(_SWEEP)
            ages = {one: ages.get(one, 0) + 1 for one in self._web.connections}
            for connection, age in ages.items():
                if age == _SWEEPS:
                    connection.close()
                elif age > _SWEEPS:
                    connection.force_close()

    def _cannot_listen(self, error: OSError | UnicodeError) -> str:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if isinstance(number, int) and number > 0 else str(error)
        where = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        return f"{self._setting} {where}: cannot listen there ({reason}); expected a free address of this machine"


class _Refusal(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
