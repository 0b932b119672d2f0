"""At Telegram's limits: 600 posts to 60 channels at 30 a second, and how long readers wait meanwhile.

Method: the sandbox Bot API server, a process of its own, keeps the published limits. The bot is `python -m bot run`
with `BROADCAST_RATE=30` and `CHANNEL_RATE=20`, its first look brings each of 60 channels ten headlines. Times are
the server's: from the first accepted post to the last, and from a reader's command to the accepted answer. First
without readers, then with four commands a second, whose answers take places of their own in the 30 a second.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.processes import running_bot
from bot.sandbox.client import SandboxClient
from bot.sandbox.portal import SamplePortal
from bot.sandbox.process import running_sandbox
from bot.sandbox.server import DEFAULT_TOKEN

CHANNELS, HEADLINES, RATE = 60, 10, 30
READERS = 40
ASK_EVERY = 0.25
_LONGEST = 90.0


async def main() -> None:
    """Print both rounds."""
    for asking in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            async with (
                running_sandbox() as server,
                SandboxClient(server.control) as control,
                SamplePortal() as portal,
            ):
                report(await play(server.url, control, portal, Path(folder), asking=asking), asking=asking)


async def play(
    url: str, control: SandboxClient, portal: SamplePortal, folder: Path, *, asking: bool
) -> Sequence[Mapping[str, Any]]:
    """One fan-out; the server's journal of it."""
    portal.flood(HEADLINES)
    chats = [await control.add_chat("channel", f"Kabar {number}") for number in range(CHANNELS)]
    readers = [await control.add_user(f"Pembaca {number}") for number in range(READERS)]
    settings = {
        "TELEGRAM_TOKEN": DEFAULT_TOKEN,
        "TELEGRAM_API_URL": url,
        "FEED_URL": portal.feed_url,
        "CHANNELS": ",".join(map(str, chats)),
        "FIRST_RUN_POSTS": str(HEADLINES),
        "BROADCAST_RATE": str(RATE),
        "CHANNEL_RATE": "20",
        "DATABASE_PATH": str(folder / "kabarbot.db"),
        "HTTP_ADDRESS": "",
        "LOG_LEVEL": "error",
    }
    async with running_bot(settings, folder):
        asks = asyncio.create_task(ask(control, readers) if asking else asyncio.sleep(0))
        await posts_accepted(control, CHANNELS * HEADLINES)
        asks.cancel()
        await asyncio.gather(asks, return_exceptions=True)
        await asyncio.sleep(1.0)
        return await control.journal()


async def ask(control: SandboxClient, readers: Sequence[int]) -> None:
    """Readers type commands, one after another, from the first post on."""
    await posts_accepted(control, 1)
    for turn in count():
        await control.say(readers[turn % len(readers)], "/terbaru")
        await asyncio.sleep(ASK_EVERY)


async def posts_accepted(control: SandboxClient, number: int) -> None:
    """Wait for so many accepted posts. TimeoutError if they do not come."""
    end, seen, found = time.monotonic() + _LONGEST, 0, 0
    while found < number:
        if time.monotonic() > end:
            raise TimeoutError(f"{found} of {number} posts came")
        entries = await control.journal(since=seen)
        seen = entries[-1]["n"] if entries else seen
        found += sum(entry["kind"] == "sent" and entry["chat"] < 0 for entry in entries)
        await asyncio.sleep(0.2)


def report(journal: Sequence[Mapping[str, Any]], *, asking: bool) -> None:
    """Print what the server saw."""
    sent = [entry for entry in journal if entry["kind"] == "sent"]
    posts = [entry["at"] for entry in sent if entry["chat"] < 0]
    took = posts[-1] - posts[0]
    answers = [entry for entry in sent if entry["chat"] > 0]
    within = sum(posts[0] <= entry["at"] <= posts[-1] for entry in answers)
    least = (len(posts) + within) / RATE
    limited = sum(entry["kind"] == "limited" for entry in journal)
    print(
        f"{'with' if asking else 'without'} readers: {len(posts)} posts and {within} answers in {took:.2f} s;"
    )
    print(f"  at {RATE} a second {least:.2f} s: {took / least - 1:+.1%}; 429s: {limited}")
    if asking:
        waits = sorted(waited(journal))
        print(
            f"  {len(waits)} of {sum(e['kind'] == 'message' for e in journal)} commands answered:"
            f" p50 {quantile(waits, 0.5) * 1000:.0f} ms, p99 {quantile(waits, 0.99) * 1000:.0f} ms"
        )


def waited(journal: Sequence[Mapping[str, Any]]) -> list[float]:
    """Seconds from each reader's command to its answer."""
    asked: dict[int, list[float]] = {}
    found = []
    for entry in journal:
        chat = entry.get("chat", 0)
        if entry["kind"] == "message" and chat > 0:
            asked.setdefault(chat, []).append(entry["at"])
        elif entry["kind"] == "sent" and asked.get(chat):
            found.append(entry["at"] - asked[chat].pop(0))
    return found


def quantile(ordered: Sequence[float], part: float) -> float:
    """The smallest value that `part` of all do not exceed."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


if __name__ == "__main__":
    asyncio.run(main())
