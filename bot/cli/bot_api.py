"""A few questions to the Bot API, for `check`: no limits, no retries, no sending.

The bot's own transport is `bot.telegram`'s; this room may not import that library, and a handful of
read-only calls need none. The token stands in addresses only and never in an error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bot.errors import KabarbotError

if TYPE_CHECKING:
    import aiohttp

_SECONDS = 15.0


class NoAnswerError(KabarbotError):
    """The server could not be reached, or is no Bot API server; the text says why."""


class RefusedError(KabarbotError):
    """The server said no. `code` is its `error_code`, `moved_to` the id that a group has as a supergroup."""

    def __init__(self, code: int, description: str, moved_to: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.moved_to = moved_to


class BotApi:
    """Asks one server in the name of one bot."""

    def __init__(self, session: aiohttp.ClientSession, root: str, token: str) -> None:
        self._session = session
        self._prefix = f"{root}/bot{token}/"
        self._token = token

    async def ask(self, method: str, **parameters: Any) -> Any:  # noqa: ANN401 (JSON)
        """The `result` of `method`. Raises `NoAnswerError` and `RefusedError`."""
        import aiohttp

        try:
            async with self._session.post(self._prefix + method, json=parameters) as response:
                body = json.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise NoAnswerError(_why(error)) from None
        return self._result(body)

    def masked(self, text: str) -> str:
        """`text` without the token, should it be there."""
        for token in (self._token, self._token.replace(":", "%3A"), self._token.replace(":", "%3a")):
            text = text.replace(token, "…")
        return text

    def _result(self, body: object) -> Any:  # noqa: ANN401 (JSON)
        if not isinstance(body, Mapping) or not isinstance(body.get("ok"), bool):
            raise NoAnswerError("what answers there is no Bot API server")
        if body["ok"]:
            return body.get("result")
        words = self.masked(str(body.get("description") or ""))
        more = body.get("parameters")
        moved_to = more.get("migrate_to_chat_id") if isinstance(more, dict) else None
        raise RefusedError(int(body.get("error_code") or 0), words, moved_to)


def _why(error: Exception) -> str:
    """In words of our own: those of a library may repeat the address, token included."""
    import aiohttp

    if isinstance(error, TimeoutError):
        return f"no answer within {_SECONDS:.0f} s"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "no connection"
    return "what answers there is no Bot API server"


@asynccontextmanager
async def open_api(root: str, token: str) -> AsyncIterator[BotApi]:
    """A client for the server at `root`; proxy variables are honoured."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        yield BotApi(session, root, token)
    # A TLS connection needs a turn of the loop to close.
    await asyncio.sleep(0)
