"""Makes the pictures of README: `make pictures`. Needs Debian's chromium.

A real bot posts the sample portal's headlines to the local Bot API server; what then stands in the channel is
drawn as Telegram draws it, and photographed. The demo's pages are photographed as they are (`pages`).
"""

from __future__ import annotations

import asyncio
import html
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.sandbox.portal import NAME, SamplePortal
from bot.sandbox.render import message_json
from bot.sandbox.server import Options, Sandbox
from docs.images import pages

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.5",
]
STYLE = """
body { margin: 0; padding: 18px 22px; width: 536px; background: #c3d6c6;
  font: 16px/1.35 "Noto Sans", "DejaVu Sans", Roboto, sans-serif; color: #111; }
.bubble { background: #fff; border-radius: 14px; padding: 9px 13px 7px; margin: 0 0 9px; max-width: 470px;
  box-shadow: 0 1px 2px rgb(0 0 0 / .18); }
.name { color: #3a7fbf; font-weight: 600; font-size: 14.5px; }
a { color: #2678b6; text-decoration: none; }
.preview { border-left: 3px solid #3a7fbf; background: #eef5fa; border-radius: 5px; padding: 6px 10px; margin: 7px 0 3px; }
.preview b { display: block; color: #3a7fbf; font-size: 14px; } .preview span { font-size: 14.5px; }
.time { text-align: right; color: #8a9aa5; font-size: 12.5px; }
"""


async def posts(wanted: int) -> list[dict[str, Any]]:
    """The first `wanted` posts that a real bot makes, as the Bot API tells of them, with their articles' leads."""
    async with SamplePortal() as portal, Sandbox(Options()) as sandbox:
        channel = sandbox.moderators.add_chat(
            "channel", NAME, username="warta_contoh", rights=["can_post_messages"]
        )
        portal.publish()
        with tempfile.TemporaryDirectory() as folder:
            bot = await start_bot(sandbox, portal, folder)
            try:
                async with asyncio.timeout(60):
                    while len(sandbox.journal.entries("sent")) < wanted:
                        portal.publish()
                        await asyncio.sleep(1.5)
            finally:
                bot.terminate()
                await bot.wait()
        leads = {article.title: article.lead for article in portal.newest(50)}
        shown = [message_json(sandbox.state.world, channel, each) for each in channel.messages.values()]
        return [{**each, "lead": leads.get(first_line(each), "")} for each in shown if "text" in each][
            :wanted
        ]


async def start_bot(sandbox: Sandbox, portal: SamplePortal, folder: str) -> asyncio.subprocess.Process:
    """`kabarbot run` against the two, with a database of its own."""
    settings = {
        "TELEGRAM_TOKEN": sandbox.token,
        "TELEGRAM_API_URL": sandbox.url,
        "FEED_URL": portal.feed_url,
        "CHANNELS": "@warta_contoh",
        "POLL_INTERVAL": "1",
        "DATABASE_PATH": f"{folder}/kabarbot.db",
        "HTTP_ADDRESS": "",
        "LOG_LEVEL": "warning",
    }
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=folder, env=environment
    )


def first_line(message: dict[str, Any]) -> str:
    """The headline."""
    return str(message["text"]).split("\n", 1)[0]


def bubble(message: dict[str, Any]) -> str:
    """One post, as the channel's readers see it."""
    headline, _, rest = str(message["text"]).partition("\n")
    lead = html.escape(message["lead"][:120])
    return (
        f'<div class="bubble"><div class="name">{NAME}</div>'
        f"<b><a>{html.escape(headline)}</a></b><br>{html.escape(rest)}"
        f'<div class="preview"><b>{NAME}</b><span>{lead}</span></div>'
        f'<div class="time">{rest.rpartition("| ")[2].partition(" ")[0]}</div></div>'
    )


def photograph(page: str, target: Path, height: int) -> None:
    """Have chromium draw `page` into `target` (PNG), 580 points wide."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size=580,{height}"]
        subprocess.run(  # noqa: S603 - our own page, Debian's browser
            [*command, f"--screenshot={target}", source.as_uri()],
            check=True,
            timeout=60,
            stderr=subprocess.DEVNULL,
        )


def main() -> None:
    """Make every picture."""
    bubbles = "".join(map(bubble, asyncio.run(posts(2))))
    pages.main(HERE)
    photograph(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{bubbles}", HERE / "post.png", 470)


if __name__ == "__main__":
    main()
