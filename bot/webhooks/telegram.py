"""Telegram's path: one update a request, behind a secret path and a secret header (Bot API, setWebhook).

What an update means is not known here.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.webhooks.answers import TooLongError, answer, is_packed, not_allowed, pieces

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
#: Bytes of an update: the longest message with every entity and button is far below.
MOST_BYTES = 1024 * 1024

Receive = Callable[[Mapping[str, Any]], Awaitable[None]]


class TelegramDoor:
    """Takes updates at `path` from whoever sends `secret` in the header; `receive` returns when one is stored."""

    def __init__(self, path: str, secret: str, receive: Receive) -> None:
        self._path = path.encode()
        self._secret = secret.encode()
        self._receive = receive

    def is_at(self, path: str) -> bool:
        """Whether `path` is this door's; compared in constant time."""
        return hmac.compare_digest(path.encode(errors="surrogateescape"), self._path)

    async def open(self, request: web.BaseRequest) -> web.Response:
        """200 once the update is stored; a 4xx does nothing, and Telegram repeats after anything but 2xx."""
        if request.method != "POST":
            return not_allowed("POST")
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), self._secret):
            return answer(403)
        if is_packed(request):
            return answer(415)
        try:
            body = b"".join([piece async for piece in pieces(request, MOST_BYTES)])
        except TooLongError:
            return answer(413)
        update = _update(body)
        if update is None:
            return answer(400)
        await self._receive(update)
        return answer(200)


def _update(body: bytes) -> Mapping[str, Any] | None:
    """The update in `body`; None where there is none."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = update.get("update_id") if isinstance(update, dict) else None
    return update if isinstance(number, int) and not isinstance(number, bool) else None
