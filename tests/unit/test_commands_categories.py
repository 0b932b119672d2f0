"""`/kategori`: a button for every category."""

from __future__ import annotations

from tests.support_commands import (
    MemoryHeadlines,
    answers,
    ask,
    data_of,
    headline,
    headlines,
    labels,
    tap,
    titles,
)


async def test_a_button_per_category_the_fullest_first() -> None:
    """Each opens its own list in the same message."""
    store = MemoryHeadlines([*headlines(3, kicker="Dunia"), headline(4, kicker="Olahraga"), headline(5)])
    room = answers(store)
    reply = await room.answer(ask("/kategori"))
    assert (reply.heading, labels(reply)) == ("Kategori", ["Dunia", "Olahraga"])
    assert titles(await room.answer(tap(data_of(reply, "Olahraga")))) == ["Berita 4"]


async def test_spellings_that_differ_in_case_are_one_category() -> None:
    """The spelling with most headlines stands on the button."""
    store = MemoryHeadlines([*headlines(2, kicker="Dunia"), headline(3, kicker="DUNIA")])
    assert labels(await answers(store).answer(ask("/kategori"))) == ["Dunia"]


async def test_no_category_yet_is_said() -> None:
    """A portal whose feed names none."""
    reply = await answers(MemoryHeadlines(headlines(3))).answer(ask("/categories", language="en"))
    assert reply.text == "There are no categories yet. /latest shows the latest headlines."


async def test_telegram_takes_a_hundred_buttons() -> None:
    """More categories than that are still reached by typing them."""
    store = MemoryHeadlines([headline(number, kicker=f"Daerah {number}") for number in range(1, 131)])
    room = answers(store)
    assert len(labels(await room.answer(ask("/kategori")))) == 100
    assert titles(await room.answer(ask("/terbaru daerah 130"))) == ["Berita 130"]


async def test_labels_are_short_and_never_invisible() -> None:
    """A name of nothing but control characters gets no button, an endless one is cut."""
    store = MemoryHeadlines([headline(1, kicker="\u200b\u202e"), headline(2, kicker="Daerah " * 20)])
    (label,) = labels(await answers(store).answer(ask("/kategori")))
    assert len(label) <= 40
    assert label.endswith("…")
