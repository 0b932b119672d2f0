"""`kabarbot demo` as a newcomer starts it: no token, no network, no settings."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def demo(folder: Path, *arguments: str) -> AsyncIterator[Process]:
    """A running demo, ended by Ctrl-C's signal if the test has not done so."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0", "--speed", "10", *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 20)


async def until(process: Process, words: str) -> str:
    """Everything that was printed up to a line with `words`."""
    assert process.stdout is not None
    seen = ""
    async with asyncio.timeout(60):
        while words not in seen:
            line = await process.stdout.readline()
            assert line, f"the demo ended before it said {words!r}; it said:\n{seen}"
            seen += line.decode()
    return seen


async def test_the_demo_shows_posts_and_answers(tmp_path: Path) -> None:
    """A newcomer reads which commands there are, sees a post, types a command and reads the answer."""
    async with demo(tmp_path) as process:
        opening = await until(process, "/terbaru")
        assert "Ctrl+C" in opening
        post = await until(process, "WIB")
        assert "@kabar_demo" in post
        assert process.stdin is not None
        process.stdin.write(b"/populer\n")
        await process.stdin.drain()
        answer = await until(process, "Warta Contoh.")
        assert "Jaksa Agung Tidak Jujur" in answer
        assert "Kamis, 21 November 2024 | 08:14" in answer
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_settings_of_the_machine_do_not_reach_the_demo(tmp_path: Path) -> None:
    """A newsroom's own `.env` in the folder must not make the demo post to its channel."""
    (tmp_path / ".env").write_text("TELEGRAM_TOKEN=broken\nCHANNELS=@newsroom\n")
    async with demo(tmp_path) as process:
        assert "@kabar_demo" in await until(process, "┌ ")
