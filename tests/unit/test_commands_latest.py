"""`/terbaru`: lists, pages that nothing shifts, categories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.router import Answers
from bot.domain.headlines import Headline
from bot.domain.paging import anchor_of
from bot.domain.replies import Reply
from tests.support_commands import (
    NOW,
    MemoryHeadlines,
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


class CountingHeadlines(MemoryHeadlines):
    """Remembers how often it had to count categories."""

    counted = 0

    async def categories(self) -> Sequence[tuple[str, int]]:
        self.counted += 1
        return await super().categories()


OLDER, NEWER = "Selengkapnya ›", "‹ Sebelumnya"


async def test_the_newest_ten_newest_first() -> None:
    """The first page has no way back."""
    reply = await answers(MemoryHeadlines(headlines(25))).answer(ask("/terbaru"))
    assert titles(reply) == [f"Berita {number}" for number in range(25, 15, -1)]
    assert (reply.heading, labels(reply), reply.edits) == ("Berita terbaru", [OLDER], False)


async def test_pages_edit_the_same_message_to_the_end() -> None:
    """The last page has no way on."""
    room = answers(MemoryHeadlines(headlines(25)))
    second = await room.answer(tap(data_of(await room.answer(ask("/terbaru")), OLDER)))
    third = await room.answer(tap(data_of(second, OLDER)))
    assert (labels(second), labels(third)) == ([NEWER, OLDER], [NEWER])
    assert titles(third) == [f"Berita {number}" for number in range(5, 0, -1)]
    assert second.edits
    assert third.edits


async def test_ten_are_one_page() -> None:
    """No button promises what is not there."""
    assert labels(await answers(MemoryHeadlines(headlines(10))).answer(ask("/terbaru"))) == []


async def test_arrivals_shift_no_page() -> None:
    """Back from the second page stands what stood there before; what arrived lies beyond it."""
    store = MemoryHeadlines(headlines(25))
    room = answers(store)
    first = await room.answer(ask("/terbaru"))
    second = await room.answer(tap(data_of(first, OLDER)))
    store.stored += [headline(number) for number in (26, 27, 28)]
    again = await room.answer(tap(data_of(first, OLDER)))
    back = await room.answer(tap(data_of(second, NEWER)))
    top = await room.answer(tap(data_of(back, NEWER)))
    assert (titles(again), titles(back)) == (titles(second), titles(first))
    assert (titles(top), labels(top)) == (["Berita 28", "Berita 27", "Berita 26"], [OLDER])


async def test_a_button_works_after_a_restart_and_without_its_headline() -> None:
    """The anchor carries its time: the headline may be pruned and the process another one."""
    store = MemoryHeadlines(headlines(25))
    data = data_of(await answers(store).answer(ask("/terbaru")), OLDER)
    store.stored = [row for row in store.stored if row.id not in {15, 16, 17}]
    reply = await answers(store).answer(tap(data))
    assert titles(reply)[0] == "Berita 14"
    assert NEWER in labels(reply)


async def test_where_nothing_is_left_a_bubble_says_so() -> None:
    """The message stays as it is; the reader still gets an answer."""
    store = MemoryHeadlines(headlines(25))
    room = answers(store)
    first = await room.answer(ask("/terbaru"))
    second = await room.answer(tap(data_of(first, OLDER)))
    older, newer = data_of(first, OLDER), data_of(second, NEWER)
    store.stored = []
    for data, toast in ((older, "Tidak ada berita yang lebih lama."), (newer, "Ini sudah berita terbaru.")):
        reply = await room.answer(tap(data))
        assert (reply.toast, reply.silent, reply.edits) == (toast, True, False)


async def test_an_empty_store_is_said_kindly() -> None:
    """No headline yet is an answer, not a blank."""
    reply = await answers(MemoryHeadlines()).answer(ask("/terbaru"))
    assert (reply.text, reply.listing) == ("Belum ada berita. Silakan tengok lagi sebentar lagi.", None)


@pytest.mark.parametrize("words", ["Dunia", "dunia", "  DUNIA ", "\u200fdunia\u200e"])
async def test_a_category_narrows_the_list(words: str) -> None:
    """Its name in any case, and its pages stay within it."""
    store = MemoryHeadlines([*headlines(12, kicker="Dunia"), headline(13, kicker="Olahraga")])
    room = answers(store)
    first = await room.answer(ask(f"/terbaru {words}"))
    second = await room.answer(tap(data_of(first, OLDER)))
    assert (first.heading, titles(first)[0]) == ("Berita terbaru: Dunia", "Berita 12")
    assert (second.heading, titles(second)) == ("Berita terbaru: Dunia", ["Berita 2", "Berita 1"])


async def test_an_unknown_category_is_named_and_others_are_offered() -> None:
    """The offered button leads to its list."""
    room = answers(MemoryHeadlines(headlines(3, kicker="Dunia")))
    reply = await room.answer(ask("/terbaru antariksa"))
    assert reply.text == "Kategori “antariksa” tidak ada. Silakan pilih salah satu:"
    opened = await room.answer(tap(data_of(reply, "Dunia")))
    assert (opened.edits, opened.heading, len(titles(opened))) == (True, "Berita terbaru: Dunia", 3)


async def test_without_any_category_the_answer_points_to_the_whole_list() -> None:
    """A portal whose feed names no section."""
    reply = await answers(MemoryHeadlines(headlines(3))).answer(ask("/terbaru dunia"))
    assert reply.text == "Kategori “dunia” tidak ada. Ketik /terbaru untuk melihat semua berita."


async def test_a_very_long_category_fits_its_buttons() -> None:
    """A portal may name a section as it likes; every page of it can be reached."""
    name = "Perekonomian dan Pembangunan Daerah Tertinggal, Perbatasan, dan Kepulauan 🌏" * 3
    room = answers(MemoryHeadlines(headlines(30, kicker=name)))
    reply = await room.answer(ask(f"/terbaru {name}"))
    for _ in range(2):
        assert all(len(button.data.encode()) <= 64 for row in reply.buttons for button in row)
        reply = await room.answer(tap(data_of(reply, OLDER)))
    assert titles(reply)[-1] == "Berita 1"


async def test_a_category_that_is_gone_is_a_bubble() -> None:
    """A button from last month whose category nobody uses any more."""
    store = MemoryHeadlines(headlines(12, kicker="Pilkada"))
    data = data_of(await answers(store).answer(ask("/terbaru pilkada")), OLDER)
    store.stored = headlines(3, kicker="Dunia")
    assert (
        await answers(store).answer(tap(data))
    ).toast == "Kategori ini sudah tidak ada. Ketik /kategori untuk melihat daftarnya."


async def test_the_store_counts_categories_only_for_new_names() -> None:
    """Counting is slow in a big store: turning pages of a category does not count again."""
    store = CountingHeadlines(headlines(35, kicker="Dunia"))
    room = answers(store)
    reply = await room.answer(ask("/terbaru dunia"))
    for _ in range(3):
        reply = await room.answer(tap(data_of(reply, OLDER)))
    assert store.counted == 1
    store.stored.append(headline(99, kicker="Olahraga"))
    assert titles(await room.answer(ask("/terbaru olahraga"))) == ["Berita 99"]
    assert store.counted == 2
    assert labels(await room.answer(ask("/terbaru entah"))) == ["Dunia", "Olahraga"]
    assert store.counted == 3


async def test_other_categories_are_one_tap_away() -> None:
    """From the list of one category back to all of them, in the same message."""
    room = answers(MemoryHeadlines([*headlines(2, kicker="Dunia"), headline(3, kicker="Olahraga")]))
    reply = await room.answer(tap(data_of(await room.answer(ask("/terbaru dunia")), "Kategori lain")))
    assert (reply.edits, labels(reply)) == (True, ["Dunia", "Olahraga"])


async def test_english_readers_are_answered_in_english() -> None:
    """By the alias or not: the language is the reader's."""
    room = answers(MemoryHeadlines(headlines(25)))
    reply = await room.answer(ask("/latest", language="en"))
    assert (reply.heading, labels(reply)) == ("Latest headlines", ["More ›"])
    assert (await room.answer(ask("/latest"))).heading == "Berita terbaru"


# Few distinct minutes, so that many headlines share one.
minutes = st.lists(st.integers(0, 40), max_size=60)


def _at(minute: int, number: int) -> Headline:
    return headline(number, published=NOW + timedelta(minutes=minute))


async def _walk(
    room: Answers, start: Reply, label: str, arrive: list[Headline], store: MemoryHeadlines
) -> list[Reply]:
    """All pages from `start` on; before every tap one of `arrive` appears in the store."""
    pages = [start]
    while label in labels(pages[-1]):
        if arrive:
            store.stored.append(arrive.pop())
        pages.append(await room.answer(tap(data_of(pages[-1], label))))
    return pages


@given(old=minutes, new=minutes)
async def test_forward_and_back_visit_each_old_headline_once_in_order(old: list[int], new: list[int]) -> None:
    """Whatever arrives in between, anywhere in the list: none is missed, none comes twice, none out of order."""
    store = MemoryHeadlines([_at(minute, number) for number, minute in enumerate(old, start=1)])
    room, known = answers(store), {row.id for row in store.stored}
    arrive = [_at(minute, 1000 + number) for number, minute in enumerate(new)]
    expected = [row.id for row in sorted(store.stored, key=anchor_of, reverse=True)]

    forward = await _walk(room, await room.answer(ask("/terbaru")), OLDER, arrive, store)
    back = await _walk(room, forward[-1], NEWER, arrive, store)

    for pages in (forward, back[::-1]):
        seen = [row.id for page in pages if page.listing for row in page.listing.headlines]
        assert len(seen) == len(set(seen))
        assert [number for number in seen if number in known] == expected
        assert all(says_something(page) for page in pages)


@given(old=minutes)
async def test_with_nothing_new_the_way_back_shows_the_same_pages(old: list[int]) -> None:
    """Pages have no edges of their own: the way back is the way there."""
    store = MemoryHeadlines([_at(minute, number) for number, minute in enumerate(old, start=1)])
    room = answers(store)
    forward = await _walk(room, await room.answer(ask("/terbaru")), OLDER, [], store)
    back = await _walk(room, forward[-1], NEWER, [], store)
    assert [titles(page) for page in back[::-1]] == [titles(page) for page in forward]
    assert NEWER not in labels(forward[0])
    assert OLDER not in labels(forward[-1])
