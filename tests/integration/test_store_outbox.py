"""The queue of every channel: order, claims, outcomes, and what a kill leaves of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.delivery import Claim, Lane, SkipReason, State
from bot.domain.polling import NewDelivery, Sighting
from tests.support_store import (
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
    open_home,
    request,
)


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it."""
    async with open_home(request.param, tmp_path) as opened:
        yield opened


async def test_heads_are_the_oldest_of_each_channel(home: Home) -> None:
    """One candidate a channel, with all that is needed to render and send it."""
    await home.furnish(channel("@satu", topic=7, silent=True, utm="utm_source=t"), channel("@dua"))
    await home.news(1, 2)
    stores = await home.again()

    heads = await stores.outbox.heads(NOW, 10)

    assert [head.words.title for head in heads] == ["Kabar nomor 1", "Kabar nomor 1"]
    first = heads[0]
    assert (first.target.chat_id, first.target.topic, first.target.silent) == (-1001, 7, True)
    assert (first.target.name, first.target.utm) == ("@satu", "utm_source=t")
    assert (first.state, first.attempts, first.waiting_since) == (State.PENDING, 0, NOW)
    assert (first.frozen, first.resend, first.ignores_age) == (None, False, False)


async def test_heads_are_few_and_the_longest_waiting_first(home: Home) -> None:
    """The limit leaves out those that wait for the shortest time."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    one, two, three = home.channels
    await home.news(1, to=[three])
    await home.news(2, to=[one], at=NOW + SECOND)
    await home.news(3, to=[two], at=NOW + 2 * SECOND)
    stores = await home.again()

    heads = await stores.outbox.heads(NOW + MINUTE, 2)

    assert [head.target.channel_id for head in heads] == [three, one]


async def test_heads_of_some_chats(home: Home) -> None:
    """Those asked for, or all but those that are known to be busy."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    await home.news(1)
    stores = await home.again()

    among = await stores.outbox.heads(NOW, 9, among=[-1001, -1003, -4])
    beside = await stores.outbox.heads(NOW, 9, beside=[-1001, -4])

    assert [head.target.chat_id for head in among] == [-1001, -1003]
    assert [head.target.chat_id for head in beside] == [-1002, -1003]
    assert await stores.outbox.heads(NOW, 9, among=[]) == []


async def test_a_queue_goes_by_lane_and_sequence(home: Home) -> None:
    """Breaking news go first; within a lane the order of recording stands."""
    await home.furnish()
    here = home.channels[0]
    urgent = headline(3, NewDelivery(here, State.PENDING, lane=Lane.BREAKING))
    await home.record(headline(1, *due(here)), headline(2, *due(here)), urgent)
    await home.again()
    seen = []

    for number in range(3):
        seen += await home.titles()
        await home.deliver(100 + number)

    assert seen == ["Kabar nomor 3", "Kabar nomor 1", "Kabar nomor 2"]


async def test_what_is_tried_again_goes_before_what_is_new(home: Home) -> None:
    """RETRY holds up its channel, even for a lower lane, until its time has come."""
    await home.furnish()
    here = home.channels[0]
    await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.retry(claim, NOW + MINUTE, "no route", None, NOW)
    await home.record(headline(2, NewDelivery(here, State.PENDING, lane=Lane.BREAKING)))
    stores = await home.again()

    assert await home.titles() == []
    assert await stores.outbox.next_due(NOW) == NOW + MINUTE
    assert await home.titles(NOW + MINUTE) == ["Kabar nomor 1"]


async def test_a_claim_stores_exactly_what_is_sent(home: Home) -> None:
    """Request, chat, attempt and the last id known before stand in the row; the message counts as traffic."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.stores.doubts.saw_message(-1001, 41, theirs=False, now=NOW)
    claims = await home.claim(NOW + SECOND)
    stores = await home.again()

    row = await home.row(story)

    assert claims == [
        Claim(row["id"], claims[0].target, story, request("Kabar nomor 1"), 1, NOW + SECOND - HOUR)
    ]
    assert (row["state"], row["attempts"], row["chat_id"]) == ("SENDING", 1, -1001)
    assert (row["known_before"], row["shown_revision"]) == (41, 1)
    assert '"Kabar nomor 1"' in row["request"]
    assert [(t.chat_id, t.at) for t in await stores.traffic.recent_traffic(NOW)] == [(-1001, NOW + SECOND)]


async def test_each_row_keeps_its_own_request(home: Home) -> None:
    """Channels that look alike share one in a claim, others have their own beside it."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"), channel("@empat"))
    (story,) = await home.news(1)
    heads = await home.stores.outbox.heads(NOW, 10)
    shared, own = request("Sama"), request("Lain")
    chosen = list(zip(heads, (shared, own, shared, request("Sama")), strict=True))
    claims = await home.stores.outbox.claim(chosen, NOW)
    await home.again()

    stored = [json.loads((await home.row(story, here))["request"])["body"] for here in home.channels]

    assert [claim.request for claim in claims] == [request for _, request in chosen]
    assert stored == [claim.request.body for claim in claims]


async def test_nothing_is_claimed_twice(home: Home) -> None:
    """The same candidates once more are left out, and the channel has no head while one is under way."""
    await home.furnish()
    await home.news(1, 2)
    heads = await home.stores.outbox.heads(NOW, 10)
    chosen = [(head, request()) for head in heads]
    assert len(await home.stores.outbox.claim(chosen, NOW)) == 1
    stores = await home.again()

    assert await stores.outbox.claim(chosen, NOW) == []
    assert await home.titles() == []


async def test_two_topics_of_one_group_take_turns(home: Home) -> None:
    """At most one send to a chat is unsettled, whoever chooses and whenever."""
    await home.furnish(channel("-1009", topic=1), channel("-1009", topic=2))
    await home.news(1)
    await home.again()
    chosen = [(head, request()) for head in await home.stores.outbox.heads(NOW, 10)]
    assert len(chosen) == 2

    together = await home.stores.outbox.claim(chosen, NOW)
    afterwards = await home.stores.outbox.claim(chosen[1:], NOW)

    assert (len(together), afterwards) == (1, [])
    await home.stores.outbox.sent([(together[0], 5)], NOW)
    (second,) = await home.claim()
    assert second.target.topic != together[0].target.topic


async def test_a_headline_that_changed_since_is_left_out(home: Home) -> None:
    """It comes again with its new words."""
    await home.furnish()
    (story,) = await home.news(1)
    stale = [(head, request()) for head in await home.stores.outbox.heads(NOW, 10)]
    await home.correct(story, "Kabar yang diperbaiki")
    stores = await home.again()

    assert await stores.outbox.claim(stale, NOW) == []
    (claim,) = await home.claim()
    assert claim.request == request("Kabar yang diperbaiki")


async def test_a_withdrawn_headline_is_never_claimed(home: Home) -> None:
    """Not even by who had read it before."""
    await home.furnish()
    (story,) = await home.news(1)
    stale = [(head, request()) for head in await home.stores.outbox.heads(NOW, 10)]
    await home.withdraw(story)
    stores = await home.again()

    assert await stores.outbox.claim(stale, NOW) == []
    assert await home.claim() == []


@pytest.mark.parametrize("column", ["paused_at", "halted_at", "removed_at", "chat_id"])
async def test_a_channel_that_changed_since_is_left_out(home: Home, column: str) -> None:
    """Paused, halted, removed or moved between reading and claiming."""
    await home.furnish()
    await home.news(1)
    stale = [(head, request()) for head in await home.stores.outbox.heads(NOW, 10)]
    await home.sql(f"UPDATE channels SET {column} = 1")  # noqa: S608 - names of ours
    stores = await home.again()

    assert await stores.outbox.claim(stale, NOW) == []


@pytest.mark.parametrize("column", ["paused_at", "halted_at", "removed_at"])
async def test_a_channel_that_takes_nothing_has_no_head(home: Home, column: str) -> None:
    """And the others do not notice."""
    await home.furnish(channel("@satu"), channel("@dua"))
    await home.news(1)
    await home.sql(f"UPDATE channels SET {column} = 1 WHERE id = ?", home.channels[0])  # noqa: S608
    stores = await home.again()

    assert [h.target.channel_id for h in await stores.outbox.heads(NOW, 10)] == [home.channels[1]]


async def test_a_chat_that_rests_has_no_head(home: Home) -> None:
    """Until the time that Telegram named, and then it has."""
    await home.furnish()
    await home.news(1)
    await home.stores.traffic.note_block(-1001, NOW + MINUTE)
    stores = await home.again()

    assert await home.titles() == []
    assert await stores.outbox.next_due(NOW) == NOW + MINUTE
    assert await home.titles(NOW + MINUTE) == ["Kabar nomor 1"]


async def test_a_channel_without_an_id_has_no_head(home: Home) -> None:
    """It waits until its name is resolved."""
    await home.settle([channel("@satu")], [feed()])
    await home.news(1)
    await home.again()

    assert await home.titles() == []


async def test_sent_rows_stand_under_their_ids(home: Home) -> None:
    """Several together; the highest id of each chat is known afterwards and never falls."""
    await home.furnish(channel("@satu"), channel("@dua"))
    (story,) = await home.news(1)
    await home.stores.doubts.saw_message(-1002, 900, theirs=False, now=NOW)
    await home.deliver(100, NOW + SECOND)
    stores = await home.again()

    first, second = [await home.row(story, here) for here in home.channels]

    assert (first["state"], first["message_id"], first["edit_at"]) == ("SENT", 100, None)
    assert (second["state"], second["message_id"]) == ("SENT", 101)
    assert [await stores.doubts.highest(chat) for chat in (-1001, -1002)] == [100, 900]
    assert await home.titles() == []


async def test_words_that_changed_under_way_are_edited_afterwards(home: Home) -> None:
    """What was frozen is sent; the correction follows as an edit, at once."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.correct(story, "Kabar yang diperbaiki")
    await home.stores.outbox.sent([(claim, 100)], NOW)
    stores = await home.again()

    (post,) = await stores.edits.edits_due(NOW, 10)

    assert (post.words.title, post.message_id) == ("Kabar yang diperbaiki", 100)
    assert post.request == request("Kabar nomor 1")


async def test_a_retry_is_rendered_anew(home: Home) -> None:
    """Surely not sent: the newest words go out next time."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.retry(claim, NOW, "no route", None, NOW)
    await home.correct(story, "Kabar yang diperbaiki")
    stores = await home.again()

    (head,) = await stores.outbox.heads(NOW, 1)

    assert (head.frozen, head.words.title, head.attempts) == (None, "Kabar yang diperbaiki", 1)
    assert head.state is State.RETRY


async def test_a_plainer_form_goes_out_exactly_so(home: Home) -> None:
    """And shows the words of its time; the newest follow as an edit."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.retry(claim, NOW, "can't parse", request("plain", level=1), NOW)
    await home.correct(story, "Kabar yang diperbaiki")
    await home.again()

    (again,) = await home.claim()
    await home.stores.outbox.sent([(again, 100)], NOW)

    assert again.request == request("plain", level=1)
    assert [post.words.title for post in await home.stores.edits.edits_due(NOW, 1)] == [
        "Kabar yang diperbaiki"
    ]


async def test_a_requeued_row_keeps_its_place(home: Home) -> None:
    """The channel was at fault, not the post: it stays first."""
    await home.furnish()
    story, _ = await home.news(1, 2)
    (claim,) = await home.claim()
    await home.stores.outbox.requeue(claim, "kicked", NOW)
    await home.again()

    assert await home.titles() == ["Kabar nomor 1"]
    assert await home.fate(story) == ("PENDING", None)


async def test_an_uncertain_row_holds_up_its_channel(home: Home) -> None:
    """Nothing more goes there until it is settled; its question has its time."""
    await home.furnish()
    await home.news(1, 2)
    (claim,) = await home.claim()
    await home.stores.outbox.uncertain(claim, NOW + MINUTE, "timed out", NOW)
    stores = await home.again()

    assert await home.titles(NOW + HOUR) == []
    assert await stores.outbox.next_due(NOW) == NOW + MINUTE


async def test_a_refused_row_does_not_hold_up_its_channel(home: Home) -> None:
    """FAILED says what Telegram said, and the next one goes."""
    await home.furnish()
    story, _ = await home.news(1, 2)
    (claim,) = await home.claim()
    await home.stores.outbox.failed(claim, "message is too long", NOW)
    await home.again()

    assert await home.fate(story) == ("FAILED", "message is too long")
    assert await home.titles() == ["Kabar nomor 2"]


async def test_skipping_spares_what_is_under_way(home: Home) -> None:
    """Waiting rows end with their reason; a row in SENDING is settled first."""
    await home.furnish()
    one, two = await home.news(1, 2)
    await home.claim()
    ids = [(await home.row(story))["id"] for story in (one, two)]
    await home.stores.outbox.skip(ids, SkipReason.TOO_OLD, NOW)
    await home.again()

    assert await home.fate(one) == ("SENDING", None)
    assert await home.fate(two) == ("SKIPPED", "too_old")


async def test_orphans_become_uncertain(home: Home) -> None:
    """A row whose task is gone is asked about; one whose task runs is not."""
    await home.furnish(channel("@satu"), channel("@dua"))
    (story,) = await home.news(1)
    running, gone = await home.claim()
    stores = await home.again()

    orphans = await stores.outbox.orphans({running.id}, NOW + MINUTE, NOW)

    assert orphans == [gone.id]
    assert await home.fate(story, running.target.channel_id) == ("SENDING", None)
    assert await home.fate(story, gone.target.channel_id) == ("UNCERTAIN", None)
    assert await stores.outbox.next_due(NOW) == NOW + MINUTE
    assert await stores.outbox.orphans({running.id}, NOW + MINUTE, NOW) == []


async def test_an_outcome_is_saved_once(home: Home) -> None:
    """What arrived stays arrived, whatever a late task says."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    outbox = home.stores.outbox
    await outbox.sent([(claim, 100)], NOW)
    await outbox.retry(claim, NOW, "late", None, NOW)
    await outbox.requeue(claim, "late", NOW)
    await outbox.uncertain(claim, NOW, "late", NOW)
    await outbox.failed(claim, "late", NOW)
    await outbox.sent([(claim, 777)], NOW)
    await home.again()

    row = await home.row(story)

    assert (row["state"], row["message_id"]) == ("SENT", 100)


async def test_nothing_due_is_due_again(home: Home) -> None:
    """`next_due` tells of later moments alone: who asks would otherwise never rest."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver()
    await home.correct(story, "Kabar yang diperbaiki")
    stores = await home.again()

    assert len(await stores.edits.edits_due(NOW, 10)) == 1
    assert await stores.outbox.next_due(NOW) is None


async def test_what_waits_for_its_channel_is_not_due_for_ever(home: Home) -> None:
    """A retry and a doubt whose times have passed, where nothing can go: they are looked for, not waited for."""
    await home.furnish(channel("@satu"), channel("@dua"))
    await home.news(1)
    retried, doubted = await home.claim()
    await home.stores.outbox.retry(retried, NOW, "no route", None, NOW)
    await home.stores.outbox.uncertain(doubted, NOW, "timed out", NOW)
    await home.stores.channels.pause(retried.target.channel_id, "kicked", NOW + HOUR, NOW)
    stores = await home.again()

    assert await home.titles() == []
    assert await stores.outbox.next_due(NOW) is None


async def test_the_same_story_is_due_to_a_channel_once(home: Home) -> None:
    """Rows are unique whatever feeds add; only what a rule kept out may be let in."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver()
    again = due(home.channels[0])
    await home.record(headline(2), at=NOW)
    await home.again()
    await home.record(sightings=[Sighting(story, deliveries=again)])

    assert await home.fate(story) == ("SENT", None)
    assert await home.titles() == []


async def test_stars_are_counted_before_they_are_spent(home: Home) -> None:
    """The claim's own transaction counts them, on the newsroom's day; a kill between forgets none."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    await home.news(1)
    stores = await home.again()
    heads = await stores.outbox.heads(NOW, 10)

    await stores.outbox.claim(
        [(head, replace(request(), paid=place > 0)) for place, head in enumerate(heads)], NOW
    )
    stores = await home.again()

    assert await stores.outbox.paid_today(NOW) == 2
    assert await stores.outbox.paid_today(NOW + 24 * HOUR) == 0
