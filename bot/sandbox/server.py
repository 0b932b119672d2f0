"""The sandbox as one object: build it, start it on a loopback port, stop it.

    async with Sandbox(Options(token="1:token")) as sandbox:
        sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
        Bot(token, base_url=f"{sandbox.url}/bot")

The parts are public on purpose: tests in the same process read the world and journal directly, others use the
control API (`control.py`, `client.py`). It never listens on anything but loopback.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from aiohttp import web

from bot.sandbox.access import Access
from bot.sandbox.broken import Line
from bot.sandbox.calls import MAX_BODY_BYTES
from bot.sandbox.clock import Clock
from bot.sandbox.control import Control, routes
from bot.sandbox.faults import Faults
from bot.sandbox.gateway import Gateway
from bot.sandbox.journal import Journal
from bot.sandbox.limits import Limiter, Rates
from bot.sandbox.markup import Composer
from bot.sandbox.moderators import Moderators
from bot.sandbox.parsers import choose_parser
from bot.sandbox.people import People
from bot.sandbox.queries import Queries
from bot.sandbox.state import BotFlags, State
from bot.sandbox.updates import Updates
from bot.sandbox.webhook import Webhook, is_loopback
from bot.sandbox.world import User, World

DEFAULT_TOKEN: Final = "8100000001:SandboxSandboxSandboxSandbox-000000"  # noqa: S105 - opens nothing
_SHUTDOWN_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to build a sandbox. `keep_*`: newest so many are kept in memory (0: all)."""

    token: str = DEFAULT_TOKEN
    host: str = "127.0.0.1"
    port: int = 0
    username: str = "kabar_sandbox_bot"
    name: str = "Kabarbot"
    limits: bool = True
    rates: Rates = field(default_factory=Rates)
    parser: Literal["auto", "tdlib", "plain"] = "auto"
    flags: BotFlags = field(default_factory=BotFlags)
    removed_reads: Literal["not_found", "forbidden"] = "not_found"
    journal_file: Path | None = None
    keep_journal: int = 0
    keep_messages: int = 0
    query_timeout: float = 30.0
    reaction_delay: float = 0.05


def _build_state(options: Options) -> State:
    clock = Clock()
    bot_id = int(options.token.partition(":")[0])
    me = User(bot_id, options.name, username=options.username, is_bot=True)
    world = World(me, clock, keep_messages=options.keep_messages)
    updates = Updates(clock, world.ids)
    return State(
        clock=clock,
        world=world,
        access=Access(world, options.removed_reads),
        journal=Journal(clock, keep=options.keep_journal, file=options.journal_file),
        limiter=Limiter(options.rates, enabled=options.limits),
        faults=Faults(resolve=world.find_id),
        updates=updates,
        webhook=Webhook(updates),
        composer=Composer(choose_parser(options.parser)),
        queries=Queries(clock, options.query_timeout),
        flags=options.flags,
    )


class Sandbox:
    """A Bot API server for one bot. Raises ValueError for an address that is not loopback, or a token without
    an id.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        if not is_loopback(self.options.host):
            raise ValueError(f"the sandbox listens on loopback only, not on {self.options.host}")
        self.state = _build_state(self.options)
        self.people = People(self.state)
        self.moderators = Moderators(self.people, self.options.reaction_delay)
        self.line = Line()
        self.gateway = Gateway(self.options.token, self.state, self.line)
        self.port = self.options.port
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._reopening: asyncio.Task[None] | None = None

    @property
    def token(self) -> str:
        return self.options.token

    @property
    def url(self) -> str:
        """The root for `TELEGRAM_API_URL`."""
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        return f"http://{host}:{self.port}"

    @property
    def control_url(self) -> str:
        return f"{self.url}/control"

    @property
    def journal(self) -> Journal:
        return self.state.journal

    async def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self.gateway.handle)
        app.add_routes(routes(Control(self)))
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, handle_signals=False
        )
        await self._runner.setup()
        await self.open_port()

    async def open_port(self) -> None:
        """Listen (again) on the same port."""
        if self._runner is None or self._site is not None:
            return
        site = web.TCPSite(self._runner, self.options.host, self.port, reuse_address=True)
        await site.start()
        self._site = site
        self.port = next(iter(self._runner.addresses))[1]

    async def close_port(self, seconds: float = 0) -> None:
        """Refuse connections as a dead server does, and break the bot's open ones; for `seconds` only if not
        0.
        """
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()
        self.line.cut_all()
        if seconds:
            self._reopening = asyncio.create_task(self._reopen(seconds))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.open_port()

    async def stop(self) -> None:
        """Answer what waits, let go of every connection, close the journal's file."""
        self.line.stopping.set()
        self.state.updates.stop()
        self.moderators.close()
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.gather(self._reopening, return_exceptions=True)
        await self.state.webhook.close()
        for task in self.line.tasks:
            task.cancel()
        await asyncio.gather(*self.line.tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        self.journal.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
