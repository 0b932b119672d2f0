"""Telegram as a `Network`: sends frozen requests, edits and deletes posts, answers doubts. Tries each once.

It renders nothing and remembers nothing. What Telegram answers is an `Outcome`, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram.error import TelegramError

from bot.domain.delivery import Doubt, FrozenRequest, Outcome, Settlement, Target, Verdict
from bot.telegram.bot import QuietBot
from bot.telegram.errors import Verb, outcome_of, unreadable
from bot.telegram.settle import Settler, rights_of

_IN_EDITS = frozenset({"parse_mode", "link_preview_options", "reply_markup"})


class TelegramNetwork:
    """Implements `Network`. `bot` must have been introduced (getMe)."""

    def __init__(self, bot: QuietBot, settler: Settler) -> None:
        self._bot = bot
        self._settler = settler

    async def send(self, target: Target, request: FrozenRequest) -> Outcome:
        """Send once, at the place that was reserved for it."""
        paid = {"allow_paid_broadcast": True} if request.paid else {}
        return await self._try(Verb.SEND, request.method, {"chat_id": target.chat_id, **request.body, **paid})

    async def edit(self, target: Target, message_id: int, request: FrozenRequest) -> Outcome:
        """Make the message say what `request` says, under its picture where it stands there."""
        place = {"chat_id": target.chat_id, "message_id": message_id}
        under_picture = request.method == "sendPhoto"
        outcome = await self._edit(place, request, under_picture=under_picture)
        if _WRONG_KIND in outcome.detail.casefold():
            # A photo's text may have been made plainer, which looks like a text message's request.
            outcome = await self._edit(place, request, under_picture=not under_picture)
        return outcome

    async def delete(self, target: Target, message_id: int) -> Outcome:
        """Remove a message of ours; Telegram allows it for 48 hours."""
        return await self._try(
            Verb.DELETE, "deleteMessage", {"chat_id": target.chat_id, "message_id": message_id}
        )

    async def settle(self, doubt: Doubt) -> Settlement:
        """Did a send of unknown outcome arrive?"""
        return await self._settler.settle(doubt)

    async def twins(self, doubt: Doubt) -> Settlement:
        """Own messages before the one that was sent again."""
        return await self._settler.twins(doubt)

    async def resolve(self, name: str) -> tuple[int, str, str] | Outcome:
        """(numeric id, title, kind) by ``@name`` or number."""
        try:
            chat = await self._bot.call("getChat", {"chat_id": _chat_id(name)})
            return int(chat["id"]), _title(chat), str(chat["type"])
        except TelegramError as error:
            return outcome_of(error, Verb.SEND)
        except (KeyError, TypeError, ValueError) as error:
            return unreadable(error)

    async def welcome(self, target: Target) -> Outcome:
        """May we post there?"""
        try:
            rights = await rights_of(self._bot, target.chat_id)
        except TelegramError as error:
            return outcome_of(error, Verb.SEND)
        return Outcome(Verdict.DONE if rights.may_post else Verdict.CHANNEL, detail=rights.detail)

    async def _edit(
        self, place: Mapping[str, Any], request: FrozenRequest, *, under_picture: bool
    ) -> Outcome:
        words = request.body.get("caption") or request.body.get("text") or ""
        body = {key: value for key, value in request.body.items() if key in _IN_EDITS}
        if not under_picture:
            return await self._try(Verb.EDIT, "editMessageText", {**place, **body, "text": words})
        body.pop("link_preview_options", None)
        return await self._try(Verb.EDIT, "editMessageCaption", {**place, **body, "caption": words})

    async def _try(self, verb: Verb, method: str, body: Mapping[str, Any]) -> Outcome:
        try:
            result = await self._bot.call_at_once(method, body)
            return Outcome(Verdict.DONE, message_id=None if result is True else int(result["message_id"]))
        except TelegramError as error:
            return outcome_of(error, verb)
        except (KeyError, TypeError, ValueError) as error:
            return unreadable(error)


#: "there is no text in the message to edit", and the same of a caption.
_WRONG_KIND = "in the message to edit"


def _chat_id(name: str) -> int | str:
    text = name.strip()
    return int(text) if text.removeprefix("-").isdecimal() else text


def _title(chat: Mapping[str, Any]) -> str:
    return str(chat.get("title") or chat.get("first_name") or chat.get("username") or chat["id"])
