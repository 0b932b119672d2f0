"""What every test stands under: no network beyond this machine, and Hypothesis that is the same everywhere."""

from __future__ import annotations

import ipaddress
import os
import sys

from hypothesis import HealthCheck, settings

settings.register_profile(
    "kabarbot",
    deadline=None,  # the machines are shared: a slow example is no failure
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kabarbot")


class NetworkUsed(Exception):  # noqa: N818 - it says what happened
    """A test reached for an address beyond this machine."""


def _stay_at_home(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        _check(arguments[1])
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if isinstance(host, str) and not _is_local(host):
            raise NetworkUsed(f"a test looked up {host}")


def _check(address: object) -> None:
    if isinstance(address, tuple) and not _is_local(str(address[0])):
        raise NetworkUsed(f"a test connected to {address[0]}")


def _is_local(host: str) -> bool:
    if host in {"", "localhost"} or host.endswith((".invalid", ".localhost")):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


sys.addaudithook(_stay_at_home)
