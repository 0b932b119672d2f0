"""Which addresses belong to the public Internet, and a resolver that knows no others.

The check sits where the connection is made: what was checked is what is connected to, whatever a name
resolves to a moment later.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

#: The last 32 bits are the IPv4 address that is really reached: NAT64 (RFC 6052), IPv4-compatible (RFC 4291 §2.5.5.1),
#: IPv4-translated (RFC 2765 §2.1).
_WRAPPERS = tuple(map(ip_network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
#: NAT64 of a network's own (RFC 8215).
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class PrivateAddressError(OSError):
    """A name or address leads into a private network."""


class PublicResolver(AbstractResolver):
    """Resolves through `inner`, and leaves out every address that is not public, `but` for a few hosts."""

    def __init__(self, inner: AbstractResolver, *, but: Collection[tuple[str, int]] = ()) -> None:
        self._inner = inner
        self._but = frozenset(but)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Public addresses of `host`; raises `PrivateAddressError` where it has only others."""
        found = await self._inner.resolve(host, port, family)
        if (host, port) in self._but:
            return found
        public = [result for result in found if is_public(result["host"])]
        if found and not public:
            raise PrivateAddressError(host)
        return public

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether an IP address is reached over the public Internet, also when it wraps an IPv4 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(parsed) if isinstance(parsed, IPv6Address) else parsed
    return inner.is_global and not inner.is_multicast and parsed not in _LOCAL_NAT64


def _wrapped(address: IPv6Address) -> IPv4Address | IPv6Address:
    if any(address in wrapper for wrapper in _WRAPPERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def literal_address(host: str) -> str | None:
    """The IP address that `host` itself is, None for a name; odd forms (``0x7f.1``) as the system reads them."""
    bare = host.strip("[]")
    try:
        return str(ip_address(bare.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare)) if bare[:1].isdigit() else None
    except OSError:
        return None


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a web address (RFC 6454 §5), as they are compared; None for anything else.

    Read as the HTTP client reads it, IDNA folded: to it ``１２７。0。0。1`` is an address, which no resolver is asked for.
    """
    try:
        parts = URL(url)
    except ValueError:
        return None
    usual = _DEFAULT_PORTS.get(parts.scheme)
    host = (parts.raw_host or "").rstrip(".")
    return (parts.scheme, host, parts.explicit_port or usual) if usual and host else None


def host_and_port(url: str) -> tuple[str, int] | None:
    """Host and port of a web address; None for anything else."""
    found = origin(url)
    return found[1:] if found else None


def hosts_and_ports(urls: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Host and port of each web address of `urls`."""
    return frozenset(found for url in urls if (found := host_and_port(url)))


def proxies() -> frozenset[tuple[str, int]]:
    """Host and port of the proxies that the environment names: they may lie in a private network."""
    from urllib.request import getproxies

    return hosts_and_ports(getproxies().values())
