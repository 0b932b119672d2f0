"""`run`: the bot itself."""

from __future__ import annotations

import asyncio
import signal
import sys
from types import FrameType


def run() -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit code. Raises `errors.KabarbotError`."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # until the bot's own handlers stand
    from bot.cli.lean import load_lean

    settings = load_lean()
    from bot.app import run as run_app
    from bot.running import event_loop

    with asyncio.Runner(loop_factory=event_loop(paid=settings.paid_stars_a_day > 0)) as runner:
        return runner.run(run_app(settings))


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Nothing has begun yet, so nothing is left to be finished."""
    sys.exit(0)
