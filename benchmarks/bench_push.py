"""Push: from a hub's ping to the first post leaving, on one machine (goal: below 100 ms).

Method: the bot is a process of its own, as `kabarbot run` starts it; the portal with its WebSub hub and the Bot API
server are this process. The feed holds 30 items. The clock starts when the hub begins to send the signed feed to the
bot, and stops when the Bot API server has read the `sendMessage` of its news: HTTP, signature, parsing, deciding,
recording, claiming (two commits with `synchronous=FULL`), the deliverer's lead and HTTP again. `PINGS` publications,
one after the other. Looks at the feed are an hour apart, so that none of them can be what posts.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.portal_hub import Hub, HubPortal
from bot.sandbox.server import Options, Sandbox

PINGS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
GOAL = 0.1
ITEMS = 30


@dataclass(slots=True)
class StopwatchHub(Hub):
    """A hub that notes when it begins to bring something."""

    began: float = 0.0

    async def post(self, callback: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.began = time.perf_counter()
        return await Hub.post(self, callback, body, headers)


async def main() -> None:
    """Print median and 95th percentile in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        portal = HubPortal()
        portal.hub = hub = StopwatchHub()
        async with Sandbox(Options(limits=False)) as sandbox, portal:
            sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
            for _ in range(ITEMS):
                portal.publish()
            async with running_bot(sandbox, portal, Path(folder)):
                took = [await ping(sandbox, portal, hub) for _ in range(PINGS)]
    median, late = statistics.median(took), sorted(took)[int(len(took) * 0.95)]
    print(f"{PINGS} pings of a feed of {ITEMS} items, ms from ping to post:")
    print(
        f"  median {median * 1000:.0f}, p95 {late * 1000:.0f}, worst {max(took) * 1000:.0f} (goal {GOAL * 1000:.0f})"
    )
    assert median < GOAL, "slower than promised"


async def ping(sandbox: Sandbox, portal: HubPortal, hub: StopwatchHub) -> float:
    """Publish one headline; seconds from the hub's ping until it stands in the channel."""
    await asyncio.sleep(0.3)  # the channel's own spacing is over, and nothing is under way
    entries = sandbox.journal.follow()
    portal.publish()
    async with asyncio.timeout(30):
        while json.loads(await entries.get())["kind"] != "sent":
            pass
    ended = time.perf_counter()
    sandbox.journal.unfollow(entries)
    return ended - hub.began


@asynccontextmanager
async def running_bot(sandbox: Sandbox, portal: HubPortal, folder: Path) -> AsyncIterator[None]:
    """The bot, subscribed to the portal's hub and with its first post out."""
    port = free_port()
    portal.hub.deliver_to = f"http://127.0.0.1:{port}"
    sandbox.state.webhook.deliver_to = portal.hub.deliver_to
    settings = {
        "TELEGRAM_TOKEN": sandbox.token,
        "TELEGRAM_API_URL": sandbox.url,
        "FEED_URL": portal.feed_url,
        "CHANNELS": "@kabar",
        "DATABASE_PATH": str(folder / "kabarbot.db"),
        "HTTP_ADDRESS": "",
        "POLL_INTERVAL": "3600",
        "CHANNEL_RATE": "1000",
        "PUBLIC_URL": "https://bot.example.com",
        "WEBHOOK_ADDRESS": f"127.0.0.1:{port}",
        "LOG_LEVEL": "warning",
    }
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"), cwd=folder, env=kept | settings
    )
    try:
        async with asyncio.timeout(60):
            while not (portal.hub.subscribers and sandbox.journal.entries("sent")):
                assert process.returncode is None, "the bot ended"
                await asyncio.sleep(0.05)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(main())
