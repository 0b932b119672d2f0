"""What readers are shown: the latest, page by page, categories, and the portal's own popular list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.delivery import HoldReason, State
from bot.domain.headlines import Headline, Item
from bot.domain.identity import keys
from bot.domain.looks import FeedAddress, Validators
from bot.domain.paging import anchor_of
from bot.domain.polling import NewDelivery, Sighting
from tests.support_store import (
    HOUR,
    KINDS,
    MINUTE,
    NOW,
    Home,
    channel,
    due,
    headline,
    link,
    look,
    open_home,
    words,
)

LIST = "https://kabar.example/populer"


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it, with one channel."""
    async with open_home(request.param, tmp_path) as opened:
        await opened.furnish()
        yield opened


async def page(
    home: Home,
    *,
    before: Headline | None = None,
    after: Headline | None = None,
    category: str = "",
    limit: int = 10,
) -> Sequence[Headline]:
    """A page next to a headline."""
    return await home.stores.headlines.latest(
        before=None if before is None else anchor_of(before),
        after=None if after is None else anchor_of(after),
        category=category,
        limit=limit,
    )


def ids(headlines: Sequence[Headline]) -> list[int]:
    """What stands on a page."""
    return [one.id for one in headlines]


async def test_the_newest_come_first(home: Home) -> None:
    """By publication time, not by when they were recorded."""
    await home.news(3, 1, 2)
    await home.again()

    found = await page(home, limit=2)

    assert [one.words.title for one in found] == ["Kabar nomor 3", "Kabar nomor 2"]
    assert (found[0].words, found[0].first_seen, found[0].revision) == (words(3), NOW, 1)
    assert not found[0].withdrawn


async def test_pages_neither_repeat_nor_lose(home: Home) -> None:
    """Many headlines of the same minute: older and newer pages meet at the anchor, whatever arrives."""
    same = [headline(n, published=NOW) for n in range(1, 8)]
    await home.record(*same)
    await home.again()

    first = await page(home, limit=3)
    await home.record(headline(8, published=NOW))
    second = await page(home, before=first[-1], limit=3)
    third = await page(home, before=second[-1], limit=3)

    assert [ids(first), ids(second), ids(third)] == [[7, 6, 5], [4, 3, 2], [1]]
    assert ids(await page(home, after=third[0], limit=3)) == [4, 3, 2]
    assert ids(await page(home, after=second[0], limit=3)) == [7, 6, 5]
    assert ids(await page(home, after=first[0], limit=3)) == [8]


async def test_an_anchor_may_be_gone(home: Home) -> None:
    """A withdrawn headline still says where its page begins."""
    one, two, three = await home.news(1, 2, 3)
    middle = (await page(home))[1]
    await home.withdraw(two)
    await home.again()

    assert ids(await page(home)) == [three, one]
    assert ids(await page(home, before=middle)) == [one]
    assert ids(await page(home, after=middle)) == [three]
    assert await home.stores.headlines.anchor(two) == anchor_of(middle)
    assert await home.stores.headlines.anchor(99) is None


async def test_a_category_whatever_its_case(home: Home) -> None:
    """The kicker and what other feeds added, folded: letters, blanks, typography."""
    await home.record(
        headline(1, kicker="Dunia"),
        headline(2, kicker="DUNIA  Islam"),
        headline(3, kicker="Ekonomi", category="Ekonomi"),
        headline(4, kicker=""),
    )
    await home.record(sightings=[Sighting(3, category="dunia")])
    await home.again()

    assert ids(await page(home, category="DUNIA")) == [3, 1]
    assert ids(await page(home, category="dunia islam")) == [2]
    assert ids(await page(home, category="ekonomi")) == [3]
    assert await page(home, category="olahraga") == []
    assert ids(await page(home)) == [4, 3, 2, 1]


async def test_pages_of_a_category(home: Home) -> None:
    """Anchored like all others, also to a headline of another category."""
    new = [headline(n, kicker="Dunia" if n % 2 else "Ekonomi", published=NOW) for n in range(1, 10)]
    await home.record(*new)
    await home.again()

    first = await page(home, category="dunia", limit=2)
    second = await page(home, category="dunia", limit=2, before=first[-1])

    assert [ids(first), ids(second)] == [[9, 7], [5, 3]]
    assert ids(await page(home, category="dunia", limit=2, after=second[-1])) == [7, 5]
    middle = next(one for one in await page(home) if one.id == 4)
    assert ids(await page(home, category="dunia", before=middle)) == [3, 1]


async def test_categories_are_counted(home: Home) -> None:
    """Most first; each under the name that it had first; equal numbers by name; none without headlines."""
    await home.record(
        headline(1, kicker="Ekonomi", category="Ekonomi"),
        headline(2, kicker="Dunia"),
        headline(3, kicker="DUNIA"),
        headline(4, kicker="Bola"),
        headline(5, kicker=""),
    )
    stores = await home.again()

    assert await stores.headlines.categories() == [("Dunia", 2), ("Bola", 1), ("Ekonomi", 1)]


async def test_counts_follow_what_is_shown(home: Home) -> None:
    """Withdrawn, hidden by a surge, shown again, moved to another section, added to by a feed."""
    surge = NewDelivery(home.channels[0], State.HELD, HoldReason.SURGE)
    await home.record(
        headline(1, kicker="Dunia"), headline(2, kicker="Dunia"), headline(3, surge, kicker="Bola")
    )
    await home.withdraw(1)
    counts = [await home.stores.headlines.categories()]
    await home.sql("UPDATE headlines SET hidden = 0")
    counts.append(await home.stores.headlines.categories())
    await home.sql("UPDATE headlines SET withdrawn_at = NULL")
    await home.record(sightings=[Sighting(3, category="Ragam")])
    counts.append(await home.stores.headlines.categories())
    await home.correct(2, "Kabar yang diperbaiki", kicker="Ragam")
    stores = await home.again()
    counts.append(await stores.headlines.categories())

    assert counts == [
        [("Dunia", 1)],
        [("Bola", 1), ("Dunia", 1)],
        [("Dunia", 2), ("Bola", 1), ("Ragam", 1)],
        [("Ragam", 2), ("Bola", 1), ("Dunia", 1)],
    ]
    assert ids(await page(home, category="ragam")) == [3, 2]
    assert ids(await page(home, category="dunia")) == [1]


# ---------------------------------------------------------------- the popular list


def entry(number: int, published: datetime | None = NOW) -> Item:
    """A story as the portal's list names it."""
    return Item(f"Populer {number}", link(number), published=published)


async def popular(home: Home, limit: int = 7) -> list[tuple[int, str]]:
    """The list as readers see it: ids and titles."""
    found = await home.stores.headlines.popular(LIST, limit)
    return [(one.id, one.words.title) for one in found]


async def test_the_portals_own_order(home: Home) -> None:
    """Known headlines in their own words, unknown ones in the list's."""
    await home.news(2)
    await home.stores.popular.record_popular(LIST, look(entry(3), entry(2), entry(1)), NOW)
    await home.again()

    assert await popular(home) == [(0, "Populer 3"), (1, "Kabar nomor 2"), (0, "Populer 1")]
    assert await popular(home, 2) == [(0, "Populer 3"), (1, "Kabar nomor 2")]
    assert await home.stores.popular.popular("https://other.example", 7) == []


async def test_the_strongest_key_decides(home: Home) -> None:
    """A story is known by its article's id though its slug has changed."""
    old = "https://kabar.example/read/2024/11/21/4711/judul-lama"
    new = "https://www.kabar.example/read/2024/11/21/4711/judul-baru?utm_source=populer"
    (found,), _ = keys([Item("Judul lama", old)], 1, frozenset())
    await home.record(replace(headline(1, link=old), keys=found))
    await home.stores.popular.record_popular(LIST, look(Item("Judul baru", new)), NOW)
    await home.again()

    assert await popular(home) == [(1, "Kabar nomor 1")]


async def test_an_item_that_becomes_known_later(home: Home) -> None:
    """Though the list itself has not changed since."""
    await home.stores.popular.record_popular(LIST, look(entry(1)), NOW)
    await home.news(1)
    unchanged = replace(look(), document=None)
    await home.stores.popular.record_popular(LIST, unchanged, NOW + MINUTE)
    await home.again()

    assert await popular(home) == [(1, "Kabar nomor 1")]


async def test_what_is_withdrawn_or_held_is_not_popular(home: Home) -> None:
    """Whatever the portal's list says."""
    surge = NewDelivery(home.channels[0], State.HELD, HoldReason.SURGE)
    await home.record(headline(1), headline(2, surge), headline(3))
    await home.withdraw(1)
    await home.stores.popular.record_popular(LIST, look(entry(1), entry(2), entry(3)), NOW)
    await home.again()

    assert await popular(home) == [(3, "Kabar nomor 3")]


async def test_an_item_without_a_time_keeps_the_first(home: Home) -> None:
    """The time at which the list first had it, through later looks."""
    await home.stores.popular.record_popular(LIST, look(entry(1, None), entry(2)), NOW)
    await home.stores.popular.record_popular(LIST, look(entry(3, None), entry(1, None)), NOW + HOUR)
    stores = await home.again()

    found = await stores.headlines.popular(LIST, 7)

    assert [one.words.published for one in found] == [NOW + HOUR, NOW]
    assert [one.words.link for one in found] == [link(3), link(1)]


async def test_a_list_replaces_the_last_one(home: Home) -> None:
    """Items without a title are none."""
    await home.stores.popular.record_popular(LIST, look(entry(1), entry(2)), NOW)
    await home.stores.popular.record_popular(LIST, look(entry(2), Item(""), Item("Tanpa tautan")), NOW)
    await home.again()

    assert await popular(home) == [(0, "Populer 2"), (0, "Tanpa tautan")]


async def test_the_list_is_asked_for_politely(home: Home) -> None:
    """With what the last good look left behind."""
    assert await home.stores.popular.popular_address(LIST) == FeedAddress(LIST)
    await home.stores.popular.record_popular(LIST, look(entry(1)), NOW)
    stores = await home.again()

    told = await stores.popular.popular_address(LIST)

    assert (told.validators, told.body_hash) == (Validators('"1"', None), "body")


# ---------------------------------------------------------------- surges


async def surge(home: Home) -> None:
    """Three headlines at once, held in two channels; one of the channels does not want the second."""
    await home.furnish(channel("@satu"), channel("@dua"))
    held = [NewDelivery(c, State.HELD, HoldReason.SURGE) for c in home.channels]
    await home.record(headline(1, *held), headline(2, held[0]), headline(3, *held), at=NOW + MINUTE)
    await home.record(headline(4, *due(home.channels[0])), at=NOW + HOUR)


async def test_a_surge_waits_for_one_decision(home: Home) -> None:
    """It has a name that survives a restart, and says how much it holds."""
    await surge(home)
    stores = await home.again()

    (held,) = await stores.surges.held_surges()

    assert (held.feed_id, held.at, held.feed, held.headlines) == (home.feeds[0], NOW + MINUTE, "rss-1", 3)
    assert ids(await page(home)) == [4]


async def test_a_surge_is_released(home: Home) -> None:
    """All of it, in order, behind what waits already, whatever its age; one sound for each channel."""
    await surge(home)
    await home.again()
    surges, later = home.stores.surges, NOW + 2 * HOUR

    assert await surges.release_surge(home.feeds[0], NOW + MINUTE, later) == 5
    assert await surges.release_surge(home.feeds[0], NOW + MINUTE, later) == 0

    assert ids(await page(home)) == [4, 3, 2, 1]
    assert await surges.held_surges() == []
    seen = []
    for number in range(4):
        heads = await home.stores.outbox.heads(later, 9)
        seen.append([(head.headline_id, head.loud, head.ignores_age) for head in heads])
        await home.deliver(100 + 10 * number, later)
    assert seen == [
        [(4, False, False), (1, True, True)],
        [(1, True, True), (3, False, True)],
        [(2, False, True)],
        [(3, False, True)],
    ]


async def test_a_surge_is_passed_over(home: Home) -> None:
    """Nothing of it is posted, and readers see it in lists."""
    await surge(home)
    await home.again()

    assert await home.stores.surges.pass_over(home.feeds[0], NOW + MINUTE, NOW + HOUR) == 5
    assert await home.stores.surges.release_surge(home.feeds[0], NOW + MINUTE, NOW + HOUR) == 0

    assert ids(await page(home)) == [4, 3, 2, 1]
    assert await home.fates() == {1: "passed_over", 2: "passed_over", 3: "passed_over", 4: "PENDING"}
