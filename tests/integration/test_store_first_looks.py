"""First looks: what a channel that is new, or whose feed is new, gets of what stands in its feeds already."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.decide import Rules, decide, keys_wanted
from bot.domain.delivery import HoldReason, SkipReason, State
from bot.domain.headlines import Document, Item
from bot.domain.polling import ChannelSetup, FeedForPoll, NewDelivery
from tests.support_store import (
    HOUR,
    KINDS,
    MINUTE,
    NOW,
    Home,
    channel,
    due,
    feed,
    headline,
    look,
    open_home,
    words,
)


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it."""
    async with open_home(request.param, tmp_path) as opened:
        yield opened


def items(*numbers: int) -> tuple[Item, ...]:
    """Stories as a document tells them."""
    said = [words(n) for n in numbers]
    return tuple(Item(w.title, w.link, f"guid-{n}", w.published) for n, w in zip(numbers, said, strict=True))


async def look_at(home: Home, number: int, *stories: int, at: datetime = NOW) -> FeedForPoll:
    """A good look through the real decisions; returns the feed as it was asked."""
    (asked,) = [f for f in await home.stores.polls.feeds_due(at + 24 * HOUR) if f.id == home.feeds[number]]
    document = Document(items(*stories))
    known = await home.stores.polls.known(keys_wanted(asked, document), at)
    channels = await home.stores.polls.channels_for_routing()
    intent = decide(asked, document, known, channels, Rules(), at)
    await home.stores.polls.record(intent, look(*document.items), at)
    return asked


async def release(home: Home, limit: int = 1) -> int:
    """What is decided after each look."""
    return await home.stores.polls.release_first_looks(NOW, limit)


async def drained(home: Home, *, channel_id: int | None = None) -> list[str]:
    """Everything due to a channel (the first), in order."""
    here = home.channels[0] if channel_id is None else channel_id
    rows = await home.stores.database.read(
        "SELECT h.title FROM deliveries d JOIN headlines h ON h.id = d.headline_id "
        "WHERE d.channel_id = ? AND d.state = 'PENDING' ORDER BY d.lane, d.seq",
        (here,),
    )
    return [row["title"].removeprefix("Kabar nomor ") for row in rows]


async def start(home: Home, *channels: ChannelSetup, feeds: int = 1, at: datetime = NOW) -> None:
    """A start of the bot with these settings."""
    await home.settle(channels or (channel(),), [feed(n) for n in range(1, feeds + 1)], at)


async def test_the_newest_few_are_due_and_the_rest_count_as_seen(home: Home) -> None:
    """By publication time, oldest first, the first with a sound."""
    await start(home)
    await look_at(home, 0, 3, 1, 4, 2)
    await home.again()

    assert await release(home, 2) == 2
    assert await drained(home) == ["3", "4"]
    assert sorted((await home.fates()).values()) == ["PENDING", "PENDING", "first_look", "first_look"]
    loud = await home.stores.database.read("SELECT loud FROM deliveries WHERE state = 'PENDING' ORDER BY seq")
    assert [row["loud"] for row in loud] == [1, 0]
    assert await release(home, 2) == 0


async def test_what_comes_after_is_due_as_usual(home: Home) -> None:
    """The first look is over once it is decided."""
    await start(home)
    await look_at(home, 0, 1, 2)
    await release(home)
    await home.again()
    await look_at(home, 0, 1, 2, 3, 4)

    assert await drained(home) == ["2", "3", "4"]


async def test_none_where_none_are_wanted(home: Home) -> None:
    """`FIRST_RUN_POSTS` 0."""
    await start(home)
    await look_at(home, 0, 1)

    assert await release(home, 0) == 0
    assert await drained(home) == []


async def test_the_choice_waits_for_every_new_feed(home: Home) -> None:
    """The newest of all of them, not of the one that answered first; a kill in between changes nothing."""
    await start(home, feeds=3)
    await look_at(home, 0, 1, 2)
    assert await release(home) == 0
    await home.again()
    await look_at(home, 1, 5)
    assert await release(home) == 0
    await look_at(home, 2, 3, 4)
    await home.again()

    assert await release(home) == 1
    assert await drained(home) == ["5"]


async def test_a_feed_that_fails_is_not_waited_for(home: Home) -> None:
    """What it brings later counts as seen, and after that it is a feed like any other."""
    await start(home, feeds=2)
    await look_at(home, 0, 1)
    await home.stores.polls.record_failure(home.feeds[1], "timed out", NOW, NOW)
    await home.again()
    assert await release(home) == 1

    await look_at(home, 1, 7, 8)
    assert await release(home) == 0
    await home.again()
    await look_at(home, 1, 7, 8, 9)

    assert await drained(home) == ["1", "9"]
    assert (await home.fates())[2] == "first_look"


async def test_a_feed_that_recovers_before_the_choice_takes_part(home: Home) -> None:
    """It failed once, and answered while another was still waited for."""
    await start(home, feeds=2)
    await home.stores.polls.record_failure(home.feeds[0], "timed out", NOW, NOW)
    asked = await look_at(home, 0, 5)
    await look_at(home, 1, 4)
    await home.again()

    assert asked.etag is None
    assert await release(home) == 1
    assert await drained(home) == ["5"]


async def test_a_feed_that_failed_is_still_asked_for_all(home: Home) -> None:
    """A new channel, an old feed: not "anything new?" until the choice was made."""
    await start(home)
    await look_at(home, 0, 1, 2)
    await release(home)
    await start(home, channel(), channel("@baru"), feeds=2)
    await home.stores.polls.record_failure(home.feeds[0], "timed out", NOW, NOW)
    await home.again()

    asked = await look_at(home, 0, 1, 2)
    await look_at(home, 1)
    await release(home)

    assert (asked.etag, asked.body_hash) == (None, None)
    assert await drained(home, channel_id=home.channels[1]) == ["2"]


async def test_all_feeds_fail(home: Home) -> None:
    """Nothing is chosen, and nothing comes later either."""
    await start(home)
    await home.stores.polls.record_failure(home.feeds[0], "timed out", NOW, NOW)
    await home.again()
    assert await release(home) == 0
    await look_at(home, 0, 1, 2)
    await release(home)

    assert await drained(home) == []


async def test_a_new_channel_on_an_old_feed(home: Home) -> None:
    """The feed is looked at in full, changed or not, and its newest goes to the new channel alone."""
    await start(home)
    await look_at(home, 0, 1, 2)
    await release(home)
    assert (await look_at(home, 0, 1, 2)).etag == '"1"'
    await start(home, channel(), channel("@baru"))
    await home.again()

    asked = await look_at(home, 0, 1, 2)
    assert (asked.etag, asked.last_modified, asked.body_hash) == (None, None, None)
    assert await release(home) == 1
    assert await drained(home) == ["2"]
    assert await drained(home, channel_id=home.channels[1]) == ["2"]
    assert (await look_at(home, 0, 1, 2)).etag == '"1"'


async def test_a_feed_added_later(home: Home) -> None:
    """Its newest few are due to the channels that take it; headlines of the old feeds go on meanwhile."""
    await start(home, channel(), channel("@lain", feeds=("rss-1",)))
    await look_at(home, 0, 1)
    await release(home)
    await start(home, channel(), channel("@lain", feeds=("rss-1",)), feeds=2)
    await look_at(home, 0, 1, 2)
    await look_at(home, 1, 7, 8, 9)
    await home.again()
    await release(home)

    assert await drained(home) == ["1", "2", "9"]
    assert await drained(home, channel_id=home.channels[1]) == ["1", "2"]


async def test_names_of_feeds_are_folded(home: Home) -> None:
    """As routing folds them: else the first look would be taken for news."""
    await start(home, channel("@satu", feeds=("RSS-1",)))
    await look_at(home, 0, 1, 2, 3)

    assert await release(home) == 1
    assert await drained(home) == ["3"]


async def test_a_channel_with_the_rule_hold(home: Home) -> None:
    """The newest few wait for the editor like everything else there."""
    await start(home, channel("@satu", hold=True))
    await look_at(home, 0, 1, 2)
    await home.again()

    assert await release(home) == 0
    assert sorted((await home.fates()).values()) == ["first_look", "hold"]


async def test_what_a_surge_holds_is_not_chosen(home: Home) -> None:
    """Another channel's surge: an editor decides about that headline."""
    await start(home, channel(), channel("@baru"))
    one, two = home.channels
    held = (
        NewDelivery(one, State.HELD, HoldReason.SURGE),
        NewDelivery(two, State.HELD, HoldReason.FIRST_LOOK),
    )
    await home.record(headline(1, NewDelivery(two, State.HELD, HoldReason.FIRST_LOOK)), headline(2, *held))
    await release(home)

    assert await drained(home, channel_id=two) == ["1"]


async def test_a_pair_that_is_gone_decides_nothing(home: Home) -> None:
    """A channel is given other feeds before the choice was made: nothing stays held for ever."""
    await start(home, channel("@satu", feeds=("rss-1",)), feeds=2)
    await look_at(home, 0, 1)
    await home.again()
    await start(home, channel("@satu", feeds=("rss-2",)), feeds=2)
    await look_at(home, 1, 2)
    await release(home)

    assert await home.fates() == {1: "first_look", 2: "PENDING"}


async def test_nothing_stays_held_for_ever(home: Home) -> None:
    """The new feed leaves the settings between its look and the choice: what it brought counts as seen."""
    await start(home)
    await look_at(home, 0, 1)
    await release(home)
    await start(home, feeds=2)
    await look_at(home, 1, 7)
    await home.again()
    await start(home)

    assert await home.fate(2) == ("SKIPPED", "first_look")
    assert await release(home) == 0


async def test_a_removed_channel_decides_nothing(home: Home) -> None:
    """Nothing becomes due where nothing is posted."""
    await start(home, channel(), channel("@lama"))
    old = home.channels[1]
    await look_at(home, 0, 1)
    await start(home, channel())
    await release(home)

    assert await home.fates(old) == {1: "first_look"}
    assert await home.fate(1, old) == ("HELD", "first_look")


# ---------------------------------------------------------------- channels that leave, come back, change their names


async def resolve(home: Home, *chats: int, at: datetime = NOW) -> None:
    """Names of which the chats are not known yet turn out to be these, in order."""
    unresolved = await home.stores.channels.unresolved()
    for (one, _), chat in zip(unresolved, chats, strict=True):
        await home.stores.channels.resolved(one, chat, "Kabar", "channel", at)
    await home.stores.channels.finish_removals(at)
    home.channels = [one.id for one in await home.stores.polls.channels_for_routing()]


async def settled(home: Home, *stories: int) -> int:
    """A channel ``@satu``, chat -1001, in which the newest of these stories is due; returns its id."""
    await start(home)
    await resolve(home, -1001)
    await look_at(home, 0, *stories)
    await release(home)
    return home.channels[0]


async def test_another_name_of_the_same_chat_is_the_same_channel(home: Home) -> None:
    """The setting says the new name: the old row lives on with all its rows, and nothing is lost or repeated.

    Until Telegram says so the new name is a new channel, whose rows wait.
    """
    old = await settled(home, 1, 2)
    await start(home, channel("@baru", silent=True), at=NOW + HOUR)
    await look_at(home, 0, 1, 2, 3, 4)
    await release(home)
    await home.again()
    await resolve(home, -1001, at=NOW + HOUR)

    assert home.channels == [old]
    assert await drained(home) == ["2", "3", "4"]
    assert await home.fates() == {1: "first_look", 2: "PENDING", 3: "PENDING", 4: "PENDING"}
    assert await home.stores.channels.channel_name(old) == "@baru"
    (head,) = await home.stores.outbox.heads(NOW + HOUR, 9)
    assert (head.target.silent, head.target.chat_id) == (True, -1001)
    await look_at(home, 0, 1, 2, 3, 4, 5)
    assert await drained(home) == ["2", "3", "4", "5"]


async def test_another_name_and_a_new_feed_at_once(home: Home) -> None:
    """What the old feeds brought is due, the new feed has its first look."""
    await settled(home, 1)
    await start(home, channel("@baru"), feeds=2, at=NOW + HOUR)
    await look_at(home, 0, 1, 2)
    await resolve(home, -1001, at=NOW + HOUR)
    await home.again()
    await look_at(home, 1, 7, 8, 9)
    await release(home)

    assert await drained(home) == ["1", "2", "9"]


async def test_another_name_of_a_channel_with_the_rule_hold(home: Home) -> None:
    """What came meanwhile waits for the editor."""
    await settled(home, 1)
    await start(home, channel("@baru", hold=True), at=NOW + HOUR)
    await look_at(home, 0, 1, 2)
    await resolve(home, -1001, at=NOW + HOUR)

    assert await home.fates() == {1: "PENDING", 2: "hold"}


async def test_a_numeric_id_is_the_same_channel_at_once(home: Home) -> None:
    """``@satu`` becomes its number in the settings, or the other way round."""
    old = await settled(home, 1, 2)
    await start(home, channel("-1001"))
    await home.again()

    assert home.channels == [old]
    assert await home.stores.channels.unresolved() == []
    assert await drained(home) == ["2"]


async def test_a_channel_put_back_is_new(home: Home) -> None:
    """What waited when it left is over, what came meanwhile is not caught up with, and nothing comes twice."""
    old = await settled(home, 1, 2)
    await start(home, channel("@lain"), at=NOW + HOUR)
    await resolve(home, -1002, at=NOW + HOUR)
    await look_at(home, 0, 1, 2, 3, 4)
    await release(home)
    assert (await home.fates(old))[2] == "channel_removed"
    await home.again()
    await start(home, channel("@lain"), channel("@satu"), at=NOW + 2 * HOUR)
    await resolve(home, -1001, at=NOW + 2 * HOUR)
    await look_at(home, 0, 1, 2, 3, 4)
    await release(home)

    assert old in home.channels
    assert await drained(home, channel_id=old) == ["4"]
    assert await home.fates(old) == {1: "first_look", 2: "channel_removed", 3: "first_look", 4: "PENDING"}


async def test_a_number_put_back_is_new_too(home: Home) -> None:
    """Its chat is known at once."""
    old = await settled(home, 1, 2)
    await home.sql("UPDATE channels SET halted_at = 1, paused_at = 1, probes = 3")
    await start(home, channel("@lain"), at=NOW + HOUR)
    await start(home, channel("-1001"), at=NOW + 2 * HOUR)
    await home.again()

    assert home.channels == [old]
    assert await home.fates() == {1: "first_look", 2: "channel_removed"}
    assert await home.stores.channels.probes_due(NOW + 24 * HOUR) == []
    assert await home.stores.channels.probes_so_far(old) == 0
    await look_at(home, 0, 1, 2, 3)
    await release(home)
    assert await drained(home) == ["3"]


async def test_a_name_put_back_may_mean_another_chat(home: Home) -> None:
    """Names change hands: the old chat is not written to."""
    old = await settled(home, 1, 2)
    await start(home, channel("@lain"), at=NOW + HOUR)
    await resolve(home, -1002, at=NOW + HOUR)
    await start(home, channel("@satu"), at=NOW + 2 * HOUR)
    await resolve(home, -1003, at=NOW + 2 * HOUR)
    await home.again()

    assert old not in home.channels
    assert await home.stores.channels.of_chat(-1001) == []
    assert [name for _, name in await home.stores.channels.of_chat(-1003)] == ["@satu"]


async def test_two_names_of_one_chat_are_one_channel(home: Home) -> None:
    """Both stand in the settings: one of them goes, and with it what waited for it."""
    old = await settled(home, 1, 2)
    await start(home, channel(), channel("@alias"))
    await look_at(home, 0, 1, 2, 3)
    await resolve(home, -1001)
    await release(home)
    await home.again()

    assert home.channels == [old]
    assert await drained(home) == ["2", "3"]


async def test_topics_of_one_group_are_channels_of_their_own(home: Home) -> None:
    """The same chat, another topic."""
    await start(home, channel("@grup", topic=1), channel("@grup", topic=2), channel("@grup"))
    await resolve(home, -1009, -1009, -1009)
    await home.again()

    assert len(await home.stores.channels.of_chat(-1009)) == 3


async def test_a_chat_that_changed_its_name_stays(home: Home) -> None:
    """The settings still say the old name: a channel is its numeric id, learnt once."""
    old = await settled(home, 1)
    await start(home, channel("@SATU"), at=NOW + HOUR)
    await home.again()

    assert home.channels == [old]
    assert await home.stores.channels.unresolved() == []
    (head,) = await home.stores.outbox.heads(NOW + HOUR, 1)
    assert head.target.chat_id == -1001


async def test_removals_wait_for_every_name(home: Home) -> None:
    """What waits for a channel that left is kept until it cannot be the same chat any more; it is not posted."""
    old = await settled(home, 1)
    await start(home, channel("@baru"), at=NOW + HOUR)
    await home.again()
    assert await home.fate(1, old) == ("PENDING", None)
    assert await home.stores.outbox.heads(NOW + HOUR, 9) == []

    await resolve(home, -1002, at=NOW + HOUR)

    assert await home.fate(1, old) == ("SKIPPED", "channel_removed")


async def test_routing_sees_the_rules(home: Home) -> None:
    """As the settings' table says them, and which feeds are new or closed to a channel."""
    told = channel(
        "@satu",
        feeds=("rss-1",),
        categories=("Dunia",),
        include=("Aceh",),
        exclude=("bola",),
        hold=True,
    )
    await start(home, told, channel("@dua"), feeds=2)
    await home.stores.polls.record_failure(home.feeds[0], "500", NOW, NOW)
    await home.again()
    waiting = await home.stores.polls.channels_for_routing()
    await release(home)
    one, two = await home.stores.polls.channels_for_routing()

    assert (set(one.feeds), set(one.categories), one.include) == ({"rss-1"}, {"Dunia"}, ("Aceh",))
    assert (one.exclude, one.hold) == (("bola",), True)
    assert [c.waiting for c in waiting] == [{home.feeds[0]}, set(home.feeds)]
    assert [one.waiting, one.closed] == [frozenset(), {home.feeds[0]}]
    assert [two.waiting, two.closed] == [set(home.feeds), frozenset()]


async def test_due_and_skipped_rows_are_never_first_looks(home: Home) -> None:
    """Releasing touches what waits for it and nothing else."""
    await home.furnish()
    here = home.channels[0]
    skipped = NewDelivery(here, State.SKIPPED, SkipReason.TOO_OLD)
    await home.record(headline(1, *due(here)), headline(2, skipped), at=NOW + MINUTE)
    await release(home)

    assert await home.fates() == {1: "PENDING", 2: "too_old"}
