"""How an answer goes wrong on the wire: the connection that breaks, hangs, or carries something else than an
answer.

Which call suffers what is decided in `faults.py`; this is the doing. Journal entries of what was accepted
come from the call itself, so the journal stays true whatever the client saw.
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from bot.sandbox.calls import Call
from bot.sandbox.errors import ApiError, too_many_requests
from bot.sandbox.faults import Fault

_POLL_SECONDS: Final = 0.05
_PAGE: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is ready: HTTP status, JSON text, and the description if it is a refusal."""

    status: int
    body: str
    description: str = ""

    def response(self) -> web.Response:
        return web.Response(status=self.status, body=self.body.encode(), content_type="application/json")


@dataclass(slots=True)
class Line:
    """The server's connections to the bot: whether they are up, and those that are open."""

    offline: bool = False
    slow: float = 0.0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[Reply]] = field(default_factory=set)
    _open: "weakref.WeakSet[asyncio.BaseTransport]" = field(default_factory=weakref.WeakSet)

    def note(self, request: web.Request) -> None:
        """Remember the connection, so that going offline can break it."""
        if request.transport is not None:
            self._open.add(request.transport)

    def cut(self, request: web.Request) -> None:
        """Break the connection of a request."""
        if request.transport is not None:
            request.transport.abort()

    def cut_all(self) -> None:
        """Break every connection that carried a call of the bot's."""
        for transport in list(self._open):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond the server's end."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def hold(self, request: web.Request, seconds: float) -> None:
        """Wait until the client has gone, the server stops, or `seconds` (0: no limit) are over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds if seconds else float("inf")
        while not self.stopping.is_set() and loop.time() < end:
            if request.transport is None or request.transport.is_closing():
                return
            await asyncio.sleep(_POLL_SECONDS)


Run = Callable[[Call], Awaitable[Reply]]


async def play(fault: Fault, request: web.Request, call: Call, line: Line, run: Run) -> web.StreamResponse:
    """Let `fault` happen to a call."""
    if fault.kind == "late":
        return await _late(fault, request, call, line, run)
    if fault.kind == "delay":
        await line.pause(fault.seconds)
        return (await run(call)).response()
    if fault.kind == "refuse" or fault.kind.endswith("_before"):
        return await _before(fault, request, line)
    return await _after(fault, request, await run(call), line)


async def _before(fault: Fault, request: web.Request, line: Line) -> web.StreamResponse:
    if fault.kind == "refuse":
        error = ApiError(fault.code or 400, fault.description or "Bad Request: refused", fault.parameters)
        return _refusal(error)
    if fault.kind == "error_before":
        return _page(fault.code or 502)
    if fault.kind == "hang_before":
        await line.hold(request, fault.seconds)
    return _cut(request, line)


async def _after(fault: Fault, request: web.Request, reply: Reply, line: Line) -> web.StreamResponse:
    match fault.kind:
        case "error_after":
            return _page(fault.code or 502)
        case "html":
            return _page(200)
        case "flood_after":
            return _refusal(too_many_requests(fault.retry_after))
        case "sent_deleted":
            return _refusal(ApiError(500, "Internal Server Error: sent message was immediately deleted"))
        case "cut_json":
            return Reply(reply.status, reply.body[: len(reply.body) // 2]).response()
        case "cut_body":
            return await _cut_body(request, reply)
        case "delay_after":
            await line.pause(fault.seconds)
            return reply.response()
        case "hang_after":
            await line.hold(request, fault.seconds)
    return _cut(request, line)


async def _late(fault: Fault, request: web.Request, call: Call, line: Line, run: Run) -> web.StreamResponse:
    async def later() -> Reply:
        await asyncio.sleep(fault.seconds)
        return await run(call)

    task = asyncio.create_task(later())
    line.tasks.add(task)
    task.add_done_callback(line.tasks.discard)
    if fault.drop:
        return _cut(request, line)
    return (await asyncio.shield(task)).response()


def _cut(request: web.Request, line: Line) -> web.StreamResponse:
    line.cut(request)
    return web.Response()


async def _cut_body(request: web.Request, reply: Reply) -> web.StreamResponse:
    body = reply.body.encode()
    response = web.StreamResponse(status=reply.status, headers={"Content-Length": str(len(body))})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _page(status: int) -> web.Response:
    return web.Response(status=status, text=_PAGE, content_type="text/html")


def _refusal(error: ApiError) -> web.Response:
    body = {"ok": False, "error_code": error.code, "description": error.description}
    return web.json_response(
        body | ({"parameters": error.parameters} if error.parameters else {}), status=error.code
    )
