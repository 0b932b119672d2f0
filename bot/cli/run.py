"""`run`: the bot itself."""

from __future__ import annotations

import asyncio


def run() -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit code. Raises `errors.KabarbotError`."""
    from bot.settings import check_paths, load

    settings = load()
    check_paths(settings)
    from bot.app import run as run_app

    return asyncio.run(run_app(settings))
