"""What is read out of an update: which command is ours, the reader's language, whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.telegram.handling import Handling
from bot.telegram.incoming import command_of, lane_of, language_of
from bot.telegram.lanes import Lanes
from tests.support_telegram import NOON, FakeClock, FakeInbox, Heard
from tests.support_updates import message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/terbaru", ("terbaru", "")),
        ("/TERBARU  dunia  raya ", ("terbaru", "dunia  raya")),
        ("/terbaru@Kabar_Bot dunia", ("terbaru", "dunia")),
        ("/terbaru@other_bot dunia", None),
        ("terbaru", None),
    ],
)
def test_which_command_is_ours(text: str, expected: tuple[str, str] | None) -> None:
    """Case does not matter; a name that is not ours does."""
    assert command_of(message(1, text)["message"], "kabar_bot") == expected


def test_a_command_in_the_middle_is_none() -> None:
    """People quote commands to each other."""
    body = {"text": "coba /terbaru", "entities": [{"type": "bot_command", "offset": 5, "length": 8}]}

    assert command_of(body, "kabar_bot") is None


def test_a_command_that_somebody_forwards_is_no_command() -> None:
    """An order that is shown to the desk to be talked about must not be carried out."""
    body = message(1, "/tarik x")["message"]
    assert command_of(body, "kabar_bot") == ("tarik", "x")

    assert command_of({**body, "forward_origin": {"type": "user"}}, "kabar_bot") is None


@pytest.mark.parametrize(
    ("code", "language"),
    [
        (None, "id"),
        ("", "id"),
        ("id", "id"),
        ("ms", "id"),
        ("id-ID", "id"),
        ("en", "en"),
        ("de", "en"),
        ("EN-gb", "en"),
    ],
)
def test_the_readers_language(code: str | None, language: str) -> None:
    """Indonesian where Telegram says so, or nothing."""
    assert language_of(code) == language


def test_lanes_of_updates() -> None:
    """A chat's own; a user's where there is no chat."""
    assert lane_of(message(1, chat=-7)) == -7
    assert (
        lane_of({"update_id": 1, "callback_query": {"from": {"id": 3}, "message": {"chat": {"id": 9}}}}) == 9
    )
    assert lane_of({"update_id": 1, "inline_query": {"from": {"id": 3}}}) == 3
    assert lane_of({"update_id": 1, "my_chat_member": {"chat": {"id": 4}, "from": {"id": 3}}}) == 4
    assert lane_of({"update_id": 1}) == 0


async def test_lanes_bound_what_runs_at_once() -> None:
    """Whoever brings more waits."""
    lanes, gate = Lanes(), asyncio.Event()

    async def job() -> None:
        await gate.wait()

    for lane in range(5):
        lanes.put(lane, job)
    waiting = asyncio.ensure_future(lanes.until_fewer(5))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    gate.set()
    await waiting
    await lanes.finish(1)

    assert len(lanes) == 0


async def test_a_second_look_while_a_handler_ends_hands_nothing_out_twice() -> None:
    """The inbox is read before the handler ended, and its answer looked at after."""
    inbox, handled = FakeInbox(), []
    reading = asyncio.Event()

    class Slow(FakeInbox):
        async def waiting(self) -> Any:
            found = await FakeInbox.waiting(self)
            if reading.is_set():
                await asyncio.sleep(0.05)
            return found

    inbox = Slow()

    async def handle(body: Mapping[str, Any]) -> None:
        await asyncio.sleep(0.01)
        handled.append(body["update_id"])

    handling = Handling(inbox, handle, FakeClock(), Heard().events, username=lambda: "kabar_bot")
    await inbox.keep([message(1)], NOON)
    await handling.hand_out()
    reading.set()
    await handling.hand_out()
    await handling.hand_out()
    await handling.finish()

    assert handled == [1]
