"""`kabarbot.toml` over real HTTP: who gets what, in which look, in which order; and the commands that tell so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.portal_archive import Article
from bot.sandbox.world import Chat
from tests.support_world import RUN, World, world

WIB = ZoneInfo("Asia/Jakarta")
FEEDS = """
[[feeds]]
url = "{url}/rss/dunia"
name = "dunia"
[[feeds]]
url = "{url}/rss"
name = "semua"
"""


@asynccontextmanager
async def newsroom(
    folder: Path, *tables: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[World]:
    """One channel with each of these rules; a running bot that has posted nothing of old."""
    async with world(folder, channels=len(tables), FIRST_RUN_POSTS="0") as place:
        rules = [
            f'[[channels]]\nchat = "@{chat.username}"\n{table}\n'
            for chat, table in zip(place.channels, tables, strict=True)
        ]
        toml = FEEDS.format(url=place.portal.url) + "\n".join(rules)
        (folder / "kabarbot.toml").write_text(toml, "utf-8")
        place.settings |= {"CHANNELS": "", "FEED_URL": "", **(settings or {})}
        await place.start()
        await place.until_known()
        yield place


async def command(place: World, *words: str) -> list[dict[str, Any]]:
    """What a command says with `--json`."""
    said = await place.start(command=(*RUN[:-1], *words))
    await said.wait()
    place.bots.remove(said)
    return [json.loads(line) for line in said.output.splitlines() if line.startswith("{")]


async def got(place: World, count: int) -> list[list[str]]:
    """What stands in each channel once `count` posts stand in all of them together."""
    await place.until(
        lambda: sum(len(place.posts(chat)) for chat in place.channels) >= count, f"{count} posts"
    )
    await place.until_quiet()
    return [place.headlines(chat) for chat in place.channels]


def texts(place: World, chat: Chat) -> Sequence[str]:
    return [message.text for message in place.posts(chat)]


def publish(place: World, *titles: tuple[str, str]) -> list[Article]:
    """Stories as (title, section), all before the next look: the portal answers nothing meanwhile."""
    return [place.portal.publish(title, section=section) for title, section in titles]


async def test_feeds_categories_and_words(tmp_path: Path) -> None:
    """Each channel gets what its rules want; `explain` tells for every channel which rule decided, `check` who gets what."""
    rules = (
        "",
        'feeds = ["dunia"]',
        'categories = ["olahraga"]',
        'include = ["banjir besar"]\nexclude = ["simulasi"]',
    )
    async with newsroom(tmp_path, *rules) as place:
        far, _, flood, drill = publish(
            place,
            ("Kabar dari jauh", "dunia"),
            ("Timnas menang", "olahraga"),
            ("Banjir besar di kota", "nusantara"),
            ("Simulasi banjir besar", "nusantara"),
        )
        everything, abroad, sport, floods = await got(place, 7)
        (told,) = await command(place, "explain", "--json", place.portal.link(drill))
        (posted,) = await command(place, "explain", "--json", place.portal.link(flood))
        checked = await command(place, "check", "--json")

    assert len(everything) == 4
    assert (abroad, sport, floods) == ([far.title], ["Timnas menang"], ["Banjir besar di kota"])
    assert [(one["state"], one["reason"]) for one in told["deliveries"]] == [
        ("SENT", None),
        ("SKIPPED", "filtered: feeds: semua is not among dunia"),
        ("SKIPPED", "filtered: categories: Nusantara is not among olahraga"),
        ("SKIPPED", "filtered: exclude: simulasi"),
    ]
    assert posted["deliveries"][3]["reason"] == "include: banjir besar"
    gets = {line["what"]: line for line in checked if line["what"].endswith("gets")}
    assert [set(line) for line in checked] == [{"what", "ok", "cure"}] * len(checked)
    assert [line["cure"] for line in gets.values()] == [
        "every feed",
        "feeds dunia",
        "every feed; of the categories olahraga",
        "every feed; with any of banjir besar; with none of simulasi",
    ]


async def test_looks(tmp_path: Path) -> None:
    """Template, silence, and utm of each channel."""
    rules = (
        'template = "<i>{{ kicker }}</i>: {{ title }}"',
        "silent = true",
        'utm = "utm_source=telegram&utm_medium=kanal"',
    )
    async with newsroom(tmp_path, *rules) as place:
        (story,) = publish(place, ("Kabar <dari> jauh", "dunia"))
        await got(place, 3)
        own, silent, counted = place.channels
        link = place.portal.link(story)

        assert texts(place, own) == ["Dunia: Kabar <dari> jauh"]
        assert [message.silent for message in place.posts(silent)] == [True]
        assert [message.silent for message in place.posts(own)] == [False]
        entities = place.posts(counted)[0].unpack()["entities"]
        assert f"{link}?utm_source=telegram&utm_medium=kanal" in [one.get("url") for one in entities]


async def test_a_topic_of_a_forum(tmp_path: Path) -> None:
    """Posts stand in the topic that the table names."""
    async with world(tmp_path, kind="supergroup") as place:
        topic = place.moderators.add_topic(place.channel, "Berita")
        table = f'[[channels]]\nchat = "@{place.channel.username}"\ntopic = {topic.id}\n'
        (tmp_path / "kabarbot.toml").write_text(table, "utf-8")
        await place.start(CHANNELS="")
        await place.until_posted(1)

        assert [message.thread for message in place.posts()] == [topic.id]


async def test_breaking_news_goes_first_and_is_heard(tmp_path: Path) -> None:
    """Of what waits, a story with the word or of the category goes out first, each with a sound; `explain` says why."""
    async with newsroom(tmp_path, 'breaking = ["gempa", "Hukum"]', "") as place:
        urgent, plain = place.channels
        place.sandbox.state.faults.add(
            kind="refuse",
            code=429,
            description="Too Many Requests: retry after 6",
            retry_after=6,
            times=2,
            parameters={"retry_after": 6},
            method="sendmessage",
        )
        publish(place, ("Penahan antrean", "bisnis"))
        await place.until(lambda: place.states().get("UNCERTAIN") == 2, "both channels to wait")
        stories = publish(
            place,
            ("Kabar biasa satu", "bisnis"),
            ("Gempa di laut", "nusantara"),
            ("Kabar biasa dua", "bisnis"),
            ("Vonis dibacakan", "hukum"),
        )
        first, second = await got(place, 10)
        (told,) = await command(place, "explain", "--json", place.portal.link(stories[1]))

        ordinary = [
            "Penahan antrean",
            "Kabar biasa satu",
            "Gempa di laut",
            "Kabar biasa dua",
            "Vonis dibacakan",
        ]
        assert second == ordinary
        assert first == [ordinary[0], ordinary[2], ordinary[4], ordinary[1], ordinary[3]]
        loud = [message.text.partition("\n")[0] for message in place.posts(urgent) if not message.silent]
        assert {"Gempa di laut", "Vonis dibacakan"} <= set(loud)
        assert len([message for message in place.posts(plain) if not message.silent]) < 5
        assert [one["reason"] for one in told["deliveries"]] == ["breaking: gempa", None]


async def test_quiet_hours_silence_everything(tmp_path: Path) -> None:
    """Breaking news too: it still goes first."""
    now = datetime.now(WIB)
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    async with newsroom(tmp_path, 'breaking = ["gempa"]', settings={"QUIET_HOURS": hours}) as place:
        publish(place, ("Gempa di laut", "nusantara"))
        await got(place, 1)

        assert [message.silent for message in place.posts()] == [True]


async def test_a_picture_that_fails_is_text_in_the_same_place(tmp_path: Path) -> None:
    """The second of three goes out as text under the same row, in its place; the others are photos."""
    async with newsroom(tmp_path, "", settings={"POST_STYLE": "photo"}) as place:
        place.sandbox.state.faults.add(
            kind="refuse",
            code=400,
            description="Bad Request: wrong file identifier/HTTP URL specified",
            method="sendphoto",
            contains="Kabar kedua",
        )
        publish(place, *((f"Kabar {number}", "bisnis") for number in ("pertama", "kedua", "ketiga")))
        (titles,) = await got(place, 3)
        rows = place.rows(
            "SELECT state, count(*) AS n FROM deliveries WHERE message_id IS NOT NULL GROUP BY 1"
        )

        assert titles == ["Kabar pertama", "Kabar kedua", "Kabar ketiga"]
        assert ["photo" in message.unpack() for message in place.posts()] == [True, False, True]
        assert [tuple(row) for row in rows] == [("SENT", 3)]


async def test_a_corrected_caption_that_is_refused_stands_as_plain_text(tmp_path: Path) -> None:
    """The picture stays and the words are right; Telegram finds the link in them by itself."""
    async with newsroom(tmp_path, "", settings={"POST_STYLE": "photo"}) as place:
        publish(place, ("Judul keliru", "bisnis"))
        await got(place, 1)
        place.sandbox.state.faults.add(
            kind="refuse",
            code=400,
            description="Bad Request: can't parse entities: unsupported start tag",
            method="editmessagecaption",
        )
        place.portal.correct(title="Judul benar")
        await place.until(lambda: place.headlines() == ["Judul benar"], "the correction")
        (post,) = place.posts()
        message = post.unpack()

    assert "photo" in message
    assert [entity["type"] for entity in message["caption_entities"]] == ["url"]
    assert place.calls("editMessageCaption") == 2
