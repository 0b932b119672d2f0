"""The database: can this user write it, and does its disk take anything."""

from __future__ import annotations

from pathlib import Path

from bot.cli.checks.finding import Finding, bad, good
from bot.settings.paths import database_trouble
from bot.store.disk import refusal


def database(path: Path) -> Finding:
    """The file, or the folder that it will be made in."""
    trouble = database_trouble(path) or _refused(path)
    what = f"database {path}"
    return bad(what, trouble) if trouble else good(what)


def _refused(path: Path) -> str:
    folder = next(place for place in path.absolute().parents if place.is_dir())
    why = refusal(folder)
    return why and f"the disk of {folder} takes nothing ({why}): make room there, or mend it"
