"""`run`: the bot itself."""

from __future__ import annotations

import asyncio


def run() -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit code. Raises `errors.KabarbotError`."""
    from bot.cli.lean import load_lean

    settings = load_lean()
    from bot.app import run as run_app

    return asyncio.run(run_app(settings))
