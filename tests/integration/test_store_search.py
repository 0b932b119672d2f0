"""Full text over what readers may see: any words, every change of a headline, the order, pages, and the bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.delivery import HoldReason, State
from bot.domain.polling import NewDelivery, Sighting
from bot.domain.search import Match, Place, parse, top
from bot.store.search import Bounds, Search
from tests.support_store import DAY, KINDS, MEMORY, MINUTE, NOW, SECOND, Home, headline, open_home


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it, with one channel."""
    async with open_home(request.param, tmp_path) as opened:
        await opened.furnish()
        yield opened


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory."""
    async with open_home(MEMORY, tmp_path) as opened:
        await opened.furnish()
        yield opened


async def found(home: Home, words: str, limit: int = 50) -> list[int]:
    """The ids of what is found, in order."""
    return ids(await home.stores.search.older(parse(words), top(2**62), limit))


def ids(matches: Sequence[Match]) -> list[int]:
    """The headlines of a page."""
    return [match.headline.id for match in matches]


async def index_is_sound(home: Home) -> None:
    """FTS5 itself compares its index with what readers may see."""
    await home.sql("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")


BERAS = headline(1, title="Harga Beras Naik di Pasar Induk")
KARABAKH = headline(
    2, title="Rusia Desak Armenia Hentikan Permusuhan di Nagorno-Karabakh", reporter="Reni Erina"
)
CAFE = headline(3, title="Café di São Paulo", kicker="Gaya", lead="Pemilik menjual beras dan kopi")


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("beras", [1, 3]),
        ("HARGA beras", [1]),
        ("beras harga", [1]),
        ("ber", [1, 3]),
        ("be", []),
        ("nai", [1]),
        ("nai harga", []),
        ('"harga beras"', [1]),
        ('"beras harga"', []),
        ('"ber"', []),
        ("cafe", [3]),
        ("sao pau", [3]),
        ("CAFÉ", [3]),
        ("karabakh", [2]),
        ("nagorno-kara", [2]),
        ("nagorno karabakh", [2]),
        ("reni erina", [2]),
        ("gaya", [3]),
        ("dunia", [1, 2]),
        ("kopi reni", []),
        ("beras NOT harga", []),
        ("title:beras", []),
        ("zzz", []),
    ],
)
async def test_words_find_headlines(quick: Home, words: str, ids: list[int]) -> None:
    """In headline, category, reporter and lead; diacritics and case folded; the last word may be a beginning."""
    await quick.record(BERAS, KARABAKH, CAFE)
    assert sorted(await found(quick, words)) == ids


async def test_a_headline_counts_as_three_days_younger_than_a_lead(home: Home) -> None:
    """What stands in the headline itself comes first, unless it is much older."""
    lead = "Tentang beras di pasar"
    await home.record(
        headline(1, title="Beras kemarin dulu", published=NOW - 4 * DAY),
        headline(2, title="Beras kemarin", published=NOW - 2 * DAY),
        headline(3, lead=lead, published=NOW - DAY),
        headline(4, lead=lead, published=NOW),
        headline(5, title="Kopi", published=NOW),
    )
    await home.again()
    assert await found(home, "beras") == [2, 4, 3, 1]


async def test_a_correction_changes_what_is_found(home: Home) -> None:
    """The old words find nothing, the new ones do, in the same transaction."""
    await home.record(BERAS)
    await home.correct(1, "Harga Cabai Turun")
    await home.again()
    assert (await found(home, "beras naik"), await found(home, "cabai turun")) == ([], [1])
    await index_is_sound(home)


async def test_withdrawn_and_hidden_headlines_are_never_found(home: Home) -> None:
    """A withdrawal takes effect at once; what a surge holds is found when it is released."""
    held = NewDelivery(home.channels[0], State.HELD, HoldReason.SURGE)
    await home.record(BERAS, headline(2, held, title="Beras di gudang"), at=NOW + MINUTE)
    assert await found(home, "beras") == [1]
    await home.withdraw(1)
    await home.again()
    assert await found(home, "beras") == []
    await home.stores.surges.release_surge(home.feeds[0], NOW + MINUTE, NOW + MINUTE)
    assert await found(home, "beras") == [2]
    await index_is_sound(home)


async def test_an_added_category_is_found(home: Home) -> None:
    """A story that stands in another feed too is found under that feed's category, and under its own."""
    await home.record(BERAS)
    await home.record(sightings=[Sighting(1, category="Ekonomi")])
    await home.again()
    assert (await found(home, "ekonomi beras"), await found(home, "dunia beras")) == ([1], [1])
    await index_is_sound(home)


async def test_pages_go_through_every_block_to_the_end_and_back(quick: Home) -> None:
    """However many matches there are, each stands in one place."""
    await quick.record(
        *(headline(n, title="Beras" if n % 3 else "Kopi", lead="beras") for n in range(1, 101))
    )
    store, query, upto = Search(quick.stores.database, Bounds(block=30)), parse("beras"), 100
    place, forth = top(upto), list[Match]()
    while page := await store.older(query, place, 7):
        forth += page
        place = page[-1].place
    back = list[Match]()
    while page := await store.newer(query, place, upto, 7):
        back = [*page, *back]
        place = page[0].place

    assert sorted(ids(forth)) == list(range(1, 101))
    assert ids(back) == ids(forth[:-1])


async def test_what_arrives_later_shifts_nothing(home: Home) -> None:
    """Not even a headline that would stand among those of the first page."""
    await home.record(*(headline(n, title=f"Beras {n}") for n in range(1, 31)))
    upto = await home.stores.search.newest_id()
    first = await home.stores.search.older(parse("beras"), top(upto), 10)
    await home.record(
        headline(90, title="Beras sisipan", published=first[4].headline.words.published + SECOND / 2)
    )
    stores = await home.again()

    second = await stores.search.older(parse("beras"), first[-1].place, 10)
    back = await stores.search.newer(parse("beras"), second[0].place, upto, 50)
    assert ids(second) == list(range(20, 10, -1))
    assert ids(back) == ids(first)


async def test_a_common_whole_word_stands_for_itself(quick: Home) -> None:
    """Where it fills a block, longer words are not gathered; where it does not, they are found with it."""
    await quick.record(*(headline(n, title="berasnya" if n % 5 == 0 else "beras") for n in range(1, 21)))
    few = Search(quick.stores.database, Bounds(block=4))
    assert ids(await few.older(parse("beras"), top(20), 6)) == [19, 18, 17, 16, 14, 13]
    assert await found(quick, "beras") == list(range(20, 0, -1))


async def test_searches_are_remembered(home: Home) -> None:
    """The same search is one; it lasts three months from when it was last asked for."""
    store = home.stores.search
    first = await store.remember("beras", 9, NOW)
    other = await store.remember("kopi", 9, NOW)
    assert await store.remember("beras", 9, NOW + 60 * DAY) == first != other
    stores = await home.again()
    await stores.search.forget_searches(NOW + 100 * DAY)
    assert await stores.search.recall(first) == ("beras", 9)
    assert await stores.search.recall(other) is None
    assert await stores.search.recall(2**62) is None


async def test_searches_are_bounded(quick: Home) -> None:
    """The oldest give way."""
    store = Search(quick.stores.database, Bounds(searches=3))
    kept = [await store.remember(f"kata {n}", n, NOW) for n in range(5)]
    known = [await store.recall(one) for one in kept]
    assert known == [None, None, ("kata 2", 2), ("kata 3", 3), ("kata 4", 4)]


odd = st.sampled_from("ab1\"'-*^+:(){}é\u0301\0\u200e\ud800😀س NEAR AND OR NOT")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=st.text(odd, max_size=40) | st.text(st.characters(), max_size=4096) | st.just("ab " * 1365))
async def test_any_text_is_a_valid_query(quick: Home, text: str) -> None:
    """FTS5's operators, quotes, NUL, emoji, right-to-left, 4096 characters: an answer, never an error."""
    query = parse(text)
    matches = await quick.stores.search.older(query, top(2**63 - 1), 11)
    assert len(matches) <= 11
    assert not await quick.stores.search.newer(query, Place(0, NOW, 0), 0, 11)


async def test_a_headline_is_found_by_each_of_its_words(quick: Home) -> None:
    """As it is written, whatever stands around them."""
    title = "“Jum’at” & Covid-19: Rp1.000,- (naik!) — ÉLITE, naïve; سلام 東京"
    await quick.record(headline(1, title=title))
    for word in title.split():
        if parse(word):
            assert await found(quick, word) == [1], word
    assert await found(quick, title) == [1]
