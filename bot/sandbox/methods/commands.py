"""setMyCommands, getMyCommands, deleteMyCommands: one list a scope and language."""

import json
import re
from typing import Any, Final

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.state import State

MAX_COMMANDS: Final = 100
_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
_SCOPES: Final = frozenset({
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat", "chat_administrators",
    "chat_member",
})  # fmt: skip


def set_my_commands(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmycommands"""
    given = call.nested("commands", "commands")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    key = _key(state, call)
    state.commands[key] = [_command(each) for each in given]
    state.journal.add("command_list", method=call.method, scope=key, commands=state.commands[key])
    return True


def get_my_commands(state: State, call: Call) -> list[dict[str, str]]:
    """https://core.telegram.org/bots/api#getmycommands"""
    return state.commands.get(_key(state, call), [])


def delete_my_commands(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemycommands"""
    state.commands.pop(_key(state, call), None)
    return True


def _command(given: Any) -> dict[str, str]:  # noqa: ANN401 - decoded JSON
    if not isinstance(given, dict):
        raise bad_request("expected an Object as BotCommand")
    name = str(given.get("command", "")).removeprefix("/")
    description = str(given.get("description", "")).strip()
    if not _NAME.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _key(state: State, call: Call) -> str:
    """`scope:language` under which a list is kept, chats by id."""
    scope = call.nested("scope", "scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    language = call.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("BOT_COMMAND_LANGUAGE_CODE_INVALID")
    if "chat_id" in scope:
        scope = {**scope, "chat_id": state.access.with_members(str(scope["chat_id"])).id}
    named = scope["type"] if len(scope) == 1 else json.dumps(scope, sort_keys=True)
    return f"{named}:{language}"
