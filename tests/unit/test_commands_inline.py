"""Inline answers: the latest or what was found, page after page to the end, whatever stands in an offset."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.deeds import SPANS, ReadersRanking
from bot.commands.inline import InlineAnswers
from bot.commands.popular import Window
from bot.domain.headlines import Headline
from bot.domain.inline import INLINE_PAGE, InlinePage, InlineQuery
from bot.domain.ranking import Deeds
from bot.locale import load
from bot.ports import InlineAnswering
from tests.support_commands import NOW, MemoryFinder, MemoryHeadlines, headline, headlines


def desk(store: MemoryHeadlines) -> InlineAnswering:
    """Inline answers over `store`."""
    return InlineAnswers(store, MemoryFinder(store), load())


def ids(page: InlinePage) -> list[int]:
    """The headlines of a page."""
    return [row.id for row in page.headlines]


async def all_pages(room: InlineAnswering, words: str, store: MemoryHeadlines | None = None) -> list[int]:
    """Every page to the end; with a `store`, something arrives before each next one."""
    found: list[int] = []
    offset = ""
    for _ in range(20):
        page = await room.inline(InlineQuery(words, offset, "id"))
        assert len(page.next_offset.encode()) <= 64
        found += ids(page)
        offset = page.next_offset
        if not offset:
            return found
        if store is not None:
            store.stored.append(headline(1000 + len(found)))
    raise AssertionError("no end")


@pytest.mark.parametrize("words", ["", "  ", "berita"])
async def test_pages_go_on_to_the_end(words: str) -> None:
    """Every headline once, newest first, whatever arrives meanwhile."""
    store = MemoryHeadlines(headlines(INLINE_PAGE * 2 + 5))
    assert await all_pages(desk(store), words, store) == list(range(INLINE_PAGE * 2 + 5, 0, -1))


async def test_the_last_full_page_has_no_next() -> None:
    """Nobody is sent for an empty page."""
    page = await desk(MemoryHeadlines(headlines(INLINE_PAGE))).inline(InlineQuery("", "", "id"))
    assert (len(page.headlines), page.next_offset) == (INLINE_PAGE, "")


@pytest.mark.parametrize(
    ("words", "language", "hint"),
    [("gajah", "id", "Berita tidak ditemukan"), ("🔥", "en", "No headlines found")],
)
async def test_nothing_found_says_so(words: str, language: str, hint: str) -> None:
    """In the reader's language."""
    page = await desk(MemoryHeadlines(headlines(3))).inline(InlineQuery(words, "", language))
    assert (page.headlines, page.hint) == ((), hint)


@given(
    st.text(max_size=256),
    st.text(max_size=64) | st.from_regex(r"[on]\.[0-9a-z]{1,12}\.[0-9a-z]{1,13}\.[0-9a-z-]{0,24}"),
)
async def test_any_words_and_any_offset_are_answered(words: str, offset: str) -> None:
    """A forged offset is the end, or a page that anybody may see."""
    page = await desk(MemoryHeadlines(headlines(30))).inline(InlineQuery(words, offset, "id"))
    assert page.headlines or not page.next_offset


class FixedDeeds:
    """`ports.EngagementReader` that was told what readers did."""

    def __init__(self, *deeds: Deeds) -> None:
        self.told = deeds
        self.asked: list[tuple[timedelta, datetime]] = []

    async def deeds(self, window: timedelta, now: datetime) -> Sequence[Deeds]:
        self.asked.append((window, now))
        return self.told

    async def headlines(self, ids: Collection[int]) -> Sequence[Headline]:
        return [headline(number) for number in ids]


@pytest.mark.parametrize(("window", "days"), [(Window.DAY, 1), (Window.WEEK, 7), (Window.MONTH, 30)])
async def test_readers_rank(window: Window, days: int) -> None:
    """By what they did in the window, as many as are asked for."""
    engagement = FixedDeeds(Deeds(1, 2, 0.0), Deeds(2, 5, 0.0), Deeds(3, 3, 0.0))
    rows = await ReadersRanking(engagement).ranked(window, NOW, 2)
    assert [row.id for row in rows] == [2, 3]
    assert engagement.asked == [(SPANS[window], NOW)] == [(timedelta(days=days), NOW)]
