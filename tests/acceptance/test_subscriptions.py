"""Subscriptions over real HTTP: the whole program against the sandbox, from `/langganan` to `/berhenti`."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.sandbox.messages import Message
from bot.sandbox.world import Chat, User
from tests.support_world import World, stamp, world

JAKARTA = ZoneInfo("Asia/Jakarta")


def said(chat: Chat) -> list[str]:
    """What the bot said in a chat, oldest first."""
    return [message.text for message in own(chat)]


def own(chat: Chat) -> list[Message]:
    """The bot's messages in a chat, oldest first."""
    return [message for message in chat.messages.values() if message.own and not message.deleted]


def news(chat: Chat, title: str) -> int:
    """How many of the bot's messages in a chat tell of a headline."""
    return sum(title in text for text in said(chat))


async def asked(place: World, chat: Chat, user: User, words: str) -> str:
    """Say something; the bot's next answer."""
    before = len(own(chat))
    place.people.say(chat, user, words)
    await place.until(lambda: len(own(chat)) > before, f"an answer to {words}")
    return said(chat)[-1]


async def ready(place: World) -> None:
    """The bot runs and has looked at the feed."""
    await place.start()
    await place.until_known()


async def test_news_comes_once_until_the_reader_stops(tmp_path: Path) -> None:
    """As it is published, by word or category, in the form of every list; after /berhenti nothing more."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        chat, budi = place.reader()
        other, ann = place.reader("Ann", "en")
        assert "Banjir" in await asked(place, chat, budi, "/langganan Banjir")
        await asked(place, other, ann, "/subscribe pemilu")
        article = place.portal.publish("Banjir surut di Demak")
        await place.until(lambda: news(chat, article.title), "the news")
        await place.until_looked(2)

        assert said(chat)[-1] == f"{article.title}\n{stamp(article.published)}"
        assert news(chat, article.title) == 1
        assert news(other, article.title) == 0
        assert place.headlines() == [article.title]

        await asked(place, chat, budi, "/berhenti")
        assert not place.rows("SELECT 1 FROM subscribers WHERE id = ?", budi.id)
        second = place.portal.publish("Banjir datang lagi, pemilu ditunda")
        await place.until(lambda: news(other, second.title), "the news for the other")
        await place.until_looked(2)
        assert news(chat, second.title) == 0


async def test_a_digest_brings_the_day_in_one_message(tmp_path: Path) -> None:
    """Chosen by taps, with its hour; at that hour, and nothing at once."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        chat, budi = place.reader()
        await asked(place, chat, budi, "/langganan semua")
        place.people.tap(chat, own(chat)[-1].id, budi, button="Sekali sehari, pukul 07:00")
        await place.until(lambda: "sehari pukul 07:00 WIB" in said(chat)[-1], "the digest is chosen")
        place.people.tap(chat, own(chat)[-1].id, budi, button="Jam lain")
        await place.until(lambda: "Pukul berapa" in said(chat)[-1], "the hours")
        place.people.tap(chat, own(chat)[-1].id, budi, button="18:00")
        await place.until(lambda: "sehari pukul 18:00 WIB" in said(chat)[-1], "another hour")
        await place.until(lambda: place.rows("SELECT 1 FROM subscribers WHERE digest_next > 0"), "its moment")
        (row,) = place.rows("SELECT digest_at, digest_next FROM subscribers")
        assert row["digest_at"] == 18 * 60
        assert datetime.fromtimestamp(row["digest_next"] / 1e6, JAKARTA).hour == 18
        titles = [place.portal.publish().title for _ in range(2)]
        await place.until_posted(2)
        await place.until_looked(2)
        assert not any(news(chat, title) for title in titles)

        with closing(sqlite3.connect(place.database, timeout=10)) as database, database:
            database.execute("UPDATE subscribers SET digest_next = ?", (time.time_ns() // 1000,))
        await place.until(lambda: news(chat, titles[0]), "the digest")
        assert said(chat)[-1].startswith("Ringkasan hari ini\n")
        assert [news(chat, title) for title in titles] == [1, 1]
        assert place.rows("SELECT digest_next FROM subscribers")[0]["digest_next"] > time.time_ns() // 1000


async def test_whoever_blocks_the_bot_is_forgotten_after_one_refusal(tmp_path: Path) -> None:
    """Nobody else notices."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        chat, budi = place.reader()
        other, ann = place.reader("Ann")
        await asked(place, chat, budi, "/langganan semua")
        await asked(place, other, ann, "/langganan semua")
        place.moderators.block(budi, blocked=True)
        first = place.portal.publish()
        await place.until(
            lambda: not place.rows("SELECT 1 FROM subscribers WHERE id = ?", budi.id), "the end"
        )
        second = place.portal.publish()
        await place.until(lambda: news(other, second.title), "news for the other")

        assert news(other, first.title) == 1
        assert "subscriber_gone" in place.bot.output
        await place.until(lambda: not place.rows("SELECT 1 FROM reader_rows"), "nothing on its way any more")


async def test_a_group_has_news_beside_its_posts(tmp_path: Path) -> None:
    """An administrator subscribes a group; others are told who may."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        group = place.moderators.add_chat("supergroup", "Warga")
        _, budi = place.reader()
        assert "admin" in await asked(place, group, budi, "/langganan semua")
        await asked(place, group, place.moderators.owner(), "/langganan semua")
        article = place.portal.publish()
        await place.until(lambda: news(group, article.title), "news in the group")
        await place.until_looked(2)

        assert news(group, article.title) == 1


async def test_a_forum_has_its_news_in_the_topic_where_it_was_asked_for(tmp_path: Path) -> None:
    """Not in General, and as long as the group exists: it becomes another group's id, and the news follows."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        forum = place.moderators.add_chat("supergroup", "Warga")
        topic = place.moderators.add_topic(forum, "Berita").id
        before = len(own(forum))
        place.people.say(forum, place.moderators.owner(), "/langganan semua", thread=topic)
        await place.until(lambda: len(own(forum)) > before, "an answer")
        article = place.portal.publish()
        await place.until(lambda: news(forum, article.title), "news in the forum")

        assert [message.thread for message in own(forum) if article.title in message.text] == [topic]


async def test_a_group_that_becomes_a_supergroup_keeps_what_it_chose(tmp_path: Path) -> None:
    """Subscription and language; each headline comes once."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        group, owner = place.moderators.add_chat("group", "Warga"), place.moderators.owner()
        await asked(place, group, owner, "/bahasa en")
        await asked(place, group, owner, "/langganan semua")
        grown = place.moderators.upgrade(group)
        article = place.portal.publish()
        await place.until(lambda: news(grown, article.title), "news in the supergroup")
        await place.until_looked(2)

        assert news(grown, article.title) == 1
        assert "subscription" in await asked(place, grown, owner, "/langganan")
        assert [row["id"] for row in place.rows("SELECT id FROM subscribers")] == [grown.id]


async def test_a_fan_out_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Every reader has the news; only who was being sent it at that moment may have it twice."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        readers = [place.reader(f"Pembaca {number}") for number in range(12)]
        for chat, user in readers:
            await asked(place, chat, user, "/langganan semua")
        article = place.portal.publish()
        await place.until(lambda: sum(news(chat, article.title) for chat, _ in readers) >= 3, "the first few")
        await place.bot.kill()
        before = [news(chat, article.title) for chat, _ in readers]
        doubted = place.rows("SELECT count(*) AS n FROM reader_rows WHERE state = 'SENDING'")[0]["n"]
        await place.start()
        await place.until(lambda: all(news(chat, article.title) for chat, _ in readers), "news for all")
        await place.until(lambda: not place.rows("SELECT 1 FROM reader_rows"), "nothing under way")

        got = Counter(news(chat, article.title) for chat, _ in readers)
        assert sum(before) < len(readers)
        assert got[1] + got[2] == len(readers)
        assert got[2] <= doubted
