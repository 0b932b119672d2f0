"""Says answers to readers: once where it can be known, in plainer form where Telegram refuses the first.

It does not decide what is said. A send that surely did not leave is tried again for a while; one of unknown
outcome is not, since an answer that comes twice is worse than one that is asked for again.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from telegram import InputFile
from telegram.error import TelegramError

from bot.domain.delivery import Outcome, Verdict
from bot.errors import StoreError
from bot.ports import AnswerStore, ChatEvents, Clock
from bot.telegram.bot import QuietBot
from bot.telegram.errors import Verb, outcome_of, unreadable
from bot.telegram.markup import MAX_TEXT, cut, plain

#: Seconds between tries of an answer that surely did not leave.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)


class OpenAnswers:
    """Answers to groups whose ids are not known yet: an own id found there may be one of them (§6).

    Those under way are known here, and the store remembers them until their ids are known, for whoever asks then.
    """

    def __init__(self, store: AnswerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._under_way: Counter[int] = Counter()
        self._last: dict[int, datetime] = {}

    def any_since(self, chat_id: int, moment: datetime) -> bool:
        """Whether an answer to `chat_id` is under way, or one began at `moment` or later."""
        last = self._last.get(chat_id)
        return self._under_way[chat_id] > 0 or (last is not None and last >= moment)

    async def begin(self, chat_id: int) -> int | None:
        """An answer is about to leave; what to `end` it by. Raises `StoreError`: then it must not leave."""
        if chat_id >= 0:
            return None
        answer_id = await self._store.answer_begins(chat_id, self._clock.now())
        if answer_id is not None:
            self._under_way[chat_id] += 1
            self._last[chat_id] = self._clock.now()
        return answer_id

    async def end(self, chat_id: int, answer_id: int | None, outcome: Outcome | None) -> None:
        """What came of it; None where its sending was cut off."""
        if answer_id is None:
            return
        try:
            if outcome is not None and outcome.verdict is not Verdict.UNKNOWN:
                await self._store.answer_ends(answer_id, outcome.message_id, self._clock.now())
        except StoreError:
            # The reader has the answer; handling the update again would say it twice. It stays in doubt.
            return
        finally:
            self._under_way[chat_id] -= 1


class Speaker:
    """Sends and edits answers. `chats` hears of groups that moved."""

    def __init__(self, bot: QuietBot, chats: ChatEvents, clock: Clock, answers: OpenAnswers) -> None:
        self._bot = bot
        self._chats = chats
        self._clock = clock
        self._answers = answers

    async def say(
        self, chat_id: int, body: dict[str, Any], *, topic: int | None = None, picture: bytes = b""
    ) -> Outcome:
        """Send a new message, with `picture` above its words where Telegram takes it."""
        placed = {"chat_id": chat_id, **body}
        if topic is not None:
            placed["message_thread_id"] = topic
        answer_id, outcome = await self._answers.begin(chat_id), None
        try:
            outcome = await self._send(placed, picture)
        finally:
            await self._answers.end(chat_id, answer_id, outcome)
        if outcome.verdict is Verdict.MOVED and outcome.moved_to is not None:
            await self._chats.migrated(chat_id, outcome.moved_to)
            return await self.say(outcome.moved_to, body, topic=topic, picture=picture)
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

    async def _send(self, body: dict[str, Any], picture: bytes) -> Outcome:
        if picture:
            outcome = await self._persist("sendPhoto", _under(picture, body))
            if outcome.verdict is not Verdict.CONTENT:
                return outcome
        return await self._persist("sendMessage", body)

    async def _persist(self, method: str, body: dict[str, Any]) -> Outcome:
        verb = Verb.EDIT if method == "editMessageText" else Verb.SEND
        for pause in (*_PAUSES, None):
            outcome = await self._try(verb, method, body)
            if outcome.verdict is Verdict.CONTENT and "text" in body and body.pop("parse_mode", None):
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


def _under(picture: bytes, body: dict[str, Any]) -> dict[str, Any]:
    """A message's body as the caption of a picture (Bot API, sendPhoto: it has no link preview)."""
    caption = {name: value for name, value in body.items() if name not in {"text", "link_preview_options"}}
    return {**caption, "photo": InputFile(picture, "picture.png"), "caption": body["text"]}
