"""`demo`: the whole product on this machine, with no token and no network.

    bot.sandbox.demo (portal, Bot API, what the channel shows)  ◀──HTTP──▶  python -m bot run

Both are processes of their own; this one starts them, hands the terminal through and ends them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from bot.errors import KabarbotError
from bot.settings.model import known_names

#: Seconds between two headlines at speed 1.
_EVERY = 5.0
#: Seconds that a process gets to end by itself.
_GRACE = 6.0


def demo(*, speed: float, port: int) -> int:
    """Run until Ctrl-C; returns the exit code. The sample portal listens on `port`, the bot's page on the next."""
    with tempfile.TemporaryDirectory(prefix="kabarbot-demo-") as folder:
        return asyncio.run(_run(Path(folder), _EVERY / speed, port))


async def _run(folder: Path, every: float, port: int) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        world = await _start(
            "-m", "bot.sandbox.demo", "--port", str(port), "--every", str(every), stdout=PIPE
        )
        stack.push_async_callback(_end, world)
        where = await _where(world)
        bot = await _start("-m", "bot", "run", cwd=folder, env=_environment(where, folder, port))
        stack.push_async_callback(_end, bot)
        showing = asyncio.ensure_future(_show(world))
        first = [showing, *(asyncio.ensure_future(wait()) for wait in (stop.wait, bot.wait, world.wait))]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        for task in first:
            task.cancel()
        await asyncio.gather(*first, return_exceptions=True)
        return 0 if stop.is_set() or not bot.returncode else 1


async def _start(
    *arguments: str, stdout: int | None = None, cwd: Path | None = None, env: Mapping[str, str] | None = None
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


def _environment(where: Mapping[str, str], folder: Path, port: int) -> Mapping[str, str]:
    """The bot's settings, and none that this machine happens to have."""
    machine = {name: value for name, value in os.environ.items() if name.upper() not in known_names()}
    page = f"127.0.0.1:{port + 1}" if port else ""
    tables = folder / "demo.toml"
    tables.write_text(f'[[feeds]]\nurl = "{where["feed"]}"\nname = "{where["name"]}"\n', encoding="utf-8")
    return {
        **machine,
        "TELEGRAM_TOKEN": where["token"],
        "TELEGRAM_API_URL": where["api"],
        "CONFIG_FILE": str(tables),
        "POPULAR_URL": where["popular"],
        "CHANNELS": where["channel"],
        "POLL_INTERVAL": "1",
        "FIRST_RUN_POSTS": "1",
        "DATABASE_PATH": str(folder / "kabarbot.db"),
        "HTTP_ADDRESS": page,
        "LOG_LEVEL": "warning",
    }
