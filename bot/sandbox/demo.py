"""`python -m bot.sandbox.demo`: a small world for the demo: the Bot API server, the sample portal, a channel, a reader.

The first line on standard output is JSON and says where everything is; the lines after it are the terminal's view.
Lines on standard input are what the reader types. Ends on SIGTERM, SIGINT or when standard input says ``quit``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress

from bot.sandbox.errors import ControlError
from bot.sandbox.portal import NAME, SamplePortal
from bot.sandbox.server import Options, Sandbox
from bot.sandbox.terminal import Screen, decoded
from bot.sandbox.world import Chat, User

_NAME = "kabar_demo"


class Demo:
    """One running world. Does not start the bot: that is another process, which cannot tell it from Telegram."""

    def __init__(self, sandbox: Sandbox, portal: SamplePortal) -> None:
        self._sandbox = sandbox
        self._portal = portal
        self._channel = sandbox.moderators.add_chat(
            "channel", "Kabar Demo", username=_NAME, rights=["can_post_messages"]
        )
        self._reader: Chat = sandbox.moderators.add_user("Pembaca")
        self._screen = Screen(self._channel.id, self._reader.id)

    def where(self) -> dict[str, str]:
        """What the bot must be told."""
        return {
            "api": self._sandbox.url,
            "token": self._sandbox.token,
            "portal": self._portal.url,
            "name": NAME,
            "feed": self._portal.feed_url,
            "popular": self._portal.popular_url,
            "channel": f"@{_NAME}",
        }

    async def show(self) -> None:
        """Print what can be seen, as it happens."""
        _print(self._screen.opening(self._portal.url))
        follower = self._sandbox.journal.follow()
        while True:
            _print(self._screen.lines(decoded(await follower.get())))

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

    def _hear(self, words: str, stop: asyncio.Event) -> None:
        if words == "quit":
            stop.set()
        elif words:
            with suppress(ControlError):
                self._act(words)

    def _act(self, words: str) -> None:
        people, user = self._sandbox.people, self._user()
        buttons = self._screen.buttons
        if words.isdecimal() and 0 < int(words) <= len(buttons):
            message_id, text = buttons[int(words) - 1]
            people.tap(self._reader, message_id, user, button=text)
        else:
            people.say(self._reader, user, words)

    def _user(self) -> User:
        return self._sandbox.people.user(self._reader.id)


async def serve(port: int, every: float) -> None:
    """Run the world until told to stop. `port` 0 picks a free one; a headline comes each `every` seconds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with (
        SamplePortal(port=port, every=every) as portal,
        Sandbox(Options(keep_journal=5000, keep_messages=1000)) as sandbox,
    ):
        demo = Demo(sandbox, portal)
        _print([json.dumps(demo.where())])
        tasks = [asyncio.ensure_future(demo.show()), asyncio.ensure_future(demo.listen(stop))]
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
    parser.add_argument("--port", type=int, default=0, help="of the sample portal; 0 takes a free one")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two headlines")
    given = parser.parse_args(argv)
    try:
        asyncio.run(serve(given.port, given.every))
    except OSError as exc:
        sys.stderr.write(f"the demo cannot listen on port {given.port}: {exc.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
