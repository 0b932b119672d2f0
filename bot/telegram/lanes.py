"""Work in order within a lane, lanes beside each other. Knows nothing of updates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class Lanes:
    """Runs jobs as tasks: one after the other in a lane, at once in different lanes. A job must not raise."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def put(self, lane: int, job: Job) -> None:
        """Run `job` when what was put into `lane` before has ended."""
        task = asyncio.create_task(_after(self._last.get(lane), job), name=f"lane {lane}")
        self._last[lane] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._ended(lane, done))

    async def until_fewer(self, limit: int) -> None:
        """Wait until fewer than `limit` jobs are left."""
        while len(self._running) >= limit:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self, grace: float) -> None:
        """Give the jobs `grace` seconds, then cancel what is left, and wait for it."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, lane: int, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._last.get(lane) is task:
            del self._last[lane]


async def _after(before: asyncio.Task[None] | None, job: Job) -> None:
    if before is not None and not before.done():
        await asyncio.wait([before])
    await job()
