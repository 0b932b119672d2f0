"""What the tests of the update loop share: a made-up Telegram, and the loop over fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from telegram.error import TelegramError

from bot.telegram.updates import UpdateLoop, Webhook
from tests.support_telegram import NOON, FakeClock, FakeInbox, Heard, until

Body = dict[str, Any]


def message(number: int, text: str = "/terbaru", chat: int = 5, age: timedelta = timedelta()) -> Body:
    length = len(text.split(maxsplit=1)[0])
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": int((NOON - age).timestamp()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "group"},
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": length}] if text[0] == "/" else [],
        },
    }


class FakeBot:
    """Hands out `batches`; an exception in their place is raised. When they are over, the line is silent."""

    username = "kabar_bot"

    def __init__(self, *batches: list[Body] | TelegramError, **results: Any) -> None:
        self.batches = list(batches)
        self.results = results
        self.offsets: list[int | None] = []
        self.waits: list[int] = []
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def fetch_updates(self, offset: int | None, allowed: Any, *, wait: int = 30) -> list[Body]:
        self.offsets.append(offset)
        self.waits.append(wait)
        await asyncio.sleep(0)
        if not self.batches and wait:
            await asyncio.Event().wait()
        batch = self.batches.pop(0) if self.batches else []
        if isinstance(batch, TelegramError):
            raise batch
        return batch

    async def call(self, method: str, body: Mapping[str, Any]) -> Any:
        self.calls.append((method, body))
        result = self.results.get(method, True)
        if isinstance(result, list):
            result = result.pop(0) if len(result) > 1 else result[0]
        if isinstance(result, TelegramError):
            raise result
        return result


class Bench:
    """A loop over fakes. `handle` keeps what it was given; a chat's `gates` hold it up."""

    def __init__(
        self, *batches: list[Body] | TelegramError, inbox: FakeInbox | None = None, **results: Any
    ) -> None:
        self.bot = FakeBot(*batches, **results)
        self.inbox, self.clock, self.heard = inbox or FakeInbox(), FakeClock(), Heard()
        self.handled: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.failures: dict[int, list[Exception]] = {}
        self.loop = self.build()

    def build(self, webhook: Webhook | None = None) -> UpdateLoop:
        bot: Any = self.bot
        return UpdateLoop(bot, self.inbox, self.handle, self.clock, self.heard.events, webhook=webhook)

    async def handle(self, body: Mapping[str, Any]) -> None:
        number = body["update_id"]
        if number in self.gates:
            await self.gates[number].wait()
        if self.failures.get(number):
            raise self.failures[number].pop(0)
        self.handled.append(number)

    async def run_until(self, condition: Any) -> None:
        """Run the loop until `condition` holds, then stop it."""
        running = asyncio.ensure_future(self.loop.run())
        try:
            await until(lambda: condition() or running.done())
        finally:
            self.loop.stop()
            async with asyncio.timeout(5):
                await running
