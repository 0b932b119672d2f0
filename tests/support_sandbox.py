"""What the sandbox's tests share: one started in this event loop, and a plain HTTP client that hides nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.moderators import Moderators
from bot.sandbox.people import People
from bot.sandbox.server import Options, Sandbox
from bot.sandbox.world import Chat, User

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """A running sandbox with a public channel `@kabar` and a reader, and calls to it as JSON."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    channel: Chat
    reader: User

    @property
    def people(self) -> People:
        return self.sandbox.people

    @property
    def moderators(self) -> Moderators:
        return self.sandbox.moderators

    def address(self, method: str) -> str:
        return f"{self.sandbox.url}/bot{self.sandbox.token}/{method}"

    async def call(self, method: str, **params: Any) -> Json:
        """The whole envelope, whatever it says."""
        async with self.session.post(self.address(method), json=params) as answer:
            body: Json = await answer.json()
            assert answer.status == body.get("error_code", 200)
            return body

    async def ok(self, method: str, **params: Any) -> Any:
        """The result of a call that is accepted."""
        body = await self.call(method, **params)
        assert body["ok"], body
        return body["result"]

    async def refused(self, method: str, **params: Any) -> str:
        """The description of a call that is refused."""
        body = await self.call(method, **params)
        assert not body["ok"], body
        return str(body["description"])

    async def send(self, text: str = "Judul", chat: int | str = "@kabar", **more: Any) -> int:
        return int((await self.ok("sendMessage", chat_id=chat, text=text, **more))["message_id"])

    async def updates(self, **params: Any) -> list[Json]:
        found: list[Json] = await self.ok("getUpdates", **params)
        return found

    def texts(self, chat: Chat | None = None) -> list[str]:
        """What a chat shows, oldest first."""
        shown = (chat or self.channel).messages.values()
        return [message.text for message in shown if not message.deleted]


@asynccontextmanager
async def bench(**options: Any) -> AsyncIterator[Bench]:
    """A sandbox on a free loopback port; `options` are fields of `Options`."""
    async with Sandbox(Options(**options)) as sandbox, aiohttp.ClientSession(trust_env=False) as session:
        channel = sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
        reader = sandbox.moderators.add_user("Budi").user
        assert reader is not None
        yield Bench(sandbox, session, channel, reader)
