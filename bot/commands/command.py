"""What a command is: the shape that every module of this room fills and the router serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.replies import Reply, Request
from bot.locale import Say


class Handler(Protocol):
    """Answers one command, whatever text stands behind it; raises only what its ports raise."""

    async def answer(self, request: Request, say: Say) -> Reply:
        """The answer to the command with `request.argument`."""
        ...

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:  # noqa: ARG002 # for those with buttons
        """The answer to a tapped button; None where `payload` is none that this handler wrote."""
        return None


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of the list of commands.

    `name` is Indonesian, `alias` English (1 to 32 of ``a-z0-9_``: Bot API, BotCommand); `summary` and
    `usage` (the argument) are message ids. `tag` is what the handler's buttons begin with: one to three
    letters that never change their meaning, for a button lives as long as its chat. `linked`: a deep
    link (``/start name_argument``) reaches it. `listed`: stands in the menu and in help. `editors`:
    for everybody else it does not exist.
    """

    name: str
    alias: str
    summary: str
    handler: Handler
    usage: str = ""
    tag: str = ""
    linked: bool = False
    listed: bool = True
    editors: bool = False

    def name_in(self, language: str) -> str:
        """What the command is called in the reader's language (``id`` or ``en``)."""
        return self.alias if language == "en" else self.name
