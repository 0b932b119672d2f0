"""What the bot may do in a chat, read from what Telegram says of its membership. Pure.

Source: Bot API, ChatMember. Rights that a group gives to all its members stand in the chat's `permissions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rights:
    """`may_post`: messages may be sent. `edits_all`: everybody's posts are editable, as in channels with
    `can_edit_messages`. `in_group`: the bot's messages there may be answers to readers. `detail` says in plain words what is missing, empty where nothing is.
    """

    may_post: bool
    edits_all: bool = False
    in_group: bool = False
    detail: str = ""


def rights_in(kind: str, member: Mapping[str, Any], permissions: Mapping[str, Any] | None = None) -> Rights:
    """The rights in a chat of `kind` (``channel``, ``supergroup``, ``group``, ``private``) as its `member`."""
    status = member.get("status", "left")
    if status in {"left", "kicked"}:
        return Rights(may_post=False, detail=_absent(kind, status))
    if kind == "channel":
        return _in_channel(status, member)
    if status == "restricted" and not (member.get("is_member") and member.get("can_send_messages")):
        return Rights(may_post=False, detail="the bot is restricted in the group")
    if status == "member" and not (permissions or {}).get("can_send_messages", True):
        return Rights(may_post=False, detail="members of the group may not send messages")
    return Rights(may_post=True, in_group=True)


def _in_channel(status: str, member: Mapping[str, Any]) -> Rights:
    if status != "creator" and not member.get("can_post_messages"):
        return Rights(may_post=False, detail="the bot lacks the right to post messages (can_post_messages)")
    return Rights(may_post=True, edits_all=status == "creator" or bool(member.get("can_edit_messages")))


def _absent(kind: str, status: str) -> str:
    if kind == "private":
        return "the user has blocked the bot"
    return f"the bot was removed from the {kind}" if status == "kicked" else f"the bot is not in the {kind}"
