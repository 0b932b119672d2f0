"""The room's one door: names, silence, the throttle, and whatever a reader may type or tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.command import Command, Handler
from bot.commands.router import Answers
from bot.domain.headlines import Headline
from bot.domain.paging import Anchor
from bot.domain.replies import Reply, Request
from bot.domain.throttle import Throttle
from bot.errors import StoreError
from bot.locale import Say, load
from bot.ports import Answering
from tests.support_commands import NOW, MemoryHeadlines, answers, ask, headlines, says_something, tap, titles


class Echo(Handler):
    """Says back what it was asked."""

    async def answer(self, request: Request, say: Say) -> Reply:
        return Reply(text=f"{request.name}: {request.argument}")


class BrokenHeadlines(MemoryHeadlines):
    """A store whose disk is gone."""

    async def latest(
        self, *, before: Anchor | None, after: Anchor | None, category: str, limit: int
    ) -> Sequence[Headline]:
        raise StoreError("no disk")


def room() -> Answers:
    """Every command, over a store of thirty headlines."""
    return answers(MemoryHeadlines(headlines(30, kicker="Dunia")))


@pytest.mark.parametrize("name", ["terbaru", "latest", "TERBARU", "/Latest", " terbaru "])
async def test_names_and_aliases_in_any_case(name: str) -> None:
    """However it is typed, it is the one command."""
    assert len(titles(await room().answer(replace(ask(""), name=name)))) == 10


def test_names_are_those_of_both_languages() -> None:
    """What may stand in a metric: no word that a reader made up."""
    listed = {"terbaru", "latest", "populer", "popular", "kategori", "categories", "bantuan", "help", "start"}
    listed |= {"langganan", "subscribe", "berhenti", "stop"}
    listed |= {"cari", "search", "bahasa", "language", "privasi", "privacy"}
    assert room().names == listed


async def test_unknown_words_get_a_hint_in_private_and_silence_in_groups() -> None:
    """In a group people talk to each other."""
    door: Answering = room()
    hint = await door.answer(ask("/entah"))
    assert hint.text.startswith("Maaf, saya hanya mengerti perintah.")
    assert await door.answer(ask("halo apa kabar", private=False)) == Reply(silent=True)


async def test_talk_in_a_group_is_not_counted() -> None:
    """Whoever chats a lot may still ask."""
    door = room()
    for _ in range(50):
        await door.answer(ask("halo semua", private=False))
    assert titles(await door.answer(ask("/terbaru", private=False)))


async def test_over_twenty_a_minute_is_told_once_then_ignored_until_calm() -> None:
    """The reader's own pace, unknown words included."""
    door = room()
    replies = [await door.answer(ask("/terbaru" if number % 2 else "/entah")) for number in range(25)]
    assert all(says_something(reply) for reply in replies[:21])
    assert replies[20].text.startswith("Pelan-pelan, ya")
    assert replies[21:] == [Reply(silent=True)] * 4
    assert titles(await door.answer(ask("/terbaru", user=8)))
    assert titles(await door.answer(ask("/terbaru", at=NOW + timedelta(seconds=61))))


async def test_the_throttle_may_be_another() -> None:
    """Its limit is passed in with it."""
    door = Answers([Command("gema", "echo", "what I can do", Echo())], load(), Throttle(allowed=1))
    assert [says_something(await door.answer(ask("/gema"))) for _ in range(3)] == [True, True, False]


async def test_taps_and_editors_are_not_throttled() -> None:
    """Every callback is answered, and breaking news makes editors quick."""
    door = room()
    replies = [await door.answer(tap("1:t:k")) for _ in range(40)]
    replies += [await door.answer(replace(ask("/terbaru"), is_editor=True)) for _ in range(40)]
    assert all(says_something(reply) for reply in replies)


async def test_an_anonymous_sender_is_counted_by_chat() -> None:
    """A group's anonymous administrator has no user id."""
    door = room()
    replies = [await door.answer(replace(ask("/terbaru", private=False), user_id=None)) for _ in range(22)]
    assert replies[21] == Reply(silent=True)


@pytest.mark.parametrize(
    "data",
    [
        "x",
        "1:t:",
        "1:t:c.",
        "1:zz:o.1.1.",
        "2:t:k",
        "1:t:c.000000000000x",
        "1:t:o.1.1.\n",
        "publish:12",
        "1:t:o.01.1.",
        "😀" * 16,
    ],
)
async def test_a_forged_or_foreign_button_is_answered_politely_and_does_nothing(data: str) -> None:
    """A bubble, no message, no edit."""
    reply = await room().answer(tap(data))
    assert reply.silent
    assert not reply.edits
    assert 0 < len(reply.toast) <= 200


async def test_editors_commands_do_not_exist_for_readers() -> None:
    """Silence, even in private; not in their menu, and not counted."""
    door = Answers([Command("status", "state", "what I can do", Echo(), tag="s", editors=True)], load())
    assert await door.answer(ask("/status")) == Reply(silent=True)
    assert (await door.answer(replace(ask("/state x"), is_editor=True))).text == "state: x"
    assert door.menu("id") == ()
    assert [entry.command for entry in door.menu("id", editors=True)] == ["status"]
    assert (await door.answer(tap("1:s:go"))).toast


async def test_a_handler_without_buttons_knows_no_tap() -> None:
    """Its tag alone makes no button."""
    door = Answers([Command("gema", "echo", "what I can do", Echo(), tag="e")], load())
    assert (await door.answer(tap("1:e:x"))).toast.startswith("Tombol ini sudah tidak berlaku")


async def test_trouble_of_the_store_goes_through() -> None:
    """It is for whoever runs the loop to try again: no reader hears of it."""
    with pytest.raises(StoreError, match="no disk"):
        await answers(BrokenHeadlines()).answer(ask("/terbaru"))


anything = st.text(st.characters(), max_size=200)
commands = st.sampled_from(sorted(answers(MemoryHeadlines()).names | {""}))


@given(name=st.one_of(commands, anything), argument=anything, language=st.sampled_from(["id", "en", ""]))
async def test_any_text_gets_an_answer_with_words(name: str, argument: str, language: str) -> None:
    """Emoji, right-to-left, controls, lone surrogates: never an exception, never a blank answer."""
    request = replace(ask("", language=language), name=name, argument=argument)
    assert says_something(await room().answer(request))


@given(
    st.one_of(anything, st.binary(min_size=1, max_size=64).map(lambda raw: raw.decode("utf-8", "replace")))
)
async def test_any_callback_data_gets_an_answer(data: str) -> None:
    """Whatever stands in a button, the tap is answered."""
    request = replace(tap(data or "x"))
    assert says_something(await room().answer(request))


@given(st.from_regex(r"1:t:(c\.|o\.|n\.|k)?[0-9a-z.-]{0,60}", fullmatch=True))
async def test_callback_data_that_looks_like_ours_gets_an_answer(data: str) -> None:
    """Closely forged: still an answer, at most a page that anybody may see."""
    assert says_something(await room().answer(tap(data)))
