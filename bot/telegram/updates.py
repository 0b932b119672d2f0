"""Updates: fetched or received, stored, only then confirmed, then handled, in order within each chat.

    getUpdates | webhook ──▶ inbox.keep ──▶ (confirmed) ──▶ begin ──▶ handle ──▶ done

What was stored and not finished, by whichever process, is read back from the inbox through the same door,
so a kill loses nothing. How one update is handled is `handling`'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.errors import StoreError, TokenRefused
from bot.events import Events, StoreTrouble, WorkerFailed
from bot.ports import Clock, Inbox
from bot.telegram.bot import LONG_POLL, QuietBot
from bot.telegram.errors import one_line, wait_of
from bot.telegram.handling import Handle, Handling
from bot.telegram.identity import verify_token
from bot.telegram.incoming import ALLOWED_UPDATES
from bot.telegram.speak import OpenAnswers
from bot.telegram.trouble import Spell

#: Updates in a batch at most (Bot API, getUpdates); a full one means that more are waiting.
_FULL = 100
_STORE_PAUSE = timedelta(seconds=2)
_AFTER_A_BUG = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram brings updates: `url` with its secret path, and the `secret` of its header."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


class UpdateLoop:
    """Has updates handled. With a `webhook` it is brought them (`receive`), else it fetches them.

    `answers` is told of chats where the last process may have been speaking when it ended.
    """

    def __init__(
        self,
        bot: QuietBot,
        inbox: Inbox,
        handle: Handle,
        clock: Clock,
        events: Events,
        *,
        webhook: Webhook | None = None,
        answers: OpenAnswers | None = None,
    ) -> None:
        self._bot = bot
        self._inbox = inbox
        self._clock = clock
        self._events = events
        self._webhook = webhook
        self._handling = Handling(
            inbox,
            handle,
            clock,
            events,
            username=lambda: bot.username,
            interrupted=(answers or OpenAnswers(clock)).unknown_in,
        )
        self._spell = Spell(events)
        self._offset: int | None = None
        self._more = (
            True  # the inbox may hold updates that were not handed out: at first, those of the last process
        )
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stop()`. `bot` must have been introduced. Raises `TokenRefused` where Telegram insists on it."""
        try:
            while not self._stopping.is_set():
                pause = await self._unless_stopped(self._guard())
                if pause:
                    await self._unless_stopped(self._clock.sleep(pause.total_seconds()))
        finally:
            await self._handling.finish()

    def stop(self) -> None:
        """Have `run` end: a long poll is cut off, handlers get three seconds. What is unfinished is kept."""
        self._stopping.set()

    async def receive(self, update: Mapping[str, Any]) -> None:
        """Take one update from the webhook; when this returns, it is stored. Raises `StoreError`."""
        await self._inbox.keep([update], self._clock.now())
        await self._handling.hand_out()

    async def verify_token(self) -> None:
        """Ask getMe up to three times over a minute. Raises `TokenRefused` if each time the token is unknown."""
        await verify_token(self._bot, self._clock)

    async def _guard(self) -> timedelta | None:
        try:
            return await self._round()
        except TokenRefused:
            raise
        except Exception as error:  # noqa: BLE001 - the top of a worker: posts must not end for this
            self._events.tell(WorkerFailed(self._clock.now(), "updates", type(error).__name__, error))
            return _AFTER_A_BUG

    async def _round(self) -> timedelta | None:
        """One batch, or one failure to get it; how long to wait before the next."""
        try:
            await (self._fetch() if self._webhook is None else self._stand_ready(self._webhook))
        except InvalidToken as error:
            pause = self._spell.failed("network", one_line(error.message), self._clock.now())
            await self.verify_token()
            return pause
        except Conflict as error:
            return await self._conflict(error)
        except TelegramError as error:
            pause = self._spell.failed("network", one_line(error.message), self._clock.now())
            return max(pause, wait_of(error)) if isinstance(error, RetryAfter) else pause
        except StoreError as error:
            # Nothing is confirmed and nothing lost: the same updates come again.
            self._events.tell(StoreTrouble(self._clock.now(), str(error)))
            return _STORE_PAUSE
        return None

    async def _fetch(self) -> None:
        await self._handling.room()
        if self._more and self._offset is None:
            await self._hand_out()
        batch = await self._bot.fetch_updates(
            self._offset, ALLOWED_UPDATES, wait=0 if self._more else LONG_POLL
        )
        self._spell.went_well(self._clock.now())
        if batch:
            await self._inbox.keep(batch, self._clock.now())
            self._offset = max(update["update_id"] for update in batch) + 1
            self._more = True
        # Which command of a chat is its last can be told only when everything that waits is here.
        if self._more and (len(batch) < _FULL or not self._handling.any_stale(batch)):
            await self._hand_out()

    async def _hand_out(self) -> None:
        await self._handling.hand_out()
        self._more = False

    async def _stand_ready(self, webhook: Webhook) -> None:
        """Have Telegram bring updates to `webhook`, and wait for the end."""
        await self._hand_out()
        info = await self._bot.call("getWebhookInfo", {})
        if info.get("url") not in {"", webhook.url}:
            self._spell.failed(
                "webhook", f"another webhook stood at {info['url']}; ours replaces it", self._clock.now()
            )
        body = {"url": webhook.url, "secret_token": webhook.secret, "allowed_updates": list(ALLOWED_UPDATES)}
        await self._bot.call("setWebhook", body)
        self._spell.went_well(self._clock.now())
        await self._stopping.wait()

    async def _conflict(self, error: Conflict) -> timedelta:
        """Another program has the updates: say what Telegram says. A webhook is named, and removed."""
        words = one_line(error.message)
        if "webhook is active" not in words.casefold():
            kind = "webhook" if "setwebhook" in words.casefold() else "conflict"
            return self._spell.failed(kind, words, self._clock.now())
        try:
            info = await self._bot.call("getWebhookInfo", {})
            words = f"{words} (a webhook stands at {info.get('url') or 'an unknown address'}; it is removed)"
            pause = self._spell.failed("webhook", words, self._clock.now())
            await self._bot.call("deleteWebhook", {"drop_pending_updates": False})
        except TelegramError as failure:
            return self._spell.failed("network", one_line(failure.message), self._clock.now())
        return pause

    async def _unless_stopped(self, work: Coroutine[Any, Any, timedelta | None]) -> timedelta | None:
        """The result of `work`, None if the end came first: then `work` is cancelled and waited for."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancel(task, stop)


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    late = [task for task in tasks if not task.done()]
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
