"""A call from the wire to its answer: token, method, fault, envelope, and what the journal and call list keep
of it.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from bot.sandbox.broken import Line, Reply, play
from bot.sandbox.calls import Call, read_call
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Fault
from bot.sandbox.jsontext import dump
from bot.sandbox.methods.table import DESCRIBED, METHODS, WAITING
from bot.sandbox.state import State

_REMEMBERED_CALLS: Final = 5000
_KNOWN: Final = frozenset({*METHODS, *DESCRIBED, *WAITING})


class Gateway:
    """Answers `/bot<token>/<method>`. One instance serves one token; any other is 401."""

    def __init__(self, token: str, state: State, line: Line) -> None:
        self._token = token
        self._state = state
        self._line = line
        self.calls: deque[tuple[float, str, str, int, str]] = deque(maxlen=_REMEMBERED_CALLS)
        self.counts: Counter[str] = Counter()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, well or badly answered. A client that goes away does not stop what it asked for."""
        if self._line.offline:
            self._line.cut(request)
            return web.Response()
        self._line.note(request)
        if self._line.slow:
            await self._line.pause(self._line.slow)
        if request.match_info["token"] != self._token:
            return reply_of(ApiError(401, "Unauthorized")).response()
        method = request.match_info["method"]
        if method.lower() not in _KNOWN:
            return reply_of(ApiError(404, "Not Found: method not found")).response()
        try:
            call = await read_call(request, method)
        except ApiError as error:
            return reply_of(error).response()
        self.counts[call.method] += 1
        fault = self._state.faults.pick(call)
        if fault is None:
            return (await self.run(call)).response()
        self._note_fault(call, fault)
        return await play(fault, request, call, self._line, self.run)

    async def run(self, call: Call) -> Reply:
        """Carry out a call, for good or refused, and remember how it went."""
        try:
            reply = await self._carry_out(call)
        except ApiError as error:
            reply = reply_of(error)
            self._note_refusal(call, error)
        self.calls.append((self._state.clock.now(), call.method, call.chat, reply.status, reply.description))
        return reply

    async def _carry_out(self, call: Call) -> Reply:
        method = METHODS.get(call.method)
        if method is not None:
            return Reply(200, f'{{"ok":true,"result":{dump(method(self._state, call))}}}')
        described: Callable[[State, Call], Any] | None = DESCRIBED.get(call.method)
        if described is not None:
            told = described(self._state, call)
            return Reply(200, dump({"ok": True, "result": True, "description": told}))
        return Reply(200, f'{{"ok":true,"result":{await WAITING[call.method](self._state, call)}}}')

    def _chat_of(self, call: Call) -> int | str | None:
        """The id of the chat that a call is about; what it said, if that names no chat."""
        return self._state.world.find_id(call.chat) or call.chat or None

    def _note_fault(self, call: Call, fault: Fault) -> None:
        about = {"method": call.method, "chat": self._chat_of(call), "id": fault.id}
        self._state.journal.add("fault", fault=fault.kind, code=fault.code or None, **about)
        if fault.kind == "flood_after" or (fault.kind == "refuse" and fault.code == 429):
            self._state.journal.add("limited", code=429, fault=fault.kind, **about)
        self.calls.append((self._state.clock.now(), call.method, call.chat, 0, f"fault: {fault.kind}"))

    def _note_refusal(self, call: Call, error: ApiError) -> None:
        if call.method == "getupdates":
            return
        self._state.journal.add(
            "limited" if error.code == 429 else "refused",
            method=call.method,
            chat=self._chat_of(call),
            message_id=call.integer("message_id") or None,
            code=error.code,
            description=error.description,
            parameters=error.parameters,
        )


def reply_of(error: ApiError) -> Reply:
    """The envelope of a refusal."""
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return Reply(error.code, dump(body), error.description)
