"""Start the sandbox as the program it is, wait until it listens, and end it: for tests and the demo."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox in a process of its own: its root URL, its control URL, the process."""

    url: str
    control: str
    process: asyncio.subprocess.Process


@asynccontextmanager
async def running_sandbox(*arguments: str) -> AsyncIterator[Running]:
    """`python -m bot.sandbox` with these arguments, listening; ended by SIGTERM on leaving.

    Raises RuntimeError if it ends instead of listening, TimeoutError after 30 s.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield await _when_ready(process)
    finally:
        await _end(process)


async def _when_ready(process: asyncio.subprocess.Process) -> Running:
    if process.stdout is None:
        raise RuntimeError("the sandbox has no standard output")
    line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
    if not line:
        raise RuntimeError(f"the sandbox ended with code {await process.wait()}")
    ready = json.loads(line)
    return Running(ready["url"], ready["control"], process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
