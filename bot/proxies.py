"""The proxy that the environment names for an address (`HTTPS_PROXY` and its kin).

aiohttp's own `trust_env` asks for it, and for a netrc, in a thread at every request; whoever uses this passes it on.
"""

from __future__ import annotations

from urllib.parse import urlsplit


def proxy_for(url: str) -> str | None:
    """The proxy through which the environment wants `url`, but for ``NO_PROXY``; None for none."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    found = getproxies().get(parts.scheme.lower())
    return found if found and not proxy_bypass(parts.hostname or "") else None
