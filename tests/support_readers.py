"""Readers at the sandbox before the real thing: Telegram's room, every command, and the real store in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.commands.deeds import ReadersRanking
from bot.commands.inline import InlineAnswers
from bot.commands.registry import Kit, commands
from bot.commands.router import Answers
from bot.domain.throttle import Throttle
from bot.events import WorkerFailed
from bot.locale import LANGUAGES, load
from bot.sandbox.messages import Message
from bot.sandbox.queries import Query
from bot.sandbox.server import Options, Sandbox
from bot.sandbox.world import Chat, User
from bot.store.ops_chat import OpsChat
from bot.telegram.room import Access, ReaderDesk, TelegramRoom
from tests.support_store import MEMORY, Home, channel, open_home
from tests.support_telegram import (
    JAKARTA,
    FakeAnswers,
    FakeChats,
    FakePace,
    FakeTraffic,
    Heard,
    RealClock,
    until,
)

Json = dict[str, Any]


@dataclass
class ReadersRoom:
    """A reader, a group, a channel of ours, and what they see."""

    sandbox: Sandbox
    home: Home
    telegram: TelegramRoom
    private: Chat
    reader: User
    group: Chat
    channel: Chat
    heard: Heard = field(default_factory=Heard)

    async def ask(self, text: str, chat: Chat | None = None, user: User | None = None) -> Message:
        """What the bot answers to `text`: its newest message there."""
        where = chat or self.private
        before = len(self.own(where))
        self.sandbox.people.say(where, user or self.reader, text)
        await until(lambda: len(self.own(where)) > before, 20)
        return self.own(where)[-1]

    async def tap(
        self, message: Message, button: str, chat: Chat | None = None, user: User | None = None
    ) -> Json:
        """Tap a button; the answer to the query, when all that it brought about is done."""
        where = chat or self.private
        query = self.sandbox.people.tap(where, message.id, user or self.reader, button=button)
        answer = await self._answered(query)
        await self.quiet()
        return answer

    async def inline(self, words: str, offset: str = "", user: User | None = None) -> tuple[Query, Json]:
        """Type `@bot words` somewhere."""
        query = self.sandbox.people.ask_inline(user or self.reader, words, offset)
        return query, await self._answered(query)

    async def inline_to_the_end(self, words: str) -> list[Json]:
        """All results of all pages."""
        found: list[Json] = []
        offset = ""
        for _ in range(30):
            _, answer = await self.inline(words, offset)
            found += answer["results"]
            offset = answer["next_offset"]
            if not offset:
                return found
        raise AssertionError("no end")

    async def quiet(self) -> None:
        """Every update is handled."""
        async with asyncio.timeout(20):
            while self.sandbox.state.updates.pending or await self.home.stores.inbox.waiting():  # noqa: ASYNC110 - knows no event
                await asyncio.sleep(0.005)

    def own(self, chat: Chat) -> list[Message]:
        """What the bot says in a chat, oldest first."""
        return [message for message in chat.messages.values() if message.own and not message.deleted]

    async def _answered(self, query: Query) -> Json:
        await until(lambda: query.answer is not None, 20)
        assert query.answer is not None
        return query.answer


def buttons(message: Message) -> list[str]:
    """The texts of a message's buttons."""
    rows = (message.unpack().get("reply_markup") or {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


@asynccontextmanager
async def readers_room(folder: Path, *, allowed: int = 100_000) -> AsyncIterator[ReadersRoom]:
    """A room that listens; `allowed` commands a minute. At the end no handler has failed and no query is open."""
    async with Sandbox(Options(limits=False)) as sandbox, open_home(MEMORY, folder) as home:
        people = sandbox.moderators
        private, chat = (
            people.add_user("Budi", language="id"),
            people.add_chat("channel", "Kabar", username="kabar"),
        )
        group = people.add_chat("supergroup", "Warung kopi")
        assert private.user is not None
        await home.furnish(channel(str(chat.id)))
        heard, clock = Heard(), RealClock()
        access = Access(
            sandbox.token,
            sandbox.url,
            OpsChat(home.stores.database, None, None),
            JAKARTA,
            lambda _chat, _user: False,
        )
        room = TelegramRoom(
            access,
            clock=clock,
            events=heard.events,
            pace=FakePace(),  # type: ignore[arg-type] # answers need no more of a pace
            traffic=FakeTraffic(),
            answers=FakeAnswers(),
        )
        _listen(room, home, allowed)
        running = asyncio.ensure_future(_run(room))
        try:
            yield ReadersRoom(sandbox, home, room, private, private.user, group, chat, heard)
        finally:
            room.stop()
            await running
            await room.close()
        assert not heard.of(WorkerFailed)
        assert not sandbox.state.queries.unanswered()


def _listen(room: TelegramRoom, home: Home, allowed: int) -> None:
    stores, catalogues = home.stores, load()
    kit = Kit(
        stores.headlines,
        "Kabar Contoh",
        ranking=ReadersRanking(stores.engagement),
        finder=stores.search,
        searches=stores.search,
        readers=stores.readers,
        subscriptions=stores.subscriptions,
        members=room.members,
        catalogues=catalogues,
        zone=JAKARTA,
    )
    answers = Answers(commands(kit), catalogues, Throttle(allowed=allowed))
    inline = InlineAnswers(stores.headlines, stores.search, catalogues)
    desk = ReaderDesk(answers, inline, stores.engagement, stores.readers)
    room.listen(
        stores.inbox, FakeChats(), desk, menus={language: answers.menu(language) for language in LANGUAGES}
    )


async def _run(room: TelegramRoom) -> None:
    await room.introduce(asyncio.Event())
    await room.run()
