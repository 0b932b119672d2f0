"""Updates: fetched or received, stored, only then confirmed, then handled, in order within each chat.

    getUpdates | webhook ──▶ inbox.keep ──▶ (confirmed) ──▶ begin ──▶ handle ──▶ done

What was stored and not finished, by whichever process, is read back from the inbox through the same door,
so a kill loses nothing. How one update is handled is `handling`'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.errors import StoreError, TokenRefused
from bot.events import Events, StoreTrouble, WorkerFailed
from bot.ports import Clock, Inbox
from bot.telegram.bot import LONG_POLL, QuietBot
from bot.telegram.errors import one_line, wait_of
from bot.telegram.handling import Handle, Handling, IsEditor, nobody
from bot.telegram.identity import verify_token
from bot.telegram.incoming import ALLOWED_UPDATES
from bot.telegram.trouble import Spell
from bot.telegram.webhook import Standing, Webhook

__all__ = ["UpdateLoop", "Webhook"]

#: Updates in a batch at most (Bot API, getUpdates); a full one means that more are waiting.
_FULL = 100
#: Seconds without another late command after which the last one of a chat is known.
_LATE_SETTLE = 2.0
_STORE_PAUSE = timedelta(seconds=2)
_AFTER_A_BUG = timedelta(seconds=10)


class UpdateLoop:
    """Has updates handled. With a `webhook` it is brought them (`receive`), else it fetches them.

    A webhook at `own_path` is one that we set ourselves, under this or another address; `is_editor` as in `Handling`.
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
        own_path: str = "",
        is_editor: IsEditor = nobody,
    ) -> None:
        self._bot = bot
        self._inbox = inbox
        self._clock = clock
        self._events = events
        self._webhook = webhook
        self._running = False
        self._late: asyncio.Task[None] | None = None
        self._handling = Handling(
            inbox, handle, clock, events, username=lambda: bot.username, is_editor=is_editor
        )
        self._spell = Spell(events)
        self._standing = Standing(bot, own_path, self._spell, clock)
        self._offset: int | None = None
        self._more = (
            True  # the inbox may hold updates that were not handed out: at first, those of the last process
        )
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stop()`. `bot` must have been introduced. Raises `TokenRefused` where Telegram insists on it."""
        self._running = True
        try:
            while not self._stopping.is_set():
                pause = await self._unless_stopped(self._guard())
                if pause:
                    await self._unless_stopped(self._clock.sleep(pause.total_seconds()))
        finally:
            self._running = False
            if self._late is not None:
                await _cancel(self._late)
            await self._handling.finish()

    def stop(self) -> None:
        """Have `run` end: a long poll is cut off, handlers get three seconds. What is unfinished is kept."""
        self._stopping.set()

    async def receive(self, update: Mapping[str, Any]) -> None:
        """Take one update from the webhook; when this returns, it is stored. Raises `StoreError`.

        Before `run` and after `stop` it is only stored.
        """
        await self._handling.room()
        await self._inbox.keep([update], self._clock.now())
        if not self._running or self._stopping.is_set():
            self._more = True
        elif self._handling.any_stale([update]):
            await self._await_the_last()
        else:
            await self._handling.hand_out()

    async def _await_the_last(self) -> None:
        """Hand out when no more late commands come: which one of a chat is its last cannot be told before."""
        if self._late is not None:
            await _cancel(self._late)
        self._late = asyncio.ensure_future(self._hand_out_late())

    async def _hand_out_late(self) -> None:
        await self._clock.sleep(_LATE_SETTLE)
        try:
            await self._handling.hand_out()
        except StoreError as error:
            self._events.tell(StoreTrouble(self._clock.now(), str(error)))
            self._more = True

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
            if self._webhook is not None:
                if self._more:
                    await self._hand_out()
                return await self._standing.see_to(self._webhook)
            await self._fetch()
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

    async def _conflict(self, error: Conflict) -> timedelta | None:
        """Another program has the updates: say what Telegram says. A webhook is named, and removed."""
        words = one_line(error.message)
        if "webhook" not in words.casefold():
            return self._spell.failed("conflict", words, self._clock.now())
        try:
            return await self._standing.remove(words)
        except TelegramError as failure:
            return self._spell.failed("network", one_line(failure.message), self._clock.now())

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
