"""Says answers to readers: once where it can be known, in plainer form where Telegram refuses the first.

It does not decide what is said. A send that surely did not leave is tried again for a while; one of unknown
outcome is not, since an answer that comes twice is worse than one that is asked for again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from telegram.error import TelegramError

from bot.domain.delivery import Outcome, Verdict
from bot.errors import StoreError
from bot.ports import ChatEvents, Clock
from bot.telegram.bot import QuietBot
from bot.telegram.errors import Verb, outcome_of, unreadable
from bot.telegram.markup import MAX_TEXT, cut, plain

#: Seconds between tries of an answer that surely did not leave.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
#: How long an answer of unknown outcome may still stand somewhere unseen.
_REMEMBERED = timedelta(hours=1)


class OpenAnswers:
    """Answers under way or of unknown outcome, by chat: an own id found there may be one of them (§6)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: Counter[int] = Counter()
        self._unknown: dict[int, datetime] = {}

    def any_in(self, chat_id: int) -> bool:
        """Whether an own message of `chat_id` may be an answer that nobody knows the id of."""
        until = self._unknown.get(chat_id)
        return self._under_way[chat_id] > 0 or (until is not None and self._clock.now() < until)

    def unknown_in(self, chat_id: int) -> None:
        """An answer to `chat_id` may or may not have arrived."""
        self._unknown[chat_id] = self._clock.now() + _REMEMBERED

    @contextmanager
    def under_way(self, chat_id: int) -> Iterator[None]:
        """An answer is being sent; if this is left by an exception, its outcome stays unknown."""
        self._under_way[chat_id] += 1
        try:
            yield
        except BaseException:
            self.unknown_in(chat_id)
            raise
        finally:
            self._under_way[chat_id] -= 1
            if not self._under_way[chat_id]:
                del self._under_way[chat_id]


class Speaker:
    """Sends and edits answers, and tells the ids of those in groups to `ChatEvents`."""

    def __init__(self, bot: QuietBot, chats: ChatEvents, clock: Clock, answers: OpenAnswers) -> None:
        self._bot = bot
        self._chats = chats
        self._clock = clock
        self._answers = answers

    async def say(self, chat_id: int, body: dict[str, Any], *, topic: int | None = None) -> Outcome:
        """Send a new message."""
        placed = {"chat_id": chat_id, **body}
        if topic is not None:
            placed["message_thread_id"] = topic
        with self._answers.under_way(chat_id):
            outcome = await self._persist("sendMessage", placed)
        if outcome.verdict is Verdict.MOVED and outcome.moved_to is not None:
            await self._chats.migrated(chat_id, outcome.moved_to)
            return await self.say(outcome.moved_to, body, topic=topic)
        await self._note(chat_id, outcome)
        return outcome

    async def change(self, chat_id: int, message_id: int, body: dict[str, Any]) -> Outcome:
        """Replace what a message of ours says."""
        return await self._persist("editMessageText", {"chat_id": chat_id, "message_id": message_id, **body})

    async def close_query(self, query_id: str, toast: str = "") -> None:
        """Answer a tapped button, so that it stops turning. One that is too old is nobody's loss."""
        body: dict[str, Any] = {"callback_query_id": query_id}
        if toast:
            body["text"] = cut(toast, 200)
        try:
            await self._bot.call("answerCallbackQuery", body)
        except TelegramError:
            return

    async def _note(self, chat_id: int, outcome: Outcome) -> None:
        if chat_id >= 0:
            return
        if outcome.verdict is Verdict.UNKNOWN:
            self._answers.unknown_in(chat_id)
        elif outcome.message_id is not None:
            try:
                await self._chats.message_seen(chat_id, outcome.message_id, ours=True)
            except StoreError:
                # The reader has the answer; handling the update again would say it twice.
                self._answers.unknown_in(chat_id)

    async def _persist(self, method: str, body: dict[str, Any]) -> Outcome:
        verb = Verb.SEND if method == "sendMessage" else Verb.EDIT
        for pause in (*_PAUSES, None):
            outcome = await self._try(verb, method, body)
            if outcome.verdict is Verdict.CONTENT and body.pop("parse_mode", None):
                body["text"] = cut(plain(body["text"]), MAX_TEXT)
                outcome = await self._try(verb, method, body)
            if outcome.verdict is not Verdict.NOT_SENT or pause is None:
                return outcome
            await self._clock.sleep(pause)
        raise AssertionError("unreachable")

    async def _try(self, verb: Verb, method: str, body: dict[str, Any]) -> Outcome:
        try:
            result = await self._bot.call(method, body)
            return Outcome(Verdict.DONE, message_id=None if result is True else int(result["message_id"]))
        except TelegramError as error:
            return outcome_of(error, verb)
        except (KeyError, TypeError, ValueError) as error:
            return unreadable(error)
