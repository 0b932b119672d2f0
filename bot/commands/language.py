"""`/bahasa` (`/language`): which language the bot answers in, chosen by a reader, or by a group's administrators."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.buttons import button
from bot.commands.command import Handler
from bot.domain.paging import fold
from bot.domain.replies import Reply, Request
from bot.locale import Catalogues, Say, phrase
from bot.ports import Membership, ReaderStore

LANGUAGE_TAG = "l"
#: What the languages call themselves: whoever cannot read the answer finds the button.
_NAMES = {"id": "Bahasa Indonesia", "en": "English"}
_TYPED = {
    "id": "id",
    "indonesia": "id",
    "bahasa indonesia": "id",
    "indonesian": "id",
    "en": "en",
    "english": "en",
    "inggris": "en",
    "bahasa inggris": "en",
}
_FOR_ALL = phrase("Which language shall I speak in this group? Its administrators choose.")
_ADMINS_ONLY = phrase("Only the administrators of this group may choose its language.")


class Language(Handler):
    """Offers the languages, and keeps what was chosen: for a reader alone, or for a whole group."""

    def __init__(self, readers: ReaderStore, members: Membership, catalogues: Catalogues) -> None:
        self._readers = readers
        self._members = members
        self._catalogues = catalogues

    async def answer(self, request: Request, say: Say) -> Reply:
        chosen = _TYPED.get(fold(request.argument))
        if chosen is None:
            return _offer(say("Which language shall I speak?") if request.private else say(_FOR_ALL))
        if not await self._may(request):
            return Reply(text=say(_ADMINS_ONLY))
        return await self._choose(chosen, request)

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:
        if payload not in _NAMES:
            return None
        if not await self._may(request):
            return Reply(toast=say(_ADMINS_ONLY), silent=True)
        return replace(await self._choose(payload, request), edits=True)

    async def _may(self, request: Request) -> bool:
        return request.private or await self._members.is_admin(request.chat_id, request.user_id)

    async def _choose(self, language: str, request: Request) -> Reply:
        reader = request.user_id or request.chat_id if request.private else request.chat_id
        await self._readers.choose_language(reader, language, request.at)
        say = self._catalogues.speaker(language)
        return _offer(say("From now on I speak English."))


def _offer(text: str) -> Reply:
    row = tuple(button(name, LANGUAGE_TAG, language) for language, name in _NAMES.items())
    return Reply(text=text, buttons=(row,))
