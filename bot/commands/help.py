"""`/start` and `/bantuan` (`/help`): what the bot can do, read off the list of commands itself."""

from __future__ import annotations

from collections.abc import Iterable

from bot.commands.command import Command, Handler
from bot.domain.replies import Reply, Request
from bot.locale import Say


class Help(Handler):
    """Lists what readers may ask. `greeting` welcomes whoever comes for the first time."""

    def __init__(self, portal: str, commands: Iterable[Command], *, greeting: bool = False) -> None:
        self._portal = portal
        self._commands = tuple(command for command in commands if command.listed and not command.editors)
        self._greeting = greeting

    async def answer(self, request: Request, say: Say) -> Reply:
        lines = "\n".join(_line(command, request.language, say) for command in self._commands)
        if not self._greeting:
            return Reply(heading=say("What I can do for you"), text=lines)
        return Reply(
            heading=say("Welcome to {portal}!", portal=self._portal),
            text=say("I bring you the newsroom’s headlines. Send me one of these:") + "\n\n" + lines,
            note=say("/help shows this list again."),
        )


def _line(command: Command, language: str, say: Say) -> str:
    usage = f" {say(command.usage)}" if command.usage else ""
    return f"/{command.name_in(language)}{usage} – {say(command.summary)}"
