"""When a feed is looked at, when a post is edited, when posts make no sound. It knows no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

#: A failing feed is looked at this often at least, unless its own interval is longer (product.md §4.5).
MOST_BACK_OFF = timedelta(minutes=10)
#: The most of a `Retry-After` that is obeyed: a day typed by mistake must not silence a newsroom, and after
#: a quarter of the usual MAX_AGE_HOURS what it published meanwhile is still young enough to be posted.
MOST_RETRY_AFTER = timedelta(hours=6)
#: A post is edited this often, and after so many times this often (product.md §4.4).
EDIT_GAP = timedelta(minutes=1)
EDIT_GAP_LATER = timedelta(hours=1)
EDITS_BEFORE_LATER = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUIET = re.compile(r"\s*(\d{1,2})[:.](\d{2})\s*[-–]\s*(\d{1,2})[:.](\d{2})\s*")


def next_look(
    interval: timedelta, failures: int, retry_after: timedelta | None, now: datetime, phase: float
) -> datetime:
    """When to look at a feed next.

    A feed that answers is looked at on its own grid, every `interval`, shifted by `phase` (0..1, fixed for a
    feed): feeds spread out, none drifts with the length of its looks, and the mean stays the interval.
    After `failures` in a row it is 1, 2, 4, … times the interval from now, 10 minutes at most and never
    less than the interval. `retry_after` (RFC 9110 §10.2.3), up to `MOST_RETRY_AFTER`, comes before both.
    """
    at = now + back_off(interval, failures) if failures > 0 else _on_grid(now + interval / 2, interval, phase)
    return at if retry_after is None else max(at, now + min(retry_after, MOST_RETRY_AFTER))


def back_off(interval: timedelta, failures: int) -> timedelta:
    """Between two looks after `failures` (1 or more) in a row."""
    return max(interval, min(interval * (1 << min(failures - 1, 16)), MOST_BACK_OFF))


def next_edit(edits: int, last: datetime | None, now: datetime) -> datetime:
    """When a post that was edited `edits` times, at `last` for the last time, may show newer words."""
    if last is None:
        return now
    return max(now, last + (EDIT_GAP if edits < EDITS_BEFORE_LATER else EDIT_GAP_LATER))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The part of a day in which posts make no sound: `start` is in it, `end` is not; may pass midnight."""

    start: time
    end: time


def parse_quiet_hours(spec: str) -> QuietHours | None:
    """``22:00-05:00``; None for an empty text. Raises `ValueError` with what is expected."""
    if not spec.strip():
        return None
    found = _QUIET.fullmatch(spec)
    try:
        hours = [int(group) for group in found.groups()] if found else []
        quiet = QuietHours(time(hours[0], hours[1]), time(hours[2], hours[3]))
    except (IndexError, ValueError):
        raise ValueError("expected two times of day such as 22:00-05:00") from None
    if quiet.start == quiet.end:
        raise ValueError("expected two different times such as 22:00-05:00")
    return quiet


def in_quiet_hours(local: time, quiet: QuietHours | None) -> bool:
    """Whether `local`, a time of day in the settings' `TIMEZONE`, is one of the quiet hours."""
    if quiet is None:
        return False
    if quiet.start < quiet.end:
        return quiet.start <= local < quiet.end
    return local >= quiet.start or local < quiet.end


def _on_grid(earliest: datetime, interval: timedelta, phase: float) -> datetime:
    """The first moment from `earliest` on that is a whole number of intervals, shifted, after the epoch."""
    shift = _EPOCH + interval * phase
    return shift - interval * ((shift - earliest) // interval)
