"""`kabarbot demo` as a process of its own, for the tests of its terminal view and of its page."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def demo(folder: Path, *arguments: str, speed: float = 10) -> AsyncIterator[Process]:
    """A running demo on free ports, ended by Ctrl-C's signal if the test has not done so."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0", "--no-browser", "--speed", str(speed)),
        *arguments,
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


async def page_of(process: Process) -> str:
    """The address of the page, as the terminal names it."""
    found = re.search(r"See it all: +(http://127\.0\.0\.1:\d+)", await until(process, "/terbaru"))
    assert found
    return found[1]


@asynccontextmanager
async def drained(process: Process) -> AsyncIterator[None]:
    """Read and drop what the terminal shows meanwhile, lest the pipe fill up."""
    assert process.stdout is not None
    reading = asyncio.ensure_future(_drop(process.stdout))
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _drop(stream: asyncio.StreamReader) -> None:
    while await stream.read(65_536):
        pass
