"""A newsroom that the world can call: the sandbox brings updates, the portal's own hub brings news.

The bot is a process as in `support_world`; its listener is plain HTTP, and whoever calls its public https
address is led there, as by the proxy that would stand in front.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox.portal_hub import HubPortal
from bot.sandbox.server import Options, Sandbox
from tests.support_world import CountingPortal, World

PUBLIC_URL = "https://bot.portal.example.id/kabar"
SECRET = "sesame-1_2"


class CountingHubPortal(HubPortal, CountingPortal):
    """A portal with a hub that counts the looks at its feed."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def public_world(folder: Path, **settings: str) -> AsyncIterator[World]:
    """A world with `PUBLIC_URL`, a channel `@kabar0` and a hub. Looks at the feed are an hour apart."""
    port = free_port()
    async with Sandbox(Options(limits=False)) as sandbox, CountingHubPortal() as portal:
        sandbox.state.webhook.deliver_to = portal.hub.deliver_to = f"http://127.0.0.1:{port}"
        chats = [sandbox.moderators.add_chat("channel", "Kabar", username="kabar0")]
        base = {
            "TELEGRAM_TOKEN": sandbox.token,
            "TELEGRAM_API_URL": sandbox.url,
            "FEED_URL": portal.feed_url,
            "CHANNELS": "@kabar0",
            "DATABASE_PATH": str(folder / "kabarbot.db"),
            "HTTP_ADDRESS": "",
            "POLL_INTERVAL": "3600",
            "UNCERTAIN_WAIT": "1",
            "CHANNEL_RATE": "1000",
            "SURGE_LIMIT": "0",
            "MAX_AGE_HOURS": "876000",
            "PUBLIC_URL": PUBLIC_URL,
            "WEBHOOK_ADDRESS": f"127.0.0.1:{port}",
            "WEBHOOK_SECRET": SECRET,
        }
        made = World(sandbox, portal, folder, chats, base | settings)
        try:
            yield made
        finally:
            await made.close()
