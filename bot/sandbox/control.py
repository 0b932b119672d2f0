"""The control API: what tests, the demo and a page in the browser use to make things happen and to see the
truth.

JSON over HTTP under `/control`, from loopback names only; `client.py` speaks it. A refusal is
`{"error": "…"}` with 400 (404 for an unknown path). `{chat}` is a numeric id or `@name`. Times are seconds.

| endpoint | body or query | does, and answers |
|---|---|---|
| `GET /control` | | bot, parser, limits, pending updates, Stars, calls by method, last journal number |
| `GET /control/journal` | `since`, `kind` | entries after number `since` |
| `GET /control/events` | `since` | the same as server-sent events, for ever (`id:` is the number) |
| `GET /control/calls` | | the newest calls: `at`, `method`, `chat`, `status`, `description` |
| `GET /control/queries` | `open=1` | callback and inline queries, with answers; only the unanswered |
| `GET /control/files` | | file ids that `sendPhoto` accepts |
| `GET /control/commands` | | lists set by setMyCommands, by `scope:language` |
| `POST /control/faults` | fields of `faults.Fault` | `{"id"}` |
| `GET`, `DELETE /control/faults`; `DELETE /control/faults/{id}` | | the rules in force; none any more; one less |
| `POST /control/limits` | `enabled`, `rates` (fields of `limits.Rates`) | limits on or off, other numbers |
| `POST /control/line` | `offline`, `slow` s, `refuse` s | break the bot's connections while offline; slow every call; close the port for so long |
| `POST /control/photos`, `DELETE` | `match`, `error` | photo URLs that contain `match` are refused with `error`; none any more |
| `POST /control/clock` | `advance` s | time passes at once |
| `POST /control/flags` | fields of `state.BotFlags` | what BotFather would set |
| `POST /control/webhook` | `deliver_to` | loopback origin that stands for the webhook's public one |
| `GET /control/chats` | | every chat |
| `POST /control/chats` | `kind`, `title`, `username`, `id`, `status`, `rights`, `forum`, `protected` | a new chat, the bot in it |
| `GET`, `DELETE /control/chats/{chat}` | | the chat; gone |
| `PATCH /control/chats/{chat}` | `username`, `title`, `protected`, `write_refusal` | renamed, …; every send refused with that text |
| `GET /control/chats/{chat}/messages` | `deleted=1`, `after` | messages: `id`, `date`, `by`, `user`, `text`, `entities`, `reply_markup`, `edited`, `deleted`, … |
| `POST /control/chats/{chat}/rights` | `status`, `rights` | the bot promoted, demoted, kicked, let back in |
| `POST /control/chats/{chat}/members` | `user`, `status`, `rights` | somebody else |
| `POST /control/chats/{chat}/upgrade` | | a group becomes a supergroup: `{"id"}` |
| `POST /control/chats/{chat}/topics` | `name` | `{"id"}` |
| `PATCH /control/chats/{chat}/topics/{thread}` | `closed`, `deleted` | |
| `POST /control/chats/{chat}/say` | `user`, `text`, `reply_to`, `thread`, `mode` | a user writes |
| `POST /control/chats/{chat}/post` | `text`, `by` (`admin`, `other_bot`), `announce`, `mode`, `photo`, `signature` | somebody else posts |
| `POST /control/chats/{chat}/album` | `count`, `caption`, `by`, `announce` | `{"ids"}` |
| `POST /control/chats/{chat}/service` | `content`, `announce` | a service message |
| `POST /control/chats/{chat}/hole` | `count` | ids used up by deleted messages: `{"ids"}` |
| `PATCH /control/chats/{chat}/messages/{id}` | `text`, `mode`; or `age` s | edited by an administrator; made older |
| `DELETE /control/chats/{chat}/messages/{id}` | | deleted by an administrator |
| `POST /control/chats/{chat}/messages/{id}/tap` | `user`, `button` or `data` | `{"query"}` |
| `POST /control/chats/{chat}/messages/{id}/react` | `user`, `emoji`, `count` | the totals |
| `POST /control/users` | `name`, `id`, `username`, `language`, `started`, `count` | `{"id"}`; with `count` that many at once, ids in a row |
| `PATCH /control/users/{user}` | `blocked`, `deactivated`, `started` | |
| `POST /control/inline` | `user`, `query`, `offset`, `chat_type` | `{"query"}` |
| `POST /control/inline/{query}/choose` | `result` | |

A `user` may be left out in a private chat. Acts that make a message answer `{"id"}`.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from bot.sandbox.control_people import PEOPLE
from bot.sandbox.control_world import WORLD
from bot.sandbox.errors import ApiError, ControlError
from bot.sandbox.limits import Rates
from bot.sandbox.requests import Body, Request
from bot.sandbox.state import BotFlags
from bot.sandbox.webhook import is_loopback

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

_HEARTBEAT_SECONDS: Final = 5.0

Endpoint = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class Control:
    """The endpoints that concern the server itself."""

    sandbox: "Sandbox"

    def overview(self, request: Request) -> Body:
        del request
        sandbox = self.sandbox
        state = sandbox.state
        return {
            "bot": state.world.me.json(),
            "url": sandbox.url,
            "parser": state.composer.parser.name,
            "limits": state.limiter.enabled,
            "offline": sandbox.line.offline,
            "pending_updates": state.updates.pending,
            "webhook": state.webhook.url,
            "stars": state.limiter.stars,
            "calls": dict(sandbox.gateway.counts),
            "unanswered": len(state.queries.unanswered()),
            "journal": state.journal.last,
        }

    def calls(self, request: Request) -> list[Body]:
        del request
        names = ("at", "method", "chat", "status", "description")
        return [dict(zip(names, call, strict=True)) for call in self.sandbox.gateway.calls]

    def queries(self, request: Request) -> list[Body]:
        queries = self.sandbox.state.queries
        chosen = queries.unanswered() if request.query.get("open") else list(queries.known.values())
        return [asdict(query) for query in chosen]

    def files(self, request: Request) -> list[str]:
        del request
        return sorted(self.sandbox.state.known_files)

    def commands(self, request: Request) -> Body:
        del request
        return dict(self.sandbox.state.commands)

    def list_faults(self, request: Request) -> list[Body]:
        del request
        return [asdict(fault) for fault in self.sandbox.state.faults.rules]

    def add_fault(self, request: Request) -> Body:
        return {"id": self.sandbox.state.faults.add(**request.body)}

    def remove_fault(self, request: Request) -> Body:
        return {"removed": self.sandbox.state.faults.remove(request.number("id"))}

    def clear_faults(self, request: Request) -> Body:
        del request
        self.sandbox.state.faults.clear()
        return {}

    def set_limits(self, request: Request) -> Body:
        limiter = self.sandbox.state.limiter
        if "enabled" in request.body:
            limiter.enabled = bool(request.body["enabled"])
        if "rates" in request.body:
            limiter.set_rates(replace(limiter.rates, **_known(request.body["rates"], Rates)))
        return {"enabled": limiter.enabled, "rates": asdict(limiter.rates)}

    async def set_line(self, request: Request) -> Body:
        line = self.sandbox.line
        if "offline" in request.body:
            line.offline = bool(request.body["offline"])
            if line.offline:
                line.cut_all()
        line.slow = float(request.body.get("slow", line.slow))
        if request.body.get("refuse"):
            await self.sandbox.close_port(float(request.body["refuse"]))
        return {"offline": line.offline, "slow": line.slow}

    def add_photo_fault(self, request: Request) -> Body:
        self.sandbox.state.photos[str(request.need("match"))] = str(request.need("error"))
        return {}

    def clear_photo_faults(self, request: Request) -> Body:
        del request
        self.sandbox.state.photos.clear()
        return {}

    def advance(self, request: Request) -> Body:
        try:
            self.sandbox.state.clock.advance(float(request.need("advance")))
        except ValueError as error:
            raise ControlError(str(error)) from error
        return {"now": self.sandbox.state.clock.now()}

    def set_flags(self, request: Request) -> Body:
        flags = self.sandbox.state.flags
        for name, value in _known(request.body, BotFlags).items():
            setattr(flags, name, bool(value))
        return asdict(flags)

    def set_webhook_origin(self, request: Request) -> Body:
        self.sandbox.state.webhook.deliver_to = str(request.need("deliver_to"))
        return {}


def _known(given: Body, kind: type) -> Body:
    names = {each.name for each in fields(kind)}
    if set(given) - names:
        raise ControlError(
            f"unknown: {', '.join(sorted(set(given) - names))}; known: {', '.join(sorted(names))}"
        )
    return given


def _server_endpoints(control: Control) -> dict[tuple[str, str], Endpoint]:
    return {
        ("GET", "/control"): control.overview,
        ("GET", "/control/calls"): control.calls,
        ("GET", "/control/queries"): control.queries,
        ("GET", "/control/files"): control.files,
        ("GET", "/control/commands"): control.commands,
        ("GET", "/control/faults"): control.list_faults,
        ("POST", "/control/faults"): control.add_fault,
        ("DELETE", "/control/faults"): control.clear_faults,
        ("DELETE", "/control/faults/{id}"): control.remove_fault,
        ("POST", "/control/limits"): control.set_limits,
        ("POST", "/control/line"): control.set_line,
        ("POST", "/control/photos"): control.add_photo_fault,
        ("DELETE", "/control/photos"): control.clear_photo_faults,
        ("POST", "/control/clock"): control.advance,
        ("POST", "/control/flags"): control.set_flags,
        ("POST", "/control/webhook"): control.set_webhook_origin,
    }


def routes(control: Control) -> list[web.RouteDef]:
    """Every route of the control API."""
    found = [
        web.route(method, path, _answering(control.sandbox, endpoint))
        for (method, path), endpoint in {**_server_endpoints(control), **WORLD, **PEOPLE}.items()
    ]
    found.append(web.get("/control/journal", _journal(control.sandbox)))
    found.append(web.get("/control/events", _events(control.sandbox)))
    return found


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _answering(sandbox: "Sandbox", endpoint: Endpoint) -> Handler:
    """Read the request, run the endpoint, answer JSON; what cannot be done is 400 with the reason."""

    async def handle(request: web.Request) -> web.StreamResponse:
        _refuse_foreign(request)
        try:
            answer = endpoint(await Request.read(request, sandbox))
            if isinstance(answer, Awaitable):
                answer = await answer
        except ControlError as error:
            return web.json_response({"error": str(error)}, status=400)
        except ApiError as error:
            return web.json_response({"error": error.description}, status=400)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response(answer)

    return handle


def _refuse_foreign(request: web.Request) -> None:
    """A page from elsewhere must not reach this by a name of its own that leads to 127.0.0.1."""
    host = request.url.host or ""
    if not is_loopback(host):
        raise web.HTTPForbidden(text="loopback names only")


def _journal(sandbox: "Sandbox") -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        _refuse_foreign(request)
        lines = sandbox.journal.lines(int(request.query.get("since", "0")))
        if kind := request.query.get("kind"):
            lines = [line for line in lines if json.loads(line)["kind"] == kind]
        return web.Response(body=f"[{','.join(lines)}]".encode(), content_type="application/json")

    return handle


def _events(sandbox: "Sandbox") -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        _refuse_foreign(request)
        since = int(request.headers.get("Last-Event-ID") or request.query.get("since", "0"))
        response = web.StreamResponse(headers={"Cache-Control": "no-store"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        queue = sandbox.journal.follow()
        try:
            for line in sandbox.journal.lines(since):
                await response.write(_event(line))
            await _stream(sandbox, response, queue)
        except ConnectionError:
            pass  # the reader has gone
        finally:
            sandbox.journal.unfollow(queue)
        return response

    return handle


def _event(line: str) -> bytes:
    number = line[len('{"n":') : line.index(",")]
    return f"id: {number}\ndata: {line}\n\n".encode()


async def _stream(sandbox: "Sandbox", response: web.StreamResponse, queue: "asyncio.Queue[str]") -> None:
    stopping = asyncio.ensure_future(sandbox.line.stopping.wait())
    try:
        while not stopping.done():
            entry = asyncio.ensure_future(queue.get())
            await asyncio.wait(
                {entry, stopping}, timeout=_HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if entry.done():
                await response.write(_event(entry.result()))
            else:
                entry.cancel()
                await response.write(b": still here\n\n")
    finally:
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stopping
