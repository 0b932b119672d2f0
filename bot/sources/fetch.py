"""HTTP to the portal: one polite request at a time per host, within limits, and every failure in plain words.

It brings bytes and knows nothing of what they mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver

from bot import __version__
from bot.domain.looks import Validators
from bot.errors import FetchError
from bot.proxies import proxy_for
from bot.sources.addresses import (
    PrivateAddressError,
    PublicResolver,
    host_and_port,
    hosts_and_ports,
    proxies,
)
from bot.sources.answers import age_of, content_type, refuse_bad_answer, retry_after, validators_of
from bot.sources.failures import in_plain_words
from bot.sources.inflating import ACCEPTED, Body
from bot.sources.linkheader import HubLinks, hub_links
from bot.sources.tasks import MOST_BYTES
from bot.sources.trail import REDIRECTS, Trail, host_name, same_origin

USER_AGENT = f"Kabarbot/{__version__} (newsroom feed reader; polls with conditional requests)"
_PIECE = 64 * 1024
_LONGEST_HEADER = 32 * 1024
#: Redirects that repeat a POST (RFC 9110 §15.4); WebSub has subscribers follow them (§5.1).
_REPEATING = frozenset({307, 308})
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
    links: HubLinks = field(default_factory=HubLinks)
    age: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class NotModified:
    """304: what the validators stand for is still true. `validators` replace the old ones."""

    validators: Validators
    moved_to: str | None = None
    age: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a page answers: its `status`, where redirects `ended`, and the portal's own wish."""

    status: int
    ended: str
    retry_after: timedelta | None = None


_Answer = TypeVar("_Answer")


class Fetcher:
    """Gets documents over HTTP. Sessions are opened with the first request and closed by `aclose`.

    `timeout` is in seconds for one document with all its redirects. `allowed` are the addresses that the
    settings name: only their hosts and ports may lie in a private network, whoever leads there; None where
    every address comes from an operator's hand. Proxy variables are honoured; a netrc is not asked, as aiohttp's
    `trust_env` does in a thread for every request: keys for a portal stand in the settings.
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
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
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
        trail = Trail(url, self._timeout, self._may_be_private(url, found_on), headers or {})
        request = partial(self._request, validators=validators)
        answer: Fetched | NotModified | None = None
        while answer is None:
            answer = await self._hop(trail, request)
        return answer

    async def standing(self, url: str, *, found_on: str) -> Standing:
        """Whether there is a page at `url`, which the feed at `found_on` named: asked without its body.

        Whoever does not answer HEAD well is asked by GET, of which only the head is read (RFC 9110 §9.3.2).

        Raises:
            FetchError, Forbidden: nobody answers; as `fetch`.
        """
        answer: Standing | None = None
        for method in ("HEAD", "GET"):
            answer, trail = None, Trail(url, self._timeout, self._may_be_private(url, found_on))
            while answer is None:
                answer = await self._hop(trail, partial(self._knock, method=method))
            if 200 <= answer.status < 300:
                break
        assert answer is not None  # noqa: S101 - both methods end with one
        return answer

    async def submit(self, url: str, form: Mapping[str, str], *, found_on: str) -> None:
        """POST `form` to the address that the document at `found_on` named; returns when it is accepted (2xx).

        Raises:
            FetchError, Forbidden: as `fetch`.
        """
        trail = Trail(url, self._timeout, self._may_be_private(url, found_on))
        while await self._hop(trail, partial(self._post, form=form)) is None:
            pass

    async def aclose(self) -> None:
        """Close every connection; safe to call twice."""
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    def _may_be_private(self, url: str, found_on: str | None) -> bool:
        by_hand = self._trusts_callers if found_on is None else same_origin(url, found_on)
        return by_hand or self._is_named(url)

    def _is_named(self, url: str) -> bool:
        return host_and_port(url) in self._allowed

    async def _hop(
        self, trail: Trail, request: Callable[[Trail], Awaitable[_Answer | None]]
    ) -> _Answer | None:
        """One request, alone with its host; its answer, or None where it led on."""
        lock = self._locks.setdefault(trail.host(), asyncio.Lock())
        name = host_name(trail.url)
        async with lock:
            loop = asyncio.get_running_loop()
            start = loop.time()
            try:
                async with asyncio.timeout(max(trail.seconds, 0.001)):
                    await self._judge_behind_proxy(trail)
                    return await request(trail)
            except TimeoutError as error:
                raise FetchError(f"{name} gave no whole answer within {self._timeout:g} seconds") from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise in_plain_words(error, name) from error
            finally:
                trail.seconds -= loop.time() - start

    async def _judge_behind_proxy(self, trail: Trail) -> None:
        """A proxy resolves names itself: what this machine knows to be private is not even asked of it."""
        found = host_and_port(trail.url)
        if trail.trusted or found is None or not proxies():
            return
        resolver = PublicResolver(self._resolver())
        try:
            await resolver.resolve(*found)
        except PrivateAddressError:
            raise
        except OSError:  # unknown here, so the proxy's to resolve
            return
        finally:
            await resolver.close()

    async def _request(self, trail: Trail, validators: Validators | None) -> Fetched | NotModified | None:
        asked = {**trail.headers, **_conditions(validators)}
        async with self._open(trail, "GET", headers=asked) as response:
            if self._leads_on(trail, response, REDIRECTS):
                return None
            if response.status == 304 and validators is not None and validators != Validators():
                age = age_of(response.headers, self._clock())
                return NotModified(validators_of(response.headers, validators), trail.moved_to, age)
            return await self._fetched(trail, response)

    async def _knock(self, trail: Trail, method: str) -> Standing | None:
        async with self._open(trail, method) as response:
            if self._leads_on(trail, response, REDIRECTS):
                return None
            wish = retry_after(response.headers.get("Retry-After"), self._clock())
            return Standing(response.status, trail.url, wish)

    async def _post(self, trail: Trail, form: Mapping[str, str]) -> bool | None:
        async with self._open(trail, "POST", data=form) as response:
            if self._leads_on(trail, response, _REPEATING):
                return None
            body, _ = await self._read(response)
            refuse_bad_answer(response.status, response.headers, body, host_name(trail.url), self._clock())
            return True

    def _open(
        self,
        trail: Trail,
        method: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Whatever is asked goes through the environment's proxy, and follows no redirect by itself."""
        session, proxy = self._session(trusted=trail.trusted), proxy_for(trail.url)
        return session.request(
            method, trail.url, headers=headers, data=data, proxy=proxy, allow_redirects=False
        )

    def _leads_on(self, trail: Trail, response: aiohttp.ClientResponse, redirects: Collection[int]) -> bool:
        """Whether the answer is one of these `redirects`; `trail` has followed it then."""
        place = response.headers.get("Location")
        if response.status not in redirects or not place:
            return False
        trail.follow(response.status, place, self._is_named)
        return True

    async def _fetched(self, trail: Trail, response: aiohttp.ClientResponse) -> Fetched:
        body, whole = await self._read(response)
        refuse_bad_answer(response.status, response.headers, body, host_name(trail.url), self._clock())
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
            age=age_of(response.headers, self._clock()),
            links=hub_links(response.headers.getall("Link", ()), trail.url),
        )

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """The body unpacked, and whether it is whole; a connection that breaks off leaves what came."""
        body = Body(response.headers.get("Content-Encoding", ""), self._most_bytes)
        try:
            async for piece in response.content.iter_chunked(_PIECE):
                for _ in body.add(piece):
                    await asyncio.sleep(0)
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
                auto_decompress=False,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": USER_AGENT, "Accept": _ACCEPT, "Accept-Encoding": ACCEPTED},
            )
        return self._sessions[trusted]


def _conditions(validators: Validators | None) -> dict[str, str]:
    """Conditional headers with the server's own words, however it writes them; unsendable ones left out."""
    if validators is None:
        return {}
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value and value.isprintable() and value.isascii()}
