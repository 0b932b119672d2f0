"""What the tests of the network port share: a sandbox with a channel and a desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.domain.delivery import FrozenRequest, Target
from bot.sandbox.server import Sandbox
from bot.sandbox.world import Chat
from bot.telegram.bot import QuietBot
from bot.telegram.network import TelegramNetwork
from bot.telegram.render import PostRenderer
from bot.telegram.settle import Settler
from bot.telegram.speak import OpenAnswers
from tests.support_telegram import (
    JAKARTA,
    WORDS,
    FakeAnswers,
    RealClock,
    sandbox_bot,
)

#: What an editor is asked with.
BUTTONS = {"inline_keyboard": [[{"text": "Terbitkan", "callback_data": "surge.1"}]]}


class Interrupted(RealClock):
    """The machine's clock; before the n-th sleep `acts[n]` happens. `sleeps` counts them."""

    def __init__(self, acts: Mapping[int, Callable[[], Awaitable[None]]]) -> None:
        super().__init__()
        self._acts = acts
        self.sleeps = 0

    async def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        if self.sleeps in self._acts:
            await self._acts[self.sleeps]()
        await super().sleep(seconds)


@dataclass
class Bench:
    """A sandbox with a channel and a desk, and our network there."""

    sandbox: Sandbox
    bot: QuietBot
    channel: Chat
    ops: Chat
    answers: OpenAnswers

    @property
    def target(self) -> Target:
        return Target(1, self.channel.id)

    @property
    def network(self) -> TelegramNetwork:
        return self.with_desk(None)

    def with_desk(self, ops_chat: int | None) -> TelegramNetwork:
        return TelegramNetwork(self.bot, Settler(self.bot, RealClock(), lambda: ops_chat, self.answers))

    @property
    def request(self) -> FrozenRequest:
        return PostRenderer(zone=JAKARTA).post(WORDS, self.target, loud=True)

    @property
    def last(self) -> int:
        return self.channel.last_message

    def by_hand(self, text: str = "Bukan kami", **more: Any) -> int:
        return self.sandbox.people.post(self.channel, text, **more).id

    async def arrive(self, request: FrozenRequest | None = None) -> int:
        """A post that arrived, although nobody may know it."""
        outcome = await self.network.send(self.target, request or self.request)
        assert outcome.message_id is not None
        return outcome.message_id

    def contents(self) -> dict[int, str]:
        return {number: message.content for number, message in self.channel.messages.items()}


@asynccontextmanager
async def network_bench() -> AsyncIterator[Bench]:
    """A bot at a sandbox of its own."""
    async with sandbox_bot() as (sandbox, bot):
        channel = sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
        ops = sandbox.moderators.add_chat("supergroup", "Redaksi", status="administrator")
        yield Bench(sandbox, bot, channel, ops, OpenAnswers(FakeAnswers(), RealClock()))
