"""Stored updates on their way to their handler: in order within a chat, each begun at most three times.

Reads what is to be done from the inbox alone, so the updates of a killed process need no door of their own.
An update that was begun three times and never finished is set aside and reported; one whose handler raises
is finished, and told as `WorkerFailed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bot.errors import StoreError
from bot.events import Events, StoreTrouble, UpdateSetAside, WorkerFailed
from bot.ports import Clock, Inbox, StoredUpdate
from bot.telegram.incoming import command_of, lane_of, message_in, written_at
from bot.telegram.lanes import Lanes

#: Of commands that waited longer only the last of each chat is answered (product.md §5).
STALE = timedelta(minutes=15)
_MOST_TRIES = 3
#: Updates being handled at once; beyond it Telegram keeps them for us.
_MOST_AT_ONCE = 2000
#: Seconds that handlers may take to end when the bot stops (product: within 5 s).
_GRACE = 3.0
_STORE_PAUSE = 2.0
#: Seconds after which the next late command is begun though the last is not answered yet.
_LATE_TURN = 1.0

Handle = Callable[[Mapping[str, Any]], Awaitable[None]]
IsEditor = Callable[[int, int | None], bool]


def nobody(_chat: int, _user: int | None) -> bool:
    """Where there are no editors."""
    return False


class Handling:
    """Hands out what waits in the inbox. `username` is asked late: it is learnt from Telegram.

    What an editor ordered (`is_editor` by chat and user) is handled however long it waited.
    """

    def __init__(
        self,
        inbox: Inbox,
        handle: Handle,
        clock: Clock,
        events: Events,
        *,
        username: Callable[[], str],
        is_editor: IsEditor = nobody,
    ) -> None:
        self._inbox = inbox
        self._handle = handle
        self._clock = clock
        self._events = events
        self._username = username
        self._is_editor = is_editor
        self._lanes = Lanes()
        self._taken: set[int] = set()
        self._ended: set[int] = set()
        self._looking = asyncio.Lock()
        self._late = asyncio.Semaphore(1)

    async def room(self) -> None:
        """Wait while too many updates are being handled."""
        await self._lanes.until_fewer(_MOST_AT_ONCE)

    async def finish(self) -> None:
        """Give running handlers three seconds; what is cut off stays in the inbox."""
        await self._lanes.finish(_GRACE)

    def any_stale(self, updates: Iterable[Mapping[str, Any]]) -> bool:
        """Whether any of `updates` is a command that waited too long."""
        return any(self._stale_chat(update) is not None for update in updates)

    async def hand_out(self) -> None:
        """Have everything handled that waits and is not being handled. Raises `StoreError`."""
        async with self._looking:
            # What ended before we look is surely not in the answer; what ends meanwhile may be, and is still taken.
            ended = set(self._ended)
            waiting = await self._inbox.waiting()
            self._taken -= ended
            self._ended -= ended
            fresh = [update for update in waiting if update.id not in self._taken]
            passed = self._passed_over(fresh)
            if passed:
                await self._inbox.done(sorted(passed), self._clock.now())
            for update in fresh:
                if update.id not in passed:
                    self._hand(update)

    def _hand(self, update: StoredUpdate) -> None:
        self._taken.add(update.id)
        handle = self._guard if self._stale_chat(update.body) is None else self._guard_late
        self._lanes.put(lane_of(update.body), partial(handle, update))

    def _passed_over(self, updates: Sequence[StoredUpdate]) -> set[int]:
        """Commands that waited too long and are not the last such of their chat."""
        stale = [
            (chat, update.id) for update in updates if (chat := self._stale_chat(update.body)) is not None
        ]
        last = dict(stale)
        return {update_id for chat, update_id in stale if last[chat] != update_id}

    def _stale_chat(self, update: Mapping[str, Any]) -> int | None:
        """The chat of a command to us that waited too long, None of anything else."""
        message = message_in(update) if "message" in update else {}
        written = written_at(message)
        if written is None or self._clock.now() - written <= STALE:
            return None
        if self._is_editor(lane_of(update), (message.get("from") or {}).get("id")):
            return None
        return lane_of(update) if command_of(message, self._username()) else None

    async def _guard_late(self, update: StoredUpdate) -> None:
        """One after another: hundreds of late answers at once would take every place in the limits before the news.

        One that takes long, to a chat that rests say, holds up the others for `_LATE_TURN` at most.
        """
        await self._late.acquire()
        loop = asyncio.get_running_loop()
        turn = loop.call_later(_LATE_TURN, self._late.release)
        try:
            await self._guard(update)
        finally:
            if turn.when() > loop.time():
                turn.cancel()
                self._late.release()

    async def _guard(self, update: StoredUpdate) -> None:
        """The one place where anything may be caught: one update must not end the bot."""
        try:
            await self._work(update)
        except Exception as error:  # noqa: BLE001 - see above
            self._events.tell(WorkerFailed(self._clock.now(), "updates", type(error).__name__, error))
            await self._finish(update.id)

    async def _work(self, update: StoredUpdate) -> None:
        """Begin and handle, again where the database said no meanwhile; set aside what was begun too often."""
        while True:
            try:
                tries = await self._inbox.begin(update.id, self._clock.now())
                if tries > _MOST_TRIES:
                    self._events.tell(UpdateSetAside(self._clock.now(), update.id))
                elif tries:
                    await self._handle(update.body)
                break
            except StoreError as error:
                await self._store_trouble(error)
        await self._finish(update.id)

    async def _finish(self, update_id: int) -> None:
        while True:
            try:
                await self._inbox.done([update_id], self._clock.now())
            except StoreError as error:
                await self._store_trouble(error)
            else:
                self._ended.add(update_id)
                return

    async def _store_trouble(self, error: StoreError) -> None:
        self._events.tell(StoreTrouble(self._clock.now(), str(error)))
        await self._clock.sleep(_STORE_PAUSE)
