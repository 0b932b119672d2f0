"""What readers did, chose, and no longer see: reactions, inline choices, languages, and `KEEP_DAYS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.polling import Sighting
from bot.domain.search import parse, top
from bot.store.retention import AT_MOST, AT_ONCE, Retention
from tests.support_store import (
    DAY,
    HOUR,
    KINDS,
    MEMORY,
    MINUTE,
    NOW,
    SECOND,
    Home,
    headline,
    link_key,
    open_home,
)

CHAT = -1001


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store with three posts: the story n is message 100 + n of the channel's chat."""
    async with open_home(request.param, tmp_path) as opened:
        await opened.furnish()
        for number in (1, 2, 3):
            await opened.news(number)
            await opened.deliver(100 + number)
        yield opened


async def counts(home: Home, window: timedelta = DAY, now: datetime = NOW) -> Mapping[int, int]:
    """What was done within `window`, by headline."""
    return {one.headline_id: one.count for one in await home.stores.engagement.deeds(window, now)}


# ---------------------------------------------------------------- reactions and choices


async def test_totals_replace_totals(home: Home) -> None:
    """Telegram tells how many there are; what readers did is the difference."""
    log = home.stores.engagement
    await log.reacted(CHAT, 101, 5, NOW - 2 * HOUR)
    await log.reacted(CHAT, 101, 8, NOW - HOUR)
    await log.reacted(CHAT, 101, 8, NOW - HOUR)
    await home.again()

    assert await counts(home) == {1: 8}
    assert await counts(home, 90 * MINUTE) == {1: 3}


async def test_what_was_taken_back_does_not_count(home: Home) -> None:
    """Even where it came before the window."""
    log = home.stores.engagement
    await log.reacted(CHAT, 101, 5, NOW - 2 * DAY)
    await log.reacted(CHAT, 102, 5, NOW - HOUR)
    await log.reacted(CHAT, 101, 1, NOW - HOUR)
    await log.reacted(CHAT, 102, 2, NOW)
    await home.again()

    assert await counts(home) == {2: 2}
    assert await counts(home, 7 * DAY) == {1: 1, 2: 2}


async def test_an_older_word_changes_nothing(home: Home) -> None:
    """Updates that come in another order than they happened."""
    await home.stores.engagement.reacted(CHAT, 101, 8, NOW)
    await home.stores.engagement.reacted(CHAT, 101, 3, NOW - MINUTE)
    assert await counts(home) == {1: 8}


async def test_reactions_to_other_messages_count_for_nothing(home: Home) -> None:
    """A post of somebody else's, or of a chat that is none of ours."""
    await home.stores.engagement.reacted(CHAT, 999, 8, NOW)
    await home.stores.engagement.reacted(-5, 101, 8, NOW)
    assert await counts(home) == {}


async def test_channels_and_choices_are_summed(home: Home) -> None:
    """A choice counts one; a story that stands in two channels has the reactions of both."""
    log = home.stores.engagement
    await log.reacted(CHAT, 101, 4, NOW)
    await log.chosen(1, NOW - MINUTE)
    await log.chosen(2, NOW)
    await log.chosen(2, NOW)
    await log.chosen(99, NOW)
    await home.again()
    assert await counts(home) == {1: 5, 2: 2}


async def test_ages_are_those_of_deeds(home: Home) -> None:
    """Each as often as it was done; to the minute."""
    log = home.stores.engagement
    await log.reacted(CHAT, 101, 2, NOW - HOUR)
    await log.chosen(1, NOW - 3 * HOUR)
    (deeds,) = await log.deeds(DAY, NOW)
    assert (deeds.count, deeds.ages) == (3, 5 * HOUR.total_seconds())


@pytest.mark.parametrize(("age", "counts_still"), [(DAY, True), (DAY + SECOND, False), (-HOUR, True)])
async def test_the_window_ends_where_it_says(home: Home, age: timedelta, counts_still: bool) -> None:
    """24 hours are 24 hours; a clock that was set back makes nothing young."""
    await home.stores.engagement.reacted(CHAT, 101, 2, NOW - age)
    (deeds,) = await home.stores.engagement.deeds(DAY, NOW) or (None,)
    assert (deeds is not None) == counts_still
    assert deeds is None or deeds.ages == max(age, timedelta()).total_seconds() * 2


async def test_what_readers_may_not_see_is_not_ranked(home: Home) -> None:
    """Withdrawn: not counted, not chosen, not shown."""
    log = home.stores.engagement
    await log.reacted(CHAT, 101, 2, NOW)
    await log.reacted(CHAT, 102, 2, NOW)
    await home.withdraw(1)
    await log.chosen(1, NOW)
    stores = await home.again()
    assert await counts(home) == {2: 2}
    assert [row.id for row in await stores.engagement.headlines([2, 1, 3])] == [2, 3]


async def test_deeds_are_forgotten_after_the_longest_window(home: Home) -> None:
    """Totals stay: the next word of an old post is still told by its difference."""
    log = home.stores.engagement
    await log.reacted(CHAT, 101, 5, NOW - 32 * DAY)
    await log.reacted(CHAT, 102, 5, NOW - 29 * DAY)
    await home.stores.upkeep.forget(NOW)
    assert await counts(home, 365 * DAY) == {2: 5}
    await log.reacted(CHAT, 101, 6, NOW)
    assert await counts(home) == {1: 1}


# ---------------------------------------------------------------- choices of readers


async def test_a_language_is_kept_until_it_is_erased(home: Home) -> None:
    """By user, and by group; the last choice counts."""
    readers = home.stores.readers
    await readers.choose_language(7, "id", NOW)
    await readers.choose_language(7, "en", NOW)
    await readers.choose_language(-100_7, "id", NOW)
    stores = await home.again()
    assert [await stores.readers.language(one) for one in (7, -1007, 8)] == ["en", "id", None]
    await stores.readers.erase(7)
    await stores.readers.erase(8)
    assert [await stores.readers.language(one) for one in (7, -1007)] == [None, "id"]


# ---------------------------------------------------------------- KEEP_DAYS


async def shown(home: Home) -> list[int]:
    """What /terbaru shows."""
    rows = await home.stores.headlines.latest(before=None, after=None, category="", limit=50)
    return [row.id for row in rows]


async def test_old_headlines_leave_lists_and_search(home: Home) -> None:
    """Lead, reporter and picture go; the new ones stay."""
    await home.record(headline(4, lead="Kabar panjang", reporter="Reni"), at=NOW + 10 * DAY)
    assert await Retention(home.stores.database).forget_words(NOW + DAY) == 3
    assert await Retention(home.stores.database).forget_words(NOW + DAY) == 0
    stores = await home.again()

    assert await shown(home) == [4]
    found = await stores.search.older(parse("kabar"), top(99), 11)
    assert [match.headline.id for match in found] == [4]
    assert await stores.headlines.categories() == [("Dunia", 1)]
    rows = await stores.database.read("SELECT title, lead, reporter FROM headlines WHERE id = 1")
    assert tuple(rows[0]) == ("Kabar nomor 1", "", "")
    await home.sql("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")


async def test_an_old_headline_is_never_new_again(home: Home) -> None:
    """Its keys stay, its title too: the portal that shows it again corrects nothing and posts nothing."""
    await Retention(home.stores.database).forget_words(NOW + DAY)
    await home.again()
    known = (await home.stores.polls.known([link_key(1)], NOW + 400 * DAY))[link_key(1)]
    assert (known.headline_id, known.title, known.withdrawn) == (1, "Kabar nomor 1", False)
    await home.record(sightings=[Sighting(1, category="Ekonomi")], at=NOW + 400 * DAY)
    assert await shown(home) == []


async def test_housekeeping_forgets_after_keep_days(home: Home) -> None:
    """365 days by default."""
    await home.stores.upkeep.forget(NOW + 365 * DAY)
    assert await shown(home) == [3, 2, 1]
    await home.stores.upkeep.forget(NOW + 365 * DAY + SECOND)
    assert await shown(home) == []


async def test_much_is_forgotten_bit_by_bit(tmp_path: Path) -> None:
    """A call is bounded: whoever keeps house has a heartbeat to keep."""
    async with open_home(MEMORY, tmp_path) as home:
        await home.furnish()
        many = AT_MOST + AT_ONCE + 1
        for start in range(1, many + 1, 1000):
            await home.record(*(headline(n) for n in range(start, min(start + 1000, many + 1))))
        retention = Retention(home.stores.database)
        assert [await retention.forget_words(NOW + DAY) for _ in range(3)] == [AT_MOST, AT_ONCE + 1, 0]
        assert await shown(home) == []
