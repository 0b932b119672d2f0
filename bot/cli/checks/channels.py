"""Every channel: is it found, may the bot post there, and may it do nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.cli.bot_api import BotApi, NoAnswerError, RefusedError
from bot.cli.checks.finding import Finding, bad, good

#: In a broadcast channel every administrator has these, whatever was ticked (TDLib, AdministratorRights).
_IMPLIED = frozenset({"can_manage_chat", "can_restrict_members"})
_POST = "can_post_messages"
_ADD = "open the channel's Administrators, add the bot, leave only Post messages on"


async def channel(api: BotApi, chat: str, bot_id: int) -> list[Finding]:
    """What stands against posting to `chat`."""
    what = f"channel {chat}"
    try:
        found = await api.ask("getChat", chat_id=chat)
    except RefusedError as refusal:
        return [bad(what, _not_found(chat, str(refusal)))]
    except NoAnswerError as trouble:
        return [bad(what, f"Telegram does not answer: {trouble}")]
    try:
        member = await api.ask("getChatMember", chat_id=chat, user_id=bot_id)
    except RefusedError as refusal:
        return [bad(what, f"the bot is not an administrator ({refusal}): {_ADD}")]
    except NoAnswerError as trouble:
        return [bad(what, f"Telegram does not answer: {trouble}")]
    kind = str(found.get("type"))
    if kind == "private":
        return [bad(what, "this is a person, not a channel: expected @name, or an id that begins with -100")]
    return list(_in_channel(what, member) if kind == "channel" else _in_group(what, member))


def _not_found(chat: str, description: str) -> str:
    """Why Telegram does not find a chat, and what to do."""
    if "chat not found" not in description.lower():
        return f"Telegram says: {description}; {_ADD}"
    if chat.startswith("@"):
        return (
            f"there is no public channel of this name: mend CHANNELS, or for a private one use its id; {_ADD}"
        )
    if not chat.startswith("-100"):
        return f"not found, and a channel's id begins with -100: is it -100{chat.removeprefix('-')}?"
    return f"not found, or the bot is not in it: {_ADD}"


def _in_channel(what: str, member: Mapping[str, Any]) -> Iterator[Finding]:
    if member.get("status") != "administrator":
        yield bad(what, f"the bot is not an administrator: {_ADD}")
        return
    if not member.get(_POST):
        yield bad(what, "the bot may not post: in the channel's Administrators turn Post messages on for it")
        return
    yield good(what)
    yield _only_posting(f"{what}: no right but posting", member)


def _only_posting(what: str, member: Mapping[str, Any]) -> Finding:
    """With `can_edit_messages` everybody's posts read as the bot's own (product.md §6)."""
    more = sorted(name for name, on in member.items() if name.startswith("can_") and on is True)
    more = [name for name in more if name not in _IMPLIED | {_POST, "can_be_edited"}]
    if not more:
        return good(what)
    why = ": with it the bot cannot tell its own posts from others'" if "can_edit_messages" in more else ""
    return bad(what, f"take away {', '.join(more)}{why}; it needs Post messages only")


def _in_group(what: str, member: Mapping[str, Any]) -> Iterator[Finding]:
    """A group needs no administrator: whoever may write there may post."""
    status = member.get("status")
    if status in {"left", "kicked"}:
        yield bad(what, "the bot is not in this group: add it")
    elif status == "restricted" and not member.get("can_send_messages"):
        yield bad(what, "the bot may not write in this group: lift its restriction")
    else:
        yield good(what)
