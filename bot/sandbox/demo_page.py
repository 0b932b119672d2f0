"""The demo's web server: one page, its events, its acts, and the sample portal under the same origin.

    GET  /               the page; /demo/… its script and style
    GET  /demo/events    server-sent events: a snapshot, then what changes
    POST /demo/do/NAME   an act (JSON body); 400 {"error"} tells a reader why not
    GET  /portal/…       the portal as a browser sees it, its own addresses led back here

Loopback only. A request under another host's name, or an act asked for by another origin, is 403: a page that a
browser has open elsewhere can do nothing here. The page itself may load nothing from any other host.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.sandbox.demo_acts import ActError, Acts
from bot.sandbox.demo_stage import Stage
from bot.sandbox.demo_view import PICTURE_PATH, PORTAL_PATH
from bot.sandbox.errors import ControlError
from bot.sandbox.portal_desk import DeskError

_HOST = "127.0.0.1"
_FILES = Path(__file__).parent / "templates" / "demo"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_ASSETS = tuple(sorted(path.name for path in _FILES.iterdir() if path.suffix in _KINDS))
_HEARTBEAT = 10.0
_BODY_LIMIT = 16_384
_PORTAL_PATIENCE = aiohttp.ClientTimeout(total=10)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DemoPage:
    """The server. Port 0 picks a free one; `start` raises OSError if the port is taken."""

    def __init__(self, stage: Stage, acts: Acts, port: int = 0) -> None:
        self._stage = stage
        self._acts = acts.table()
        self._port = port
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen."""
        self._client = aiohttp.ClientSession(timeout=_PORTAL_PATIENCE, auto_decompress=True)
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, self._port).start()
        self.url = f"http://{_HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Let every page go, then close."""
        self._stage.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._client is not None:
            await self._client.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except OSError:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[_guarding], client_max_size=_BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/demo/events", self._events),
                web.get("/demo/{name}", self._asset),
                web.get(f"{PICTURE_PATH}/{{name}}", self._picture),
                web.post("/demo/do/{name}", self._act),
                web.get(f"{PORTAL_PATH}/{{tail:.*}}", self._portal),
            ]
        )
        return app

    async def _index(self, _request: web.Request) -> web.Response:
        return _file("index.html", "text/html")

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in _ASSETS:
            raise web.HTTPNotFound
        return _file(name, _KINDS[Path(name).suffix])

    async def _picture(self, request: web.Request) -> web.Response:
        picture = self._stage.sandbox.state.pictures.get(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture, content_type="image/png", headers=_HEADERS)

    async def _act(self, request: web.Request) -> web.Response:
        act = self._acts.get(request.match_info["name"])
        if act is None:
            raise web.HTTPNotFound
        try:
            act(await _body(request))
        except (ActError, ControlError, DeskError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        queue = self._stage.watch()
        try:
            await response.prepare(request)
            await response.write(_event(self._stage.snapshot()))
            await _stream(response, queue)
        except ConnectionError:
            pass  # the page has gone
        finally:
            self._stage.unwatch(queue)
        return response

    async def _portal(self, request: web.Request) -> web.Response:
        path = request.raw_path.removeprefix(PORTAL_PATH)
        if path.startswith("/control") or self._client is None:
            raise web.HTTPNotFound
        portal = self._stage.portal.url
        async with self._client.get(f"{portal}{path}", allow_redirects=False) as answer:
            body, kind = await answer.read(), answer.content_type
            headers = {
                name: value
                for name in ("Content-Security-Policy",)
                if (value := answer.headers.get(name)) is not None
            }
            if kind == "text/html":
                body = body.replace(f"{portal}/".encode(), f"{PORTAL_PATH}/".encode())
            charset = answer.charset if kind.startswith("text/") else None
            return web.Response(
                body=body, status=answer.status, content_type=kind, charset=charset, headers=headers
            )


@web.middleware
async def _guarding(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what comes by a name that is not ours, and acts that another origin asks for."""
    if request.url.host not in {_HOST, "localhost"}:
        raise web.HTTPForbidden(text="loopback names only\n")
    if request.method == "POST" and request.headers.get("Origin") != str(request.url.origin()):
        raise web.HTTPForbidden(text="acts are asked for by the demo's own page\n")
    return await handler(request)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise ActError("The body is JSON.")
    try:
        body = json.loads(await request.text())
    except ValueError as error:
        raise ActError("The body is JSON.") from error
    if not isinstance(body, dict):
        raise ActError("The body is a JSON object.")
    return body


def _file(name: str, kind: str) -> web.Response:
    text = (_FILES / name).read_text("utf-8")
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=_HEADERS)


def _event(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


async def _stream(response: web.StreamResponse, queue: asyncio.Queue[dict[str, Any] | None]) -> None:
    while True:
        event: dict[str, Any] | None = {}
        with suppress(TimeoutError):
            event = await asyncio.wait_for(queue.get(), _HEARTBEAT)
        if event is None or event.get("kind") == "end":
            return
        await response.write(_event(event) if event else b": still here\n\n")
