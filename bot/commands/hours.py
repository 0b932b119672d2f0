"""At which hour a digest comes: the buttons to choose it, and what they say. Keeps nothing, sends nothing."""

from __future__ import annotations

from datetime import datetime, time, tzinfo

from bot.commands.buttons import button
from bot.domain.replies import Button
from bot.domain.stamps import zone_name

_A_DAY = 24
#: Four rows of short labels: readable on a phone.
_A_ROW = 6


def hour_rows(tag: str, begin: str) -> tuple[tuple[Button, ...], ...]:
    """A button for each full hour of the day; their payload is `begin` and the hour (``07``)."""
    hours = [button(f"{hour:02d}:00", tag, f"{begin}{hour:02d}") for hour in range(_A_DAY)]
    return tuple(tuple(hours[start : start + _A_ROW]) for start in range(0, _A_DAY, _A_ROW))


def hour_of(text: str) -> time | None:
    """The hour that such a button stands for, without `begin`; None for anything else."""
    known = len(text) == len("07") and text.isascii() and text.isdecimal() and int(text) < _A_DAY
    return time(int(text)) if known else None


def spoken(at: time, zone: tzinfo, now: datetime) -> str:
    """``07:00 WIB``: a reader may live by another clock than the portal."""
    return f"{at:%H:%M} {zone_name(now, zone)}"
