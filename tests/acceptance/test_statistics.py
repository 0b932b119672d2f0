"""`/statistik` over real HTTP: a picture with its words for editors, words alone where need be, silence for others."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from bot.sandbox.messages import Message
from bot.sandbox.world import Chat, User
from tests.support_world import ROOT, World, world


@asynccontextmanager
async def newsroom(folder: Path, **changes: str) -> AsyncIterator[tuple[World, Chat, User]]:
    """A bot that has posted a story, its group of editors, and one of them."""
    async with world(folder, channels=1) as place:
        group = place.moderators.add_chat("supergroup", "Redaksi")
        _, editor = place.reader("Rina")
        place.settings["OPS_CHAT"] = str(group.id)
        place.settings |= changes
        await place.start()
        await place.until_posted(1)
        yield place, group, editor


async def answer(place: World, group: Chat, editor: User) -> Message:
    """What the bot says to `/statistik`."""
    place.people.say(group, editor, "/statistik")
    await place.until(lambda: _own(group), "an answer")
    return _own(group)[-1]


def _own(chat: Chat) -> list[Message]:
    return [message for message in chat.messages.values() if message.own and not message.deleted]


async def test_editors_get_a_picture_and_its_words(tmp_path: Path) -> None:
    """In their group, with what readers did; the picture arrives whole."""
    async with newsroom(tmp_path) as (place, group, editor):
        place.moderators.react(place.channel, place.posts(place.channel)[0].id, editor, "👍")
        await place.until(lambda: place.rows("SELECT 1 FROM reactions_by_hour"), "the reaction")
        message = await answer(place, group, editor)
        content: dict[str, Any] = message.unpack()
        picture = place.sandbox.state.pictures[content["photo"][0]["file_id"]]

    with Image.open(BytesIO(picture)) as image:
        image.load()
        assert (image.format, image.width) == ("PNG", 1080)
    assert re.search(
        r"^Statistik\n\n\w+, \d\d \w+ \d{4} \| \d\d:\d\d WIB, sejak \w+ \d\d:00\n", content["caption"]
    )
    assert "Terkirim: 1 kiriman" in content["caption"]
    assert "Reaksi: 1 reaksi" in content["caption"]


async def test_everyone_else_gets_silence(tmp_path: Path) -> None:
    """In private and in groups; the answer that comes is to what was asked after it."""
    async with newsroom(tmp_path) as (place, group, editor):
        private, stranger = place.reader("Orang")
        place.people.say(private, stranger, "/statistik")
        place.people.say(private, stranger, "/privasi")
        await answer(place, group, editor)
        await place.until(lambda: _own(private), "an answer to /privasi")

        assert len(_own(private)) == 1
        assert "Statistik" not in _own(private)[0].text


async def test_words_alone_where_the_group_takes_no_pictures(tmp_path: Path) -> None:
    """A group may forbid them; once is enough, and nothing comes twice."""
    async with newsroom(tmp_path) as (place, group, editor):
        place.sandbox.state.faults.add(
            method="sendphoto",
            kind="refuse",
            code=400,
            description="Bad Request: not enough rights to send photos to the chat",
        )
        message = await answer(place, group, editor)

        assert "photo" not in message.unpack()
        assert "Terkirim: 1 kiriman" in message.text
        assert len(_own(group)) == 1


async def test_words_alone_where_the_drawing_is_killed(tmp_path: Path) -> None:
    """As the kernel does when memory runs out: the editor has the figures, the operator a line in the log."""
    broken = tmp_path / "broken" / "PIL"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("import os\n\nos.kill(os.getpid(), 9)\n")
    async with newsroom(tmp_path, PYTHONPATH=f"{broken.parent}{os.pathsep}{ROOT}") as (place, group, editor):
        message = await answer(place, group, editor)
        said = place.bot.output

    assert "photo" not in message.unpack()
    assert "Terkirim: 1 kiriman" in message.text
    assert "Gambarnya tidak dapat dibuat." in message.text
    assert "picture_failed" in said
    assert "Traceback" not in said


async def test_in_a_group_that_has_posts_its_id_passes_for_no_post(tmp_path: Path) -> None:
    """It is noted as an answer's, as the ids of words are."""
    async with world(tmp_path, kind="supergroup") as place:
        _, editor = place.reader("Rina")
        place.settings["ADMINS"] = str(editor.id)
        await place.start()
        await place.until_posted(1)
        place.people.say(place.channel, editor, "/statistik")
        await place.until(lambda: "photo" in _own(place.channel)[-1].unpack(), "the picture")
        picture = _own(place.channel)[-1].id
        await place.until(lambda: picture in _noted(place), "its id to be noted")

        assert not place.rows("SELECT 1 FROM open_answers")


def _noted(place: World) -> list[int]:
    """The ids of answers that the bot remembers."""
    return [row[0] for row in place.rows("SELECT message_id FROM seen_messages WHERE ours = 1")]
