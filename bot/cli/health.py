"""`health`: is the bot well? For a container's health check, so it imports the standard library alone.

It reads the table `health` of the database (`key`, JSON `value`), which the loops keep: `beat:<loop>`
is the time of a loop's last beat, `waiting_since` since when something due has waited without a known
cause. It never writes, and does not ask whether Telegram or a portal can be reached.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from bot.cli.places import database_path

#: A beat older than this is none (product.md §1).
BEAT = timedelta(seconds=30)
#: Longer than this nothing that is due may wait without a known cause.
WAIT = timedelta(minutes=10)


def health() -> int:
    """The command: prints one line, returns 0 where all is well and 1 where it is not."""
    path = database_path(os.environ)
    try:
        trouble = ailment(_read(path), datetime.now(UTC))
    except (sqlite3.Error, OSError, ValueError) as error:
        trouble = f"the database {path} cannot be read: {error}"
    print(trouble or "ok", file=sys.stderr if trouble else sys.stdout)
    return 1 if trouble else 0


def ailment(values: Mapping[str, str], now: datetime) -> str:
    """What is wrong, in words; empty when nothing is. `values` are the table's rows, JSON undecoded.

    Raises `ValueError` where a value is no ISO 8601 time.
    """
    beats = {
        key.removeprefix("beat:"): _time(value) for key, value in values.items() if key.startswith("beat:")
    }
    if not beats:
        return "no loop has beaten yet"
    silent = [name for name, at in sorted(beats.items()) if at is None or now - at > BEAT]
    if silent:
        return f"no beat for {BEAT.total_seconds():.0f} s of: {', '.join(silent)}"
    waiting = _time(values.get("waiting_since", "null"))
    if waiting and now - waiting > WAIT:
        return f"something due has waited since {waiting.isoformat(timespec='seconds')}, and nobody knows why"
    return ""


def _time(value: str) -> datetime | None:
    text = json.loads(value)
    if text is None:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(path: Path) -> dict[str, str]:
    # Read-only: a health check must neither make a database nor hold up the one there is.
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=3)) as connection:
        return {str(key): str(value) for key, value in connection.execute("SELECT key, value FROM health")}
