"""The room against the sandbox, as readers and channels meet it: commands, buttons, groups, posts by hand, menus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from telegram.error import Conflict

from bot.domain.replies import Button, Listing, Reply, Request
from bot.errors import TokenRefused
from bot.events import CommandAnswered, Unanswered, UpdatesTrouble, WorkerFailed
from bot.sandbox.people import People
from bot.sandbox.queries import Query
from bot.sandbox.server import Options, Sandbox
from bot.sandbox.world import Chat, User
from bot.telegram.bot import build_application
from bot.telegram.chats import ChatWatcher
from bot.telegram.dispatch import Dispatcher, Readers
from bot.telegram.identity import introduce
from bot.telegram.incoming import links_in
from bot.telegram.menus import Menu, menus, publish
from bot.telegram.speak import OpenAnswers, Speaker
from bot.telegram.updates import UpdateLoop
from tests.support_telegram import (
    JAKARTA,
    FakeAnswering,
    FakeAnswers,
    FakeChats,
    FakeInbox,
    Heard,
    RealClock,
    headline,
    quiet_bot,
    sandbox_bot,
    until,
)


def _url(offset: int, length: int) -> dict[str, Any]:
    return {"type": "url", "offset": offset, "length": length}


ROW = ((Button("‹ Sebelumnya", "t.1"), Button("Selengkapnya ›", "t.2")),)
LIST = Reply(heading="Terbaru", listing=Listing((headline(0, "A & B"),)), buttons=ROW)


@dataclass
class Bench:
    """A running update loop at a sandbox, answered by `answering`."""

    sandbox: Sandbox
    reader: User
    private: Chat
    group: Chat
    channel: Chat
    answering: FakeAnswering
    chats: FakeChats = field(default_factory=FakeChats)
    heard: Heard = field(default_factory=Heard)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    answers: FakeAnswers = field(default_factory=FakeAnswers)

    @property
    def people(self) -> People:
        return self.sandbox.people

    @property
    def requests(self) -> list[Request]:
        return self.answering.requests

    def say(self, text: str, chat: Chat | None = None, **more: Any) -> int:
        return self.people.say(chat or self.private, self.reader, text, **more).id

    async def answered(self, count: int = 1) -> list[Request]:
        """The requests, once there are `count` of them and everything is handled."""
        await until(lambda: len(self.requests) >= count and not self.inbox.open)
        return self.requests

    async def settled(self, count: int) -> None:
        """Until `count` updates came and were handled."""
        await until(lambda: len(self.inbox.rows) >= count and not self.inbox.open)

    def shown(self, chat: Chat | None = None) -> list[str]:
        """What our bot says in a chat, oldest first."""
        return [m.text for m in (chat or self.private).messages.values() if m.own and not m.deleted]

    def last(self, chat: Chat | None = None) -> int:
        return max(n for n, m in (chat or self.private).messages.items() if m.own)

    async def tap(self, data: str, chat: Chat | None = None) -> Query:
        """The reader taps a button of our last message; returns when the query is answered."""
        query = self.people.tap(chat or self.private, self.last(chat), self.reader, data=data)
        await until(lambda: query.answer is not None and not self.inbox.open)
        return query


@asynccontextmanager
async def bench(
    reply: Any = None, languages: Callable[[int], Any] | None = None, **readers: Any
) -> AsyncIterator[Bench]:
    """A room that listens; `readers` as in `Readers`."""
    async with sandbox_bot() as (sandbox, bot):
        private = sandbox.moderators.add_user("Budi", language="id")
        assert private.user is not None
        group = sandbox.moderators.add_chat("supergroup", "Pembaca", status="member")
        channel = sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
        made = Bench(sandbox, private.user, private, group, channel, FakeAnswering(reply))
        clock, events = RealClock(), made.heard.events
        dispatcher = Dispatcher(
            build_application(bot),
            Speaker(bot, made.chats, clock, OpenAnswers(made.answers, clock)),
            made.answering,
            ChatWatcher(made.chats),
            Readers(JAKARTA, commands={"terbaru"}, stored_language=languages, **readers),
            clock,
            events,
        )
        loop = UpdateLoop(bot, made.inbox, dispatcher.handle, clock, events)
        running = asyncio.ensure_future(loop.run())
        try:
            yield made
        finally:
            loop.stop()
            await running
        assert not made.heard.of(WorkerFailed)


# ---------------------------------------------------------------- commands


async def test_a_command_is_answered() -> None:
    """The request says who asks what; the answer is rendered with its keyboard."""
    async with bench(LIST) as room:
        room.say("/terbaru dunia raya")
        (request,) = await room.answered()

        assert (request.name, request.argument, request.language) == ("terbaru", "dunia raya", "id")
        assert (request.chat_id, request.user_id) == (room.private.id, room.reader.id)
        assert (request.private, request.button, request.is_editor, request.topic) == (True, "", False, None)
        assert request.at.utcoffset() is not None
        assert room.shown() == ["Terbaru\n\nA & B\nJumat, 29 November 2024 | 12:00"]
        markup = room.private.messages[room.last()].unpack()["reply_markup"]
        assert [button["callback_data"] for button in markup["inline_keyboard"][0]] == ["t.1", "t.2"]
        told = [event for event in room.heard if isinstance(event, CommandAnswered)]
        assert [event.command for event in told] == ["terbaru"]


async def test_words_that_are_no_command_reach_the_answers_in_private_only() -> None:
    """In a group people talk to each other."""
    async with bench() as room:
        room.sandbox.state.flags.reads_all_group_messages = True
        room.say("halo semua", room.group)
        room.say("halo")
        await room.settled(2)

        assert [(r.name, r.argument, r.private) for r in room.requests] == [("", "halo", True)]
        assert [event.command for event in room.heard if isinstance(event, CommandAnswered)] == ["other"]


async def test_a_group_is_answered_by_name_and_never_for_another_bot() -> None:
    """`/terbaru@name`, whatever its case; our answer's id is known as ours."""
    async with bench() as room:
        room.sandbox.state.flags.reads_all_group_messages = True
        room.say("/terbaru@another_bot", room.group)
        room.say(f"/terbaru@{room.sandbox.options.username.upper()} dunia", room.group)
        await room.settled(2)

        assert [(r.argument, r.private) for r in room.requests] == [("dunia", False)]
        assert room.shown(room.group) == ["halo"]
        assert room.last(room.group) in room.answers.known


async def test_a_topic_is_answered_in_the_topic() -> None:
    """Not in the group's general one."""
    async with bench() as room:
        topic = room.sandbox.moderators.add_topic(room.group, "Dunia")
        room.say("/terbaru", room.group, thread=topic.id)
        (request,) = await room.answered()

        assert request.topic == topic.id
        assert room.group.messages[room.last(room.group)].thread == topic.id


@pytest.mark.parametrize(("code", "language"), [("id", "id"), ("", "id"), ("en", "en"), ("nl", "en")])
async def test_the_readers_language_is_telegrams_word(code: str, language: str) -> None:
    """Until there is a choice of their own."""
    async with bench() as room:
        room.reader.language = code
        room.say("/terbaru")

        assert (await room.answered())[0].language == language


async def test_a_stored_choice_comes_before_telegrams_word() -> None:
    """By user, in groups too."""
    choices: dict[int, str] = {}

    async def stored(user_id: int) -> str | None:
        return choices.get(user_id)

    async with bench(languages=stored) as room:
        choices[room.reader.id] = "en"
        room.say("/terbaru", room.group)

        assert (await room.answered())[0].language == "en"


async def test_editors_are_known_by_chat_or_user() -> None:
    """Whoever decides is asked with both."""
    asked: list[tuple[int, int | None]] = []

    def is_editor(chat: int, user: int | None) -> bool:
        asked.append((chat, user))
        return chat < 0

    async with bench(is_editor=is_editor) as room:
        room.say("/status", room.group)
        (request,) = await room.answered()

        assert request.is_editor
        assert asked == [(room.group.id, room.reader.id)]


async def test_silence_is_kept() -> None:
    """Nothing is sent, and the update is done."""
    async with bench(Reply(silent=True)) as room:
        room.say("/rahasia")
        await room.answered()

        assert room.shown() == []


# ---------------------------------------------------------------- buttons


async def test_a_button_turns_the_page_in_the_same_message() -> None:
    """And its query is answered."""

    async def turn(request: Request) -> Reply:
        if not request.button:
            return LIST
        return replace(LIST, heading=f"Halaman {request.button}", edits=True, toast="Ini.")

    async with bench(turn) as room:
        room.say("/terbaru")
        await room.answered()
        query = await room.tap("t.2")

        assert (query.answer or {}).get("text") == "Ini."
        assert room.requests[1].button == "t.2"
        assert [text.splitlines()[0] for text in room.shown()] == ["Halaman t.2"]


async def test_a_page_that_did_not_change_is_no_trouble() -> None:
    """Telegram says that it is not modified; nothing new is sent."""
    async with bench(replace(LIST, edits=True)) as room:
        room.say("/terbaru")
        await room.answered()
        await room.tap("t.1")

        assert len(room.shown()) == 1


async def test_an_answer_that_is_gone_is_said_anew() -> None:
    """The reader deleted it, or it is no longer ours to edit."""
    async with bench(replace(LIST, edits=True)) as room:
        room.say("/terbaru")
        await room.answered()
        room.sandbox.state.faults.add(
            kind="refuse",
            method="editMessageText",
            code=400,
            description="Bad Request: message to edit not found",
        )
        await room.tap("t.1")

        assert len(room.shown()) == 2


async def test_a_forged_button_is_answered_and_nothing_else() -> None:
    """Data that no button of ours holds: the answers say what to do, the query is closed."""
    async with bench(Reply(silent=True, toast="Tombol ini tidak berlaku lagi.")) as room:
        number = room.people.say(room.private, room.reader, "halo").id
        message = room.private.messages[number]
        query = room.people._ask_callback(room.private, message, room.reader, "x" * 64)
        await until(lambda: query.answer is not None)

        assert room.shown() == []


async def test_a_query_is_closed_although_the_answer_fails() -> None:
    """A bug in an answer leaves no button turning."""

    async def fail(request: Request) -> Reply:
        if request.button:
            raise LookupError("bug")
        return LIST

    async with bench(fail) as room:
        room.say("/terbaru")
        await room.answered()
        await room.tap("t.1")

        failed = [event for event in room.heard if isinstance(event, WorkerFailed)]
        assert [type(event.error) for event in failed] == [LookupError]
        room.heard.clear()


async def test_a_query_that_is_too_old_is_ignored() -> None:
    """Telegram refuses the answer; the page is turned all the same."""
    async with bench(LIST) as room:
        room.say("/terbaru")
        await room.answered()
        room.sandbox.state.faults.add(
            kind="refuse",
            method="answerCallbackQuery",
            code=400,
            description="Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
        room.people.tap(room.private, room.last(), room.reader, data="t.1")
        await room.answered(2)

        assert len(room.shown()) == 2


# ---------------------------------------------------------------- when speaking fails


async def test_an_answer_that_did_not_leave_is_tried_again() -> None:
    """Surely not sent: a method that the server forgot for a moment."""
    async with bench() as room:
        room.sandbox.state.faults.add(
            kind="refuse", method="sendMessage", code=401, description="Unauthorized", times=2
        )
        room.say("/terbaru")
        await room.answered()

        assert room.shown() == ["halo"]


async def test_an_answer_of_unknown_outcome_is_not_repeated() -> None:
    """Twice would be worse; in a group it stays open, for an own id may be it. It is told, but not of which reader."""
    async with bench() as room:
        room.sandbox.state.faults.add(kind="drop_after", method="sendMessage", times=2)
        room.say("/terbaru", room.group)
        await room.answered()
        room.say("/terbaru")
        await room.answered(2)

        assert [room.shown(room.group), room.shown()] == [["halo"], ["halo"]]
        assert list(room.answers.open.values()) == [room.group.id]
        told = [event for event in room.heard if isinstance(event, Unanswered)]
        assert [(one.verdict, one.detail) for one in told] == [("unknown", "ServerDisconnectedError")] * 2
        assert [one.chat_id for one in told] == [room.group.id, None]


async def test_an_answer_that_arrived_is_not_told_as_missing() -> None:
    """Nor is one that replaces what a message said; an edit of unknown outcome is."""
    async with bench(LIST) as room:
        room.say("/terbaru")
        await room.answered()
        room.answering.reply = replace(LIST, heading="Terbaru, lagi", edits=True)
        await room.tap("t.2")
        assert not room.heard.of(Unanswered)

        room.sandbox.state.faults.add(kind="drop_before", method="editMessageText")
        room.answering.reply = replace(LIST, heading="Terbaru, sekali lagi", edits=True)
        await room.tap("t.2")
        await until(lambda: room.heard.of(Unanswered))
        assert len(room.heard.of(Unanswered)) == 1


async def test_refused_markup_is_said_plainly() -> None:
    """The words matter more than their looks."""
    async with bench(LIST) as room:
        room.sandbox.state.faults.add(
            kind="refuse", method="sendMessage", code=400, description="Bad Request: can't parse entities: x"
        )
        room.say("/terbaru")
        await room.answered()

        assert room.shown() == ["Terbaru\n\nA & B\nJumat, 29 November 2024 | 12:00"]


async def test_a_reader_who_blocked_the_bot_is_nobodys_trouble() -> None:
    """Nothing is tried again, the update is done, the block is told."""
    async with bench() as room:
        room.say("/terbaru")
        room.sandbox.moderators.block(room.reader, blocked=True)
        await room.settled(2)

        assert (room.private.id, False, "the user has blocked the bot") in room.chats.rights


# ---------------------------------------------------------------- channels and groups


async def test_a_post_by_hand_tells_its_links() -> None:
    """In text, caption, behind words; each once."""
    async with bench() as room:
        first = room.people.post(
            room.channel,
            'Baca <a href="https://kabar.id/read/1">di sini</a> https://kabar.id/read/2 kabar.id/read/3',
            mode="HTML",
        )
        second = room.people.post(room.channel, "https://kabar.id/read/4", photo=True)
        third = room.people.post(room.channel, "Tanpa tautan")
        await room.settled(3)

        links = tuple(f"https://kabar.id/read/{number}" for number in (1, 2, 3))
        assert [(c, sorted(found), m) for c, found, m in room.chats.by_hand] == [
            (room.channel.id, sorted(links), first.id),
            (room.channel.id, ["https://kabar.id/read/4"], second.id),
        ]
        assert room.chats.seen == [
            (room.channel.id, number, True) for number in (first.id, second.id, third.id)
        ]
        assert room.requests == []


async def test_a_changed_post_may_be_ours() -> None:
    """An editor edits by hand what we posted: the id is known, its owner is not."""
    async with bench() as room:
        post = room.people.post(room.channel, "Lama")
        room.people.edit(room.channel, post.id, "Baru https://kabar.id/read/9")
        await room.settled(2)

        assert room.chats.seen[1] == (room.channel.id, post.id, False)
        assert room.chats.by_hand == [(room.channel.id, ("https://kabar.id/read/9",), post.id)]


async def test_rights_are_told_at_once() -> None:
    """Kicked, let in, without the right to post, with it."""
    async with bench() as room:
        moderators, channel = room.sandbox.moderators, room.channel
        moderators.set_rights(channel, "kicked")
        moderators.set_rights(channel, "administrator", ())
        moderators.set_rights(channel, "administrator", ("can_post_messages",))
        moderators.set_rights(room.group, "restricted", ())
        moderators.set_rights(room.group, "member")
        await room.settled(5)

        found = [(chat, may) for chat, may, _ in room.chats.rights]
        assert found == [(channel.id, False)] * 2 + [
            (channel.id, True),
            (room.group.id, False),
            (room.group.id, True),
        ]
        assert all(detail for _, may, detail in room.chats.rights if not may)


async def test_an_upgraded_group_is_followed() -> None:
    """Both service messages tell of it."""
    async with bench() as room:
        group = room.sandbox.moderators.add_chat("group", "Lama", status="member")
        new = room.sandbox.moderators.upgrade(group)
        await room.settled(2)

        assert set(room.chats.moves) == {(group.id, new.id)}


@pytest.mark.parametrize(
    ("post", "links"),
    [
        ({"text": "x", "link_preview_options": {"url": "https://kabar.id/a"}}, ("https://kabar.id/a",)),
        ({"caption": "🚨 kabar.id/b", "caption_entities": [_url(3, 10)]}, ("https://kabar.id/b",)),
        ({"text": "http://a.id http://a.id", "entities": [_url(0, 11), _url(12, 11)]}, ("http://a.id",)),
        ({"text": "#a", "entities": [{"type": "hashtag", "offset": 0, "length": 2}]}, ()),
        ({"photo": []}, ()),
    ],
)
def test_links_of_a_post(post: dict[str, Any], links: tuple[str, ...]) -> None:
    """Offsets count UTF-16 units; a previewed address may stand nowhere else."""
    assert links_in(post) == links


async def test_messages_in_groups_are_seen() -> None:
    """Their ids are known and not ours."""
    async with bench(Reply(silent=True)) as room:
        number = room.say("/terbaru", room.group)
        await room.answered()

        assert room.chats.seen == [(room.group.id, number, True)]


# ---------------------------------------------------------------- the loop and the server


async def test_a_webhook_that_stands_is_removed_and_updates_come() -> None:
    """It is named once; what waited is not dropped."""
    async with sandbox_bot() as (sandbox, bot):
        private = sandbox.moderators.add_user("Budi")
        assert private.user is not None
        await bot.call("setWebhook", {"url": "https://lain.example/hook"})
        sandbox.people.say(private, private.user, "/terbaru")
        inbox, heard, handled = FakeInbox(), Heard(), []

        async def handle(body: Any) -> None:
            handled.append(body)

        loop = UpdateLoop(bot, inbox, handle, RealClock(), heard.events)
        running = asyncio.ensure_future(loop.run())
        await until(lambda: handled)
        loop.stop()
        await running

    assert [event.kind for event in heard if isinstance(event, UpdatesTrouble)] == ["webhook"]
    assert any("https://lain.example/hook" in getattr(event, "detail", "") for event in heard)


async def test_a_second_program_is_told_and_outlived() -> None:
    """The other one takes our long poll away; we say so and go on."""
    async with bench() as room, quiet_bot(room.sandbox.url, room.sandbox.token) as other:
        async with asyncio.timeout(5):
            while not room.heard.of(UpdatesTrouble):
                with contextlib.suppress(Conflict):
                    await other.fetch_updates(None, ["message"], wait=0)
                await asyncio.sleep(0.02)
        room.say("/terbaru")
        await room.answered()

        assert [event.kind for event in room.heard if isinstance(event, UpdatesTrouble)] == ["conflict"]


async def test_stopping_cuts_the_long_poll_off() -> None:
    """Thirty seconds are not waited for."""
    began = asyncio.get_running_loop().time()
    async with bench():
        await asyncio.sleep(0.1)

    assert asyncio.get_running_loop().time() - began < 4


async def test_a_token_that_telegram_does_not_know() -> None:
    """Ends the start at once, and is itself in no text of the error."""
    async with Sandbox(Options()) as sandbox, quiet_bot(sandbox.url, "1:wrongwrong") as bot:
        with pytest.raises(TokenRefused) as caught:
            await introduce(bot, RealClock(), Heard().events)

    error: BaseException | None = caught.value
    while error is not None:
        assert "wrongwrong" not in f"{error} {error!r} {error.__context__}"
        error = error.__cause__


# ---------------------------------------------------------------- menus


@dataclass(frozen=True)
class Entry:
    """A line of a menu."""

    command: str
    description: str


async def test_menus_are_indonesian_and_english() -> None:
    """Indonesian is also for whoever has neither; a desk has its own."""
    both = {"id": [Entry("terbaru", "Berita terbaru")], "en": [Entry("latest", "The latest headlines")]}
    async with sandbox_bot() as (sandbox, bot):
        desk = sandbox.moderators.add_chat("supergroup", "Redaksi")
        faults = await publish(bot, [*menus(both), *menus(both, desk.id)])
        languages = [
            [one["command"] for one in await bot.call("getMyCommands", {"language_code": code})]
            for code in ("", "id", "en")
        ]
        scope = {"type": "chat", "chat_id": desk.id}
        at_desk = await bot.call("getMyCommands", {"scope": scope})

    assert faults == []
    assert languages == [["terbaru"], ["terbaru"], ["latest"]]
    assert [one["command"] for one in at_desk] == ["terbaru"]


async def test_a_refused_menu_is_told_and_the_others_stand() -> None:
    """Menus are a kindness; nothing ends for one of them."""
    async with sandbox_bot() as (_, bot):
        faults = await publish(bot, [Menu([Entry("Nicht Gut", "x")]), Menu([Entry("baik", "Baik")])])
        standing = await bot.call("getMyCommands", {})

    assert len(faults) == 1
    assert [one["command"] for one in standing] == ["baik"]
