"""The answers of the listener, all as short as they can be, and its way to read a body of bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

_HEADERS = {
    "Server": "kabarbot",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_PIECE = 64 * 1024


class TooLongError(Exception):
    """The body has more bytes than are read."""


def answer(status: int, text: str = "") -> web.Response:
    """An answer in plain text. One that takes nothing in ends its connection: a body may still be coming."""
    response = web.Response(status=status, text=text, content_type="text/plain", headers=_HEADERS)
    if status >= 400:
        response.force_close()
    return response


def not_allowed(*methods: str) -> web.Response:
    """405, with what is allowed (RFC 9110 §15.5.6)."""
    response = answer(405)
    response.headers["Allow"] = ", ".join(methods)
    return response


def is_packed(request: web.BaseRequest) -> bool:
    """Whether the body would have to be unpacked: nobody who is meant to call here packs it."""
    return request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}


async def pieces(request: web.BaseRequest, most: int) -> AsyncIterator[bytes]:
    """The raw body, `most` bytes of it. Raises `TooLongError` when there are more."""
    size = 0
    if (request.content_length or 0) > most:
        raise TooLongError
    async for piece in request.content.iter_chunked(_PIECE):
        size += len(piece)
        if size > most:
            raise TooLongError
        yield piece
