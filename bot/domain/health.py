"""Is the bot well? Read from what the loops leave behind; the standard library alone, for `kabarbot health`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

#: A beat older than this is none (product.md §1).
BEAT = timedelta(seconds=30)
#: Longer than this nothing that is due may wait without a known cause.
WAIT = timedelta(minutes=10)


def ailment(values: Mapping[str, str], now: datetime) -> str:
    """What is wrong, in words; empty when nothing is. `values` are the rows of the table `health`, JSON undecoded.

    `beat:<loop>` is the time of a loop's last beat, `waiting_since` since when something due has waited
    without a known cause. Raises `ValueError` where a value is no ISO 8601 time.
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
