"""Whether the paths in the settings can be used: looked at when a command needs them, never created."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from stat import S_ISDIR

from bot.errors import SettingsError
from bot.settings.faults import wrong
from bot.settings.model import Settings


def check_paths(settings: Settings) -> None:
    """Raises `SettingsError` where this user cannot write the database and the files beside it."""
    if trouble := database_trouble(settings.database_path):
        raise SettingsError([wrong("DATABASE_PATH", str(settings.database_path), trouble).text])


def database_trouble(path: Path, may: Callable[[Path, int], bool] = os.access) -> str:
    """What stands against `path` as a database, with its cure; empty when nothing does.

    SQLite keeps its journal beside the file, so the folder has to be writable too. `may` answers as
    `os.access` does.
    """
    try:
        mode = _mode(path)
        folder = next(place for place in path.absolute().parents if _mode(place))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no system takes such a name"
        return f"cannot be used by this user (uid {os.getuid()}): {why}: expected the path of a file"
    if S_ISDIR(mode):
        return f"this is a folder: expected a file in it, like {path / 'kabarbot.db'}"
    if folder.is_dir() and os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"{folder} lies on a read-only disk: mount it writable, or expected another DATABASE_PATH"
    if mode and not may(path, os.R_OK | os.W_OK):
        return f"{path} cannot be written by this user (uid {os.getuid()}): {_cure(path)}"
    if not folder.is_dir():
        return f"{folder} is not a folder: expected a path whose folders exist or can be made"
    if not may(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written by this user (uid {os.getuid()}): {_cure(path.absolute().parent)}"
    return ""


def _mode(path: Path) -> int:
    """What is there; 0 where nothing is. Raises `OSError` where this user may not even look."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _cure(path: Path) -> str:
    """Never `chown` of a folder above the one that was named: that could be the system's own."""
    make = "" if path.exists() else f"mkdir -p {path} && "
    return f"expected `{make}chown -R {os.getuid()} {path}` on the machine that owns it, or another DATABASE_PATH"
