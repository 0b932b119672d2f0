"""PTB's bot and application as this house wants them: our transport, our limiter, no updater, no job queue.

The token is kept by PTB's bot alone; neither its `repr` nor an exception shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from telegram.error import InvalidToken, NetworkError
from telegram.ext import Application, BaseRateLimiter, ExtBot
from telegram.request import BaseRequest, RequestData

from bot.telegram.transport import AiohttpRequest, Plain

#: Seconds that getUpdates may wait at the server; short enough that a dead line is noticed soon.
LONG_POLL = 30
#: Seconds of silence after `LONG_POLL` until a long poll counts as lost.
LONG_POLL_MARGIN = 10.0

AnyApplication = Application[Any, Any, Any, Any, Any, Any]


class QuietBot(ExtBot[Any]):
    """An `ExtBot` that never tells its token."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}[…]"

    async def initialize(self) -> None:
        """Learn who we are (getMe). Raises `InvalidToken` where Telegram does not know the token."""
        refused = False
        try:
            await super().initialize()
        except InvalidToken:
            refused = True
        if refused:  # outside of `except`: PTB's own text holds the token
            raise InvalidToken("Telegram does not know this token")

    async def shutdown(self) -> None:
        """Close every connection, also where the bot was never introduced."""
        await super().shutdown()
        await self.request.shutdown()

    async def call(self, method: str, body: Mapping[str, Any], *, ticket: object = None) -> Any:  # noqa: ANN401
        """The raw result of one call through the limiter; `ticket` is for the limiter. Raises `TelegramError`.

        What is frozen must leave as it is, so nothing is made into PTB's objects on the way.
        """
        return await self._post(method, dict(body), api_kwargs=self._merge_api_rl_kwargs(None, ticket))

    async def call_at_once(self, method: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """As `call`, for JSON whose place in the limits is taken already: no limiter, one try.

        A thousand posts a second leave this way, and PTB's own walk through parameters costs a tenth of a post.
        """
        return await self.request.post(f"{self.base_url}/{method}", cast("RequestData", Plain(body)))

    async def fetch_updates(
        self, offset: int | None, allowed: Sequence[str], *, wait: int = LONG_POLL
    ) -> list[dict[str, Any]]:
        """Updates from `offset` on, as Telegram wrote them, after at most `wait` seconds; all before are confirmed.

        Raises `TelegramError`, also for an answer of another shape.
        """
        body = {"offset": offset, "timeout": wait, "allowed_updates": list(allowed)}
        updates = await self._post("getUpdates", body, read_timeout=wait + LONG_POLL_MARGIN)
        if not isinstance(updates, list) or not all(map(_is_update, updates)):
            raise NetworkError("updates that cannot be read")
        return updates


def build_bot(
    token: str,
    api_url: str,
    limiter: BaseRateLimiter[Any] | None,
    *,
    request: BaseRequest | None = None,
) -> QuietBot:
    """A bot at the Bot API server whose root is `api_url`. Opens nothing until it is used."""
    # PTB tells its address, and every parameter of a call, at DEBUG.
    logging.getLogger("telegram.ext.ExtBot").addFilter(_above_debug)
    root = api_url.rstrip("/")
    line = request or AiohttpRequest()
    return QuietBot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=line,
        get_updates_request=line,
        rate_limiter=limiter,
    )


def build_application(bot: QuietBot) -> AnyApplication:
    """An application that is only asked to `process_update`; whoever built `bot` shuts it down with it."""
    return Application.builder().bot(bot).updater(None).job_queue(None).build()


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _is_update(update: object) -> bool:
    return isinstance(update, dict) and isinstance(update.get("update_id"), int)
