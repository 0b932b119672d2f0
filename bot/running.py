"""What runs: workers, servers, and the bot that starts and stops them together. Builds nothing."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.telegram.room import TelegramRoom
from bot.workers.loop import Loop

#: Thresholds of `gc`; Python 3.11's own are 700, 10, 10.
_SELDOM = (5000, 20, 20)


def event_loop(*, paid: bool) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop: for `paid` broadcasts uvloop, where there is one; None for asyncio's own.

    A tenth of the CPU of a post is worth its memory at a thousand posts a second, not at thirty.
    """
    if not paid:
        return None
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop


def spare_the_collector(*, paid: bool) -> None:
    """What stands now stands to the end: the collector need not walk through it again and again.

    A thousand posts a second are a hundred thousand objects that are gone at once: for `paid` broadcasts it comes
    a seventh as often, which spares a twelfth of their CPU.
    """
    gc.freeze()
    if paid:
        gc.set_threshold(*_SELDOM)


class Worker(Protocol):
    """What is started and stopped."""

    @property
    def loop(self) -> Loop:
        """The loop that is told to stop."""
        ...

    async def run(self) -> None:
        """Until its loop is stopped and what is under way is finished."""
        ...


class Server(Protocol):
    """What listens at an address."""

    async def start(self) -> None:
        """Listen. Raises `errors.SettingsError` where the address cannot be used."""
        ...

    async def stop(self) -> None:
        """Close; nothing where it was never started."""
        ...


@dataclass(frozen=True, slots=True)
class Bot:
    """All parts, built. `at_once` work without Telegram; `introduced` begin when the bot knows its own name."""

    telegram: TelegramRoom
    at_once: tuple[Worker, ...]
    introduced: tuple[Worker, ...]
    servers: tuple[Server, ...] = ()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises what ends the bot (`errors.TokenRefused`, `errors.SettingsError`)."""
        for server in self.servers:
            await server.start()
        async with asyncio.TaskGroup() as group:
            for worker in self.at_once:
                group.create_task(worker.run())
            group.create_task(self._speak(stop))
            group.create_task(self._end(stop))

    async def _speak(self, stop: asyncio.Event) -> None:
        if not await self.telegram.introduce(stop):
            return
        async with asyncio.TaskGroup() as group:
            for worker in self.introduced:
                group.create_task(worker.run())
            group.create_task(self.telegram.run())

    async def _end(self, stop: asyncio.Event) -> None:
        await stop.wait()
        for worker in (*self.at_once, *self.introduced):
            worker.loop.stop()
        self.telegram.stop()
