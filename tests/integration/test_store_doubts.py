"""Sends of unknown outcome, message ids, and what becomes of a row that turns out not to have arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.delivery import Claim, Doubt
from tests.support_store import (
    HOUR,
    KINDS,
    MINUTE,
    NOW,
    SECOND,
    Home,
    channel,
    feed,
    link,
    open_home,
    request,
)


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it."""
    async with open_home(request.param, tmp_path) as opened:
        yield opened


async def doubted(home: Home, *, known: int | None = 50) -> int:
    """A channel, and a story that was sent to it with an unknown outcome; returns the headline's id."""
    await home.furnish()
    if known is not None:
        await home.stores.doubts.saw_message(-1001, known, theirs=False, now=NOW)
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.uncertain(claim, NOW + MINUTE, "timed out", NOW)
    return story


async def said(home: Home, message_id: int, at: datetime) -> None:
    """An answer to a reader got that id."""
    answer_id = await home.stores.answers.answer_begins(-1001, at)
    assert answer_id is not None
    await home.stores.answers.answer_ends(answer_id, message_id, at)


async def only_doubt(home: Home, at: object = NOW + MINUTE) -> Doubt:
    """The one doubt there is."""
    (doubt,) = await home.stores.doubts.doubts(at)  # type: ignore[arg-type]
    return doubt


async def sent_again(home: Home) -> Claim:
    """It was not there, and is claimed again."""
    await home.stores.doubts.absent(await only_doubt(home), NOW + MINUTE)
    (claim,) = await home.claim(NOW + MINUTE)
    return claim


async def test_a_doubt_comes_when_its_time_has_come(home: Home) -> None:
    """With the request as it went out and all that is known of the ids around it."""
    story = await doubted(home)
    for message_id in (49, 52, 20):
        await said(home, message_id, NOW)
    for message_id, theirs in ((53, True), (54, False)):
        await home.stores.doubts.saw_message(-1001, message_id, theirs=theirs, now=NOW)
    stores = await home.again()

    assert await stores.doubts.doubts(NOW + MINUTE - SECOND) == []
    doubt = await only_doubt(home)

    assert (doubt.headline_id, doubt.request) == (story, request("Kabar nomor 1"))
    assert (doubt.known_before, doubt.highest) == (50, 54)
    assert (set(doubt.ours), set(doubt.theirs)) == ({49, 52}, {53})
    assert (doubt.resent_at, doubt.message_id, doubt.attempts) == (None, None, 0)
    assert (doubt.target.chat_id, doubt.target.name) == (-1001, "@satu")


async def test_other_posts_of_ours_are_known(home: Home) -> None:
    """So that none of them is taken for this one."""
    await home.furnish(channel("-1009", topic=1), channel("-1009", topic=2))
    await home.news(1)
    (first,) = await home.claim()
    await home.stores.outbox.sent([(first, 60)], NOW)
    (second,) = await home.claim()
    await home.stores.outbox.uncertain(second, NOW, "timed out", NOW)
    await home.again()

    doubt = await only_doubt(home, NOW)

    assert (doubt.known_before, set(doubt.ours)) == (60, {60})


async def test_what_was_asked_of_an_earlier_send_comes_too_late(home: Home) -> None:
    """The post was sent again meanwhile, with an unknown outcome, too: only an answer about that one counts."""
    story = await doubted(home)
    earlier = await only_doubt(home)
    again = await sent_again(home)
    await home.stores.outbox.uncertain(again, NOW + 2 * MINUTE, "timed out", NOW + MINUTE)

    await home.stores.doubts.absent(earlier, NOW + MINUTE)
    await home.stores.doubts.settled(earlier, 55, NOW + MINUTE)
    await home.stores.doubts.ask_later(earlier, NOW + HOUR, "no answer")

    assert (await home.row(story))["state"] == "UNCERTAIN"
    await home.stores.doubts.absent(await only_doubt(home, NOW + 2 * MINUTE), NOW + 2 * MINUTE)
    assert (await home.row(story))["state"] == "RETRY"


async def test_a_doubt_settled_is_a_post(home: Home) -> None:
    """Under the id that was found, which is known from now on; the queue goes on."""
    story = await doubted(home)
    await home.news(2)
    await home.stores.doubts.settled(await only_doubt(home), 55, NOW + MINUTE)
    stores = await home.again()

    row = await home.row(story)

    assert (row["state"], row["message_id"], row["detail"]) == ("SENT", 55, "")
    assert await stores.doubts.highest(-1001) == 55
    assert await home.titles() == ["Kabar nomor 2"]
    assert await stores.doubts.doubts(NOW + HOUR) == []


async def test_a_correction_waits_for_the_answer(home: Home) -> None:
    """A settled doubt whose words changed meanwhile is edited."""
    story = await doubted(home)
    await home.correct(story, "Kabar yang diperbaiki")
    await home.stores.doubts.settled(await only_doubt(home), 55, NOW + MINUTE)
    stores = await home.again()

    assert [p.words.title for p in await stores.edits.edits_due(NOW + MINUTE, 9)] == ["Kabar yang diperbaiki"]


async def test_what_is_absent_goes_out_again_as_it_was(home: Home) -> None:
    """The same request, first in its channel, though the words have changed; the edit comes later."""
    story = await doubted(home)
    await home.news(2)
    await home.correct(story, "Kabar yang diperbaiki")
    await home.stores.doubts.absent(await only_doubt(home), NOW + MINUTE)
    stores = await home.again()

    (head,) = await stores.outbox.heads(NOW + MINUTE, 9)
    (claim,) = await home.claim(NOW + MINUTE)
    await stores.outbox.sent([(claim, 70)], NOW + MINUTE)

    assert (head.headline_id, head.resend, head.shown) == (story, True, 1)
    assert head.frozen == claim.request == request("Kabar nomor 1")
    assert claim.resend
    assert [p.revision for p in await stores.edits.edits_due(NOW + HOUR, 9)] == [2]


async def test_the_id_known_before_the_first_attempt_is_kept(home: Home) -> None:
    """Through a resend, a failed try of it and a second doubt."""
    story = await doubted(home, known=50)
    await home.stores.doubts.saw_message(-1001, 58, theirs=True, now=NOW)
    claim = await sent_again(home)
    await home.stores.outbox.retry(claim, NOW + MINUTE, "no route", None, NOW + MINUTE)
    await home.again()

    (claim,) = await home.claim(NOW + MINUTE)
    await home.stores.outbox.uncertain(claim, NOW + HOUR, "timed out", NOW + MINUTE)

    doubt = await only_doubt(home, NOW + HOUR)
    assert (doubt.headline_id, doubt.known_before, doubt.highest) == (story, 50, 58)
    assert doubt.resent_at == NOW + MINUTE
    assert doubt.request == request("Kabar nomor 1")


async def test_the_id_known_before_is_refreshed_otherwise(home: Home) -> None:
    """A try that surely was not sent leaves nothing to look for."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.stores.outbox.retry(claim, NOW, "no route", None, NOW)
    await home.stores.doubts.saw_message(-1001, 64, theirs=False, now=NOW)
    await home.again()
    await home.claim()

    assert (await home.row(story))["known_before"] == 64


async def test_the_highest_id_never_falls(home: Home) -> None:
    """Ids are told in any order."""
    await home.furnish()
    for message_id in (7, 30, 12):
        await home.stores.doubts.saw_message(-1001, message_id, theirs=False, now=NOW)
    stores = await home.again()

    assert await stores.doubts.highest(-1001) == 30
    assert await stores.doubts.highest(-4) is None


async def test_after_a_resend_its_twin_is_sought(home: Home) -> None:
    """Once: until the search has ended, and what stays of ours is remembered as ours."""
    await doubted(home)
    claim = await sent_again(home)
    await home.stores.outbox.sent([(claim, 70)], NOW + MINUTE)
    stores = await home.again()

    doubt = await only_doubt(home, NOW + MINUTE)
    assert (doubt.message_id, doubt.known_before, doubt.resent_at) == (70, 50, NOW + MINUTE)
    await stores.doubts.twin_sought(doubt, [61, 66], 66, NOW + MINUTE)

    assert await stores.doubts.doubts(NOW + HOUR) == []
    await home.news(2)
    (claim,) = await home.claim(NOW + HOUR)
    await stores.outbox.uncertain(claim, NOW + HOUR, "timed out", NOW + HOUR)
    assert (await only_doubt(home, NOW + HOUR)).ours == {61, 70}


async def test_a_first_send_that_arrived_needs_no_search(home: Home) -> None:
    """There is no twin of what was sent once."""
    await home.furnish()
    await home.news(1)
    await home.deliver()
    stores = await home.again()

    assert await stores.doubts.doubts(NOW + HOUR) == []


@pytest.mark.parametrize("resent", [False, True])
async def test_no_answer_is_asked_for_later(home: Home, resent: bool) -> None:
    """Doubts and searches alike; the tries are counted."""
    story = await doubted(home)
    if resent:
        await home.stores.outbox.sent([(await sent_again(home), 70)], NOW + MINUTE)
    await home.stores.doubts.ask_later(await only_doubt(home), NOW + HOUR, "no answer")
    stores = await home.again()

    assert await stores.doubts.doubts(NOW + HOUR - SECOND) == []
    doubt = await only_doubt(home, NOW + HOUR)
    assert (doubt.headline_id, doubt.attempts) == (story, 1)


async def test_a_chat_let_in_again_is_asked_at_once(home: Home) -> None:
    """What stayed uncertain while nobody could be asked does not wait for its turn."""
    await doubted(home)
    await home.stores.doubts.ask_later(await only_doubt(home), NOW + HOUR, "kicked")
    await home.stores.channels.pause(home.channels[0], "kicked", NOW + HOUR, NOW)
    await home.stores.channels.resume_chat(-1001, NOW + 2 * MINUTE)
    await home.again()

    assert (await only_doubt(home, NOW + 2 * MINUTE)).known_before == 50


async def test_seen_messages_are_forgotten_one_day(home: Home) -> None:
    """Those that no doubt reaches back to."""
    await doubted(home)
    await said(home, 51, NOW)
    await said(home, 52, NOW + HOUR)
    await home.stores.doubts.forget_seen(NOW + MINUTE)
    await home.again()

    assert (await only_doubt(home)).ours == {52}


# ---------------------------------------------------------------- what ends while it is under way


async def test_absent_and_withdrawn_is_over(home: Home) -> None:
    """Withdrawn while nobody knew: it is never posted, and holds nobody up."""
    story = await doubted(home)
    await home.news(2)
    await home.withdraw(story)
    await home.stores.doubts.absent(await only_doubt(home), NOW + MINUTE)
    await home.again()

    assert await home.fate(story) == ("SKIPPED", "withdrawn")
    assert await home.titles(NOW + MINUTE) == ["Kabar nomor 2"]


async def test_absent_and_posted_by_hand_is_over(home: Home) -> None:
    """Somebody lost patience: their post counts."""
    story = await doubted(home)
    assert await home.stores.by_hand.posted(-1001, [link(1)], 60, NOW) == []
    await home.stores.doubts.absent(await only_doubt(home), NOW + MINUTE)
    await home.again()

    assert await home.fate(story) == ("SKIPPED", "by_hand")


async def test_absent_in_a_channel_put_back_is_over(home: Home) -> None:
    """A channel that left and came back meanwhile is new."""
    await doubted(home)
    await home.settle([channel("@lain")], [feed()], NOW + SECOND)
    await home.stores.channels.finish_removals(NOW + SECOND)
    await home.settle([channel("-1001")], [feed()], NOW + 2 * SECOND)
    await home.stores.doubts.absent(await only_doubt(home), NOW + MINUTE)
    await home.again()

    assert set((await home.fates()).values()) == {"channel_removed"}


@pytest.mark.parametrize("verb", ["retry", "requeue"])
async def test_not_sent_and_withdrawn_is_over(home: Home, verb: str) -> None:
    """The same for what surely was not sent."""
    await home.furnish()
    (story,) = await home.news(1)
    (claim,) = await home.claim()
    await home.withdraw(story)
    if verb == "retry":
        await home.stores.outbox.retry(claim, NOW, "no route", None, NOW)
    else:
        await home.stores.outbox.requeue(claim, "kicked", NOW)
    await home.again()

    assert await home.fate(story) == ("SKIPPED", "withdrawn")


# ---------------------------------------------------------------- a group becomes a supergroup


async def test_a_moved_group_is_followed(home: Home) -> None:
    """Its channel, what is under way and what waits go on in the new chat, where ids start anew."""
    await doubted(home)
    await home.news(2)
    await home.stores.channels.moved(-1001, -2001)
    stores = await home.again()

    doubt = await only_doubt(home)
    assert (doubt.target.chat_id, doubt.known_before, doubt.highest) == (-2001, None, None)
    assert await stores.channels.of_chat(-2001) == [(home.channels[0], "@satu")]
    await stores.doubts.settled(doubt, 3, NOW + MINUTE)
    assert [h.target.chat_id for h in await stores.outbox.heads(NOW + MINUTE, 9)] == [-2001]
    assert await stores.doubts.highest(-2001) == 3


async def test_a_resend_after_a_move_knows_no_id(home: Home) -> None:
    """The old sequence says nothing about the new chat."""
    story = await doubted(home)
    await home.stores.doubts.absent(await only_doubt(home), NOW + MINUTE)
    await home.stores.channels.moved(-1001, -2001)
    await home.again()
    (claim,) = await home.claim(NOW + MINUTE)

    assert claim.target.chat_id == -2001
    assert (await home.row(story))["known_before"] is None


async def test_what_stands_in_the_old_group_is_left_alone(home: Home) -> None:
    """No edit is due there, not even of a later correction, and no twin is sought."""
    story = await doubted(home)
    await home.stores.outbox.sent([(await sent_again(home), 70)], NOW + MINUTE)
    await home.correct(story, "Kabar yang diperbaiki")
    await home.stores.channels.moved(-1001, -2001)
    await home.correct(story, "Kabar yang diperbaiki lagi")
    stores = await home.again()

    assert await stores.edits.edits_due(NOW + HOUR, 9) == []
    assert await stores.doubts.doubts(NOW + HOUR) == []
    assert await stores.outbox.next_due(NOW - HOUR) is None
    assert (await home.row(story))["chat_id"] == -1001


async def test_an_answer_whose_id_is_not_known_leaves_doubts_open(home: Home) -> None:
    """Through restarts: until it is known where it stands, an own id may be it."""
    await doubted(home)
    answer = await home.stores.answers.answer_begins(-1001, NOW)
    assert answer is not None
    assert (await only_doubt(home)).answers_open
    await home.stores.answers.answer_ends(answer, 57, NOW)
    doubt = await only_doubt(home)
    assert not doubt.answers_open
    assert 57 in doubt.ours
    assert await home.stores.doubts.highest(-1001) == 57


async def test_an_answer_from_long_before_the_post_stands_before_it(home: Home) -> None:
    """And one to a chat that is none of our channels is no doubt of ours."""
    await home.furnish()
    await home.stores.answers.answer_begins(-1001, NOW - 2 * HOUR)
    await doubted(home)

    assert not (await only_doubt(home)).answers_open
    assert await home.stores.answers.answer_begins(-77, NOW) is None
