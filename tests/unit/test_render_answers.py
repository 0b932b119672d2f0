"""Answers to readers as messages: always accepted by Telegram, always within its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Headline
from bot.domain.replies import Button, Listing, Reply
from bot.sandbox.markup import Composer
from bot.sandbox.parsers import choose_parser
from bot.telegram.answers import render_reply
from bot.telegram.markup import MAX_TEXT, plain, units
from tests.support_telegram import JAKARTA, headline

COMPOSER = Composer(choose_parser("auto"))


def text_of(reply: Reply, language: str = "id") -> str:
    return render_reply(reply, JAKARTA, language).text


def test_a_list_to_the_character() -> None:
    """Heading, then each headline linked with its dateline under it, then what there is to note."""
    reply = Reply(
        heading="Terbaru", listing=Listing((headline(0, "A & B"), headline(5, "C"))), note="Itu semua."
    )

    assert text_of(reply) == (
        "<b>Terbaru</b>\n\n"
        '<a href="https://kabar.id/1">A &amp; B</a>\nJumat, 29 November 2024 | 12:00\n\n'
        '<a href="https://kabar.id/1">C</a>\nJumat, 29 November 2024 | 11:55\n\n'
        "Itu semua."
    )


def test_datelines_are_in_the_readers_language() -> None:
    """The words around them come translated already."""
    assert "Friday, 29 November 2024 | 12:00" in text_of(Reply(listing=Listing((headline(0),))), "en")


@pytest.mark.parametrize("link", [None, "http://localhost/x"])
def test_a_headline_without_a_usable_link_is_text(link: str | None) -> None:
    """An empty link would be dropped without a word."""
    assert (
        text_of(Reply(listing=Listing((headline(0, link=link),)))) == "Judul\nJumat, 29 November 2024 | 12:00"
    )


def test_a_list_that_is_too_long_loses_its_last_headlines() -> None:
    """And says that there are more; heading and note stay."""
    many = tuple(headline(number, f"{number} " + "🚨" * 250) for number in range(10))

    text = text_of(Reply(heading="Terbaru", listing=Listing(many), note="Halaman 1"))

    assert units(plain(text)) <= MAX_TEXT
    assert plain(text).endswith("…\n\nHalaman 1")
    assert text.count("<a href") == 7


def test_words_that_are_too_many_are_cut() -> None:
    """One message, never a refused one."""
    text = text_of(Reply(heading="Bantuan", text="<kata> " * 2000))

    assert units(plain(text)) <= MAX_TEXT
    assert text.startswith("Bantuan")
    assert text.endswith("…")


def test_nothing_to_say_is_not_a_blank_message() -> None:
    """Telegram refuses an empty text."""
    assert text_of(Reply(text="  \n")) == "…"


def test_the_keyboard_is_always_said() -> None:
    """An edit that leaves it out would remove it by accident; one that says none removes it on purpose."""
    rows = ((Button("‹ Sebelumnya", "t.1"), Button("Selengkapnya ›", "t.2")), ())
    body = render_reply(Reply(text="x", buttons=rows), JAKARTA, "id").body()

    assert body["reply_markup"] == {
        "inline_keyboard": [
            [
                {"text": "‹ Sebelumnya", "callback_data": "t.1"},
                {"text": "Selengkapnya ›", "callback_data": "t.2"},
            ]
        ]
    }
    assert render_reply(Reply(text="x"), JAKARTA, "id").body()["reply_markup"] == {"inline_keyboard": []}


@pytest.mark.parametrize(
    "button", [Button("x", "a" * 65), Button("x", "é" * 33), Button("x", ""), Button(" ", "a")]
)
def test_an_unusable_button_does_not_cost_the_answer(button: Button) -> None:
    """64 bytes of data at most; Telegram would refuse the whole message."""
    body = render_reply(Reply(text="x", buttons=((button, Button("ok", "b")),)), JAKARTA, "id").body()

    assert body["reply_markup"]["inline_keyboard"] == [[{"text": "ok", "callback_data": "b"}]]


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=600)


@given(
    heading=words,
    titles=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300), max_size=10
    ),
    text=words,
    note=words,
)
def test_every_reply_is_accepted(heading: str, titles: list[str], text: str, note: str) -> None:
    """Whatever stands in it."""
    listing = Listing(tuple(_titled(headline(i), title) for i, title in enumerate(titles)))
    answer = text_of(Reply(heading=heading, listing=listing if titles else None, text=text, note=note))

    parsed = COMPOSER.compose(answer, "HTML")

    assert units(parsed.text) <= MAX_TEXT


def _titled(one: Headline, title: str) -> Headline:
    return replace(one, words=replace(one.words, title=title))
