"""PTB's requests over aiohttp: one session, kept alive, lean (about 0.4 ms of CPU a call).

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
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.proxies import proxy_for

#: Codes of which PTB makes exceptions of their own.
_CODES_OF_PTB = frozenset({400, 401, 403, 404, 409})
#: Raised before anything of the request is written (aiohttp wraps DNS, refusal and TLS in the first).
_BEFORE_WRITING = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    UnicodeError,  # a host that no resolver is even asked for
)
#: `json.dumps` with arguments makes an encoder at every call.
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_JSON = {"Content-Type": "application/json"}
#: Telegram's servers close an idle connection after a minute or so; one that they close as we write is a doubt.
_KEEP_IDLE = 15.0


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
    """Seconds. `connect` covers the wait for a place in the pool; the whole call may take `slack` more than `read`.

    Edits in channels may be delayed by 6 s and more instead of refused, hence the generous `read`.
    """

    connect: float = 15.0
    read: float = 45.0
    slack: float = 5.0


class AiohttpRequest(BaseRequest):
    """A `BaseRequest` of PTB with at most `connections` open at a time.

    The session is made at the first call, in the loop that makes it. A proxy is taken from the environment
    once: aiohttp's own `trust_env` asks for it (and for a netrc) in a thread at every call.
    """

    def __init__(self, *, connections: int = 32, timeouts: Timeouts | None = None) -> None:
        self._connections = connections
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}
        self._waits: dict[tuple[float, float], aiohttp.ClientTimeout] = {}

    @property
    def read_timeout(self) -> float:
        """Seconds; PTB adds a long poll's own timeout to it."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Nothing: the session is made when it is needed."""

    async def shutdown(self) -> None:
        """Close every connection. A later call would open a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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
        timeout = self._timeout(read_timeout, connect_timeout)
        try:
            async with self._open(url).request(
                method, self._url(url), timeout=timeout, allow_redirects=False, **_body(request_data)
            ) as response:
                status, payload = response.status, await response.read()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure, cause = _failure(error)
        else:
            _raise_for(status, payload)
            return status, payload
        # Outside of `except`: aiohttp's error may hold the address, and must not hang on as a context.
        raise failure from cause

    def _timeout(self, read: object, connect: object) -> aiohttp.ClientTimeout:
        silence = read if isinstance(read, int | float) else self._timeouts.read
        before = connect if isinstance(connect, int | float) else self._timeouts.connect
        timeout = self._waits.get((silence, before))
        if timeout is None:
            # Of the whole, or a server that sends a byte now and then would hold a send for ever.
            timeout = self._waits[silence, before] = aiohttp.ClientTimeout(
                total=silence + self._timeouts.slack, connect=before
            )
        return timeout

    def _open(self, url: str) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_KEEP_IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=proxy_for(url),
            )
        return self._session

    def _url(self, url: str) -> URL:
        """Parsed once for each method."""
        parsed = self._urls.get(url)
        if parsed is None:
            parsed = self._urls[url] = URL(url)
        return parsed


def _body(data: RequestData | Plain | None) -> dict[str, Any]:
    if data is None:
        return {}
    if data.contains_files and not isinstance(data, Plain):
        return {"data": _form(data)}
    return {"data": _ENCODE(data.parameters).encode(), "headers": _JSON}


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


def _json_object(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(payload)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _failure(error: Exception) -> tuple[NetworkError, NotSent | NoAnswer]:
    words = _words(error)
    cause = NotSent(words) if isinstance(error, _BEFORE_WRITING) else NoAnswer(words)
    if isinstance(error, TimeoutError):
        return TimedOut(words), cause
    return NetworkError(words), cause


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
