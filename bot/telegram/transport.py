"""PTB's requests over aiohttp: connections that are kept, no session, lean.

What failed stands in `__cause__` of the `NetworkError` that PTB's bot raises, as one of two kinds:
`NotSent` (the request surely did not reach the server) or `NoAnswer` (nobody knows). No text of either
holds an address, because addresses of the Bot API hold the token. It never retries and follows no redirect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
from aiohttp import hdrs
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.proxies import proxy_for
from bot.telegram.pool import FAILURES, Pool

#: Codes of which PTB makes exceptions of their own.
_CODES_OF_PTB = frozenset({400, 401, 403, 404, 409})
_JSON = "application/json"


class NotSent(Exception):  # noqa: N818 - a cause, never raised by itself
    """The request surely did not reach the server: DNS, refusal, TLS, no connection in time, a full pool."""


class NoAnswer(Exception):  # noqa: N818 - a cause, never raised by itself
    """The request may have reached the server, and no answer that can be trusted came back."""


class TooFast(RetryAfter):
    """A 429. PTB's own class answers `retry_after` with a deprecation warning; this one with a `timedelta`."""

    __slots__ = ()

    @property
    def retry_after(self) -> timedelta:
        return self._retry_after


class Plain:
    """Parameters that are JSON as they stand. What PTB's `RequestData` is to a transport, without its walk through them."""

    __slots__ = ("parameters",)

    contains_files = False

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.parameters = parameters


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `connect` covers the wait for a place in the pool; the answer may take `slack` more than `read`.

    Edits in channels may be delayed by 6 s and more instead of refused, hence the generous `read`.
    """

    connect: float = 15.0
    read: float = 45.0
    slack: float = 5.0


class AiohttpRequest(BaseRequest):
    """A `BaseRequest` of PTB with at most `connections` open at a time.

    The pool is made at the first call, in the loop that makes it. A proxy is taken from the environment once.
    """

    def __init__(self, *, connections: int = 32, timeouts: Timeouts | None = None) -> None:
        self._connections = connections
        self._timeouts = timeouts or Timeouts()
        self._pool: Pool | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds; PTB adds a long poll's own timeout to it."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Nothing: the pool is made when it is needed."""

    async def shutdown(self) -> None:
        """Close every connection. A later call would open new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's JSON object. Raises `TelegramError`; other than PTB's own it logs no payload."""
        answer = _json_object(payload)
        if answer is None:
            raise TelegramError("Invalid server response")
        return answer

    async def do_request(  # noqa: PLR0917 - PTB's own signature
        self,
        url: str,
        method: str,
        request_data: RequestData | Plain | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401 - PTB's own marker or seconds
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401, ARG002 - covered by `read`
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401, ARG002 - covered by `connect`
    ) -> tuple[int, bytes]:
        """(status, body) of one call. Raises `NetworkError` or `TimedOut` with `NotSent` or `NoAnswer` as cause."""
        before, silence = self._seconds(connect_timeout, read_timeout)
        kind: type[NotSent | NoAnswer] = NotSent
        try:
            body, content_type = await _body(request_data)
            connection = await self._open(url).connect(method, url, before)
            kind = NoAnswer
            # Of the whole, or a server that sends a byte now and then would hold a send for ever.
            status, payload = await connection.exchange(body, content_type, silence + self._timeouts.slack)
        except FAILURES as error:
            failure, cause = _failure(error, kind)
        else:
            _raise_for(status, payload)
            return status, payload
        # Outside of `except`: aiohttp's error may hold the address, and must not hang on as a context.
        raise failure from cause

    def _seconds(self, connect: object, read: object) -> tuple[float, float]:
        """What PTB asks for, or else what we were built with."""
        return (
            connect if isinstance(connect, int | float) else self._timeouts.connect,
            read if isinstance(read, int | float) else self._timeouts.read,
        )

    def _open(self, url: str) -> Pool:
        if self._pool is None:
            self._pool = Pool(connections=self._connections, proxy=proxy_for(url))
        return self._pool


async def _body(data: RequestData | Plain | None) -> tuple[bytes, str]:
    """What is sent, and its kind. A picture of ours is small enough to be sent in one piece."""
    if data is None:
        return b"", _JSON
    if data.contains_files and not isinstance(data, Plain):
        form = _form(data)()
        return await form.as_bytes(), form.headers[hdrs.CONTENT_TYPE]
    return _json(data.parameters), _JSON


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


def _json(parameters: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(parameters)
    except TypeError:  # half a surrogate pair, say: Telegram refuses it and tells why
        return json.dumps(parameters).encode()


def _json_object(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = orjson.loads(payload)
    except ValueError:
        answer = _leniently(payload)
    return answer if isinstance(answer, dict) else None


def _leniently(payload: bytes) -> object:
    """As the standard library reads it, which takes halves of surrogate pairs: an update must not bar the way."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _failure(error: Exception, kind: type[NotSent | NoAnswer]) -> tuple[NetworkError, NotSent | NoAnswer]:
    words = _words(error)
    failure = TimedOut(words) if isinstance(error, TimeoutError) else NetworkError(words)
    return failure, kind(words)


def _words(error: BaseException) -> str:
    """One line about `error`. Only texts that never hold an address are used; else the name must do."""
    name = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{name}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return name


def _raise_for(status: int, payload: bytes) -> None:
    """Raise for an answer that is not the Bot API's, and for those that PTB would not tell apart."""
    if 200 <= status < 300:
        if b'"result"' not in payload:
            raise NetworkError("an answer that cannot be read") from NoAnswer(f"HTTP {status}")
        return
    answer = _json_object(payload)
    if answer is None:
        raise NetworkError(f"HTTP {status}, and not from the Bot API") from NoAnswer(f"HTTP {status}")
    wait = (answer.get("parameters") or {}).get("retry_after")
    if wait is not None:
        raise TooFast(timedelta(seconds=wait))
    if 400 <= status < 500 and status not in _CODES_OF_PTB:
        raise NetworkError(str(answer.get("description"))) from NotSent(f"HTTP {status}")
