"""What the bot needs for one portal: memory and CPU at rest (goals: 100 MB in all, a tenth of a core).

Method: `kabarbot run` as a process against a Bot API sandbox and the sample portal, with its page, a popular list and a
look every 30 s (the default), all commands asked once over real HTTP; after half a minute of rest its memory and that of
its parsing child are read from the kernel (VmRSS, shared pages counted in each), and CPU over the next minute. The
baseline is an interpreter that has imported the four packages given (python-telegram-bot, feedparser, aiosqlite,
pydantic-settings) and done nothing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.processes import cpu, family, running_bot
from bot.sandbox.portal import SamplePortal
from bot.sandbox.server import Options, Sandbox

WARM, SECONDS = 30, 60
GOAL_MB, GOAL_CORE = 100, 0.1
COMMANDS = ("/start", "/terbaru", "/populer", "/cari rusia", "/kategori", "/bahasa", "/privasi", "/bantuan")
BASELINE = (
    "import telegram.ext, feedparser, aiosqlite, pydantic_settings, time; print(flush=True); time.sleep(60)"
)


async def main() -> None:
    """Print memory and CPU of the bot, and the baseline's memory."""
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(Options()) as sandbox, SamplePortal() as portal:
            sandbox.moderators.add_chat("channel", "Kabar", username="kabar")
            reader = sandbox.moderators.add_user("Budi", language="id")
            async with running_bot(settings(sandbox, portal, Path(folder)), Path(folder)) as pid:
                await asyncio.sleep(WARM / 2)
                assert reader.user is not None
                for command in COMMANDS:
                    sandbox.people.say(reader, reader.user, command)
                await asyncio.to_thread(urllib.request.urlopen, "http://127.0.0.1:18081/")
                await asyncio.sleep(WARM)
                await measure(pid)
                assert sum(message.own for message in reader.messages.values()) >= len(COMMANDS)
    await baseline()


def settings(sandbox: Sandbox, portal: SamplePortal, folder: Path) -> dict[str, str]:
    """Those of a newsroom with one portal."""
    return {
        "TELEGRAM_TOKEN": sandbox.token,
        "TELEGRAM_API_URL": sandbox.url,
        "FEED_URL": portal.feed_url,
        "POPULAR_URL": portal.popular_url,
        "CHANNELS": "@kabar",
        "DATABASE_PATH": str(folder / "kabarbot.db"),
        "HTTP_ADDRESS": "127.0.0.1:18081",
        "MAX_AGE_HOURS": "876000",
        "LOG_LEVEL": "warning",
    }


async def measure(pid: int) -> None:
    """Memory now, CPU over `SECONDS`."""
    processes = family(pid)
    memory = {process: resident(process) for process in processes}
    before, at = sum(map(cpu, processes)), time.monotonic()
    await asyncio.sleep(SECONDS)
    share = (sum(map(cpu, processes)) - before) / (time.monotonic() - at)
    total = sum(memory.values())
    print(
        f"memory {total:.1f} MB: {memory[pid]:.1f} the bot, {total - memory[pid]:.1f} its child (goal {GOAL_MB})"
    )
    print(f"CPU {share:.1%} of a core at rest (goal {GOAL_CORE:.0%})")


async def baseline() -> None:
    """The same four packages, imported and idle."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BASELINE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        print(
            f"baseline: {resident(process.pid):.1f} MB for the four packages alone, imported in one process"
        )
    finally:
        process.kill()
        await process.wait()


def resident(pid: int) -> float:
    """VmRSS of a process, in MB of 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


if __name__ == "__main__":
    asyncio.run(main())
