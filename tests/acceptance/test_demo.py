"""`kabarbot demo` as a newcomer starts it: no token, no network, no settings."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

import aiohttp

from tests.support_demo import demo, until


async def test_the_demo_shows_posts_and_answers(tmp_path: Path) -> None:
    """A newcomer reads which commands there are, sees a post, types a command and reads the answer."""
    async with demo(tmp_path) as process:
        opening = await until(process, "/terbaru")
        assert "Ctrl+C" in opening
        post = await until(process, "WIB")
        assert "@kabar_demo" in post
        assert process.stdin is not None
        process.stdin.write(b"/populer\n")
        await process.stdin.drain()
        answer = await until(process, "Warta Contoh.")
        assert "Jaksa Agung Tidak Jujur" in answer
        assert "Kamis, 21 November 2024 | 08:14" in answer
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_settings_of_the_machine_do_not_reach_the_demo(tmp_path: Path) -> None:
    """A newsroom's own `.env` in the folder must not make the demo post to its channel."""
    (tmp_path / ".env").write_text("TELEGRAM_TOKEN=broken\nCHANNELS=@newsroom\n")
    async with demo(tmp_path) as process:
        assert "@kabar_demo" in await until(process, "┌ ")


async def test_the_terminal_names_the_page_and_the_operators_page(tmp_path: Path) -> None:
    """Both addresses lead somewhere at once: the demo's page and, once the bot is up, the bot's own."""
    async with demo(tmp_path) as process, aiohttp.ClientSession() as session:
        opening = await until(process, "/terbaru")
        page, operator = re.findall(r"(?:all|page): +(http://\S+)", opening)
        async with session.get(page) as answer:
            assert "Kabarbot" in await answer.text()
        await until(process, "WIB")
        async with session.get(operator) as answer:
            assert answer.status == 200


async def test_a_killed_bot_is_started_again(tmp_path: Path) -> None:
    """The page's `kill -9` reaches the bot alone: posts go on, and the terminal says nothing of a failure."""
    async with demo(tmp_path) as process, aiohttp.ClientSession() as session:
        page = re.findall(r"all: +(http://\S+)", await until(process, "/terbaru"))[0]
        await until(process, "WIB")
        async with session.post(f"{page}/demo/do/kill", json={}, headers={"Origin": page}) as answer:
            assert answer.status == 200
        for _ in range(16):  # more than the ten headlines of that act
            await until(process, "WIB")
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 20) == 0
