"""Telegram's side of the bot, built in one place: the bot, its network, its update loop, its menus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from telegram.request import BaseRequest

from bot.domain.retry import backoff
from bot.events import Events
from bot.ports import (
    Answering,
    AnswerStore,
    ChatEvents,
    Clock,
    DeskChat,
    EngagementLog,
    Inbox,
    InlineAnswering,
    Pace,
    ReaderStore,
    TrafficStore,
)
from bot.telegram.bot import QuietBot, build_application, build_bot
from bot.telegram.chats import ChatWatcher
from bot.telegram.comings import Comings
from bot.telegram.dispatch import Dispatcher, Readers
from bot.telegram.identity import introduce
from bot.telegram.inline import InlineMode
from bot.telegram.limiter import Limiter
from bot.telegram.members import Members
from bot.telegram.menus import Entry, Menu, publish
from bot.telegram.menus import menus as all_menus
from bot.telegram.network import TelegramNetwork
from bot.telegram.reactions import ReactionWatcher
from bot.telegram.settle import Settler
from bot.telegram.speak import OpenAnswers, Speaker
from bot.telegram.updates import UpdateLoop
from bot.telegram.webhook import Webhook

#: Menus are a courtesy: commands work without them, so a server that refuses them is not asked for ever.
_MENU_TRIES = 8


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach Telegram, and who is who there. `desk` is the editors' chat, if there is one."""

    token: str
    api_url: str
    desk: DeskChat
    zone: tzinfo
    is_editor: Callable[[int, int | None], bool]

    def __repr__(self) -> str:
        return "Access(…)"


@dataclass(frozen=True, slots=True)
class ReaderDesk:
    """Who answers readers, and what is kept of what they do and choose."""

    answering: Answering
    inline: InlineAnswering
    engagement: EngagementLog
    choices: ReaderStore


class TelegramRoom:
    """The bot at Telegram. Knows no SQL and no feed. `request` in place of our own transport."""

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock,
        events: Events,
        pace: Pace,
        traffic: TrafficStore,
        answers: AnswerStore,
        request: BaseRequest | None = None,
    ) -> None:
        self._access = access
        self._clock = clock
        self._events = events
        limiter = Limiter(pace, traffic, clock, events)
        self.bot: QuietBot = build_bot(access.token, access.api_url, limiter, request=request)
        self.open_answers = OpenAnswers(answers, clock)
        self._comings = Comings(clock)
        settler = Settler(self.bot, clock, lambda: access.desk.id, self.open_answers, self._comings)
        self.network = TelegramNetwork(self.bot, settler)
        self.members = Members(self.bot)
        self._updates: UpdateLoop | None = None
        self._menus: Sequence[Menu] = ()
        self._desk_menus: Mapping[str, Sequence[Entry]] = {}

    def listen(
        self,
        inbox: Inbox,
        chats: ChatEvents,
        desk: ReaderDesk,
        *,
        menus: Mapping[str, Sequence[Entry]],
        desk_menus: Mapping[str, Sequence[Entry]] | None = None,
        webhook: Webhook | None = None,
        own_path: str = "",
    ) -> None:
        """Have updates handled: readers by `desk`, what else they tell by `chats`. `menus` by language; `desk_menus` in `OPS_CHAT`.

        With a `webhook` updates are brought (`receive`), else fetched; `own_path` as in `UpdateLoop`.
        """
        self._menus, self._desk_menus = all_menus(menus), desk_menus or {}
        known = [*menus.values(), *(desk_menus or {}).values()]
        commands = {entry.command for entries in known for entry in entries}
        readers = Readers(self._access.zone, self._access.is_editor, desk.choices.language, commands)
        dispatcher = Dispatcher(
            build_application(self.bot),
            Speaker(self.bot, chats, self._clock, self.open_answers),
            desk.answering,
            ChatWatcher(chats, self._comings),
            readers,
            self._clock,
            self._events,
            watchers=(self._inline(desk, readers), ReactionWatcher(desk.engagement)),
        )
        self._updates = UpdateLoop(
            self.bot,
            inbox,
            dispatcher.handle,
            self._clock,
            self._events,
            webhook=webhook,
            own_path=own_path,
            is_editor=self._access.is_editor,
        )

    def _inline(self, desk: ReaderDesk, readers: Readers) -> InlineMode:
        async def spoken(user: Mapping[str, Any]) -> str:
            return await readers.language((user["id"],), user.get("language_code"))

        return InlineMode(
            self.bot,
            desk.inline,
            desk.engagement,
            zone=self._access.zone,
            language_of=spoken,
            clock=self._clock,
            events=self._events,
        )

    async def receive(self, update: Mapping[str, Any]) -> None:
        """Take an update that Telegram brought; it is stored when this returns. Raises `StoreError`."""
        if self._updates is not None:
            await self._updates.receive(update)

    async def introduce(self, stop: asyncio.Event) -> bool:
        """Learn who we are; False where `stop` came first. Raises `TokenRefused`."""
        learning = asyncio.ensure_future(introduce(self.bot, self._clock, self._events))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([learning, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not learning.done():
            learning.cancel()
            await asyncio.wait([learning])
            return False
        await learning
        return True

    async def run(self) -> None:
        """Handle updates until `stop`. Raises `TokenRefused`."""
        if self._updates is None:
            return
        showing = asyncio.ensure_future(self._show_menus())
        try:
            await self._updates.run()
        finally:
            showing.cancel()
            await asyncio.wait([showing])

    async def _show_menus(self) -> None:
        while True:
            await self._publish_menus()
            await self._access.desk.moved()

    async def _publish_menus(self) -> None:
        wanted, desk = self._menus, self._access.desk.id
        if self._desk_menus and desk is not None:
            wanted = [*wanted, *all_menus(self._desk_menus, desk)]
        for attempt in range(1, _MENU_TRIES + 1):
            faults = await publish(self.bot, wanted)
            if not faults:
                return
            await self._clock.sleep(backoff(attempt).total_seconds())

    def stop(self) -> None:
        """End `run`."""
        if self._updates is not None:
            self._updates.stop()

    async def close(self) -> None:
        """Close what was opened."""
        await self.bot.shutdown()
