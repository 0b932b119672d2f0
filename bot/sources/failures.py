"""A failed connection in one line for the person who can mend it."""

from __future__ import annotations

import errno
import socket

import aiohttp

from bot.errors import FetchError, Forbidden
from bot.sources.addresses import PrivateAddressError

_WORDS = {
    errno.ECONNREFUSED: "refuses the connection",
    errno.ECONNRESET: "broke the connection off",
    errno.EPIPE: "broke the connection off",
    errno.EHOSTUNREACH: "cannot be reached: no route to it",
    errno.ENETUNREACH: "cannot be reached: the network is down",
    errno.ETIMEDOUT: "does not answer",
}


def in_plain_words(error: Exception, name: str) -> FetchError:
    """Our error for one of aiohttp's or the system's; `name` is the host that was asked."""
    if _is_private(error):
        return Forbidden(f"a redirect or link leads into a private network: {name}")
    return FetchError(f"{_subject(error, name)} {_predicate(error)}")


def _is_private(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, PrivateAddressError) or isinstance(
            getattr(error, "os_error", None), PrivateAddressError
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def _subject(error: Exception, name: str) -> str:
    return (
        "the proxy"
        if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError)
        else name
    )


def _predicate(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(_system(error), socket.gaierror):
        return "is not known: its name does not resolve"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"shows a certificate that is not valid: {_certificate(error)}"
    if isinstance(error, aiohttp.ClientSSLError):
        return "cannot be spoken to over TLS"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "broke off its answer"
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return "is no web address"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"answers {error.status}"
    if isinstance(error, aiohttp.ClientResponseError):
        return "does not speak HTTP"
    return _WORDS.get(_system(error).errno or 0, "cannot be reached")


def _system(error: Exception) -> OSError:
    inner = getattr(error, "os_error", error)
    return inner if isinstance(inner, OSError) else OSError()


def _certificate(error: aiohttp.ClientConnectorCertificateError) -> str:
    return str(getattr(error.certificate_error, "verify_message", "")) or "it is not trusted"
