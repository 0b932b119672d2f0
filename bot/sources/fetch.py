"""HTTP to the portal: one polite request at a time per host, within limits, and every failure in plain words.

It brings bytes and knows nothing of what they mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from bot import __version__
from bot.domain.looks import Validators
from bot.errors import FetchError, Forbidden
from bot.sources.addresses import (
    PublicResolver,
    host_and_port,
    hosts_and_ports,
    is_public,
    literal_address,
    proxies,
)
from bot.sources.answers import content_type, refuse_bad_answer, validators_of
from bot.sources.failures import in_plain_words
from bot.sources.inflating import ACCEPTED, Body
from bot.sources.parsing import MOST_BYTES

USER_AGENT = f"Kabarbot/{__version__} (newsroom feed reader; polls with conditional requests)"
_MOST_HOPS = 10
_PIECE = 64 * 1024
_LONGEST_HEADER = 32 * 1024
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as it came, unpacked. `moved_to` is where permanent redirects lead, None without them.

    `whole` is False where the connection broke off: then there are no validators, so that the next look
    asks for everything again.
    """

    body: bytes
    url: str
    status: int = 200
    content_type: str = ""
    charset: str | None = None
    validators: Validators = field(default_factory=Validators)
    moved_to: str | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class NotModified:
    """304: what the validators stand for is still true. `validators` replace the old ones."""

    validators: Validators
    moved_to: str | None = None


@dataclass(slots=True)
class _Trail:
    """Where a request has come from, hop by hop, and how much of its time is left."""

    url: str
    seconds: float
    trusted: bool
    moved_to: str | None = None
    only_permanent: bool = True
    seen: tuple[str, ...] = ()


class Fetcher:
    """Gets documents over HTTP. Sessions are opened with the first request and closed by `aclose`.

    `timeout` is in seconds for one document with all its redirects. `allowed` are the addresses that the
    settings name: only their hosts and ports may lie in a private network, whoever leads there; None where
    every address comes from an operator's hand. Proxy variables are honoured (`trust_env`).
    """

    def __init__(
        self,
        *,
        timeout: float = 20.0,
        most_bytes: int = MOST_BYTES,
        allowed: Iterable[str] | None = None,
        resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._allowed = hosts_and_ports(allowed or ())
        self._trusts_callers = allowed is None
        self._resolver = resolver
        self._clock = clock
        self._locks: dict[str, asyncio.Lock] = {}
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        headers: Mapping[str, str] | None = None,
        found_on: str | None = None,
    ) -> Fetched | NotModified:
        """The document at `url`; `found_on` is the page that named it, None where an operator did.

        An address that a page or a redirect gave may not lie in a private network unless it stays on the
        scheme, host and port it came from, or the settings name it.

        Raises:
            FetchError: no document, and why; `retry_after` is the portal's own wish.
            Gone: 410.
            Forbidden: a redirect or discovered link into a private network.
        """
        trail = _Trail(url, self._timeout, trusted=self._may_be_private(url, found_on))
        own_headers = {**(headers or {})}
        for _ in range(_MOST_HOPS + 1):
            answer = await self._hop(trail, validators, own_headers)
            if not isinstance(answer, str):
                return answer
            if not _same_origin(answer, trail.url):
                own_headers = {}
                trail.trusted = self._is_named(answer)
            trail.seen, trail.url = (*trail.seen, trail.url), answer
            if answer in trail.seen:
                raise FetchError(f"{_name(answer)} redirects in a circle")
        raise FetchError(f"{_name(url)} redirects more than {_MOST_HOPS} times")

    async def aclose(self) -> None:
        """Close every connection; safe to call twice."""
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    def _may_be_private(self, url: str, found_on: str | None) -> bool:
        by_hand = self._trusts_callers if found_on is None else _same_origin(url, found_on)
        return by_hand or self._is_named(url)

    def _is_named(self, url: str) -> bool:
        return host_and_port(url) in self._allowed

    async def _hop(
        self, trail: _Trail, validators: Validators | None, headers: Mapping[str, str]
    ) -> Fetched | NotModified | str:
        """One request, alone with its host; its answer, or the address that it redirects to."""
        host = _checked_host(trail)
        lock = self._locks.setdefault(host, asyncio.Lock())
        async with lock:
            loop = asyncio.get_running_loop()
            start = loop.time()
            try:
                async with asyncio.timeout(max(trail.seconds, 0.001)):
                    return await self._request(trail, validators, headers)
            except TimeoutError as error:
                raise FetchError(
                    f"{_name(trail.url)} gave no whole answer within {self._timeout:g} seconds"
                ) from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise in_plain_words(error, _name(trail.url)) from error
            finally:
                trail.seconds -= loop.time() - start

    async def _request(
        self, trail: _Trail, validators: Validators | None, headers: Mapping[str, str]
    ) -> Fetched | NotModified | str:
        session = self._session(trusted=trail.trusted)
        asked = {**headers, **_conditions(validators)}
        async with session.get(trail.url, headers=asked, allow_redirects=False) as response:
            if response.status in _REDIRECTS and (place := response.headers.get("Location")):
                return _redirect(trail, response.status, place)
            if response.status == 304 and validators is not None and validators != Validators():
                return NotModified(validators_of(response.headers, validators), trail.moved_to)
            body, whole = await self._read(response)
            refuse_bad_answer(response.status, response.headers, body, _name(trail.url), self._clock())
            kind, charset = content_type(response.headers)
            return Fetched(
                body=body,
                url=trail.url,
                status=response.status,
                content_type=kind,
                charset=charset,
                validators=validators_of(response.headers) if whole else Validators(),
                moved_to=trail.moved_to,
                whole=whole,
            )

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """The body unpacked, and whether it is whole; a connection that breaks off leaves what came."""
        body = Body(response.headers.get("Content-Encoding", ""), self._most_bytes)
        try:
            async for piece in response.content.iter_chunked(_PIECE):
                body.add(piece)
        except (aiohttp.ClientPayloadError, ConnectionError):
            if not bytes(body):
                raise
            return bytes(body), False
        return bytes(body), body.whole

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        """The session for addresses of the settings, or the one whose resolver knows public addresses only."""
        if trusted not in self._sessions:
            inner = self._resolver()
            resolver = inner if trusted else PublicResolver(inner, but=proxies())
            connector = aiohttp.TCPConnector(resolver=resolver, limit_per_host=1)
            self._sessions[trusted] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
                auto_decompress=False,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": USER_AGENT, "Accept": _ACCEPT, "Accept-Encoding": ACCEPTED},
            )
        return self._sessions[trusted]


def _checked_host(trail: _Trail) -> str:
    """The host of the next hop; raises where it is no web address, or a private one that is not trusted."""
    if (found := host_and_port(trail.url)) is None:
        raise FetchError("this is no web address: it must begin with http:// or https://")
    host, _ = found
    address = literal_address(host)
    if not trail.trusted and (host == "localhost" or (address and not is_public(address))):
        raise Forbidden(f"a redirect or link leads into a private network: {host}")
    return host


def _same_origin(one: str, other: str) -> bool:
    same_scheme = urlsplit(one).scheme.lower() == urlsplit(other).scheme.lower()
    return same_scheme and host_and_port(one) == host_and_port(other) is not None


def _redirect(trail: _Trail, status: int, location: str) -> str:
    target = urljoin(trail.url, location.strip()).partition("#")[0]
    trail.only_permanent = trail.only_permanent and status in _PERMANENT
    if trail.only_permanent:
        trail.moved_to = target
    return target


def _conditions(validators: Validators | None) -> dict[str, str]:
    """Conditional headers with the server's own words, however it writes them; unsendable ones left out."""
    if validators is None:
        return {}
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value and value.isprintable() and value.isascii()}


def _name(url: str) -> str:
    """How a message names an address: its host, since path and query may hold a secret."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "this address"
    except ValueError:
        return "this address"
