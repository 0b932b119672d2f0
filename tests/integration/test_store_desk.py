"""Troubles and alerts, the inbox, what limits remember, posts by hand, beats: each through a restart."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.delivery import HoldReason, State
from bot.domain.headlines import Key, KeyKind
from bot.domain.polling import NewDelivery, Sighting
from bot.errors import AlreadyRunning
from bot.ports import Alert, Traffic, Trouble
from bot.store.alerts import FEED_PATIENCE, MOST_KEPT
from bot.store.lock import InstanceLock
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
    link,
    open_home,
)


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it, with one channel."""
    async with open_home(request.param, tmp_path) as opened:
        await opened.furnish()
        yield opened


# ---------------------------------------------------------------- troubles and alerts

KICKED = Trouble("channel:1", "channel", {"channel": "@satu", "detail": "kicked"})


async def test_a_trouble_is_told_once(home: Home) -> None:
    """Through restarts too; its end is told once, and then it may begin anew."""
    desk = home.stores.alerts
    told = [await desk.trouble(KICKED, "begun", NOW)]
    desk = (await home.again()).alerts
    told.append(await desk.trouble(KICKED, "begun", NOW))
    assert await desk.troubles_told() == [KICKED]
    told += [await desk.over(KICKED.key, "ended", NOW), await desk.over(KICKED.key, "ended", NOW)]
    desk = (await home.again()).alerts
    told.append(await desk.trouble(KICKED, "begun again", NOW))

    assert told == [True, False, True, False, True]
    texts = []
    while alert := await desk.next_alert(NOW):
        texts.append(alert.text)
        await desk.alert_sent(alert, NOW)
    assert texts == ["begun", "ended", "begun again"]


async def test_an_end_without_a_beginning_is_not_told(home: Home) -> None:
    """Nothing is queued."""
    assert not await home.stores.alerts.over("feed:9", "ended", NOW)
    stores = await home.again()

    assert await stores.alerts.next_alert(NOW) is None


async def test_alerts_wait_until_they_are_sent(home: Home) -> None:
    """In order; one that was put off lets the next one go first, and counts its tries."""
    await home.stores.alerts.say("first", NOW)
    await home.stores.alerts.say("second", NOW)
    desk = (await home.again()).alerts
    first = await desk.next_alert(NOW)
    assert first == Alert(1, "first", 0)
    await desk.alert_later(first, NOW + MINUTE)
    desk = (await home.again()).alerts

    assert await desk.next_alert(NOW) == Alert(2, "second", 0)
    assert await desk.next_alert(NOW + MINUTE) == Alert(1, "first", 1)


async def test_alerts_are_forgotten_when_they_are_old(home: Home) -> None:
    """Sent ones after a while, and the oldest of too many; the newest unsent ones stay."""
    desk = home.stores.alerts
    await desk.say("sent", NOW)
    await desk.alert_sent(Alert(1, "sent", 0), NOW)
    for number in range(MOST_KEPT + 1):
        await desk.say(f"line {number}", NOW)
    await desk.forget_alerts(NOW + SECOND)
    desk = (await home.again()).alerts

    alert = await desk.next_alert(NOW)
    assert alert is not None
    assert alert.text == "line 1"


async def test_a_paused_channel_is_a_trouble(home: Home) -> None:
    """With what the network said; not once it is let in again, or gone from the settings."""
    await home.stores.channels.pause(home.channels[0], "kicked", NOW, NOW)
    stores = await home.again()
    assert await stores.alerts.troubles_now(NOW) == [
        Trouble(f"channel:{home.channels[0]}", "channel", {"channel": "@satu", "detail": "kicked"})
    ]
    await stores.channels.resume_chat(-1001, NOW)
    assert await stores.alerts.troubles_now(NOW) == []


async def test_a_feed_is_a_trouble_after_ten_minutes(home: Home) -> None:
    """And no longer when it answers."""
    number = home.feeds[0]
    for at in (NOW, NOW + MINUTE):
        await home.stores.polls.record_failure(number, "timed out", at, at)
    desk = (await home.again()).alerts
    trouble = Trouble(f"feed:{number}", "feed", {"feed": "rss-1", "detail": "timed out"})

    assert await desk.troubles_now(NOW + FEED_PATIENCE - SECOND) == []
    assert await desk.troubles_now(NOW + FEED_PATIENCE) == [trouble]
    await home.record(at=NOW + HOUR)
    assert await desk.troubles_now(NOW + DAY) == []


async def test_a_feed_that_is_gone_stays_a_trouble_through_a_restart(home: Home) -> None:
    """Until it answers: looking at it once more at a start is no end of it."""
    await home.stores.polls.record_failure(home.feeds[0], "410", NOW, None)
    kinds = [t.kind for t in await home.stores.alerts.troubles_now(NOW)]
    await home.again()
    await home.settle([channel()], [feed()])
    kinds += [t.kind for t in await home.stores.alerts.troubles_now(NOW)]
    await home.record()

    assert kinds == ["feed_gone", "feed_gone"]
    assert await home.stores.alerts.troubles_now(NOW) == []


# ---------------------------------------------------------------- channels that refuse


async def test_a_channel_is_paused_once(home: Home) -> None:
    """At the same moment too; what was said last is kept, and nothing is due there."""
    await home.news(1)
    channels, here = home.stores.channels, home.channels[0]
    newly = [await channels.pause(here, "kicked", NOW + MINUTE, NOW)]
    newly.append(await channels.pause(here, "deleted", NOW + HOUR, NOW))
    stores = await home.again()

    assert newly == [True, False]
    assert await home.titles() == []
    assert (await stores.alerts.troubles_now(NOW))[0].values["detail"] == "deleted"
    assert await stores.channels.probes_due(NOW + MINUTE) == []
    assert [t.chat_id for t in await stores.channels.probes_due(NOW + HOUR)] == [-1001]


async def test_probes_are_counted_until_it_lets_us_in(home: Home) -> None:
    """Ever later, and from the beginning the next time."""
    channels, here = home.stores.channels, home.channels[0]
    await channels.pause(here, "kicked", NOW, NOW)
    await channels.probe_failed(here, "still out", NOW + HOUR)
    channels = (await home.again()).channels
    counts = [await channels.probes_so_far(here)]
    assert await channels.probes_due(NOW) == []
    resumed = await channels.resume_chat(-1001, NOW + HOUR)
    counts += [await channels.probes_so_far(here), await channels.probes_so_far(4711)]

    assert counts == [1, 0, 0]
    assert resumed == [here]
    assert await channels.resume_chat(-1001, NOW + HOUR) == []
    assert await channels.probes_due(NOW + DAY) == []


async def test_names_are_for_people(home: Home) -> None:
    """The setting's words; a number has a title."""
    await home.settle([channel(), channel("-1009")], [feed()])
    channels = home.stores.channels
    assert await channels.channel_name(home.channels[1]) == "-1009"
    await channels.resolved(home.channels[1], -1009, "Kabar Grup", "supergroup", NOW)
    channels = (await home.again()).channels

    assert [await channels.channel_name(one) for one in (*home.channels, 99)] == ["@satu", "Kabar Grup", "99"]
    assert await channels.unresolved() == []


async def test_resolving_what_is_gone(home: Home) -> None:
    """A channel that left the table meanwhile."""
    await home.stores.channels.resolved(4711, -5, "Kabar", "channel", NOW)

    assert await home.stores.channels.of_chat(-5) == []


# ---------------------------------------------------------------- the inbox


async def test_updates_are_kept_until_they_are_handled(home: Home) -> None:
    """In order, each once, with the number of tries; odd text included."""
    await home.stores.inbox.keep([{"update_id": 7, "text": "half \ud83d of a pair"}, {"update_id": 5}], NOW)
    await home.stores.inbox.keep([{"update_id": 7, "text": "again"}], NOW + HOUR)
    inbox = (await home.again()).inbox
    tries = [await inbox.begin(7, NOW), await inbox.begin(7, NOW), await inbox.begin(99, NOW)]

    assert tries == [1, 2, 0]
    five, seven = await inbox.waiting()
    assert (five.id, five.begun) == (5, 0)
    assert (seven.body["text"], seven.received, seven.begun) == ("half \ud83d of a pair", NOW, 2)
    await inbox.done([5, 7], NOW)
    inbox = (await home.again()).inbox
    assert await inbox.waiting() == []
    assert await inbox.last_id() == 7


async def test_the_last_update_is_never_forgotten(home: Home) -> None:
    """It says where to go on."""
    inbox = home.stores.inbox
    assert await inbox.last_id() is None
    await inbox.keep([{"update_id": n} for n in (1, 2, 3)], NOW)
    await inbox.done([1, 3], NOW)
    await inbox.forget_done(NOW + SECOND)
    inbox = (await home.again()).inbox

    assert [update.id for update in await inbox.waiting()] == [2]
    assert await inbox.last_id() == 3
    await inbox.keep([{"update_id": 1}], NOW)
    assert [update.id for update in await inbox.waiting()] == [1, 2]


# ---------------------------------------------------------------- limits


async def test_traffic_is_read_back(home: Home) -> None:
    """Oldest first, from a moment on, until it is forgotten."""
    log = home.stores.traffic
    await log.note_traffic([Traffic(-1, NOW + SECOND), Traffic(-2, NOW), Traffic(-1, NOW - MINUTE)])
    log = (await home.again()).traffic

    assert await log.recent_traffic(NOW) == [Traffic(-2, NOW), Traffic(-1, NOW + SECOND)]
    await log.forget_traffic(NOW + SECOND)
    assert await log.recent_traffic(NOW - HOUR) == [Traffic(-1, NOW + SECOND)]


async def test_a_block_is_remembered(home: Home) -> None:
    """The longest of several, until it is over; ids learnt of the chat stay."""
    await home.stores.doubts.saw_message(-1, 5, theirs=False, now=NOW)
    log = home.stores.traffic
    for minutes in (5, 9, 2):
        await log.note_block(-1, NOW + minutes * MINUTE)
    stores = await home.again()

    assert await stores.traffic.blocks(NOW) == {-1: NOW + 9 * MINUTE}
    assert await stores.traffic.blocks(NOW + 9 * MINUTE) == {}
    assert await stores.doubts.highest(-1) == 5


# ---------------------------------------------------------------- posts by hand


async def test_a_post_by_hand_spares_what_waits(home: Home) -> None:
    """In that chat alone, by canonical link; the message is named."""
    await home.furnish(channel("@satu"), channel("@dua"))
    one, two = home.channels
    waiting, *_ = await home.news(1, 2)
    spared = await home.stores.by_hand.posted(
        -1001, [f"{link(1)}/?utm_source=x#top", "https://x.example"], 9, NOW
    )
    await home.again()

    row = await home.row(waiting, one)
    assert (spared, row["state"], row["reason"], row["detail"]) == (
        [row["id"]],
        "SKIPPED",
        "by_hand",
        "message 9",
    )
    assert await home.fate(waiting, two) == ("PENDING", None)
    assert await home.titles() == ["Kabar nomor 1", "Kabar nomor 2"]


@pytest.mark.parametrize("state", ["RETRY", "HELD", "SENDING", "SENT"])
async def test_only_what_waits_is_spared(home: Home, state: str) -> None:
    """What is under way is settled first, what stands there stays."""
    (story,) = await home.news(1)
    await home.sql("UPDATE deliveries SET state = ?", state)
    await home.stores.by_hand.posted(-1001, [link(1)], 9, NOW)
    await home.again()

    assert (await home.fate(story))[0] == ("SKIPPED" if state in {"RETRY", "HELD"} else state)


async def test_somebody_is_quicker_than_the_feed(home: Home) -> None:
    """The feed tells of the story only after somebody has posted it: that post counts."""
    await home.furnish(channel("@satu"), channel("@dua"))
    one, two = home.channels
    await home.stores.by_hand.posted(-1001, [link(1)], 9, NOW)
    await home.again()
    held = NewDelivery(two, State.HELD, HoldReason.HOLD)
    (first, other) = (await home.record(headline(1, *due(one), held), headline(2, *due(one)))).headline_ids

    assert await home.fate(first, one) == ("SKIPPED", "by_hand")
    assert (await home.row(first, one))["detail"] == "message 9"
    assert await home.fate(first, two) == ("HELD", "hold")
    assert await home.fate(other, one) == ("PENDING", None)


async def test_quicker_than_a_feed_that_routes_further(home: Home) -> None:
    """The story was known, and reaches the channel only by a category added later."""
    (story,) = (await home.record(headline(1))).headline_ids
    await home.stores.by_hand.posted(-1001, [link(1)], 9, NOW)
    await home.again()
    await home.record(sightings=[Sighting(story, deliveries=due(home.channels[0]))])

    assert await home.fate(story) == ("SKIPPED", "by_hand")


async def test_a_home_page_is_no_story(home: Home) -> None:
    """Editors sign with it; a feed of one item links to it."""
    page = "https://kabar.example"
    new = replace(headline(1, *due(home.channels[0])), keys=(Key(KeyKind.LINK, page),))
    (story,) = (await home.record(new)).headline_ids

    assert await home.stores.by_hand.posted(-1001, [f"{page}/", "http://["], 9, NOW) == []
    assert await home.fate(story) == ("PENDING", None)


async def test_posts_by_hand_are_forgotten(home: Home) -> None:
    """After days no feed is late with the story."""
    await home.stores.by_hand.posted(-1001, [link(1)], 9, NOW)
    await home.stores.upkeep.forget(NOW + 30 * DAY)
    await home.again()
    (story,) = await home.news(1)

    assert await home.fate(story) == ("PENDING", None)


# ---------------------------------------------------------------- beats


async def waiting_since(home: Home, at: datetime) -> datetime | None:
    """What the health check is told after a beat."""
    await home.stores.upkeep.beat(["poller"], at)
    await home.again()
    rows = await home.stores.database.read("SELECT value FROM health WHERE key = 'waiting_since'")
    return datetime.fromisoformat(json.loads(rows[0]["value"])) if rows else None


async def test_loops_beat(home: Home) -> None:
    """Each under its name; a new start forgets the last run's."""
    await home.stores.upkeep.beat(["poller", "deliverer"], NOW)
    stores = await home.again()

    rows = await stores.database.read("SELECT key, value FROM health ORDER BY key")
    assert [(r["key"], json.loads(r["value"])) for r in rows] == [
        ("beat:deliverer", NOW.isoformat()),
        ("beat:poller", NOW.isoformat()),
    ]
    await stores.upkeep.begin()
    assert await stores.database.read("SELECT * FROM health") == []


async def test_what_waits_without_a_cause_is_told(home: Home) -> None:
    """Since when the longest waiting head has been due; nothing once it is sent."""
    await home.news(1)
    await home.news(2, at=NOW + HOUR)
    assert await waiting_since(home, NOW + HOUR) == NOW
    await home.deliver(100, NOW + HOUR)
    await home.deliver(101, NOW + HOUR)

    assert await waiting_since(home, NOW + 2 * HOUR) is None


async def paused(home: Home) -> None:
    """The channel refuses."""
    await home.stores.channels.pause(home.channels[0], "kicked", NOW, NOW)


async def halted(home: Home) -> None:
    """An editor said so."""
    await home.sql("UPDATE channels SET halted_at = 1")


async def blocked(home: Home) -> None:
    """Telegram said so."""
    await home.stores.traffic.note_block(-1001, NOW + DAY)


async def tried(home: Home) -> None:
    """It says itself why."""
    (claim,) = await home.claim()
    await home.stores.outbox.retry(claim, NOW + DAY, "no route", None, NOW)


async def unsettled(home: Home) -> None:
    """Telegram is asked."""
    (claim,) = await home.claim()
    await home.stores.outbox.uncertain(claim, NOW + DAY, "timed out", NOW)


async def served(home: Home) -> None:
    """As fast as its limit allows."""
    await home.stores.traffic.note_traffic([Traffic(-1001, NOW + HOUR - MINUTE)])


async def unseen(home: Home) -> None:
    """Its chat was never seen: Telegram is out of reach, or the name is wrong, and `check` says so."""
    await home.sql("UPDATE channels SET kind = ''")


async def removed(home: Home) -> None:
    """It left the settings."""
    await home.settle([], [feed()])


@pytest.mark.parametrize("cause", [paused, halted, blocked, tried, unsettled, served, unseen, removed])
async def test_a_known_cause_is_no_ailment(home: Home, cause: object) -> None:
    """Whatever waits for it."""
    await home.news(1, 2)
    await cause(home)  # type: ignore[operator]

    assert await waiting_since(home, NOW + HOUR) is None


async def test_forgetting_spares_what_is_needed(home: Home) -> None:
    """Old traffic, updates, alerts and seen ids go; nothing that is due or known does."""
    await home.news(1)
    await home.stores.inbox.keep([{"update_id": 1}, {"update_id": 2}], NOW)
    await home.stores.traffic.note_traffic([Traffic(-1001, NOW)])
    await home.stores.upkeep.forget(NOW + 30 * DAY)
    stores = await home.again()

    assert await home.titles(NOW + 30 * DAY) == ["Kabar nomor 1"]
    assert len(await stores.inbox.waiting()) == 2
    assert await stores.traffic.recent_traffic(NOW - DAY) == []


# ---------------------------------------------------------------- one instance


def test_one_instance_a_database(tmp_path: Path) -> None:
    """The second one is told; when the first has gone, the file that stays is no obstacle."""
    database = tmp_path / "new" / "kabarbot.db"
    with (
        InstanceLock(database),
        pytest.raises(AlreadyRunning, match="another Kabarbot"),
        InstanceLock(database),
    ):
        pass

    assert database.parent.stat().st_mode & 0o007 == 0  # nobody else reads what will be there
    with InstanceLock(database):
        assert database.with_name("kabarbot.db.lock").exists()
