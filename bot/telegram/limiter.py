"""Stands between PTB's bot and Telegram: lets a message leave when `Pace` says so.

Posts and edits were paced before they were claimed and do not come here; answers to
readers wait here for their place. Methods that write nothing into a chat pass. It never makes one chat wait for
another, and what it must remember through a restart it tells `TrafficStore`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from telegram.error import BadRequest, RetryAfter
from telegram.ext import BaseRateLimiter

from bot.errors import StoreError
from bot.events import Events, SlowedDown
from bot.ports import Clock, Traffic, TrafficStore
from bot.telegram.errors import wait_of
from bot.telegram.transport import TooFast

#: The ticket of a question (product.md §6): not counted, at most ten a second, which the asker sees to.
QUESTION: Final = "question"
#: The ticket of a message that nobody waits for: paced like an answer, but given up rather than kept waiting.
PACED: Final = "paced"

#: Tries of an answer that meets a 429, the first included.
_TRIES = 3
#: An answer that would have to wait longer helps nobody any more.
_PATIENCE = timedelta(minutes=15)
#: Long enough for any place that the limits alone put off.
_LITTLE_PATIENCE = timedelta(minutes=1)
_WRITING = ("send", "edit", "copy", "forward")
_SILENT = frozenset({"sendChatAction"})

Call = Callable[..., Coroutine[Any, Any, Any]]


class AnswerPace(Protocol):
    """The part of `Pace` that answers need."""

    def answer(self, chat_id: int, now: datetime) -> datetime:
        """The moment at which one answer to `chat_id` may leave, reserved."""
        ...

    def refuse(self, chat_id: int, until: datetime, now: datetime) -> None:
        """A 429: this chat rests until then."""
        ...


class Limiter(BaseRateLimiter[str]):
    """PTB's rate limiter over `Pace`."""

    def __init__(self, pace: AnswerPace, traffic: TrafficStore, clock: Clock, events: Events) -> None:
        self._pace = pace
        self._traffic = traffic
        self._clock = clock
        self._events = events
        self._unused: set[int] = set()
        self._unsaved: list[Traffic] = []
        self._saving: asyncio.Task[None] | None = None

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Wait until what was counted is stored."""
        if self._saving is not None:
            await self._saving

    async def process_request(  # noqa: PLR0917 - PTB's own signature
        self,
        callback: Call,
        args: Any,  # noqa: ANN401 - PTB's
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Any:  # noqa: ANN401 - the result of whatever was called
        """Call when the chat may be written to. Raises `RetryAfter` once nothing more is to be tried."""

        def call() -> Coroutine[Any, Any, Any]:
            return callback(*args, **kwargs)

        chat_id = data.get("chat_id")
        if not isinstance(chat_id, int) or not _writes(endpoint):
            return await self._once(call, None)
        if rate_limit_args == PACED:
            return await self._paced(call, chat_id)
        if rate_limit_args == QUESTION:
            return await self._once(call, chat_id)
        return await self._answer(call, chat_id)

    async def _paced(self, call: Callable[[], Coroutine[Any, Any, Any]], chat_id: int) -> Any:  # noqa: ANN401
        """Once, in a place of its own; a place in which nothing was written is used again."""
        if chat_id not in self._unused:
            await self._turn(chat_id, _LITTLE_PATIENCE)
        self._unused.discard(chat_id)
        try:
            return await self._once(call, chat_id)
        except BadRequest:
            self._unused.add(chat_id)
            raise

    async def _answer(self, call: Callable[[], Coroutine[Any, Any, Any]], chat_id: int) -> Any:  # noqa: ANN401
        for tries in range(1, _TRIES + 1):
            await self._turn(chat_id, _PATIENCE)
            try:
                return await self._once(call, chat_id)
            except RetryAfter as error:
                if tries == _TRIES or wait_of(error) > _PATIENCE:
                    raise
        raise AssertionError("unreachable")

    async def _turn(self, chat_id: int, patience: timedelta) -> None:
        now = self._clock.now()
        wait = self._pace.answer(chat_id, now) - now
        if wait > patience:
            raise TooFast(wait)
        await self._clock.sleep(wait.total_seconds())
        self._count(chat_id)

    async def _once(self, call: Callable[[], Coroutine[Any, Any, Any]], chat_id: int | None) -> Any:  # noqa: ANN401
        try:
            return await call()
        except RetryAfter as error:
            await self._refused(chat_id, wait_of(error))
            raise

    async def _refused(self, chat_id: int | None, wait: timedelta) -> None:
        now = self._clock.now()
        self._events.tell(SlowedDown(now, chat_id, wait))
        if chat_id is None:
            return
        self._pace.refuse(chat_id, now + wait, now)
        try:
            await self._traffic.note_block(chat_id, now + wait)
        except StoreError:
            return  # the running process knows; only a restart would forget

    def _count(self, chat_id: int) -> None:
        """Have the message remembered, in one commit with whatever else leaves meanwhile; nobody waits for it."""
        self._unsaved.append(Traffic(chat_id, self._clock.now()))
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save(), name="limiter: note traffic")

    async def _save(self) -> None:
        while self._unsaved:
            batch, self._unsaved = self._unsaved, []
            try:
                await self._traffic.note_traffic(batch)
            except StoreError:
                return  # as above; the database's own trouble is told by those who need it


def _writes(endpoint: str) -> bool:
    return endpoint.startswith(_WRITING) and endpoint not in _SILENT
