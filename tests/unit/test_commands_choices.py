"""`/bahasa` and `/privasi`: what readers choose, who may choose for a group, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.replies import Request
from tests.support_commands import (
    FixedMembers,
    MemoryHeadlines,
    MemoryReaders,
    answers,
    ask,
    data_of,
    labels,
    tap,
)

GROUP = -1005


def in_group(request: Request) -> Request:
    """The same, said in a group."""
    return replace(request, chat_id=GROUP, private=False)


async def test_the_languages_are_offered_by_their_own_names() -> None:
    """Whoever cannot read the question finds the button."""
    room = answers(MemoryHeadlines())
    assert labels(await room.answer(ask("/bahasa"))) == ["Bahasa Indonesia", "English"]
    assert labels(await room.answer(ask("/language", language="en"))) == ["Bahasa Indonesia", "English"]


@pytest.mark.parametrize(
    ("label", "language", "said"),
    [("English", "en", "From now on I speak English."), ("Bahasa Indonesia", "id", "Mulai sekarang")],
)
async def test_a_tap_chooses_and_is_answered_in_the_new_language(
    label: str, language: str, said: str
) -> None:
    """The message with the buttons says it."""
    readers = MemoryReaders()
    room = answers(MemoryHeadlines(), readers=readers)
    reply = await room.answer(tap(data_of(await room.answer(ask("/bahasa")), label)))
    assert reply.edits
    assert reply.text.startswith(said)
    assert readers.languages == {7: language}


@pytest.mark.parametrize(
    ("words", "language"), [("en", "en"), ("English", "en"), ("bahasa  INDONESIA", "id"), ("klingon", None)]
)
async def test_a_language_may_be_typed(words: str, language: str | None) -> None:
    """Anything else is a question."""
    readers = MemoryReaders()
    await answers(MemoryHeadlines(), readers=readers).answer(ask(f"/bahasa {words}"))
    assert readers.languages.get(7) == language


async def test_in_a_group_its_administrators_choose() -> None:
    """For the group, not for themselves."""
    readers = MemoryReaders()
    room = answers(MemoryHeadlines(), readers=readers, members=FixedMembers(frozenset({7})))
    offer = await room.answer(in_group(ask("/bahasa")))
    await room.answer(in_group(tap(data_of(offer, "English"))))
    assert readers.languages == {GROUP: "en"}
    await room.answer(in_group(ask("/bahasa id")))
    assert readers.languages == {GROUP: "id"}


async def test_in_a_group_others_are_told_so() -> None:
    """A bubble for a tap, a message for words; nothing is chosen."""
    readers = MemoryReaders()
    room = answers(MemoryHeadlines(), readers=readers)
    offer = await room.answer(in_group(ask("/bahasa")))
    tapped = await room.answer(in_group(tap(data_of(offer, "English"))))
    typed = await room.answer(in_group(ask("/bahasa en")))
    assert tapped.silent
    assert tapped.toast == typed.text == "Hanya admin grup ini yang boleh memilih bahasanya."
    assert readers.languages == {}


async def test_privacy_is_told_and_data_are_erased() -> None:
    """The button forgets whoever taps it, and nobody else."""
    readers = MemoryReaders({7: "en", 8: "en", GROUP: "en"})
    room = answers(MemoryHeadlines(), readers=readers)
    reply = await room.answer(ask("/privasi"))
    assert reply.heading == "Privasi Anda"
    assert "/bahasa" in reply.text
    done = await room.answer(in_group(tap(data_of(reply, "Hapus data saya"))))
    assert done.toast.startswith("Beres")
    assert readers.languages == {8: "en", GROUP: "en"}


async def test_erasing_needs_somebody() -> None:
    """A tap without a user erases nobody, and is answered."""
    readers = MemoryReaders({7: "en"})
    reply = await answers(MemoryHeadlines(), readers=readers).answer(replace(tap("1:p:x"), user_id=None))
    assert reply.toast
    assert readers.languages == {7: "en"}


@pytest.mark.parametrize("data", ["1:l:fr", "1:l:", "1:p:", "1:p:y"])
async def test_other_buttons_are_none_of_theirs(data: str) -> None:
    """Forged, and answered as any such."""
    assert (await answers(MemoryHeadlines()).answer(tap(data))).toast.startswith("Tombol ini")
