"""One HTTP/1.1 exchange on aiohttp's own connections, without the session that a web client needs.

The pool, names, TLS, proxies and the parser of answers are aiohttp's. Its session's walk through redirects,
cookies, retries, charsets and a writing task costs a quarter of what a paid post may cost altogether, and a
Bot API needs none of it: a request is a head that stays the same and a body that is in memory.

`connect` and `exchange` are two steps, for what fails in the first was surely not sent.
"""

from __future__ import annotations

import asyncio
import errno
from functools import cached_property, lru_cache
from weakref import WeakSet

import aiohttp
from aiohttp import hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from yarl import URL

#: What a connection, or an answer, fails with.
FAILURES = (aiohttp.ClientError, OSError, ValueError)
#: Telegram's servers close an idle connection after a minute or so; one that they close as we write is a doubt.
_KEEP_IDLE = 15.0
#: Answers that only announce another. (101 is none: it ends HTTP.)
_INTERIM = frozenset(range(100, 200)) - {101}


@lru_cache(maxsize=16)
def _within(seconds: float) -> aiohttp.ClientTimeout:
    """As the connector wants to be told how long it may take, the wait for a place included."""
    return aiohttp.ClientTimeout(total=None, connect=seconds)


class _Address:
    """What all requests of one method to one address have in common."""

    def __init__(self, request: aiohttp.ClientRequest) -> None:
        self.request = request

    @cached_property
    def head(self) -> bytes:
        """The request line and the headers but for those of the body.

        Asked for once there is a connection: the connector may add what the proxy wants.
        """
        request = self.request
        whole = request.proxy is not None and not request.is_ssl()  # a proxy must know where to
        target = str(request.url.with_user(None)) if whole else request.url.raw_path_qs
        headers = [(name, value) for name, value in request.headers.items() if name != hdrs.CONTENT_LENGTH]
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join(lines).encode()


class PooledConnection:
    """A connection that is ready for one exchange."""

    __slots__ = ("_address", "_connection", "_protocol", "_transport")

    def __init__(
        self,
        address: _Address,
        connection: Connection,
        protocol: ResponseHandler,
        transport: asyncio.Transport,
    ) -> None:
        self._address = address
        self._connection = connection
        self._protocol = protocol
        self._transport = transport

    async def exchange(self, body: bytes, content_type: str, seconds: float) -> tuple[int, bytes]:
        """(status, body) of the whole answer, which may take `seconds`. Raises one of `FAILURES`."""
        own = f"\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            # By cancelling: in some of its failures aiohttp forgets whoever waits for the rest of an answer.
            async with asyncio.timeout(seconds):
                self._transport.write(b"".join((self._address.head, own.encode(), body)))
                answer = await self._answer()
        except (HttpProcessingError, aiohttp.EofStream) as error:  # no `ClientError`s
            self._connection.close()
            raise aiohttp.ClientPayloadError(type(error).__name__) from error
        except BaseException:
            self._connection.close()
            raise
        self._connection.release()
        return answer

    async def _answer(self) -> tuple[int, bytes]:
        while True:
            message, payload = await self._protocol.read()
            if message.code not in _INTERIM:
                return message.code, await payload.read()


class Pool:
    """At most `connections` at a time, each kept for the next exchange. `proxy`: an address, or None."""

    def __init__(self, *, connections: int, proxy: str | None = None) -> None:
        self._connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=_KEEP_IDLE)
        self._proxy = proxy
        self._addresses: dict[tuple[str, str], _Address] = {}
        self._kept: WeakSet[ResponseHandler] = WeakSet()

    async def close(self) -> None:
        """Close every connection."""
        await self._connector.close()

    async def connect(self, method: str, url: str, seconds: float) -> PooledConnection:
        """A connection to the server of `url`, within `seconds`. Raises one of `FAILURES`: nothing was sent."""
        address = self._address(method, url)
        while True:
            try:
                connection = await self._connector.connect(address.request, [], _within(seconds))
            except TimeoutError as error:
                raise aiohttp.ConnectionTimeoutError("no connection in time") from error
            protocol, transport = connection.protocol, connection.transport
            # What came unasked while it lay idle would be taken for the answer to what is sent now.
            if protocol is not None and transport is not None and not protocol.should_close:
                # A parser of its own for each answer: an old one may hold the beginning of what came unasked.
                protocol.set_response_params(read_until_eof=True)
                self._kept.add(protocol)
                return PooledConnection(address, connection, protocol, transport)
            connection.close()
            if protocol not in self._kept:  # there may be other old ones, but a new one was of no use
                lost = OSError(errno.ECONNRESET, "of no use from the start")
                raise aiohttp.ClientConnectorError(address.request.connection_key, lost)

    def _address(self, method: str, url: str) -> _Address:
        address = self._addresses.get((method, url))
        if address is None:
            target = URL(url)
            if target.scheme not in self._connector.allowed_protocol_schema_set:
                raise aiohttp.NonHttpUrlClientError(target)
            proxy = None if self._proxy is None else URL(self._proxy)
            request = aiohttp.ClientRequest(method, target, loop=asyncio.get_running_loop(), proxy=proxy)
            address = self._addresses[method, url] = _Address(request)
        return address
