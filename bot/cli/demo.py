"""`demo`: the whole product on this machine, with no token and no network.

    bot.sandbox.demo (portal, Bot API, the page in the browser)  ◀──HTTP──▶  python -m bot run

Both are processes of their own; this one starts them, hands the terminal through, starts the bot again when it was
killed, and ends them. The page may ask for a `kill -9` over a socket pair; what is killed is the process that was
started here, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import KabarbotError
from bot.settings.model import known_names

#: Seconds between two headlines at speed 1.
_EVERY = 5.0
#: Seconds that a process gets to end by itself.
_GRACE = 6.0
#: Seconds that a killed bot stays dead, so that it can be seen.
_DEAD = 1.0


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What was asked for on the command line, and the two places that follow from it."""

    folder: Path
    every: float
    port: int
    status_port: int
    browser: bool


def demo(*, speed: float, port: int, browser: bool = True) -> int:
    """Run until Ctrl-C; returns the exit code. The page listens on `port`, the bot's own page on the next (0: any
    free ones); `browser` opens the page where there is a desktop to open it on.
    """
    with tempfile.TemporaryDirectory(prefix="kabarbot-demo-") as folder:
        wishes = _Wishes(Path(folder), _EVERY / speed, port, port + 1 if port else _free_port(), browser)
        return asyncio.run(_run(wishes))


async def _run(wishes: _Wishes) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        ours, theirs = socket.socketpair()
        stack.callback(ours.close)
        world = await _start_world(wishes, theirs)
        stack.push_async_callback(_end, world)
        where = await _where(world)
        wire = await asyncio.open_connection(sock=ours)
        stack.callback(wire[1].close)
        supervisor = _Supervisor(wishes.folder, _environment(where, wishes), *wire)
        stack.push_async_callback(supervisor.end)
        works = [_show(world), supervisor.listen(), stop.wait(), supervisor.run(), world.wait()]
        if wishes.browser:
            works.append(_open_browser(where["page"]))
        tasks = [asyncio.ensure_future(work) for work in works]
        await asyncio.wait(tasks[2:5], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return 0 if stop.is_set() or not supervisor.failed else 1


class _Supervisor:
    """Keeps one bot running: again after it was killed, not after it ended by itself."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._reader = reader
        self._writer = writer
        self._bot: Process | None = None
        self.failed = False

    async def run(self) -> None:
        """Until the bot ends by itself; `failed` if that was no success."""
        while True:
            bot = await _start("-m", "bot", "run", cwd=self._folder, env=self._environment)
            self._bot = bot
            self._tell(bot="running", pid=bot.pid)
            code = await bot.wait()
            self._tell(bot="ended", code=code)
            if code >= 0:
                self.failed = code > 0
                return
            await asyncio.sleep(_DEAD)

    async def listen(self) -> None:
        """Do what the page asks for: `{"do": "kill"}`."""
        while line := await self._reader.readline():
            if json.loads(line) == {"do": "kill"} and self._bot is not None:
                with suppress(ProcessLookupError):
                    self._bot.kill()

    async def end(self) -> None:
        """End the bot, if it runs."""
        if self._bot is not None:
            await _end(self._bot)

    def _tell(self, **words: object) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(words).encode() + b"\n")


async def _start_world(wishes: _Wishes, theirs: socket.socket) -> Process:
    with theirs:
        return await _start(
            *("-m", "bot.sandbox.demo", "--port", str(wishes.port), "--every", str(wishes.every)),
            *("--operator", f"http://127.0.0.1:{wishes.status_port}", "--supervisor", str(theirs.fileno())),
            stdout=PIPE,
            pass_fds=(theirs.fileno(),),
        )


async def _start(
    *arguments: str,
    stdout: int | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: tuple[int, ...] = (),
) -> Process:
    # Ctrl-C in the terminal must reach this process alone, which then ends the others in their order.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=None if stdout else asyncio.subprocess.DEVNULL,
        stdout=stdout,
        cwd=cwd,
        env={**(env or os.environ), "PYTHONPATH": str(Path(__file__).parents[2])},
        process_group=0 if not sys.stdin.isatty() or not stdout else None,
        pass_fds=pass_fds,
    )


async def _where(world: Process) -> Mapping[str, str]:
    assert world.stdout is not None  # noqa: S101 - it was started with a pipe
    line = await world.stdout.readline()
    if not line:
        raise KabarbotError("the demo's sandbox could not start (its words are above); try another --port")
    where: Mapping[str, str] = json.loads(line)
    return where


async def _show(world: Process) -> None:
    assert world.stdout is not None  # noqa: S101 - it was started with a pipe
    while line := await world.stdout.readline():
        sys.stdout.buffer.write(line)
        sys.stdout.flush()


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _GRACE)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _open_browser(page: str) -> None:
    # Without a desktop the standard library would start a text browser in the middle of the terminal's view.
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        await asyncio.to_thread(webbrowser.open, page)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _environment(where: Mapping[str, str], wishes: _Wishes) -> Mapping[str, str]:
    """The bot's settings, and none that this machine happens to have."""
    machine = {name: value for name, value in os.environ.items() if name.upper() not in known_names()}
    tables = wishes.folder / "demo.toml"
    tables.write_text(f'[[feeds]]\nurl = "{where["feed"]}"\nname = "{where["name"]}"\n', encoding="utf-8")
    return {
        **machine,
        "TELEGRAM_TOKEN": where["token"],
        "TELEGRAM_API_URL": where["api"],
        "CONFIG_FILE": str(tables),
        "POPULAR_URL": where["popular"],
        "CHANNELS": where["channel"],
        # Whoever looks at the demo may try what editors can do, too.
        "ADMINS": where["reader"],
        "CHANNEL_RATE": where["channel_rate"],
        "POLL_INTERVAL": "1",
        # All that is young counts: what the portal published while the bot was starting is no old news.
        "FIRST_RUN_POSTS": "100",
        "UNCERTAIN_WAIT": "2",
        "DATABASE_PATH": str(wishes.folder / "kabarbot.db"),
        "HTTP_ADDRESS": f"127.0.0.1:{wishes.status_port}",
        "LOG_LEVEL": "warning",
    }
