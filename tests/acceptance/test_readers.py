"""Readers over real HTTP: commands in private chats and groups, paging buttons, lists in the seed page's order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.sandbox.messages import Message
from bot.sandbox.news import SeedHeadline, seed_popular, seed_update
from bot.sandbox.world import Chat
from tests.support_world import World, stamp, world

_UNKNOWN = "/tidakada"


def answers(chat: Chat) -> list[Message]:
    """What the bot said in a chat, oldest first."""
    return [message for message in chat.messages.values() if message.own and not message.deleted]


def buttons(message: Message) -> list[str]:
    """The texts of a message's buttons."""
    rows = message.unpack().get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


async def answered(place: World, chat: Chat, count: int = 1) -> str:
    """The newest of `count` answers."""
    await place.until(lambda: len(answers(chat)) >= count, f"{count} answers")
    return answers(chat)[-1].text


async def ready(place: World) -> None:
    """The bot runs and knows what the portal has."""
    await place.start(POPULAR_URL=place.portal.popular_url)
    await place.until_posted(1)
    await place.until(lambda: place.rows("SELECT 1 FROM popular_looks"), "the popular list")


async def test_the_seed_pages_lists_to_the_character(tmp_path: Path) -> None:
    """/terbaru shows the ten of UPDATE and /populer the seven of Populer, in order, with their timestamps."""
    async with world(tmp_path) as place:
        await ready(place)
        chat, reader = place.reader()
        place.people.say(chat, reader, "/terbaru")
        latest = await answered(place, chat)
        place.people.say(chat, reader, "/populer")
        popular = await answered(place, chat, 2)

        assert _listed(seed_update()) == _entries(latest)
        assert _listed(seed_popular()) == _entries(popular)


async def test_paging_edits_the_same_message_to_the_end_and_back(tmp_path: Path) -> None:
    """Taps of `Selengkapnya ›` and `‹ Sebelumnya` edit the answer; each is answered; no headline is lost."""
    async with world(tmp_path) as place:
        await ready(place)
        chat, reader = place.reader()
        place.people.say(chat, reader, "/terbaru")
        first = await answered(place, chat)
        (message,) = answers(chat)
        assert buttons(message) == ["Selengkapnya ›"]
        place.portal.publish("Yang datang di antaranya")
        await place.until_posted(2)
        place.people.tap(chat, message.id, reader, button="Selengkapnya ›")
        await place.until(lambda: message.text != first, "the second page")
        second = message.text
        place.people.tap(chat, message.id, reader, button="‹ Sebelumnya")
        await place.until(lambda: message.text != second, "the first page again")
        await place.until(lambda: not place.sandbox.state.queries.unanswered(), "answers to taps")

        assert first == message.text
        assert not set(_entries(first)) & set(_entries(second))
        assert len({*_entries(first), *_entries(second)}) == 18
        assert len(answers(chat)) == 1


async def test_groups_are_answered_where_they_mean_this_bot(tmp_path: Path) -> None:
    """`/terbaru` and `/terbaru@name` are answered in a group, another bot's name and unknown words are not."""
    async with world(tmp_path) as place:
        await ready(place)
        group = place.moderators.add_chat("supergroup", "Warung kopi")
        _, reader = place.reader()
        place.people.say(group, reader, "/terbaru@bot_lain")
        place.people.say(group, reader, _UNKNOWN)
        place.people.say(group, reader, "/terbaru@kabar_sandbox_bot")
        await answered(place, group)
        place.people.say(group, reader, "/populer")
        await answered(place, group, 2)

        assert [_listed(seed_update()), _listed(seed_popular())] == [_entries(m.text) for m in answers(group)]


async def test_help_in_the_readers_language(tmp_path: Path) -> None:
    """/start and /bantuan name the commands, in Indonesian or English as the reader's Telegram is."""
    async with world(tmp_path) as place:
        await ready(place)
        here, budi = place.reader()
        there, ann = place.reader("Ann", "en")
        place.people.say(here, budi, "/start")
        place.people.say(there, ann, "/help")
        indonesian, english = await answered(place, here), await answered(place, there)
        place.people.say(here, budi, "/bantuan")
        again = await answered(place, here, 2)

        assert "/terbaru" in indonesian
        assert "/populer" in again
        assert "/latest" in english
        assert indonesian != english


async def test_commands_are_registered_in_both_languages(tmp_path: Path) -> None:
    """The menu is registered: setMyCommands is called for Indonesian and English with the names of the contract."""
    async with world(tmp_path) as place:
        await ready(place)
        await place.until(lambda: len(place.sandbox.state.commands) >= 3, "the command lists")
        lists = place.sandbox.state.commands
        names = {key: [entry["command"] for entry in entries] for key, entries in lists.items()}

        assert {"terbaru", "populer", "bantuan"} <= set(names["default:id"])
        assert {"latest", "popular", "help"} <= set(names["default:en"])
        assert place.sandbox.journal.entries("command_list")


async def test_a_button_nobody_knows_is_answered(tmp_path: Path) -> None:
    """A callback with data that no command made is answered all the same, and changes nothing."""
    async with world(tmp_path) as place:
        await ready(place)
        chat, reader = place.reader()
        place.people.say(chat, reader, "/terbaru")
        text = await answered(place, chat)
        (message,) = answers(chat)
        message.content = message.content.replace('"callback_data":"', '"callback_data":"zz')
        place.people.tap(chat, message.id, reader, button="Selengkapnya ›")
        await place.until(lambda: place.sandbox.journal.entries("answered"), "an answer to the tap")

        assert not place.sandbox.state.queries.unanswered()
        assert text == message.text


def _listed(seed: Sequence[SeedHeadline]) -> list[tuple[str, str]]:
    return [(one.title, stamp(one.published)) for one in seed]


def _entries(text: str) -> list[tuple[str, str]]:
    """(headline, timestamp) of a list: each timestamp stands in the line under its headline."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    stamps = [number for number, line in enumerate(lines) if _is_stamp(line)]
    return [(_without_number(lines[number - 1]), lines[number]) for number in stamps]


def _is_stamp(line: str) -> bool:
    day, _, rest = line.partition(", ")
    return day in {"Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"} and " | " in rest


def _without_number(line: str) -> str:
    number, dot, rest = line.partition(". ")
    return rest if dot and number.isdigit() else line
