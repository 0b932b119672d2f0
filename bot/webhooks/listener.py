"""The listener at `WEBHOOK_ADDRESS`: finds the door behind a secret path; every other path is 404.

Stands behind a reverse proxy that speaks https to the world; the proxy may keep or take off the path of
`PUBLIC_URL`.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import StoreError
from bot.serving import BoundedServer
from bot.webhooks.answers import answer
from bot.webhooks.telegram import TelegramDoor
from bot.webhooks.websub import WebSubDoor

#: Connections at once: what Telegram is told to open at most (setWebhook, max_connections).
MOST_CONNECTIONS = 20
#: Seconds for a request, its body and its answer.
_ANSWER_WITHIN = 10.0
WEBSUB = "/websub/"


class WebhookListener:
    """Serves the doors at `host` and `port` from `start` to `stop`; `public_url` is how the world calls it."""

    def __init__(
        self, host: str, port: int, *, public_url: str, telegram: TelegramDoor, websub: WebSubDoor
    ) -> None:
        self._prefix = urlsplit(public_url).path.rstrip("/")
        self._telegram = telegram
        self._websub = websub
        self._server = BoundedServer(
            self._serve, host, port, setting="WEBHOOK_ADDRESS", most_connections=MOST_CONNECTIONS
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that were bound."""
        return self._server.address

    async def start(self) -> None:
        """Listen. Raises `errors.SettingsError` where the address cannot be used."""
        await self._server.start()

    async def stop(self) -> None:
        """Close; what was not answered with 2xx is sent again by those who sent it."""
        await self._server.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await self._find(request)
        except StoreError:
            return answer(503)
        except TimeoutError:
            return answer(408)

    async def _find(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        if self._telegram.is_at(path):
            return await self._telegram.open(request)
        if path.startswith(WEBSUB):
            return await self._websub.open(request, path.removeprefix(WEBSUB))
        return answer(404)
