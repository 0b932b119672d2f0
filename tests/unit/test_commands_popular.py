"""`/populer`: the portal's order, a ranking, or an honest "nobody knows"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.commands.popular import Window
from bot.domain.headlines import Headline
from tests.support_commands import (
    NOW,
    POPULAR_URL,
    MemoryHeadlines,
    answers,
    ask,
    headline,
    headlines,
    titles,
)


class FixedRanking:
    """A ranking that is told beforehand, and remembers what it was asked."""

    def __init__(self, *ranked: Headline) -> None:
        self._ranked = ranked
        self.asked: list[tuple[Window, datetime]] = []

    async def ranked(self, window: Window, now: datetime, limit: int) -> Sequence[Headline]:
        self.asked.append((window, now))
        return self._ranked[:limit]


async def test_seven_in_the_portals_own_order() -> None:
    """Order and choice are the portal's, and the answer says so."""
    store = MemoryHeadlines(headlines(20))
    store.popular_lists[POPULAR_URL] = tuple(headline(number) for number in (3, 19, 1, 8, 5, 2, 11, 20))
    reply = await answers(store, popular_url=POPULAR_URL).answer(ask("/populer"))
    assert titles(reply) == [f"Berita {number}" for number in (3, 19, 1, 8, 5, 2, 11)]
    assert (reply.heading, reply.note) == ("Terpopuler", "Menurut urutan di Kabar Contoh.")


@pytest.mark.parametrize("url", ["", POPULAR_URL])
async def test_nothing_known_says_so_and_shows_the_latest(url: str) -> None:
    """No list, or one that was never seen yet."""
    reply = await answers(MemoryHeadlines(headlines(12)), popular_url=url).answer(ask("/populer"))
    assert reply.heading == "Belum diketahui berita mana yang terpopuler. Berikut berita terbaru:"
    assert titles(reply)[0] == "Berita 12"


async def test_nothing_at_all_is_said_kindly() -> None:
    """Neither a ranking nor a headline."""
    assert (await answers(MemoryHeadlines()).answer(ask("/populer"))).text.startswith("Belum ada berita.")


@pytest.mark.parametrize(
    ("words", "window", "note"),
    [
        ("", Window.DAY, "24 jam"),
        ("hari", Window.DAY, "24 jam"),
        ("Minggu", Window.WEEK, "7 hari"),
        ("BULAN", Window.MONTH, "30 hari"),
        ("week", Window.WEEK, "7 hari"),
        ("entah apa", Window.DAY, "24 jam"),
    ],
)
async def test_without_a_list_readers_decide(words: str, window: Window, note: str) -> None:
    """The window is named in either language; the answer says by what it ranks."""
    ranking = FixedRanking(headline(2), headline(1))
    reply = await answers(MemoryHeadlines(headlines(3)), ranking=ranking).answer(ask(f"/populer {words}"))
    assert ranking.asked == [(window, NOW)]
    assert titles(reply) == ["Berita 2", "Berita 1"]
    assert note in reply.note


async def test_a_ranking_without_reactions_is_nothing_known() -> None:
    """Nobody has reacted yet."""
    reply = await answers(MemoryHeadlines(headlines(3)), ranking=FixedRanking()).answer(ask("/populer"))
    assert reply.heading.startswith("Belum diketahui")
