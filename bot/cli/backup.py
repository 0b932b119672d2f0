"""`backup FILE`: a copy of the live database that a later start knows as a copy."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.errors import SettingsError


def backup(file: Path) -> int:
    """Copy the database to `file`, which must not exist yet. Raises `errors.KabarbotError`."""
    from bot.settings import load

    settings = load()
    if trouble := _trouble(file):
        raise SettingsError([f'FILE is "{file}": {trouble}'])
    from bot.app import backup as copy
    from bot.cli.progress import progress
    from bot.observe.words import size

    with progress("backup", size) as told:
        asyncio.run(copy(settings, file, told))
    print(f"{file}: {file.stat().st_size:,} bytes")
    return 0


def _trouble(file: Path) -> str:
    if file.exists():
        return "expected a name that is not taken: a backup never overwrites anything"
    if not file.absolute().parent.is_dir():
        return "expected a folder that exists"
    return ""
