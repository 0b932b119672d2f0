"""The whole program over real HTTP: what stands in the channel is what the portal said, once and in order."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support_world import World, stamp, until, world


async def test_first_look_posts_the_newest_few_oldest_first(tmp_path: Path) -> None:
    """FIRST_RUN_POSTS newest headlines go out at the first look, the rest count as seen."""
    async with world(tmp_path, FIRST_RUN_POSTS="3") as place:
        await place.start()
        await place.until_posted(3)
        await place.until_looked(2)

        newest = [article.title for article in reversed(place.portal.newest(3))]
        assert newest == place.headlines()


async def test_every_new_headline_once_in_order_in_every_channel(tmp_path: Path) -> None:
    """What the portal publishes reaches each channel once, in the order of publication."""
    async with world(tmp_path, channels=3, FIRST_RUN_POSTS="0") as place:
        await place.start()
        await place.until_known()
        titles = [place.portal.publish().title for _ in range(5)]
        for chat in place.channels:
            await place.until_posted(5, chat=chat)
        await place.until_looked(2)

        for chat in place.channels:
            assert titles == [entry["text"].partition("\n")[0] for entry in place.accepted(chat)]


async def test_a_post_has_the_format_of_the_contract(tmp_path: Path) -> None:
    """Bold linked headline, kicker and timestamp, a large preview of the article, to the character."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        article = place.portal.newest(1)[0]
        link = place.portal.link(article)
        (sent,) = place.accepted()
        shown = place.posts()[0].unpack()

        assert f"{article.title}\nPolitik · {stamp(article.published)} WIB" == sent["text"]
        assert {"bold", "text_link"} == {entity["type"] for entity in sent["entities"]}
        assert {(0, len(article.title))} == {(e["offset"], e["length"]) for e in sent["entities"]}
        assert [link] == sent["links"]
        assert {"url": link, "prefer_large_media": True} == shown["link_preview_options"]


async def test_markup_in_a_headline_is_text(tmp_path: Path) -> None:
    """Nothing that the portal writes becomes markup of the post's or breaks it."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await place.start()
        await place.until_known()
        place.portal.publish('Laba 3 < 5 & "rugi" 7 > 6 <b>tebal</b> <merdeka> &amp; 🙂')
        (title,) = await place.until_posted(1)

        assert title == 'Laba 3 < 5 & "rugi" 7 > 6 tebal <merdeka> & 🙂'


async def test_only_the_first_of_a_look_makes_a_sound(tmp_path: Path) -> None:
    """Of several posts in one look the first is loud, the others are silent."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await place.start()
        await place.until_known()
        for _ in range(3):
            place.portal.publish()
        await place.until_posted(3)

        assert [message.silent for message in place.posts()] == [False, True, True]


async def test_a_restart_picks_up_where_the_bot_was(tmp_path: Path) -> None:
    """Nothing is posted twice after a restart, and what was published meanwhile is posted."""
    async with world(tmp_path) as place:
        first = await place.start()
        await place.until_posted(1)
        assert await first.terminate() == 0
        titles = [place.portal.publish().title for _ in range(2)]
        await place.start()
        await place.until_posted(3)
        await place.until_looked(2)

        assert titles == place.headlines()[1:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_end_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end the program within 5 seconds with exit code 0 and no traceback."""
    async with world(tmp_path) as place:
        bot = await place.start()
        await place.until_posted(1)
        bot.send(number)

        assert await bot.wait(5.0) == 0
        assert "Traceback" not in bot.output


async def test_a_signal_while_it_is_still_starting_ends_it_cleanly(tmp_path: Path) -> None:
    """The database is only just there, and nobody has said who the bot is."""
    async with world(tmp_path) as place:
        place.sandbox.state.faults.add(kind="hang_after", method="getMe", times=9)
        bot = await place.start()
        await until(lambda: list(place.folder.rglob("*.db*")), "a database")
        bot.send(signal.SIGTERM)

        assert await bot.wait(5.0) == 0
        assert "Traceback" not in bot.output


async def test_terminated_amid_a_fan_out_the_rest_goes_out_later(tmp_path: Path) -> None:
    """What is under way at SIGTERM is finished and recorded; nothing is lost or repeated after the restart."""
    async with world(tmp_path, channels=8, BROADCAST_RATE="10", FIRST_RUN_POSTS="3") as place:
        place.sandbox.line.slow = 0.1
        bot = await place.start()
        await place.until(lambda: len(place.sandbox.journal.entries("sent")) >= 6, "some posts")
        assert await bot.terminate() == 0
        assert "SENDING" not in place.states()
        assert "UNCERTAIN" not in place.states()
        await place.start()
        for chat in place.channels:
            await place.until_posted(3, chat=chat)

        for chat in place.channels:
            assert len(set(place.headlines(chat))) == len(place.accepted(chat)) == 3


async def test_old_headlines_are_kept_and_not_posted(tmp_path: Path) -> None:
    """A headline older than MAX_AGE_HOURS when first seen is skipped for that reason."""
    async with world(tmp_path, MAX_AGE_HOURS="24", FIRST_RUN_POSTS="5") as place:
        title = place.portal.publish().title
        await place.start()
        await place.until_posted(1)
        await place.until_looked(2)

        assert [title] == place.headlines()
        reasons = {
            row["reason"] for row in place.rows("SELECT reason FROM deliveries WHERE state = 'SKIPPED'")
        }
        assert "too_old" in reasons


async def test_a_portal_that_is_down_at_start_and_comes_up(tmp_path: Path) -> None:
    """Errors of the portal are waited for; a feed that answers only later brings no first post."""
    async with world(tmp_path) as place:
        place.portal.cause("break")
        await place.start()
        await place.until_looked(2)
        place.portal.mend()
        await place.until_known()
        title = place.portal.publish().title
        await place.until_posted(1)

        assert [title] == place.headlines()


async def test_a_portal_that_fails_for_a_while(tmp_path: Path) -> None:
    """What was published while the portal was down comes when it is up again, once."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        place.portal.cause("break")
        titles = [place.portal.publish().title for _ in range(2)]
        await place.until_looked(2)
        place.portal.mend()
        await place.until_posted(3)

        assert titles == place.headlines()[1:]


async def rewritten(place: World, title: str) -> None:
    await place.until(lambda: title in place.headlines(), f"a post that says {title!r}")


async def test_a_corrected_headline_is_corrected_in_place(tmp_path: Path) -> None:
    """The post is edited, with the same id, its link and its preview; nothing new is posted."""
    async with world(tmp_path, channels=2) as place:
        await place.start()
        for chat in place.channels:
            await place.until_posted(1, chat=chat)
        before = [place.posts(chat)[0].id for chat in place.channels]
        article = place.portal.correct(title="Judul yang sudah diperbaiki")
        await rewritten(place, "Judul yang sudah diperbaiki")
        second = place.channels[1]
        await place.until(lambda: place.headlines(second) == [article.title], "the other channel's edit")

        assert before == [place.posts(chat)[0].id for chat in place.channels]
        shown = place.posts()[0].unpack()
        assert place.portal.link(article) == shown["link_preview_options"]["url"]
        assert f"Politik · {stamp(article.published)} WIB" == shown["text"].partition("\n")[2]


async def test_a_changed_date_is_no_correction(tmp_path: Path) -> None:
    """Feeds that change every date post and edit nothing."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        place.portal.cause("dates")
        await place.until_looked(3)

        assert not place.sandbox.journal.entries("edited")
        assert len(place.accepted()) == 1


async def test_a_post_by_hand_counts_as_the_post(tmp_path: Path) -> None:
    """A waiting row is skipped where another administrator posts the same story, by a hidden link, first."""
    async with world(tmp_path, channels=2) as place:
        await place.start()
        await place.until_posted(1)
        too_many = {
            "code": 429,
            "description": "Too Many Requests: retry after 4",
            "parameters": {"retry_after": 4},
        }
        place.sandbox.state.faults.add(kind="refuse", method="sendMessage", chat=place.channel.id, **too_many)
        place.portal.publish("Yang lebih dahulu")
        await place.until(lambda: place.calls("sendMessage") >= 4, "the refusal")
        article = place.portal.publish("Yang diumumkan dengan tangan")
        await place.until_posted(3, chat=place.channels[1])
        link = place.portal.link(article)
        place.people.post(place.channel, f'<a href="{link}?utm_source=tangan">Baca ini</a>', mode="HTML")
        await place.until_posted(2)
        await place.until_quiet()

        assert place.headlines()[1:] == ["Yang lebih dahulu"]
        assert len(place.rows("SELECT id FROM deliveries WHERE reason = 'by_hand'")) == 1


async def test_a_post_by_hand_before_the_feed_tells_counts_too(tmp_path: Path) -> None:
    """An editor who is quicker than the feed is not repeated by the bot."""
    async with world(tmp_path, channels=2) as place:
        await place.start()
        await place.until_posted(1)
        place.portal.cause("break")
        article = place.portal.publish("Kilat dari redaksi")
        place.people.post(place.channel, f"Kilat! {place.portal.link(article)}")
        await place.until(lambda: not place.sandbox.state.updates.pending, "the update fetched")
        await place.until_looked(1)
        place.portal.mend()
        await place.until_posted(2, chat=place.channels[1])
        await place.until_quiet()

        assert len(place.headlines()) == 1
        assert len(place.rows("SELECT id FROM deliveries WHERE reason = 'by_hand'")) == 1
