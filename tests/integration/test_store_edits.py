"""Posts that do not show the newest words: when they are due, and that the latest words win."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.desk import Order, Verb
from bot.domain.polling import Correction, Wording
from bot.domain.schedule import EDITS_BEFORE_LATER, next_edit
from bot.store.deliveries import schedule_edits
from bot.store.edits import PATIENCE
from bot.store.explain import Explainer
from tests.support_store import HOUR, KINDS, MINUTE, NOW, SECOND, Home, channel, open_home, request, words


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A store in memory, on disk, and as a kill leaves it."""
    async with open_home(request.param, tmp_path) as opened:
        yield opened


async def posted(home: Home) -> int:
    """A story that stands in its channel; returns the headline's id."""
    await home.furnish()
    (story,) = await home.news(1)
    await home.deliver(100)
    return story


async def due_titles(home: Home, at: datetime = NOW) -> list[str]:
    """What the posts whose edit is due are to say."""
    return [post.words.title for post in await home.stores.edits.edits_due(at, 100)]


async def edit(home: Home, at: datetime) -> None:
    """Edit the one post that is due."""
    (post,) = await home.stores.edits.edits_due(at, 100)
    await home.stores.edits.edited(post, request(post.words.title), next_edit(post.edits + 1, at, at), at)


async def test_a_correction_is_due_in_every_post(home: Home) -> None:
    """With what stands there now, and when the portal corrected it."""
    await home.furnish(channel("@satu", topic=4), channel("@dua"))
    (story,) = await home.news(1)
    await home.deliver(100)
    await home.correct(story, "Kabar yang diperbaiki", NOW + SECOND)
    stores = await home.again()

    first, second = await stores.edits.edits_due(NOW + SECOND, 100)

    assert (first.target.chat_id, first.target.topic, first.message_id) == (-1001, 4, 100)
    assert (second.target.chat_id, second.message_id, second.headline_id) == (-1002, 101, story)
    assert (first.revision, first.edits, first.corrected_at) == (2, 0, NOW + SECOND)
    assert (first.request, first.edit_due) == (request("Kabar nomor 1"), NOW + SECOND)
    assert first.words.title == "Kabar yang diperbaiki"


async def test_what_was_edited_is_not_due(home: Home) -> None:
    """And the next edit starts from what it shows now."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await edit(home, NOW)
    await home.again()

    assert await due_titles(home, NOW + HOUR) == []
    await home.correct(story, "Tiga", NOW + HOUR)
    (post,) = await home.stores.edits.edits_due(NOW + HOUR, 100)
    assert (post.request, post.edits) == (request("Dua"), 1)


async def test_the_latest_words_win(home: Home) -> None:
    """Three corrections before the edit make one edit."""
    story = await posted(home)
    for title in ("Dua", "Tiga", "Empat"):
        await home.correct(story, title)
    await home.again()

    assert await due_titles(home) == ["Empat"]
    await edit(home, NOW)
    assert await due_titles(home, NOW + HOUR) == []


async def test_words_that_change_during_an_edit_are_edited_next(home: Home) -> None:
    """The edit under way shows the second wording, the third comes a minute later."""
    story = await posted(home)
    await home.correct(story, "Dua")
    (under_way,) = await home.stores.edits.edits_due(NOW, 100)
    await home.correct(story, "Tiga", NOW + SECOND)
    next_at = NOW + SECOND + MINUTE
    await home.stores.edits.edited(under_way, request("Dua"), next_at, NOW + SECOND)
    stores = await home.again()

    assert await due_titles(home, next_at - SECOND) == []
    assert await stores.outbox.next_due(NOW + SECOND) == next_at
    assert await due_titles(home, next_at) == ["Tiga"]


async def test_once_a_minute_and_later_once_an_hour(home: Home) -> None:
    """However often the portal corrects."""
    story = await posted(home)
    at, edited = NOW, []
    await home.again()
    for number in range(EDITS_BEFORE_LATER + 1):
        await home.correct(story, f"Wording {number}", at)
        due = (await home.row(story))["edit_at"]
        at = max(at, NOW.fromtimestamp(due / 1_000_000, NOW.tzinfo))
        await edit(home, at)
        edited.append(at)

    gaps = [later - sooner for sooner, later in pairwise(edited)]

    assert gaps == [MINUTE] * (EDITS_BEFORE_LATER - 1) + [HOUR]


async def test_behind_new_posts_but_not_for_ever(home: Home) -> None:
    """An edit waits while something is due in its channel: for five minutes."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await home.news(2)
    await home.again()

    assert await due_titles(home, NOW + PATIENCE) == []
    assert await due_titles(home, NOW + PATIENCE + SECOND) == ["Dua"]


async def test_patience_is_not_renewed(home: Home) -> None:
    """An edit that was put off for a 429 has waited before."""
    story = await posted(home)
    await home.correct(story, "Dua")
    (post,) = await home.stores.edits.edits_due(NOW, 1)
    await home.stores.edits.edit_later(post, NOW + PATIENCE, "too many requests")
    await home.news(2)
    await home.again()

    assert await due_titles(home, NOW + PATIENCE + SECOND) == ["Dua"]


async def test_a_queue_that_rests_holds_up_no_edit(home: Home) -> None:
    """What is tried again in an hour, or stands in a halted channel, is not before it."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await home.news(2)
    (claim,) = await home.claim()
    await home.stores.outbox.retry(claim, NOW + HOUR, "no route", None, NOW)
    await home.again()
    assert await due_titles(home) == ["Dua"]

    await home.stores.outbox.requeue((await home.claim(NOW + HOUR))[0], "kicked", NOW)
    assert await due_titles(home) == []
    await home.sql("UPDATE channels SET halted_at = 1")
    assert await due_titles(home) == ["Dua"]


@pytest.mark.parametrize("column", ["paused_at", "removed_at"])
async def test_no_edit_where_nothing_may_be_said(home: Home, column: str) -> None:
    """Channels that refuse, or have left the settings."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await home.sql(f"UPDATE channels SET {column} = 1")  # noqa: S608 - names of ours
    await home.again()

    assert await due_titles(home, NOW + HOUR) == []


async def test_no_edit_in_a_chat_that_rests(home: Home) -> None:
    """Until the time that Telegram named."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await home.stores.traffic.note_block(-1001, NOW + MINUTE)
    await home.again()

    assert await due_titles(home, NOW + SECOND) == []
    assert await due_titles(home, NOW + MINUTE) == ["Dua"]


async def test_no_edit_where_the_channel_does_not_stand_any_more(home: Home) -> None:
    """Whatever made the chat another one: the message cannot be reached from there."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await home.sql("UPDATE channels SET chat_id = -2001")
    await home.again()

    assert await due_titles(home, NOW + HOUR) == []


async def test_the_longest_waiting_edit_comes_first(home: Home) -> None:
    """And no more than asked for."""
    await home.furnish(channel("@satu"), channel("@dua"))
    (first,) = await home.news(1, to=home.channels[:1])
    (second,) = await home.news(2, to=home.channels[1:])
    await home.deliver(100)
    await home.correct(second, "Dua", NOW)
    await home.correct(first, "Satu", NOW + SECOND)
    stores = await home.again()

    assert await due_titles(home, NOW + SECOND) == ["Dua", "Satu"]
    assert [p.words.title for p in await stores.edits.edits_due(NOW + SECOND, 1)] == ["Dua"]


async def test_a_message_that_is_gone_is_not_tried_again(home: Home) -> None:
    """Until the portal corrects it once more."""
    story = await posted(home)
    await home.correct(story, "Dua")
    (post,) = await home.stores.edits.edits_due(NOW, 100)
    await home.stores.edits.edit_gone(post, "message to edit not found", NOW)
    await home.again()

    assert await due_titles(home, NOW + HOUR) == []
    assert (await home.row(story))["detail"] == "message to edit not found"


async def test_what_an_editor_orders_is_due_at_once(home: Home) -> None:
    """Even where an edit is scheduled for later."""
    story = await posted(home)
    await home.correct(story, "Dua")
    await edit(home, NOW)
    await home.correct(story, "Tiga", NOW + SECOND)
    async with home.stores.database.transaction() as tx:
        await schedule_edits(tx, story, NOW + 2 * SECOND, at_once=True)
    await home.again()

    assert await due_titles(home, NOW + 2 * SECOND) == ["Tiga"]


async def test_words_of_the_desk_are_not_overwritten(home: Home) -> None:
    """The portal's later change is only remembered, to be reported once."""
    story = await posted(home)
    said = words(story, title="Kata portal")
    await home.record(corrections=[Correction(story, said, "old", by_desk=True)])
    stores = await home.again()

    assert await due_titles(home, NOW + HOUR) == []
    (shown,) = await stores.headlines.latest(before=None, after=None, category="", limit=1)
    assert (shown.words.title, shown.revision) == ("Kabar nomor 1", 1)


async def test_flapping_is_told_once(home: Home) -> None:
    """A headline that goes to and fro between two wordings: the first return is told, never again."""
    story = await posted(home)
    forth, back = (Correction(story, words(1, title=title), "old") for title in ("Dua", "Kabar nomor 1"))
    told = []
    for correction in (forth, back, forth, back):
        await home.record(corrections=[correction])
        await home.again()
        told.append(await home.stores.polls.wording(correction))

    assert told == [Wording.NEW, Wording.BACK, Wording.AGAIN, Wording.AGAIN]


async def test_flapping_under_the_desks_words_is_told_once(home: Home) -> None:
    """What the portal says then shows nowhere: each wording is news once, the first return is told, and nothing grows."""
    story = await posted(home)
    order = Order(Verb.REWORD, 7, -5, NOW, 1, "Kata redaksi")
    await home.stores.orders.reword(order, story, "Kata redaksi")
    titles = ("Dua", "Kabar nomor 1", "Tiga", "Dua", "Kabar nomor 1", "Kata redaksi", "Dua", "Tiga")
    told = []
    for title in titles:
        correction = Correction(story, words(1, title=title), "old", by_desk=True)
        await home.record(corrections=[correction])
        await home.again()
        told.append(await home.stores.polls.wording(correction))
    (life,) = await Explainer(home.stores.database).explain("Kata redaksi")

    new, back, again = Wording.NEW, Wording.BACK, Wording.AGAIN
    assert told == [new, back, new, again, again, again, again, again]
    assert [edit.title for edit in life.edits] == ["Kata redaksi"]
    ((rows,),) = await home.stores.database.read("SELECT count(*) FROM revisions")
    assert rows <= 2 * 4


async def test_another_link_is_another_wording(home: Home) -> None:
    """The same title behind a new link is no return."""
    story = await posted(home)
    moved = Correction(story, words(1, link=None), "old")
    await home.record(corrections=[moved])
    stores = await home.again()

    assert await stores.polls.wording(moved) is Wording.NEW
