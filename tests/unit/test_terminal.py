"""The demo's view for a terminal: journal entries as lines."""

from __future__ import annotations

import pytest

from bot.sandbox.terminal import Screen

CHANNEL, READER = -1002000000001, 8000000001


def _button(text: str, data: str) -> dict[str, str]:
    return {"text": text, "callback_data": data}


@pytest.fixture
def screen() -> Screen:
    """A screen that shows one channel and one reader."""
    return Screen(CHANNEL, READER)


def test_a_post_is_shown_with_its_link(screen: Screen) -> None:
    """What the channel's readers see, and where the headline leads."""
    lines = screen.lines(
        {
            "kind": "sent",
            "chat": CHANNEL,
            "message_id": 2,
            "text": "Judul\nDunia · Rabu",
            "links": ["https://p.id/1"],
        }
    )
    assert lines == ["  ┌ @kabar_demo", "  │ Judul", "  │ Dunia · Rabu", "  │ https://p.id/1", "  └"]


def test_a_list_shows_no_links_and_numbers_its_buttons(screen: Screen) -> None:
    """An answer has many links; its buttons get the numbers that tap them."""
    markup = {"inline_keyboard": [[_button("‹ Sebelumnya", "s"), _button("Selengkapnya ›", "n")]]}
    lines = screen.lines(
        {"kind": "sent", "chat": READER, "message_id": 7, "text": "A", "links": ["x", "y"], "markup": markup}
    )
    assert lines == ["  ┌ Kabarbot to you", "  │ A", "  │ [1] ‹ Sebelumnya   [2] Selengkapnya ›", "  └"]
    assert screen.buttons == [(7, "s"), (7, "n")]


def test_a_button_that_only_leads_somewhere_gets_no_number(screen: Screen) -> None:
    """There is nothing to tap in a terminal about a link."""
    markup = {"inline_keyboard": [[{"text": "Buka", "url": "https://p.id"}]]}
    lines = screen.lines({"kind": "sent", "chat": READER, "message_id": 7, "text": "A", "markup": markup})
    assert lines == ["  ┌ Kabarbot to you", "  │ A", "  └"]


def test_the_opening_names_every_address(screen: Screen) -> None:
    """The page first, for that is what a newcomer should see."""
    opening = "\n".join(screen.opening("http://page", "http://operator", "http://portal"))
    assert opening.index("http://page") < opening.index("http://operator") < opening.index("http://portal")


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "sent", "chat": -1, "message_id": 1, "text": "elsewhere"},
        {"kind": "command_list", "scope": "x"},
        {"kind": "message", "chat": READER, "text": "/terbaru"},
    ],
)
def test_what_is_not_the_channels_or_the_readers_is_not_shown(
    screen: Screen, entry: dict[str, object]
) -> None:
    """Other chats and what people did stay out of the picture."""
    assert screen.lines(entry) == []


def test_an_edit_says_so(screen: Screen) -> None:
    """A corrected post is shown again, marked."""
    lines = screen.lines({"kind": "edited", "chat": CHANNEL, "message_id": 2, "text": "Judul baru"})
    assert lines[0] == "  ┌ @kabar_demo (edited)"
