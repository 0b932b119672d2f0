"""`health`: is the bot well? For a container's health check, so it imports the standard library alone.

It reads the table `health` of the database (`key`, JSON `value`), which the loops keep: `beat:<loop>`
is the time of a loop's last beat, `waiting_since` since when something due has waited without a known
cause. It never writes there, and does not ask whether Telegram or a portal can be reached. Where beats are missing
it asks the disk: one that takes nothing takes no beat either, and no restart makes room.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from bot.cli.places import database_path
from bot.domain.health import ailment


def health() -> int:
    """The command: prints one line, returns 0 where all is well and 1 where it is not."""
    path = database_path(os.environ)
    try:
        trouble = ailment(_read(path), datetime.now(UTC))
        excuse = trouble and _excuse(path)
    except (sqlite3.Error, OSError, ValueError) as error:
        trouble, excuse = f"the database {path} cannot be read: {error}", ""
    if excuse:
        print(f"ok, but {excuse}")
        return 0
    print(trouble or "ok", file=sys.stderr if trouble else sys.stdout)
    return 1 if trouble else 0


def _excuse(path: Path) -> str:
    """What keeps beats from being written, if it is the disk."""
    from bot.store.disk import refusal

    why = refusal(path.absolute().parent)
    return why and f"the disk of the database takes nothing, so nothing moves: {why}"


def _read(path: Path) -> dict[str, str]:
    # Read-only: a health check must neither make a database nor hold up the one there is.
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=3)) as connection:
        return {str(key): str(value) for key, value in connection.execute("SELECT key, value FROM health")}
