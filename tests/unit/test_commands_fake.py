"""The in-memory store that the commands are tested with does what the port says."""

from __future__ import annotations

from bot.ports import HeadlineReader
from tests.support_commands import MemoryHeadlines, headline, headlines


async def test_latest_is_newest_first_and_bounded() -> None:
    """Without an anchor the newest come first, as many as were asked for."""
    store: HeadlineReader = MemoryHeadlines(headlines(5))
    rows = await store.latest(before=None, after=None, category="", limit=3)
    assert [row.id for row in rows] == [5, 4, 3]


async def test_before_and_after_leave_the_anchor_out() -> None:
    """Both sides of an anchor are those next to it, newest first, without the anchor's own headline."""
    store = MemoryHeadlines(headlines(9))
    anchor = await store.anchor(5)
    older = await store.latest(before=anchor, after=None, category="", limit=2)
    newer = await store.latest(before=None, after=anchor, category="", limit=2)
    assert ([row.id for row in older], [row.id for row in newer]) == ([4, 3], [7, 6])


async def test_equal_times_are_told_apart_by_id() -> None:
    """Of two headlines of one moment the higher id counts as newer."""
    first = headline(1)
    twin = headline(2, published=first.words.published)
    store = MemoryHeadlines([first, twin])
    rows = await store.latest(before=(twin.words.published, 2), after=None, category="", limit=9)
    assert [row.id for row in rows] == [1]


async def test_categories_are_counted_and_lists_have_their_order() -> None:
    """Categories come with the most headlines first, a popular list in its own order; the unknown is empty."""
    store = MemoryHeadlines([*headlines(2, kicker="Dunia"), headline(3, kicker="Olahraga"), headline(4)])
    store.popular_lists["https://a.example/"] = (headline(9), headline(3))
    assert await store.categories() == [("Dunia", 2), ("Olahraga", 1)]
    assert [row.id for row in await store.popular("https://a.example/", 7)] == [9, 3]
    assert await store.popular("https://b.example/", 7) == ()
    assert await store.anchor(99) is None
