"""What editors order: durable in one transaction with who and when, whatever state a post is in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.delivery import HoldReason, Post, SkipReason, State
from bot.domain.desk import Decision, MarkKind, Order, Verb
from bot.domain.polling import NewDelivery
from bot.domain.replies import Pointed
from bot.domain.schedule import next_edit
from bot.ports import Reach
from bot.store.explain import Explainer
from bot.store.values import ticks
from tests.support_store import (
    DAY,
    HOUR,
    KINDS,
    MINUTE,
    NOW,
    SECOND,
    Home,
    channel,
    headline,
    link,
    open_home,
    request,
)

RINA, OPS = 7, -100500


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it."""
    async with open_home(request.param, tmp_path) as opened:
        yield opened


def order(verb: Verb, number: int = 1, words: str = "") -> Order:
    return Order(verb, RINA, OPS, NOW + number * SECOND, number, words)


async def marks(home: Home) -> list[Post]:
    return list(await home.stores.edits.edits_due(NOW + MINUTE, 100))


async def shown(home: Home) -> None:
    """Every edit that is due is done."""
    for post in await marks(home):
        at = NOW + MINUTE
        await home.stores.edits.edited(post, request(), next_edit(post.edits + 1, at, at), at)


async def test_a_withdrawal_reaches_posts_and_queues(home: Home) -> None:
    """Posts are to be struck through, waiting and held rows end, and readers see it no more."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    one, two, three = home.channels
    held = NewDelivery(three, State.HELD, HoldReason.HOLD)
    (story,) = (await home.record(headline(1, *pending(one, two), held))).headline_ids
    await home.stores.orders.halt(order(Verb.HALT, 9, "@dua"), "@dua")
    await home.deliver(100)

    reach = await home.stores.orders.withdraw(order(Verb.WITHDRAW), story, "Data keliru")
    await home.again()

    (post,) = await marks(home)
    assert reach == Reach(posts=1, waited=2)
    assert (post.struck, post.deletes, post.ordered) == (True, False, True)
    assert [(m.kind, m.text) for m in post.marks] == [(MarkKind.WITHDRAWN, "Data keliru")]
    assert await home.fates(two) == await home.fates(three) == {story: "withdrawn"}
    assert not await home.stores.headlines.latest(before=None, after=None, category="", limit=9)


async def test_what_no_order_reaches_is_counted(home: Home) -> None:
    """In a group that has moved since, and in a channel that left the settings, posts stand as they are."""
    await home.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
    (story,) = await home.news(1)
    await home.deliver(100)
    await home.stores.channels.moved(-1001, -2001)
    await home.stores.channels.configure([channel("@satu"), channel("@tiga")], NOW)

    for verb in (home.stores.orders.withdraw, home.stores.orders.correct, home.stores.orders.reword):
        assert await verb(order(Verb.WITHDRAW), story, "Data keliru") == Reach(posts=1, lost=2)
    assert [post.target.name for post in await marks(home)] == ["@tiga"]


def pending(*channels: int) -> tuple[NewDelivery, ...]:
    return tuple(NewDelivery(one, State.PENDING) for one in channels)


@pytest.mark.parametrize("unsure", [False, True])
async def test_what_is_under_way_is_withdrawn_when_it_is_settled(home: Home, unsure: bool) -> None:
    """Sent, or of unknown outcome and found to have arrived: it is edited at once."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.orders.withdraw(order(Verb.WITHDRAW), story, "Alasan")
    await home.again()
    assert not await marks(home)
    if unsure:
        await home.stores.outbox.uncertain(claim, NOW, "timed out", NOW)
        (doubt,) = await home.stores.doubts.doubts(NOW)
        await home.stores.doubts.settled(doubt, 100, NOW)
    else:
        await home.stores.outbox.sent([(claim, 100)], NOW)

    assert [post.struck for post in await marks(home)] == [True]


async def test_what_did_not_arrive_is_never_sent_again(home: Home) -> None:
    """Withdrawn while its outcome was unknown, and shown to be absent."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.uncertain(claim, NOW, "timed out", NOW)
    await home.stores.orders.withdraw(order(Verb.WITHDRAW), story, "")
    (doubt,) = await home.stores.doubts.doubts(NOW)
    await home.stores.doubts.absent(doubt, NOW)

    assert await home.fate(story) == ("SKIPPED", "withdrawn")


async def test_a_paused_channel_is_withdrawn_from_when_it_is_back(home: Home) -> None:
    """The order waits for the channel."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver(100)
    await home.stores.channels.pause(home.channels[0], "kicked", NOW + DAY, NOW)
    await home.stores.orders.withdraw(order(Verb.WITHDRAW), story, "Alasan")
    assert not await marks(home)
    await home.again()
    await home.stores.channels.resume_chat(-1001, NOW)

    assert len(await marks(home)) == 1


async def test_without_a_reason_posts_are_deleted_for_48_hours(home: Home) -> None:
    """Later they are struck through; one that is gone is not edited any more."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver(100)
    await home.stores.orders.withdraw(order(Verb.WITHDRAW), story, "")
    (late,) = await home.stores.edits.edits_due(NOW + 2 * DAY, 100)
    (post,) = await marks(home)
    await home.stores.edits.removed(post, NOW + MINUTE)

    assert (post.deletes, late.deletes, late.struck) == (True, False, True)
    assert await home.fate(story) == ("SKIPPED", "withdrawn")
    assert not await marks(home)


async def test_an_order_during_an_edit_is_applied_at_once_afterwards(home: Home) -> None:
    """The edit of older words does not count for it, and the next one waits for no minute."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver(100)
    await home.correct(story, "Diperbaiki portal")
    (under_way,) = await marks(home)
    await home.stores.orders.correct(order(Verb.CORRECT), story, "Ralat")
    await home.stores.edits.edited(under_way, request(), NOW + HOUR, NOW)

    (post,) = await marks(home)
    assert [mark.text for mark in post.marks] == ["Ralat"]


async def test_a_correction_is_replaced_and_does_not_use_up_the_portals_edits(home: Home) -> None:
    """Said ten times, the last line stands, and the portal's next correction is not an hour away."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver(100)
    for number in range(1, 11):
        await home.stores.orders.correct(order(Verb.CORRECT, number), story, f"Ralat {number}")
        (post,) = await marks(home)
        assert [mark.text for mark in post.marks] == [f"Ralat {number}"]
        await shown(home)
    await home.correct(story, "Diperbaiki portal", NOW + MINUTE)

    (post,) = await home.stores.edits.edits_due(NOW + MINUTE, 9)
    assert (post.words.title, [mark.text for mark in post.marks]) == ("Diperbaiki portal", ["Ralat 10"])


async def test_a_correction_before_the_claim_is_part_of_the_post(home: Home) -> None:
    """The row that waits has the line, and no edit follows."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.stores.orders.correct(order(Verb.CORRECT), story, "Ralat")
    (head,) = await home.stores.outbox.heads(NOW, 9)
    await home.deliver(100)

    assert [mark.text for mark in head.marks] == ["Ralat"]
    assert not await marks(home)


@pytest.mark.parametrize("verb", ["correct", "reword"])
async def test_an_order_after_the_claim_follows_the_post(home: Home, verb: str) -> None:
    """What is frozen goes out as it is; the order comes with an edit at once."""
    await home.furnish()
    (story,) = await home.news(1)
    claims = await home.claim()
    await getattr(home.stores.orders, verb)(order(Verb.CORRECT), story, "Kata redaksi")
    await home.again()
    await home.stores.outbox.sent([(claim, 100) for claim in claims], NOW)

    (post,) = await marks(home)
    assert post.ordered
    assert "Kata redaksi" in (post.words.title, *(mark.text for mark in post.marks))


async def test_the_same_message_is_one_order(home: Home) -> None:
    """An update that is handled again after a kill changes nothing more."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver(100)
    for _ in range(2):
        await home.stores.orders.reword(order(Verb.REWORD, 1, "Judul baru"), story, "Judul baru")
        await home.again()

    (life,) = await Explainer(home.stores.database).explain(link(1))
    assert [(one.verb, one.who, one.words) for one in life.orders] == [("sunting", RINA, "Judul baru")]
    assert [edit.title for edit in life.edits] == ["Judul baru"]


async def test_published_only_where_it_was_not_posted(home: Home) -> None:
    """Old, passed over and failed rows go out whatever their age; filtered and standing ones stay as they are."""
    unwanted = channel("@kanal2", exclude=("kabar",))
    await home.furnish(channel("@kanal0"), channel("@kanal1"), unwanted, channel("@kanal3"))
    (story,) = await home.news(1)
    for row, (state, reason) in zip(
        home.channels,
        [("SENT", None), ("SKIPPED", "too_old"), ("SKIPPED", "filtered"), ("FAILED", "refused")],
        strict=True,
    ):
        await home.sql("UPDATE deliveries SET state = ?, reason = ? WHERE channel_id = ?", state, reason, row)

    reach = await home.stores.orders.publish(order(Verb.PUBLISH), story)
    heads = await home.stores.outbox.heads(NOW + DAY, 9)

    assert reach == Reach(posts=1, waited=2)
    assert [(head.target.channel_id, head.ignores_age) for head in heads] == [
        (home.channels[1], True),
        (home.channels[3], True),
    ]


async def test_published_where_the_rules_of_today_want_it(home: Home) -> None:
    """In a channel that came after the story, and in one whose rules had kept it out; not where somebody posted it."""
    home_rules = channel("@satu", exclude=("nomor",))
    await home.furnish(home_rules)
    (story,) = (
        await home.record(
            headline(1, NewDelivery(home.channels[0], State.SKIPPED, SkipReason.FILTERED, "exclude: nomor"))
        )
    ).headline_ids
    told = [channel("@satu"), channel("@dua"), channel("@tiga", include=("banjir",)), channel("@empat")]
    await home.stores.channels.configure(told, NOW)
    for number, (one, name) in enumerate(await home.stores.channels.unresolved(), 5):
        await home.stores.channels.resolved(one, -1000 - number, name, "channel", NOW)
    await home.stores.by_hand.posted(-1007, [link(1)], 9, NOW)

    reach = await home.stores.orders.publish(order(Verb.PUBLISH), story)
    heads = await home.stores.outbox.heads(NOW, 9)

    assert reach == Reach(posts=0, waited=2)
    assert {head.target.name for head in heads} == {"@satu", "@dua"}
    assert await home.stores.orders.publish(order(Verb.PUBLISH, 2), story) == Reach(posts=0, waited=2)


async def test_nothing_withdrawn_is_published(home: Home) -> None:
    """It is never posted again."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.stores.orders.withdraw(order(Verb.WITHDRAW), story, "Alasan")

    assert await home.stores.orders.publish(order(Verb.PUBLISH, 2), story) == Reach()


async def test_channels_pause_by_name_by_id_and_all(home: Home) -> None:
    """By what the settings call them; an unknown one changes nothing and is not kept."""
    await home.furnish(channel("@satu"), channel("@dua"))
    orders = home.stores.orders
    assert await orders.halt(order(Verb.HALT, 1), "@lain") == []
    assert await orders.halt(order(Verb.HALT, 2), "@SATU") == ["@satu"]
    assert await orders.halt(order(Verb.HALT, 3), "-1002") == ["@dua"]
    await home.news(1)
    assert not await home.stores.outbox.heads(NOW, 9)
    assert await orders.resume(order(Verb.RESUME, 4), "") == ["@satu", "@dua"]

    assert len(await home.stores.outbox.heads(NOW, 9)) == 2
    kept = await home.stores.database.read("SELECT verb FROM orders ORDER BY id")
    assert [row["verb"] for row in kept] == ["jeda", "jeda", "lanjut"]


async def test_a_surge_is_asked_once_and_decided_once(home: Home) -> None:
    """One question for all of it, through a restart; the first decision counts and names its headlines."""
    await home.furnish()
    surge = NewDelivery(home.channels[0], State.HELD, HoldReason.SURGE)
    stories = (await home.record(*(headline(n, surge) for n in (1, 2)), at=NOW + MINUTE)).headline_ids
    (question,) = await home.stores.questions.unasked()
    for _ in range(2):
        await home.stores.questions.ask(question, "?", '[["Terbitkan", "1:rd:x"]]', NOW)
        await home.again()
    assert not await home.stores.questions.unasked()
    alert = await home.stores.alerts.next_alert(NOW)
    assert alert is not None
    assert alert.buttons == (("Terbitkan", "1:rd:x"),)
    assert question.publish == Decision(publish=True, feed_id=home.feeds[0], at=ticks(NOW + MINUTE))

    first = replace(order(Verb.PASS_OVER), message_id=None)
    second = replace(order(Verb.RELEASE), message_id=None)
    assert await home.stores.questions.decide(first, question.pass_over) == 2
    assert await home.stores.questions.decide(second, question.publish) == 0
    assert await home.stores.questions.subject(question.publish) is None

    about = await home.stores.database.read("SELECT headline_id FROM order_headlines ORDER BY 1")
    assert [row["headline_id"] for row in about] == list(stories)
    assert set((await home.fates()).values()) == {"passed_over"}


async def test_each_held_post_is_decided_alone(home: Home) -> None:
    """One goes out, whatever its age; the other is passed over."""
    await home.furnish()
    hold = NewDelivery(home.channels[0], State.HELD, HoldReason.HOLD)
    await home.record(headline(1, hold), headline(2, hold))
    first, second = await home.stores.questions.unasked()
    assert (first.kind, first.values["title"], first.values["link"]) == ("hold", "Kabar nomor 1", link(1))
    tap = replace(order(Verb.RELEASE), message_id=None)
    assert await home.stores.questions.decide(tap, first.publish) == 1
    assert await home.stores.questions.decide(tap, second.pass_over) == 1
    assert await home.stores.questions.decide(tap, second.publish) == 0

    assert list((await home.fates()).values()) == ["PENDING", "passed_over"]
    (head,) = await home.stores.outbox.heads(NOW + DAY, 9)
    assert head.ignores_age


async def test_a_story_is_found_by_link_words_and_post(home: Home) -> None:
    """Tracking parameters do not matter, part of a headline is enough, wildcards are letters, withdrawn ones too."""
    await home.furnish()
    one, two = await home.news(1, 2)
    await home.deliver(100)
    await home.stores.orders.withdraw(order(Verb.WITHDRAW), two, "Alasan")
    stories = home.stores.stories

    assert [s.id for s in await stories.by_link(f"{link(1)}?utm_source=x")] == [one]
    assert [s.id for s in await stories.by_words("nomor", 5)] == [two, one]
    assert [s.id for s in await stories.by_words("kabar nomor 1", 5)] == [one]
    assert not await stories.by_words("%", 5)
    assert [s.id for s in await stories.by_post(Pointed(((-1001, 100),)))] == [one]
    assert [s.id for s in await stories.by_post(Pointed((), ("https://lain.example/", link(2))))] == [two]
    assert not await stories.by_link("https://lain.example/x")
