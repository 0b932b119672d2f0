"""What the bot may do in a chat, by what Telegram says of its membership."""

from __future__ import annotations

from typing import Any

import pytest

from bot.telegram.rights import Rights, rights_in

POSTS = {"status": "administrator", "can_post_messages": True}


@pytest.mark.parametrize(
    ("kind", "member", "permissions", "may_post", "edits_all"),
    [
        ("channel", POSTS, None, True, False),
        ("channel", {**POSTS, "can_edit_messages": True}, None, True, True),
        ("channel", {"status": "creator"}, None, True, True),
        ("channel", {"status": "administrator"}, None, False, False),
        ("channel", {"status": "member"}, None, False, False),
        ("channel", {"status": "left"}, None, False, False),
        ("channel", {"status": "kicked"}, None, False, False),
        ("supergroup", {"status": "administrator", "can_edit_messages": True}, None, True, False),
        ("supergroup", {"status": "administrator"}, {"can_send_messages": False}, True, False),
        ("supergroup", {"status": "member"}, None, True, False),
        ("group", {"status": "member"}, {"can_send_messages": True}, True, False),
        ("group", {"status": "member"}, {"can_send_messages": False}, False, False),
        (
            "supergroup",
            {"status": "restricted", "is_member": True, "can_send_messages": True},
            None,
            True,
            False,
        ),
        ("supergroup", {"status": "restricted", "is_member": True}, None, False, False),
        ("supergroup", {"status": "restricted", "can_send_messages": True}, None, False, False),
        ("private", {"status": "member"}, None, True, False),
        ("private", {"status": "kicked"}, None, False, False),
        ("channel", {}, None, False, False),
    ],
)
def test_rights(
    kind: str,
    member: dict[str, Any],
    permissions: dict[str, Any] | None,
    may_post: bool,
    edits_all: bool,
) -> None:
    """What is missing is said in words, and only then."""
    rights = rights_in(kind, member, permissions)

    in_group = may_post and kind != "channel"
    assert rights == Rights(may_post, edits_all, in_group, rights.detail)
    assert bool(rights.detail) is not may_post
