"""CPU that a message costs: our transport over aiohttp beside PTB's default over httpx, in the same run.

Method: the sandbox Bot API server is a process of its own, without rate limits. Each transport sends `MESSAGES`
sendMessage calls to one channel, `AT_ONCE` at a time, after a warm-up; CPU is this process's (`time.process_time`),
so the server's work does not count. The runs alternate and the best of each is taken, since machines are shared.
"""

from __future__ import annotations

import asyncio
import time

from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from bot.sandbox.client import SandboxClient
from bot.sandbox.process import running_sandbox
from bot.sandbox.server import DEFAULT_TOKEN
from bot.telegram.bot import build_bot
from bot.telegram.transport import AiohttpRequest

MESSAGES = 1500
AT_ONCE = 30
ROUNDS = 3
TEXT = '<b><a href="https://portal.example/read/2026/11/25/1/judul">Judul berita</a></b>\nDunia · Rabu, 25 November 2026'


async def main() -> None:
    """Print milliseconds of CPU and messages a second for each transport, and the ratio."""
    async with running_sandbox("--no-limits", "--keep-journal", "1000", "--keep-messages", "1000") as sandbox:
        async with SandboxClient(sandbox.control) as control:
            chat = await control.add_chat("channel", "Kabar")
        best: dict[str, tuple[float, float]] = {}
        for _ in range(ROUNDS):
            for name, request in (
                ("aiohttp", AiohttpRequest()),
                ("httpx", HTTPXRequest(connection_pool_size=64)),
            ):
                cost = await measured(build(sandbox.url, request), chat)
                best[name] = min(best.get(name, cost), cost)
    for name, (cpu, wall) in best.items():
        print(f"{name:8} {cpu * 1000:.3f} ms CPU a message, {1 / wall:,.0f} messages/s")
    print(f"ratio httpx : aiohttp = {best['httpx'][0] / best['aiohttp'][0]:.1f} : 1 in CPU")


def build(url: str, request: BaseRequest) -> Bot:
    """A bot on one of the two transports."""
    return build_bot(DEFAULT_TOKEN, url, None, request=request)


async def measured(bot: Bot, chat: int) -> tuple[float, float]:
    """(CPU seconds, wall seconds) a message."""
    async with bot:
        await send(bot, chat, 100)
        cpu, wall = time.process_time(), time.perf_counter()
        await send(bot, chat, MESSAGES)
        return (time.process_time() - cpu) / MESSAGES, (time.perf_counter() - wall) / MESSAGES


async def send(bot: Bot, chat: int, count: int) -> None:
    """`count` messages, `AT_ONCE` at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with places:
            await bot.send_message(chat, TEXT, parse_mode="HTML")

    await asyncio.gather(*(one() for _ in range(count)))


if __name__ == "__main__":
    asyncio.run(main())
