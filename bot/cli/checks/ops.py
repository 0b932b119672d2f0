"""The editors' group: one that strangers cannot read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.cli.bot_api import BotApi, NoAnswerError, RefusedError
from bot.cli.checks.finding import Finding, bad, good

_WHAT = "OPS_CHAT"
_PRIVATE_GROUP = "expected a private group of your editors, with the bot in it"


async def ops_chat(api: BotApi, chat: str, bot_id: int, channels: Collection[str] = ()) -> Finding:
    """Whether alerts and editors' commands have a safe place; none of the `channels`, which readers see."""
    if not chat:
        return good(_WHAT, "none is set: alerts reach nobody, and a surge is not held for an editor")
    try:
        found = await api.ask("getChat", chat_id=chat)
        member = await api.ask("getChatMember", chat_id=chat, user_id=bot_id)
    except RefusedError as refusal:
        if refusal.moved_to is not None:
            return bad(
                _WHAT, f"this group became a supergroup, which the bot follows: set {refusal.moved_to}"
            )
        return bad(_WHAT, f"Telegram says: {refusal}; {_PRIVATE_GROUP}")
    except NoAnswerError as trouble:
        return bad(_WHAT, f"Telegram does not answer: {trouble}")
    names = {chat, str(found.get("id")), f"@{found.get('username')}"}
    if not names.isdisjoint(channels):
        return bad(_WHAT, f"it is one of CHANNELS too, so readers are editors there: {_PRIVATE_GROUP}")
    return _judged(found, member)


def _judged(chat: Mapping[str, Any], member: Mapping[str, Any]) -> Finding:
    if chat.get("type") not in {"group", "supergroup"}:
        return bad(_WHAT, f"this is a {chat.get('type')}: {_PRIVATE_GROUP}")
    if chat.get("username"):
        return bad(_WHAT, f"everybody can read @{chat['username']}: {_PRIVATE_GROUP}")
    if member.get("status") in {"left", "kicked"}:
        return bad(_WHAT, "the bot is not in this group: add it")
    if member.get("status") == "restricted" and not member.get("can_send_messages"):
        return bad(_WHAT, "the bot may not write in this group: lift its restriction")
    return good(_WHAT)
