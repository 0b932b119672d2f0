"""Bots for the campaign: forked from one warm parent, or as processes of their own. Judges nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.support_world import ROOT, clean_environment

RUNNER = (sys.executable, "-m", "tests.crash.runner")


@dataclass(slots=True)
class Life:
    """One bot: its pid, and how it ended (negative: by which signal)."""

    pid: int
    died: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def over(self) -> bool:
        return self.died.done()

    def send(self, number: int) -> None:
        if not self.over:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.died


class Births(Protocol):
    """Where bots come from."""

    async def bear(self, environment: Mapping[str, str], log: Path) -> Life:
        """A running bot with these settings; what it prints is appended to `log`."""
        ...


class Nursery:
    """Forks bots in a process that has everything imported: a life costs some 0.1 s of processor time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lives: dict[int, Life] = {}
        self._born: asyncio.Queue[Life | None] = asyncio.Queue()
        self._turn = asyncio.Lock()

    async def bear(self, environment: Mapping[str, str], log: Path) -> Life:
        assert self._process.stdin is not None
        async with self._turn:
            order = {"environment": dict(environment), "log": str(log)}
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            await self._process.stdin.drain()
            life = await self._born.get()
            assert life is not None, "the warm parent has ended"
            return life

    async def listen(self) -> None:
        """Hear of births and deaths until the parent ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "born" in said:
                life = self._lives[said["born"]] = Life(said["born"])
                self._born.put_nowait(life)
            else:
                self._lives.pop(said["died"]).died.set_result(said["status"])
        self._born.put_nowait(None)

    async def close(self) -> None:
        for life in list(self._lives.values()):
            await life.kill()


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """One warm parent for as many bots as wanted; it ends with the block, and its children with it."""
    process = await asyncio.create_subprocess_exec(
        *RUNNER,
        "--nursery",
        env=clean_environment(),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    found = Nursery(process)
    listening = asyncio.create_task(found.listen())
    try:
        yield found
    finally:
        await found.close()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening


class Processes:
    """Starts every bot as a program of its own, as an operator does: a second of processor time each."""

    def __init__(self) -> None:
        self._watching: set[asyncio.Task[None]] = set()

    async def bear(self, environment: Mapping[str, str], log: Path) -> Life:
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *RUNNER,
                env=clean_environment() | dict(environment),
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        life = Life(process.pid)
        watch = asyncio.create_task(self._watch(process, life))
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)
        return life

    async def _watch(self, process: asyncio.subprocess.Process, life: Life) -> None:
        life.died.set_result(await process.wait())
