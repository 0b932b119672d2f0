"""From a request to the command that answers it: the room's one door (`ports.Answering`).

It knows no command by name but ``start``, and nothing of the network. What a port raises goes through:
a reader's words raise nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.commands.buttons import read
from bot.commands.command import Command
from bot.commands.registry import MenuEntry, menu
from bot.domain.replies import Reply, Request
from bot.domain.throttle import Throttle, Verdict
from bot.locale import Catalogues, Say

_DEEP_LINK = re.compile(r"([a-z0-9]+)(?:_([A-Za-z0-9_-]*))?")
_SILENCE = Reply(silent=True)


class Answers:
    """Implements `ports.Answering`: one answer to each request, or silence."""

    def __init__(
        self, commands: Iterable[Command], catalogues: Catalogues, throttle: Throttle | None = None
    ) -> None:
        self._commands = tuple(commands)
        self._catalogues = catalogues
        self._throttle = Throttle() if throttle is None else throttle
        self._named = {name: entry for entry in self._commands for name in (entry.name, entry.alias)}
        self._tagged = {entry.tag: entry for entry in self._commands if entry.tag}

    @property
    def names(self) -> frozenset[str]:
        """Every name and alias, without the slash."""
        return frozenset(self._named)

    def menu(self, language: str, *, editors: bool = False) -> tuple[MenuEntry, ...]:
        """What setMyCommands registers for `language` (``id`` or ``en``)."""
        return menu(self._commands, language, self._catalogues.speaker(language), editors=editors)

    async def answer(self, request: Request) -> Reply:
        """The answer, or silence. Raises only what the store raises (`errors.StoreError`)."""
        say = self._catalogues.speaker(request.language)
        # Taps are not counted: whoever reads on page after page types nothing, and each must be answered.
        if request.button:
            return await self._press(request, say)
        entry = self._named.get(request.name.strip().removeprefix("/").casefold())
        if self._is_nobodys(entry, request):
            return _SILENCE
        refusal = self._refusal(request, say)
        if refusal is not None:
            return refusal
        if entry is None:
            return Reply(
                text=say("Sorry, I know commands only. /help lists them; /latest shows the headlines.")
            )
        entry, request = self._follow_link(entry, request)
        return await entry.handler.answer(request, say)

    @staticmethod
    def _is_nobodys(entry: Command | None, request: Request) -> bool:
        if entry is None:
            return not request.private  # people talk to each other in groups
        return entry.editors and not request.is_editor

    def _refusal(self, request: Request, say: Say) -> Reply | None:
        if request.is_editor:
            return None
        verdict = self._throttle.judge(request.user_id or request.chat_id, request.at)
        if verdict is Verdict.TELL:
            return Reply(text=say("That was a lot at once. Please wait a minute, then go on."))
        return _SILENCE if verdict is Verdict.IGNORE else None

    def _follow_link(self, entry: Command, request: Request) -> tuple[Command, Request]:
        """Where ``/start name_argument`` leads; any other payload is only a start."""
        link = _DEEP_LINK.fullmatch(request.argument) if entry.name == "start" else None
        target = self._named.get(link[1]) if link else None
        if link is None or target is None or not target.linked:
            return entry, request
        return target, replace(request, name=target.name, argument=(link[2] or "").replace("_", " "))

    async def _press(self, request: Request, say: Say) -> Reply:
        tag, payload = read(request.button) or ("", "")
        entry = self._tagged.get(tag)
        if entry is not None and not self._is_nobodys(entry, request):
            reply = await entry.handler.press(payload, request, say)
            if reply is not None:
                return reply
        return Reply(toast=say("This button no longer works. /latest shows the headlines."), silent=True)
