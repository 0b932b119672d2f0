"""Asking Telegram whether a send of unknown outcome arrived, and whether it arrived twice (product.md §6).

`editMessageReplyMarkup` with the post's own buttons tells absent, foreign and own ids apart and changes
nothing: the server refuses before anything is written. Where the bot may edit everybody's posts that
question is void, so there a silent forward to `OPS_CHAT` shows what the post says. What the answers
prove is decided in `domain.settling`; nothing here deletes a post.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from telegram.error import TelegramError

from bot.domain.delivery import Doubt, Found, FrozenRequest, Settlement
from bot.domain.settling import (
    Heard,
    Walk,
    begin_settling,
    begin_twins,
    end_settling,
    end_twins,
    settled,
)
from bot.ports import Clock
from bot.telegram.bot import QuietBot
from bot.telegram.comings import Comings
from bot.telegram.errors import one_line
from bot.telegram.limiter import PACED, QUESTION
from bot.telegram.markup import plain
from bot.telegram.rights import Rights, rights_in
from bot.telegram.speak import OpenAnswers

#: At most ten questions a second, whatever they are about (product.md §6).
_BETWEEN_QUESTIONS: Final = timedelta(milliseconds=100)

#: A doubt is read no longer than this before it is asked about.
_READ_BEFORE: Final = timedelta(seconds=10)
_ANSWERED: Final = "an answer went to the same chat meanwhile"

_ANSWERS = (
    (re.compile(r"message to (?:edit|forward) not found"), Heard.NOTHING_THERE),
    (re.compile(r"message can't be edited"), Heard.FOREIGN),
    (re.compile(r"message is not modified"), Heard.OURS),
)

Ask = Callable[[int], Awaitable[tuple[Heard, str]]]


@dataclass(slots=True)
class Comparison:
    """Whether forwards show what a message says, of which ids that is wanted, and which said the same as the request.

    `instead`: of every id, in place of the question. `besides`: of own ids, which may be answers to readers.
    """

    possible: bool
    instead: bool
    besides: bool
    same: list[int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What asking has shown, and since when."""

    walk: Walk
    by_forward: Comparison
    began: datetime


class Settler:
    """Walks ids for `TelegramNetwork`. `ops_chat` tells the chat that forwards go to, None where there is none;
    `answers` knows of answers to readers whose ids are not known yet, `comings` whether the bot was out meanwhile.
    """

    def __init__(
        self,
        bot: QuietBot,
        clock: Clock,
        ops_chat: Callable[[], int | None],
        answers: OpenAnswers | None = None,
        comings: Comings | None = None,
    ) -> None:
        self._bot = bot
        self._clock = clock
        self._ops_chat = ops_chat
        self._answers = answers
        self._comings = comings or Comings(clock)
        self._next_question: datetime | None = None

    async def settle(self, doubt: Doubt) -> Settlement:
        """Did it arrive? Stops at the first id of ours."""
        asked = await self._asked(doubt, begin_settling(doubt), settled)
        if isinstance(asked, Settlement):
            return asked
        same = tuple(asked.by_forward.same)
        return end_settling(asked.walk, doubt, same, still_in=await self._still_in(asked, doubt))

    async def twins(self, doubt: Doubt) -> Settlement:
        """Every own id before the new one; compared by forward where §6 wants it."""
        asked = await self._asked(doubt, begin_twins(doubt), lambda _walk: False)
        if isinstance(asked, Settlement):
            return asked
        certain = not asked.by_forward.instead and not asked.by_forward.besides
        if doubt.known_before is None and certain:
            await self._compare_all(asked.walk.ours, doubt, asked.by_forward)
        same = tuple(asked.by_forward.same)
        found = end_twins(asked.walk, same, still_in=await self._still_in(asked, doubt))
        return replace(found, sure=certain or set(found.ids) <= set(same))

    async def _asked(
        self, doubt: Doubt, begun: Walk | Settlement, enough: Callable[[Walk], bool]
    ) -> _Asked | Settlement:
        """The walk from `begun` until it is `enough`; a settlement where there was nothing to ask or nothing counts."""
        if isinstance(begun, Settlement):
            return begun
        began = self._clock.now()
        rights, why = await self._rights(doubt.target.chat_id)
        if not rights.may_post:
            return Settlement(Found.LATER, highest=begun.highest, detail=why)
        by_forward = self._comparison(doubt, rights)
        walk = await self._walk(begun, self._asker(doubt, by_forward, rights), enough)
        if self._answered(walk, doubt, began):
            return Settlement(Found.LATER, highest=walk.highest, detail=_ANSWERED)
        return _Asked(walk, by_forward, began)

    def _answered(self, walk: Walk, doubt: Doubt, began: datetime) -> bool:
        """Whether an own id may be an answer that left since the doubt was read; the next time it is known."""
        if self._answers is None or not walk.ours:
            return False
        return self._answers.any_since(doubt.target.chat_id, began - _READ_BEFORE)

    def _comparison(self, doubt: Doubt, rights: Rights) -> Comparison:
        answers = rights.in_group and doubt.answers_open
        return Comparison(self._ops_chat() is not None, rights.edits_all, answers, [])

    async def _walk(self, walk: Walk, ask: Ask, enough: Callable[[Walk], bool]) -> Walk:
        while (message_id := walk.question) is not None and not enough(walk):
            await self._turn()
            heard, words = await ask(message_id)
            walk = walk.hear(heard, words)
        return walk

    def _asker(self, doubt: Doubt, by_forward: Comparison, rights: Rights) -> Ask:
        async def ask(message_id: int) -> tuple[Heard, str]:
            if by_forward.instead and (shown := await self._by_forward(doubt, message_id, by_forward)):
                return shown, ""
            heard, words = await self._by_edit(doubt, message_id, in_group=rights.in_group)
            if heard is Heard.OURS and by_forward.besides:
                shown = await self._by_forward(doubt, message_id, by_forward)
                return shown or heard, words
            return heard, words

        return ask

    async def _by_edit(self, doubt: Doubt, message_id: int, *, in_group: bool) -> tuple[Heard, str]:
        body = {"chat_id": doubt.target.chat_id, "message_id": message_id}
        if buttons := doubt.request.body.get("reply_markup"):
            body["reply_markup"] = buttons
        try:
            await self._bot.call("editMessageReplyMarkup", body, ticket=QUESTION)
        except TelegramError as error:
            return _heard(error) or Heard.NO_ANSWER, one_line(error.message)
        # It had other buttons than the post: in a group that is an answer to a reader.
        return (Heard.FOREIGN if in_group else Heard.OURS), ""

    async def _by_forward(self, doubt: Doubt, message_id: int, by_forward: Comparison) -> Heard | None:
        """None where no forward can be had: OPS_CHAT refuses, or the channel's content is protected."""
        if not by_forward.possible:
            return None
        body = {
            "chat_id": self._ops_chat(),
            "from_chat_id": doubt.target.chat_id,
            "message_id": message_id,
            "disable_notification": True,
        }
        try:
            forward = await self._bot.call("forwardMessage", body, ticket=PACED)
        except TelegramError as error:
            return _heard(error)
        await self._remove(forward, body["chat_id"])
        if not says_the_same(doubt.request, forward):
            return Heard.FOREIGN
        by_forward.same.append(message_id)
        return Heard.OURS

    async def _compare_all(self, ids: tuple[int, ...], doubt: Doubt, by_forward: Comparison) -> None:
        for message_id in ids:
            await self._turn()
            await self._by_forward(doubt, message_id, by_forward)

    async def _remove(self, forward: dict[str, Any], chat_id: object) -> None:
        try:
            await self._bot.call("deleteMessage", {"chat_id": chat_id, "message_id": forward["message_id"]})
        except TelegramError:
            return  # a silent forward that stays does no harm

    async def _still_in(self, asked: _Asked, doubt: Doubt) -> bool:
        """Whether "not found" may be believed: asked after the last answer, and only if it matters.

        A bot that was out and is in again reads the same in both looks at its rights; only an update tells.
        """
        if not asked.walk.gaps or asked.walk.silent:
            return True
        rights, _why = await self._rights(doubt.target.chat_id)
        return rights.may_post and not self._comings.any_since(doubt.target.chat_id, asked.began)

    async def _rights(self, chat_id: int) -> tuple[Rights, str]:
        try:
            rights = await rights_of(self._bot, chat_id)
        except TelegramError as error:
            words = one_line(error.message)
            return Rights(may_post=False, detail=words), words
        return rights, rights.detail

    async def _turn(self) -> None:
        now = self._clock.now()
        at = max(now, self._next_question or now)
        self._next_question = at + _BETWEEN_QUESTIONS
        await self._clock.sleep((at - now).total_seconds())


async def rights_of(bot: QuietBot, chat_id: int) -> Rights:
    """The bot's own rights in a chat. Raises `TelegramError`."""
    chat, member = await asyncio.gather(
        bot.call("getChat", {"chat_id": chat_id}),
        bot.call("getChatMember", {"chat_id": chat_id, "user_id": bot.id}),
    )
    return rights_in(chat.get("type", ""), member, chat.get("permissions"))


def says_the_same(request: FrozenRequest, message: dict[str, Any]) -> bool:
    """Whether `message` shows the text or caption that `request` would; white space is no difference."""
    asked = request.body.get("text") or request.body.get("caption") or ""
    meant = plain(asked) if request.body.get("parse_mode") else asked
    shown = message.get("text") or message.get("caption") or ""
    return meant.split() == shown.split()


def _heard(error: TelegramError) -> Heard | None:
    text = error.message.casefold()
    return next((heard for pattern, heard in _ANSWERS if pattern.search(text)), None)
