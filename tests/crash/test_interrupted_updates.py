"""A process that died amid an update: what that may say about its chat, and what it must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.telegram.handling import Handling
from tests.support_telegram import NOON, FakeClock, FakeInbox, Heard, until

_CHANNEL = {"id": -1001, "type": "channel", "title": "Kabar"}
_GROUP = {"id": -1002, "type": "supergroup", "title": "Warung"}
_POST = {"message_id": 7, "date": int(NOON.timestamp()), "chat": _CHANNEL, "text": "Pengumuman"}
_COMMAND = {
    "message_id": 8,
    "date": int(NOON.timestamp()),
    "chat": _GROUP,
    "text": "/terbaru",
    "entities": [{"type": "bot_command", "offset": 0, "length": 8}],
}
_SILENT = [
    {"update_id": 1, "channel_post": _POST},
    {"update_id": 1, "edited_channel_post": _POST},
    {"update_id": 1, "my_chat_member": {"chat": _CHANNEL, "from": {"id": 5}}},
    {"update_id": 1, "message_reaction_count": {"chat": _CHANNEL, "message_id": 7}},
    {"update_id": 1, "message": _COMMAND | {"text": "selamat pagi", "entities": []}},
]


async def chats_in_doubt(update: Mapping[str, Any]) -> list[int]:
    """The chats that are told to hold an answer of unknown outcome after a kill amid `update`."""
    inbox, clock = FakeInbox(), FakeClock()
    await inbox.keep([update], NOON)
    await inbox.begin(1, NOON)
    doubted: list[int] = []
    handled: list[Mapping[str, Any]] = []

    async def handle(body: Mapping[str, Any]) -> None:
        handled.append(body)

    handling = Handling(
        inbox, handle, clock, Heard().events, username=lambda: "kabar_bot", interrupted=doubted.append
    )
    await handling.hand_out()
    await until(lambda: bool(handled))
    await handling.finish()
    return doubted


@pytest.mark.parametrize("update", _SILENT, ids=lambda update: list(update)[1])
async def test_what_is_never_answered_leaves_no_answer_in_doubt(update: Mapping[str, Any]) -> None:
    """Posts of others, rights, reactions and small talk are not answered: no post of ours waits for them.

    A channel marked so keeps its uncertain posts, and everything behind them, waiting for an hour.
    """
    assert await chats_in_doubt(update) == []


async def test_a_command_leaves_its_answer_in_doubt() -> None:
    """An answer to a command may have left before the kill."""
    assert await chats_in_doubt({"update_id": 1, "message": _COMMAND}) == [_GROUP["id"]]
