"""A request on its way from redirect to redirect: where it is, what it may still do, when it must end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bot.errors import FetchError, Forbidden
from bot.sources.addresses import host_and_port, is_public, literal_address, origin

_MOST_HOPS = 10
_PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Trail:
    """The next hop (`url`, `headers` for it, whether it may be private) and what the hops before it said.

    `seconds` are left of the request's time; `moved_to` is where permanent redirects alone have led.
    """

    url: str
    seconds: float
    trusted: bool
    headers: Mapping[str, str] = field(default_factory=dict)
    moved_to: str | None = None
    _only_permanent: bool = True
    _seen: tuple[str, ...] = ()

    def follow(self, status: int, location: str, is_named: Callable[[str], bool]) -> None:
        """Go on to where a redirect leads; `is_named` tells which addresses stand in the settings.

        Trust, and headers that may hold a key, stay with scheme, host and port.

        Raises:
            FetchError: a circle, or more than ten redirects.
        """
        target = urljoin(self.url, location.strip()).partition("#")[0]
        if not same_origin(target, self.url):
            self.headers = {}
            self.trusted = is_named(target)
        self._only_permanent = self._only_permanent and status in _PERMANENT
        if self._only_permanent:
            self.moved_to = target
        self._seen, self.url = (*self._seen, self.url), target
        if target in self._seen:
            raise FetchError(f"{host_name(target)} redirects in a circle")
        if len(self._seen) > _MOST_HOPS:
            raise FetchError(f"{host_name(self._seen[0])} redirects more than {_MOST_HOPS} times")

    def host(self) -> str:
        """The host of the next hop.

        Raises:
            FetchError: it is no web address.
            Forbidden: it is a private one that nobody with a right to it has named.
        """
        if (found := host_and_port(self.url)) is None:
            raise FetchError("this is no web address: it must begin with http:// or https://")
        host, _ = found
        address = literal_address(host)
        if not self.trusted and (host == "localhost" or (address and not is_public(address))):
            raise Forbidden(f"a redirect or link leads into a private network: {host}")
        return host


def same_origin(one: str, other: str) -> bool:
    """Whether two web addresses share scheme, host and port."""
    return origin(one) == origin(other) is not None


def host_name(url: str) -> str:
    """How a message names an address: its host, since path and query may hold a secret."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "this address"
    except ValueError:
        return "this address"
