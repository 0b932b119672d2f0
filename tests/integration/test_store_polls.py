"""What a look leaves behind: headlines, keys, revisions and rows, all of it or nothing; and the feed's own state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.delivery import HoldReason, SkipReason, State
from bot.domain.headlines import Item, Key, KeyKind
from bot.domain.looks import Validators
from bot.domain.polling import Correction, NewDelivery, PollIntent, Sighting
from bot.errors import StoreError
from bot.store.headlines import OWNER_SILENT
from tests.support_store import (
    DAY,
    HOUR,
    KINDS,
    MINUTE,
    NOW,
    SECOND,
    Home,
    channel,
    due,
    feed,
    headline,
    link_key,
    look,
    open_home,
    words,
)


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it."""
    async with open_home(request.param, tmp_path) as opened:
        yield opened


async def test_a_headline_is_known_by_its_keys(home: Home) -> None:
    """All that identity needs of it comes back."""
    await home.furnish(channel("@satu"), channel("@dua"))
    one, two = home.channels
    filtered = NewDelivery(two, State.SKIPPED, SkipReason.FILTERED, "exclude: bola")
    (story,) = (await home.record(headline(1, *due(one), filtered, category="Dunia"))).headline_ids
    stores = await home.again()

    known = await stores.polls.known([link_key(1), link_key(2)], NOW)

    assert set(known) == {link_key(1)}
    found = known[link_key(1)]
    assert (found.headline_id, found.title, found.link) == (story, "Kabar nomor 1", words(1).link)
    assert (found.published, found.guid, found.first_seen) == (words(1).published, "guid-1", NOW)
    assert (found.owner_feed, found.feeds) == (home.feeds[0], frozenset({home.feeds[0]}))
    assert found.categories == {"Dunia"}
    assert (set(found.channels), set(found.filtered)) == ({one, two}, {two})
    assert [found.owner_silent, found.edited_by_desk, found.withdrawn] == [False, False, False]


async def test_nothing_is_known_by_no_keys(home: Home) -> None:
    """An empty document asks for nothing."""
    assert await home.stores.polls.known([], NOW) == {}


async def test_many_keys_are_asked_for_at_once(home: Home) -> None:
    """A document of 2,000 items has up to 8,000; one headline may own several."""
    await home.furnish()
    several = replace(headline(1), keys=(link_key(1), Key(KeyKind.ARTICLE, "kabar.example|1")))
    await home.record(several)
    stores = await home.again()

    known = await stores.polls.known([link_key(n) for n in range(8000)] + list(several.keys), NOW)

    assert set(known) == set(several.keys)


async def test_an_owner_falls_silent(home: Home) -> None:
    """A day after its last good look, or when it leaves the settings, its words are anybody's."""
    await home.furnish(feeds=2)
    await home.record(headline(1), feed_id=home.feeds[1])
    stores = await home.again()

    async def silent(at: object = NOW) -> bool:
        return (await stores.polls.known([link_key(1)], at))[link_key(1)].owner_silent  # type: ignore[arg-type]

    assert not await silent(NOW + OWNER_SILENT)
    assert await silent(NOW + OWNER_SILENT + SECOND)
    await stores.feeds.configure([feed(1)], NOW)
    assert await silent()


async def test_a_new_headline_takes_keys_over(home: Home) -> None:
    """A page that always has the same address tells a new story."""
    await home.furnish()
    await home.record(headline(1))
    (second,) = (await home.record(replace(headline(2), keys=(link_key(1),)))).headline_ids
    stores = await home.again()

    assert (await stores.polls.known([link_key(1)], NOW))[link_key(1)].headline_id == second


async def test_a_sighting_adds_and_takes_nothing_away(home: Home) -> None:
    """Keys, a category, a feed, the owner's GUID and time; keys of others stay theirs."""
    await home.furnish(feeds=2)
    first, second = (await home.record(headline(1), headline(2))).headline_ids
    key = Key(KeyKind.ARTICLE, "kabar.example|1")
    sighting = Sighting(first, (key, link_key(2)), "Ekonomi", "guid-baru", NOW + HOUR)
    await home.record(sightings=[sighting], feed_id=home.feeds[1])
    stores = await home.again()

    known = await stores.polls.known([key, link_key(2)], NOW)

    assert known[link_key(2)].headline_id == second
    found = known[key]
    assert (found.headline_id, set(found.categories), set(found.feeds)) == (
        first,
        {"Ekonomi"},
        set(home.feeds),
    )
    assert (found.guid, found.published) == ("guid-baru", NOW + HOUR)


async def test_a_sighting_lets_in_what_a_rule_kept_out(home: Home) -> None:
    """And nothing else: what was skipped for another reason, or sent, stays as it is."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    one, two, three = home.channels
    rows = (
        NewDelivery(one, State.SKIPPED, SkipReason.FILTERED, "categories"),
        NewDelivery(two, State.SKIPPED, SkipReason.TOO_OLD),
    )
    (story,) = (await home.record(headline(1, *rows))).headline_ids
    recorded = await home.record(sightings=[Sighting(story, deliveries=due(one, two, three))])
    await home.again()

    assert recorded.queued == 3
    assert [await home.fate(story, c) for c in home.channels] == [
        ("PENDING", None),
        ("SKIPPED", "too_old"),
        ("PENDING", None),
    ]
    assert (await home.row(story, one))["rule"] == ""


async def test_rows_are_counted_and_say_why(home: Home) -> None:
    """Queued, held, and skipped with a reason and its rule."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    one, two, three = home.channels
    rows = (
        *due(one, loud=True),
        NewDelivery(two, State.HELD, HoldReason.HOLD),
        NewDelivery(three, State.SKIPPED, SkipReason.FILTERED, "exclude: bola"),
    )
    recorded = await home.record(headline(1, *rows))
    await home.again()

    (story,) = recorded.headline_ids
    assert (recorded.queued, recorded.held) == (1, 1)
    assert (await home.row(story, one))["loud"] == 1
    held = await home.row(story, two)
    assert (held["state"], held["reason"], held["seq"], held["due_at"]) == ("HELD", "hold", None, None)
    skipped = await home.row(story, three)
    assert (skipped["reason"], skipped["rule"]) == ("filtered", "exclude: bola")


async def test_a_look_is_recorded_whole_or_not_at_all(home: Home) -> None:
    """Something in the middle fails: no headline, no key, no row, and the feed has not been looked at."""
    await home.furnish()
    before = await home.stores.feeds.due(NOW + HOUR)
    impossible = NewDelivery(9999, State.PENDING)  # there is no such channel

    with pytest.raises(StoreError):
        await home.record(headline(1, *due(home.channels[0])), headline(2, impossible), at=NOW + MINUTE)

    stores = await home.again()
    assert await stores.polls.known([link_key(1), link_key(2)], NOW) == {}
    assert await home.titles() == []
    assert await stores.feeds.due(NOW + HOUR) == before


async def test_what_a_surge_holds_is_hidden(home: Home) -> None:
    """From every list, until an editor decides; and a further feed cannot let it slip through."""
    await home.furnish(channel("@satu"), channel("@dua"))
    one, two = home.channels
    rows = (
        NewDelivery(one, State.HELD, HoldReason.SURGE),
        NewDelivery(two, State.SKIPPED, SkipReason.FILTERED, "categories"),
    )
    (story,) = (await home.record(headline(1, *rows))).headline_ids
    await home.record(sightings=[Sighting(story, category="Ekonomi", deliveries=due(two))])
    stores = await home.again()

    assert await stores.headlines.latest(before=None, after=None, category="", limit=10) == []
    assert await stores.headlines.categories() == []
    assert await home.fate(story, two) == ("HELD", "surge")
    assert await home.titles() == []


async def test_a_correction_of_nothing_changes_nothing(home: Home) -> None:
    """A headline that is not there any more."""
    await home.furnish()

    await home.record(corrections=[Correction(4711, words(1), "old")])

    assert await home.stores.headlines.anchor(4711) is None


# ---------------------------------------------------------------- the feed's own state


async def test_feeds_come_as_the_settings_say(home: Home) -> None:
    """All of it, and due at once."""
    told = feed(1, category="Dunia", interval=MINUTE, headers={"X-Kabar": "é"}, selectors={"item": "li"})
    (number,) = await home.stores.feeds.configure([told], NOW)
    stores = await home.again()

    assert await stores.polls.feeds_due(NOW) == [replace(told, id=number)]
    assert await stores.polls.next_look() == NOW


async def test_a_good_look_is_remembered(home: Home) -> None:
    """Validators, the body's hash, where it has moved to, what is void; failures are over."""
    await home.furnish()
    number = home.feeds[0]
    await home.stores.polls.record_failure(number, "500", NOW, NOW)
    found = look(etag='"2"', body_hash="two", moved_to="https://baru.example/rss")
    intent = PollIntent(number, NOW + SECOND, void=frozenset({KeyKind.LINK, KeyKind.GUID}))
    await home.stores.polls.record(intent, found, NOW + MINUTE)
    stores = await home.again()

    assert await stores.polls.feeds_due(NOW + MINUTE - SECOND) == []
    (told,) = await stores.polls.feeds_due(NOW + MINUTE)
    assert (told.etag, told.body_hash, told.moved_to) == ('"2"', "two", "https://baru.example/rss")
    assert told.address.url == "https://baru.example/rss"
    assert (set(told.void), told.looked) == ({KeyKind.LINK, KeyKind.GUID}, NOW + SECOND)
    assert (told.failures, told.failing_since) == (0, None)


async def test_a_look_without_news_keeps_what_is_void(home: Home) -> None:
    """And where the feed has moved to."""
    await home.furnish()
    number = home.feeds[0]
    first = PollIntent(number, NOW, void=frozenset({KeyKind.GUID}))
    await home.stores.polls.record(first, look(moved_to="https://baru.example/rss"), NOW)
    await home.stores.polls.record(PollIntent(number, NOW), look(), NOW)
    stores = await home.again()

    (told,) = await stores.polls.feeds_due(NOW)
    assert (set(told.void), told.moved_to) == ({KeyKind.GUID}, "https://baru.example/rss")


async def test_failures_are_counted_from_the_first(home: Home) -> None:
    """What the last good look left behind stays."""
    await home.furnish()
    for n in range(3):
        await home.stores.polls.record_failure(home.feeds[0], "timed out", NOW + n * MINUTE, NOW + n * MINUTE)
    stores = await home.again()

    (told,) = await stores.polls.feeds_due(NOW + HOUR)
    assert (told.failures, told.failing_since, told.etag) == (3, NOW, '"1"')


async def test_a_feed_that_is_gone_rests_until_the_next_start(home: Home) -> None:
    """410: nobody asks again before somebody starts the bot again."""
    await home.furnish()
    await home.stores.polls.record_failure(home.feeds[0], "410", NOW, None)
    stores = await home.again()

    assert await stores.polls.feeds_due(NOW + DAY) == []
    assert await stores.polls.next_look() is None
    await stores.feeds.configure([feed()], NOW + DAY)
    assert len(await stores.polls.feeds_due(NOW + DAY)) == 1


async def moved_away(home: Home) -> None:
    """A feed that answered once that it has moved for good."""
    await home.furnish()
    found = look(moved_to="https://baru.example/rss")
    await home.record(found=found)


async def test_where_it_moved_to_may_be_gone(home: Home) -> None:
    """410 there: its own address is asked next, unconditionally, before it is given up."""
    await moved_away(home)
    await home.stores.polls.record_failure(home.feeds[0], "410", NOW, None)
    stores = await home.again()

    (told,) = await stores.polls.feeds_due(NOW + HOUR)
    assert told.address.url == told.url
    assert told.address.validators == Validators()
    await stores.polls.record_failure(home.feeds[0], "410", NOW, None)
    assert await stores.polls.feeds_due(NOW + DAY) == []


async def test_where_it_moved_to_may_fail_for_long(home: Home) -> None:
    """After three failures in a row its own address is asked again."""
    await moved_away(home)
    urls = []
    for _ in range(3):
        urls.append((await home.stores.polls.feeds_due(NOW + HOUR))[0].address.url)
        await home.stores.polls.record_failure(home.feeds[0], "404", NOW, NOW)
        await home.again()
    urls.append((await home.stores.polls.feeds_due(NOW + HOUR))[0].address.url)

    assert urls == ["https://baru.example/rss"] * 3 + [feed().url]


async def test_a_feed_that_left_is_not_looked_at(home: Home) -> None:
    """Put back later it is new: looked at in full, and what it brings is no surge."""
    await home.furnish(feeds=2)
    await home.settle([channel()], [feed(1)], NOW)
    assert [f.url for f in await home.stores.polls.feeds_due(NOW + HOUR)] == [feed(1).url]
    await home.settle([channel()], [feed(1), feed(2)], NOW + HOUR)
    stores = await home.again()

    _, back = sorted(await stores.polls.feeds_due(NOW + HOUR), key=lambda one: one.url)
    assert (back.url, back.looked, back.etag, back.body_hash) == (feed(2).url, None, None, None)


async def test_settings_win_over_what_was(home: Home) -> None:
    """Name, category, interval and headers follow the settings; what was learnt stays."""
    await home.furnish()
    await home.stores.feeds.configure([feed(1, name="Kabar", interval=HOUR)], NOW)
    stores = await home.again()

    (told,) = await stores.polls.feeds_due(NOW)
    assert (told.name, told.interval, told.etag) == ("Kabar", HOUR, '"1"')


async def test_a_look_that_brought_nothing_to_parse(home: Home) -> None:
    """304: a good look all the same."""
    await home.furnish()
    await home.record(at=NOW + HOUR, found=replace(look(Item("x")), document=None))
    stores = await home.again()

    assert (await stores.polls.feeds_due(NOW + DAY))[0].looked == NOW + HOUR
