"""`health`: is the bot well? For a container's health check, so it imports the standard library alone.

It reads the table `health` of the database (`key`, JSON `value`), which the loops keep: `beat:<loop>`
is the time of a loop's last beat, `waiting_since` since when something due has waited without a known
cause. It never writes, and does not ask whether Telegram or a portal can be reached.
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
    except (sqlite3.Error, OSError, ValueError) as error:
        trouble = f"the database {path} cannot be read: {error}"
    print(trouble or "ok", file=sys.stderr if trouble else sys.stdout)
    return 1 if trouble else 0


def _read(path: Path) -> dict[str, str]:
    # Read-only: a health check must neither make a database nor hold up the one there is.
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=3)) as connection:
        return {str(key): str(value) for key, value in connection.execute("SELECT key, value FROM health")}
