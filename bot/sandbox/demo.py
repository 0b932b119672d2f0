"""`python -m bot.sandbox.demo`: a small world for the demo: the Bot API server, the sample portal, a channel, a reader,
and the page in the browser that shows them.

The first line on standard output is JSON and says where everything is; the lines after it are the terminal's view.
Lines on standard input are what the reader types. Ends on SIGTERM, SIGINT or when standard input says ``quit``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import stat
import sys
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from bot.sandbox.demo_acts import ENOUGH, ActError, Acts
from bot.sandbox.demo_page import DemoPage
from bot.sandbox.demo_portal import DemoPortal
from bot.sandbox.demo_stage import Stage
from bot.sandbox.demo_story import Sentence
from bot.sandbox.demo_wire import Wire
from bot.sandbox.errors import ControlError
from bot.sandbox.limits import Rates
from bot.sandbox.portal import NAME
from bot.sandbox.server import Options, Sandbox
from bot.sandbox.terminal import Screen, decoded

_NAME = "kabar_demo"
#: Messages a minute to the channel, instead of Telegram's 20: nobody wants to wait in a demo.
_CHANNEL_RATE = 120


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the demo is started with. `port` of the page (0: a free one), `every` seconds a headline, the address
    of the bot's own page, and the file descriptor that leads to the supervisor (-1: none).
    """

    port: int = 0
    every: float = 5.0
    operator: str = ""
    supervisor: int = -1

    @property
    def channel_rate(self) -> int:
        """Messages a minute that the channel takes: well above what the portal brings by itself."""
        return max(_CHANNEL_RATE, math.ceil(240 / self.every))


class Demo:
    """One running world. Does not start the bot: that is another process, which cannot tell it from Telegram."""

    def __init__(self, sandbox: Sandbox, portal: DemoPortal, wishes: Wishes) -> None:
        self._sandbox = sandbox
        self._portal = portal
        self._wishes = wishes
        channel = sandbox.moderators.add_chat(
            "channel", "Kabar Demo", username=_NAME, rights=["can_post_messages"]
        )
        reader = sandbox.moderators.add_user("Pembaca", language="id")
        self.stage = Stage(sandbox, portal, channel=channel, reader=reader, operator=wishes.operator)
        self.acts = Acts(self.stage)
        self._screen = Screen(channel.id, reader.id)
        portal.changed = self.stage.front_changed
        portal.busy = lambda: self.stage.count.waiting >= ENOUGH

    def where(self, page: str) -> dict[str, str]:
        """What the bot, and who starts it, must be told."""
        return {
            "page": page,
            "api": self._sandbox.url,
            "token": self._sandbox.token,
            "portal": self._portal.url,
            "name": NAME,
            "feed": self._portal.feed_url,
            "popular": self._portal.popular_url,
            "channel": f"@{_NAME}",
            "reader": str(self.stage.reader.id),
            "channel_rate": str(self._wishes.channel_rate),
        }

    async def show(self, page: str) -> None:
        """Print what can be seen, and tell the pages, as it happens."""
        _print(self._screen.opening(page, self._wishes.operator, self._portal.url))
        follower = self._sandbox.journal.follow()
        while True:
            entry = decoded(await follower.get())
            self.stage.note(entry)
            _print(self._screen.lines(entry))

    async def listen(self, stop: asyncio.Event) -> None:
        """Take what the reader types, where there is somebody to type."""
        mode = os.fstat(sys.stdin.fileno()).st_mode
        if not (sys.stdin.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        try:
            while line := (await reader.readline()).decode(errors="replace"):
                self._hear(line.strip(), stop)
        finally:
            transport.close()

    async def obey(self, wire: Wire) -> None:
        """Learn from the supervisor how the bot's process fares; ask it to kill where an act wants that."""
        self.acts.kill = lambda: wire.tell(do="kill")
        async for word in wire.heard():
            running = word.get("bot") == "running"
            before, pid = self.stage.pid, int(word.get("pid", 0)) if running else 0
            if running and before != pid and self.stage.count.published:
                self.stage.say(Sentence(f"The bot is up again, as process {pid}.", "good"))
            self.stage.bot_changed(pid)

    def _hear(self, words: str, stop: asyncio.Event) -> None:
        if words == "quit":
            stop.set()
        elif words:
            with suppress(ControlError, ActError):
                self._act(words)

    def _act(self, words: str) -> None:
        buttons = self._screen.buttons
        if words.isdecimal() and 0 < int(words) <= len(buttons):
            message_id, data = buttons[int(words) - 1]
            self.acts.tap({"id": message_id, "data": data})
        else:
            self.acts.say({"text": words})


async def serve(wishes: Wishes) -> None:
    """Run the world until told to stop. Raises OSError if the page's port is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    rates = Rates(chat=wishes.channel_rate)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            Sandbox(Options(keep_journal=5000, keep_messages=1000, rates=rates))
        )
        portal = await stack.enter_async_context(DemoPortal(every=wishes.every))
        demo = Demo(sandbox, portal, wishes)
        stack.push_async_callback(demo.acts.close)
        page = await stack.enter_async_context(DemoPage(demo.stage, demo.acts, wishes.port))
        works: list[Awaitable[None]] = [demo.show(page.url), demo.listen(stop)]
        if wishes.supervisor >= 0:
            wire = await Wire.opened(wishes.supervisor)
            stack.push_async_callback(wire.close)
            works.append(demo.obey(wire))
        _print([json.dumps(demo.where(page.url))])
        await _until(stop, works)


async def _until(stop: asyncio.Event, works: Sequence[Awaitable[None]]) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """The program; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.demo", description="The demo's world.")
    parser.add_argument("--port", type=int, default=0, help="of the page; 0 takes a free one")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two headlines")
    parser.add_argument("--operator", default="", help="address of the bot's own page, for a link")
    parser.add_argument("--supervisor", type=int, default=-1, help="file descriptor of who runs the bot")
    wishes = Wishes(**vars(parser.parse_args(argv)))
    try:
        asyncio.run(serve(wishes))
    except OSError as exc:
        sys.stderr.write(f"the demo cannot listen on port {wishes.port}: {exc.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
