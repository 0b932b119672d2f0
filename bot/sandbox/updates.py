"""The queue of updates: what the bot is told, once, in order, for at most 24 hours; and who is listening.

Long polling follows the server: an offset confirms, a second `getUpdates` ends the first with 409, a webhook
refuses both. Delivery to a webhook is in `webhook.py`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from bot.sandbox.clock import Clock
from bot.sandbox.errors import OTHER_GET_UPDATES, SET_WEBHOOK, WEBHOOK_ACTIVE, conflict
from bot.sandbox.ids import Ids
from bot.sandbox.jsontext import dump

KEPT_SECONDS: Final = 24 * 3600
MAX_POLL_SECONDS: Final = 50
KINDS: Final = frozenset({
    "message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
    "callback_query", "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member", "chat_member",
    "chat_join_request", "message_reaction", "message_reaction_count", "chat_boost", "removed_chat_boost",
})  # fmt: skip
# Left out of `allowed_updates` these come only when asked for by name.
ON_REQUEST: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_KINDS: Final = KINDS - ON_REQUEST


@dataclass(frozen=True, slots=True)
class Update:
    """One update: its number, when it is forgotten (seconds since the epoch), and its JSON."""

    id: int
    expires: float
    body: str


@dataclass(slots=True)
class Updates:
    """The queue. `listener`, if set, is told that something was added (the webhook's sender)."""

    clock: Clock
    ids: Ids
    allowed: frozenset[str] = DEFAULT_KINDS
    webhook_active: bool = False
    listener: Callable[[], None] | None = None
    _queue: deque[Update] = field(default_factory=deque)
    _poll: "asyncio.Future[str] | None" = None

    def allow(self, names: list[Any] | None) -> None:
        """Which kinds are queued from now on: None keeps the last list, an empty one is the default."""
        if names is None:
            return
        chosen = KINDS.intersection(str(name).lower() for name in names)
        self.allowed = chosen or DEFAULT_KINDS

    def add(self, kind: str, payload: dict[str, Any]) -> int:
        """Queue an update if the bot wants its kind; its number, or 0."""
        if kind not in self.allowed:
            return 0
        number = self.ids.update()
        body = dump({"update_id": number, kind: payload})
        self._queue.append(Update(number, self.clock.now() + KEPT_SECONDS, body))
        self._wake("news")
        if self.listener is not None:
            self.listener()
        return number

    def _wake(self, reason: str) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(reason)

    async def get(self, offset: int, limit: int, timeout: int) -> list[Update]:  # noqa: ASYNC109 - Telegram's own name
        """What `getUpdates` answers. Waits up to `timeout` seconds (at most 50) for the first one.

        Raises ApiError 409 while a webhook is set, or when another call or setWebhook ends the wait.
        """
        if self.webhook_active:
            raise conflict(WEBHOOK_ACTIVE)
        self._wake("other")
        self.confirm(offset)
        found = self._batch(limit)
        if found or timeout <= 0:
            return found
        reason = await self._wait(min(timeout, MAX_POLL_SECONDS))
        if reason == "other":
            raise conflict(OTHER_GET_UPDATES)
        if reason == "webhook":
            raise conflict(SET_WEBHOOK)
        return self._batch(limit)

    async def _wait(self, seconds: float) -> str:
        poll: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = poll
        try:
            return await asyncio.wait_for(poll, seconds)
        except TimeoutError:
            return "timeout"
        finally:
            if self._poll is poll:
                self._poll = None

    def confirm(self, offset: int) -> None:
        """Forget what is below `offset`; a negative one keeps only that many of the newest."""
        queue = self._queue
        if offset < 0:
            while len(queue) > -offset:
                queue.popleft()
        else:
            while queue and queue[0].id < offset:
                queue.popleft()

    def _batch(self, limit: int) -> list[Update]:
        self.forget_expired()
        return list(islice(self._queue, limit))

    def forget_expired(self) -> None:
        now = self.clock.now()
        while self._queue and self._queue[0].expires <= now:
            self._queue.popleft()

    def first(self) -> Update | None:
        """The oldest update that is still to be delivered."""
        self.forget_expired()
        return self._queue[0] if self._queue else None

    @property
    def pending(self) -> int:
        self.forget_expired()
        return len(self._queue)

    def clear(self) -> None:
        self._queue.clear()

    def end_poll_for_webhook(self) -> None:
        """Let a waiting `getUpdates` end because of setWebhook."""
        self._wake("webhook")

    def stop(self) -> None:
        """Let a waiting `getUpdates` answer now: the server is going down."""
        self._wake("timeout")
