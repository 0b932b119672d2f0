"""The database: can this user write it."""

from __future__ import annotations

from pathlib import Path

from bot.cli.checks.finding import Finding, bad, good
from bot.settings.paths import database_trouble


def database(path: Path) -> Finding:
    """The file, or the folder that it will be made in."""
    trouble = database_trouble(path)
    what = f"database {path}"
    return bad(what, trouble) if trouble else good(what)
