"""`/cari`: what is found, page by page; what is not; buttons that outlive restarts and searches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.router import Answers
from bot.domain.paging import Direction
from bot.domain.search import FoundTurn, Place, pack_turn
from tests.support_commands import (
    NOW,
    MemoryFinder,
    MemoryHeadlines,
    MemorySearches,
    answers,
    ask,
    data_of,
    headline,
    headlines,
    labels,
    says_something,
    tap,
    titles,
)

OLDER, NEWER = "Selengkapnya ›", "‹ Sebelumnya"


def names(*numbers: int) -> list[str]:
    """The titles of headlines by their numbers."""
    return [f"Berita {number}" for number in numbers]


async def test_words_are_found_newest_first_under_their_own_heading() -> None:
    """Ten at most, without buttons where that is all; nothing is kept of such a search."""
    searches = MemorySearches()
    reply = await answers(MemoryHeadlines(headlines(4)), searches=searches).answer(ask("/cari Berita"))
    assert (reply.heading, titles(reply)) == ("Hasil pencarian: berita", names(4, 3, 2, 1))
    assert (labels(reply), searches.kept) == ([], [])


async def test_the_english_name_is_the_same_command() -> None:
    """And speaks English."""
    reply = await answers(MemoryHeadlines(headlines(1))).answer(ask("/search berita", language="en"))
    assert reply.heading == "Found: berita"


@pytest.mark.parametrize("text", ["/cari", "/cari   ", "/cari 🔥🔥", "/cari \0", '/cari ""', "/cari *"])
async def test_nothing_to_look_for_is_told_how(text: str) -> None:
    """With an example."""
    reply = await answers(MemoryHeadlines(headlines(3))).answer(ask(text))
    assert "/cari harga beras" in reply.text


async def test_nothing_found_says_so_and_repeats_the_words() -> None:
    """As they were typed, without what nobody can see."""
    reply = await answers(MemoryHeadlines(headlines(3))).answer(ask("/cari Gajah\u202e <b>"))
    assert "“Gajah <b>”" in reply.text
    assert reply.listing is None


async def test_pages_are_turned_to_the_end_and_back() -> None:
    """Every headline once, in order; each page edits the message."""
    room = answers(MemoryHeadlines(headlines(25)))
    first = await room.answer(ask("/cari berita"))
    second = await room.answer(tap(data_of(first, OLDER)))
    third = await room.answer(tap(data_of(second, OLDER)))
    back = await room.answer(tap(data_of(third, NEWER)))
    top = await room.answer(tap(data_of(back, NEWER)))

    assert titles(first) + titles(second) + titles(third) == names(*range(25, 0, -1))
    assert (titles(back), titles(top)) == (titles(second), titles(first))
    assert [labels(page) for page in (first, second, third)] == [[OLDER], [NEWER, OLDER], [NEWER]]
    assert second.edits
    assert labels(top) == [OLDER]


async def test_what_arrives_in_between_shifts_no_page() -> None:
    """Not even one that would stand among those already found."""
    store = MemoryHeadlines(headlines(25))
    room = answers(store)
    first = await room.answer(ask("/cari berita"))
    middle = store.stored[12].words.published
    store.stored += [headline(number, published=middle) for number in range(100, 130)]

    second = await room.answer(tap(data_of(first, OLDER)))
    assert titles(second) == names(*range(15, 5, -1))
    assert titles(await room.answer(tap(data_of(second, NEWER)))) == titles(first)


async def test_an_anchor_that_is_withdrawn_loses_its_place_only() -> None:
    """The page goes on behind it."""
    store = MemoryHeadlines(headlines(25))
    room = answers(store)
    first = await room.answer(ask("/cari berita"))
    store.stored = [row for row in store.stored if row.id != 16]
    assert titles(await room.answer(tap(data_of(first, OLDER)))) == names(*range(15, 5, -1))


async def test_a_button_works_after_a_restart() -> None:
    """Another process with the same store."""
    store, searches = MemoryHeadlines(headlines(25)), MemorySearches()
    first = await answers(store, searches=searches).answer(ask("/cari berita"))
    later = answers(store, searches=searches, finder=MemoryFinder(store))
    assert titles(await later.answer(tap(data_of(first, OLDER)))) == names(*range(15, 5, -1))


async def test_a_button_of_a_forgotten_search_says_so_kindly() -> None:
    """A bubble that tells how to go on."""
    store = MemoryHeadlines(headlines(25))
    first = await answers(store).answer(ask("/cari berita"))
    reply = await answers(store).answer(tap(data_of(first, OLDER)))
    assert reply.silent
    assert reply.toast.endswith("/cari")


async def test_pages_that_emptied_are_answered() -> None:
    """All that was older is gone."""
    store = MemoryHeadlines(headlines(25))
    room = answers(store)
    first = await room.answer(ask("/cari berita"))
    store.stored = store.stored[20:]
    assert (await room.answer(tap(data_of(first, OLDER)))).toast == "Tidak ada hasil lagi."


async def test_a_deep_link_searches() -> None:
    """`/start cari_harga_beras`, as a page of the portal may link to."""
    store = MemoryHeadlines([headline(1, title="Harga beras naik"), headline(2, title="Harga cabai")])
    reply = await answers(store).answer(ask("/start cari_harga_beras"))
    assert titles(reply) == ["Harga beras naik"]
    assert "/cari" in (await answers(store).answer(ask("/start cari_"))).text


def searched() -> tuple[Answers, MemorySearches]:
    """A room in which one search is remembered."""
    searches = MemorySearches([("berita", 30)])
    return answers(MemoryHeadlines(headlines(30)), searches=searches), searches


turns = st.builds(
    FoundTurn,
    st.sampled_from(Direction),
    st.builds(Place, st.integers(0, 2**63 - 1), st.just(NOW), st.integers(0, 2**63 - 1)),
    st.integers(0, 3),
)


@given(turns.map(pack_turn) | st.from_regex(r"([on]\.)?[0-9a-z.-]{0,55}", fullmatch=True))
async def test_any_button_like_ours_is_answered(payload: str) -> None:
    """Forged ids, blocks of the future, searches of nobody: at most a page that anybody may see."""
    room, _ = searched()
    assert says_something(await room.answer(tap(f"1:c:{payload}")))


@given(st.text(st.characters(), max_size=300), st.sampled_from(["id", "en"]))
async def test_any_words_are_answered(text: str, language: str) -> None:
    """Whatever a person can type."""
    room, _ = searched()
    assert says_something(await room.answer(replace(ask("/cari", language=language), argument=text)))
