"""The menu of commands that Telegram shows: Indonesian by default, English to whoever uses it in English.

Which commands there are is passed in; nothing here knows one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from telegram.error import TelegramError

from bot.telegram.bot import QuietBot
from bot.telegram.errors import one_line

#: Everywhere (Bot API, BotCommandScopeDefault); a chat's own menu comes before it.
_EVERYWHERE: Mapping[str, Any] = {"type": "default"}
#: Bot API, setMyCommands.
_MOST, _LONGEST = 100, 256


class Entry(Protocol):
    """One line of a menu."""

    @property
    def command(self) -> str:
        """Without the slash: 1 to 32 of ``a-z0-9_``."""
        ...

    @property
    def description(self) -> str:
        """What it does, in the menu's language."""
        ...


@dataclass(frozen=True, slots=True)
class Menu:
    """Lines for one scope; `language` '' is for everybody who has no menu of their own language."""

    entries: Sequence[Entry]
    language: str = ""
    chat_id: int | None = None


def menus(by_language: Mapping[str, Sequence[Entry]], chat_id: int | None = None) -> list[Menu]:
    """The menus of ``id`` and ``en``, for all chats or for one (editors'); Indonesian is for all others too."""
    localized = [Menu(entries, language, chat_id) for language, entries in by_language.items()]
    return [Menu(by_language["id"], "", chat_id), *localized]


async def publish(bot: QuietBot, wanted: Iterable[Menu]) -> list[str]:
    """Register menus with Telegram; returns what it said of those that it refused. Repeating is harmless."""
    faults = []
    for menu in wanted:
        try:
            await bot.call("setMyCommands", _body(menu))
        except TelegramError as error:
            faults.append(one_line(error.message))
    return faults


def _body(menu: Menu) -> dict[str, Any]:
    commands = [
        {"command": entry.command, "description": entry.description[:_LONGEST]}
        for entry in menu.entries[:_MOST]
    ]
    scope = _EVERYWHERE if menu.chat_id is None else {"type": "chat", "chat_id": menu.chat_id}
    body: dict[str, Any] = {"commands": commands, "scope": scope}
    if menu.language:
        body["language_code"] = menu.language
    return body
