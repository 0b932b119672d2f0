"""The public address: one that Telegram can call. Nothing is called here: the bot may not be running."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.cli.checks.finding import Finding, bad, good

#: Bot API, setWebhook: ports that Telegram calls.
_PORTS = (443, 80, 88, 8443)
_WHAT = "public address"


def public_address(url: str) -> Finding:
    """`url` is the checked setting, empty where there is none."""
    if not url:
        return good(_WHAT, "none is set: updates are fetched, which is fine")
    parts = urlsplit(url)
    if (parts.port or 443) not in _PORTS:
        return bad(
            _WHAT, f"Telegram calls ports {', '.join(map(str, _PORTS))} only: change the port of PUBLIC_URL"
        )
    if not _reachable(parts.hostname or ""):
        return bad(_WHAT, f"nobody outside reaches {parts.hostname}: PUBLIC_URL needs a public name")
    return good(_WHAT)


def _reachable(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
