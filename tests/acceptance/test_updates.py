"""What readers sent while the bot was down or dying: answered after the restart, and never in the news' way."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

from bot.sandbox.messages import Message
from bot.sandbox.world import Chat, User
from tests.support_world import World, world

OPEN = "SELECT 1 FROM inbox WHERE done_at IS NULL"
TWENTY_HOURS = 20 * 3600


def own(chat: Chat) -> list[Message]:
    """What the bot said in a chat, oldest first."""
    return [message for message in chat.messages.values() if message.own and not message.deleted]


def has(chat: Chat, count: int) -> bool:
    """Whether the bot has said so much there."""
    return len(own(chat)) == count


async def ready(place: World) -> None:
    """The bot runs and has looked at the feed."""
    await place.start()
    await place.until_known()


def said_long_ago(place: World, user: User, words: str, number: int) -> None:
    """A command that Telegram has kept for twenty hours."""
    body: dict[str, Any] = {
        "message_id": 10_000 + number,
        "date": int(time.time()) - TWENTY_HOURS,
        "chat": {"id": user.id, "type": "private", "first_name": user.first_name},
        "from": user.json(),
        "text": words,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(words)}],
    }
    place.sandbox.state.updates.add("message", body)


async def test_after_twenty_hours_the_answers_do_not_stand_in_the_news_way(tmp_path: Path) -> None:
    """Each chat's last command is answered once, and the posts go out among the first of the answers."""
    async with world(tmp_path, limits=True, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        await place.bot.terminate()
        readers = [place.reader(f"Pembaca {number}") for number in range(150)]
        for number, words in enumerate(("/terbaru", "/cari beras", "/bantuan")):
            for _, user in readers:
                said_long_ago(place, user, words.split()[0], number)
        titles = [place.portal.publish().title for _ in range(5)]
        await place.start()
        await place.until_posted(5)
        await place.until(lambda: all(own(chat) for chat, _ in readers), "an answer to everybody")
        await place.until(lambda: not place.rows(OPEN), "nothing left to handle")

        sent = [entry["chat"] for entry in place.sandbox.journal.entries("sent")]
        last_post = max(number for number, chat in enumerate(sent) if chat == place.channel.id)
        assert place.headlines() == titles
        assert last_post < 75
        assert [len(own(chat)) for chat, _ in readers] == [1] * len(readers)
        assert all("/terbaru" in own(chat)[0].text for chat, _ in readers)
        assert not place.sandbox.journal.entries("limited")


async def test_a_command_that_a_kill_cut_off_is_answered_after_the_restart(tmp_path: Path) -> None:
    """So is one that came while the bot was down."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        chat, budi = place.reader()
        place.sandbox.state.faults.add(kind="hang_before", method="sendMessage", chat=chat.id, times=0)
        place.people.say(chat, budi, "/bantuan")
        await place.until(lambda: place.rows("SELECT 1 FROM inbox WHERE begun = 1"), "a begun answer")
        await place.bot.kill()
        place.sandbox.state.faults.clear()
        place.people.say(chat, budi, "/privasi")
        await place.start()
        await place.until(lambda: len(own(chat)) >= 2, "two answers")
        await place.until(lambda: not place.rows(OPEN), "nothing left to handle")

        assert ["/terbaru" in own(chat)[0].text, "Privasi" in own(chat)[1].text] == [True, True]
        assert len(own(chat)) == 2


async def test_an_update_that_kills_three_times_is_set_aside_and_reported(tmp_path: Path) -> None:
    """The desk hears of it once; what was said after it is answered."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        ops = place.moderators.add_chat("supergroup", "Redaksi")
        place.settings["OPS_CHAT"] = str(ops.id)
        chat, budi = place.reader()
        place.sandbox.state.faults.add(kind="hang_before", method="sendMessage", chat=chat.id, times=0)
        place.people.say(chat, budi, "/bantuan")
        for tries in (1, 2, 3):
            await place.start()
            begun = partial(place.rows, "SELECT 1 FROM inbox WHERE begun = ?", tries)
            await place.until(begun, f"try {tries}")
            await place.bot.kill()
        place.sandbox.state.faults.clear()
        place.people.say(chat, budi, "/privasi")
        await place.start()
        await place.until(lambda: own(chat) and own(ops), "an answer, and a word to the desk")
        await place.until(lambda: not place.rows(OPEN), "nothing left to handle")

        assert [message.text.partition("\n")[0] for message in own(chat)] == ["Privasi Anda"]
        assert len([message for message in own(ops) if "disisihkan" in message.text]) == 1


async def test_two_taps_at_once_turn_one_page(tmp_path: Path) -> None:
    """The message is edited once, to the second page; both taps are answered."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        await ready(place)
        chat, budi = place.reader()
        place.people.say(chat, budi, "/terbaru")
        await place.until(lambda: own(chat), "the list")
        (message,) = own(chat)
        queries = [place.people.tap(chat, message.id, budi, button="Selengkapnya ›") for _ in range(2)]
        await place.until(lambda: all(query.answer for query in queries), "both answers")
        await place.until(lambda: not place.rows(OPEN), "nothing left to handle")

        edits = [entry for entry in place.sandbox.journal.entries("edited") if entry["chat"] == chat.id]
        assert len(edits) == 1
        assert message.unpack()["reply_markup"]["inline_keyboard"][0][0]["text"] == "‹ Sebelumnya"


async def test_a_page_asked_for_after_a_restart_is_turned(tmp_path: Path) -> None:
    """Of a list and of a search, whatever has come since; nothing is left out or shown twice."""
    async with world(tmp_path, FIRST_RUN_POSTS="0") as place:
        titles = [place.portal.publish(f"Kabar panjang nomor {number}").title for number in range(12)]
        await ready(place)
        chat, budi = place.reader()
        for count, words in enumerate(("/terbaru", "/cari kabar panjang"), 1):
            place.people.say(chat, budi, words)
            await place.until(partial(has, chat, count), words)
        first = [message.text for message in own(chat)]
        await place.bot.terminate()
        place.portal.publish("Kabar panjang yang datang di antaranya")
        await place.start()
        await place.until_posted(1)
        for message in own(chat):
            place.people.tap(chat, message.id, budi, button="Selengkapnya ›")
        await place.until(lambda: all_turned(chat, first), "both pages")

        found = first[1] + own(chat)[1].text
        assert [found.count(f"{title}\n") for title in titles] == [1] * len(titles)
        assert "di antaranya" not in found


def all_turned(chat: Chat, first: list[str]) -> bool:
    """Whether no message says any more what it said at first."""
    return not any(message.text == text for message, text in zip(own(chat), first, strict=True))
