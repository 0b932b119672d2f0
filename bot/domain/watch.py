"""Whether something is wrong with a portal that answers: judged from what its feed does, never from one look alone.

Pure. Every rule errs on the side of silence: an alarm that cries wolf is switched off.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

#: Arrivals of news are kept by half hours of a UTC day, one bit each: bit 0 is 00:00 to 00:30.
SLOT = timedelta(minutes=30)
SLOTS_A_DAY = 48
#: Days that are looked back to, and how many of them must have had news for anything to be usual.
HISTORY_DAYS = 14
_KNOWN_DAYS = 7
#: A silence is odd from this on, however busy the portal usually is.
SHORTEST_SILENCE = timedelta(hours=1)
#: How far from the same time of a day its silences count too: bulletins slip, and clocks change twice a year.
_AROUND = timedelta(hours=1)
#: An item this far in the future was not published then; a portal's clock may go wrong by less.
FUTURE = timedelta(minutes=10)
#: Of so many new items in a row so many must be in the future.
CLOCK_WINDOW, _CLOCK_WRONG = 5, 3
#: An answer older than this, and than three looks, comes from a cache that does not ask (RFC 9111 §5.1).
_STALE = timedelta(minutes=15)
#: A document with fewer items may be all there is, not a window on more.
_FULL = 10
#: Looks in a row after which an odd answer is no accident.
LOOKS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Quiet:
    """How long nothing new has come, and the longest that it usually takes at this time of day."""

    silence: timedelta
    usual: timedelta


def slot_of(when: datetime) -> int:
    """The number of the half hour that `when` lies in, counted from 1970."""
    return int(when.timestamp() // SLOT.total_seconds())


def slots_of(days: Mapping[int, int]) -> Sequence[int]:
    """The half hours with news, oldest first; `days` are days since 1970 with their 48 bits."""
    return [
        day * SLOTS_A_DAY + slot
        for day, bits in sorted(days.items())
        for slot in range(SLOTS_A_DAY)
        if bits >> slot & 1
    ]


def quiet(last_new: datetime, slots: Sequence[int], interval: timedelta, now: datetime) -> Quiet | None:
    """Whether nothing new came for much longer than is usual at this time of day.

    *Usual* is the longest silence that lasted into this time, give or take an hour, of any of the last 14 days. *Much longer* is twice that, at least an hour and at least three looks. With fewer than 7 days
    of history nothing is usual yet. A quiet night, a quiet Sunday, a weekly portal are usual by this; what the
    bot missed while it was down makes it only slower to complain.
    """
    silence = now - last_new
    least = max(SHORTEST_SILENCE, 3 * interval)
    if silence < least:
        return None
    before = [found for day in range(1, HISTORY_DAYS + 1) if (found := _longest(slots, now, day)) is not None]
    if len(before) < _KNOWN_DAYS:
        return None
    usual = max(before)
    return Quiet(silence, usual) if silence >= max(least, 2 * usual) else None


def _longest(slots: Sequence[int], now: datetime, days_ago: int) -> timedelta | None:
    """The longest silence that lasted into the hours around this time of that day; None before the history.

    News counts from the end of its half hour to the beginning of the last one's: rather too long than too short.
    """
    begin, end = (slot_of(now - timedelta(days=days_ago) + way) for way in (-_AROUND, _AROUND))
    first = bisect_left(slots, begin) - 1
    if first < 0:
        return None
    inside = [*slots[first : bisect_right(slots, end)], end]
    return SLOT * max(later + 1 - earlier for earlier, later in pairwise(inside))


def ahead(published: Iterable[datetime | None], now: datetime) -> list[timedelta]:
    """How far in the future each of the new items claims to be (zero for none at all), in their order."""
    return [max(when - now, timedelta()) for when in published if when is not None]


def clock_off(lately: Sequence[timedelta]) -> timedelta | None:
    """By how much the feed's clock is ahead, told from its last new items (`ahead`); None where it seems right."""
    wrong = sorted(one for one in lately if one > FUTURE)
    return wrong[len(wrong) // 2] if len(wrong) >= _CLOCK_WRONG else None


def is_stale(age: timedelta, interval: timedelta) -> bool:
    """Whether an answer is so old that a cache must have kept it from us."""
    return age > max(_STALE, 3 * interval)


def may_have_missed(items: int, new: int, *, looked_before: bool) -> bool:
    """Whether a full feed shows nothing that was known: between two looks more came than it holds."""
    return looked_before and items >= _FULL and new >= items


def clock_words(span: timedelta) -> str:
    """``3:20``: hours and minutes, as both languages write them."""
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02}"
