"""Schedule: looks at feeds, edits of posts, quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schedule import (
    MOST_BACK_OFF,
    MOST_RETRY_AFTER,
    in_quiet_hours,
    next_edit,
    next_look,
    parse_quiet_hours,
)

NOW = datetime(2023, 9, 20, 6, 12, 7, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
INTERVALS = st.integers(1, 7200).map(lambda seconds: timedelta(seconds=seconds))
PHASES = st.floats(0, 1, exclude_max=True)


@given(INTERVALS, PHASES, st.floats(0, 0.45))
def test_the_mean_between_looks_is_the_interval(interval: timedelta, phase: float, took: float) -> None:
    """However long a look takes (up to half an interval), looks neither drift nor bunch."""
    looks = [next_look(interval, 0, None, NOW, phase)]
    for _ in range(20):
        looks.append(next_look(interval, 0, None, looks[-1] + interval * took, phase))
    assert {later - earlier for earlier, later in pairwise(looks)} == {interval}


@given(INTERVALS, PHASES)
def test_the_next_look_is_neither_at_once_nor_far(interval: timedelta, phase: float) -> None:
    """From half an interval to one and a half after this one."""
    wait = next_look(interval, 0, None, NOW, phase) - NOW
    assert interval / 2 <= wait < interval * 1.5


def test_the_phase_spreads_feeds_over_the_interval() -> None:
    """Ten feeds with ten phases are looked at at ten times, evenly."""
    looks = sorted(next_look(30 * SECOND, 0, None, NOW, n / 10) for n in range(10))
    assert {later - earlier for earlier, later in pairwise(looks)} == {3 * SECOND}


@pytest.mark.parametrize(
    ("interval", "waits"),
    [(30, [30, 60, 120, 240, 480, 600, 600]), (1, [1, 2, 4, 8, 16, 32, 64]), (900, [900, 900, 900])],
)
def test_failures_back_off_to_ten_minutes_but_never_below_the_interval(
    interval: int, waits: list[int]
) -> None:
    """1, 2, 4 … times the interval (product.md §4.5)."""
    found = [next_look(interval * SECOND, n, None, NOW, 0.7) - NOW for n in range(1, len(waits) + 1)]
    assert [wait.total_seconds() for wait in found] == waits


def test_weeks_of_failures_do_not_overflow() -> None:
    """A portal may be away for ever."""
    assert next_look(30 * SECOND, 1_000_000, None, NOW, 0.0) == NOW + MOST_BACK_OFF


def test_retry_after_is_obeyed_within_reason() -> None:
    """The portal's wish comes before our pace, but a typing error of a year does not silence a newsroom."""
    assert next_look(30 * SECOND, 1, HOUR, NOW, 0.3) == NOW + HOUR
    assert next_look(30 * SECOND, 6, SECOND, NOW, 0.3) == NOW + 10 * MINUTE
    assert next_look(30 * SECOND, 1, timedelta(days=365), NOW, 0.3) == NOW + MOST_RETRY_AFTER
    assert next_look(30 * SECOND, 0, HOUR, NOW, 0.3) == NOW + HOUR


def test_full_pace_on_the_first_success() -> None:
    """What failed before does not count any more."""
    assert next_look(30 * SECOND, 0, None, NOW, 0.0) - NOW < 45 * SECOND


def test_edits_once_a_minute_and_after_the_fifth_once_an_hour() -> None:
    """The first at once; then as product.md §4.4 says."""
    assert next_edit(0, None, NOW) == NOW
    assert [next_edit(edits, NOW, NOW) - NOW for edits in (1, 4, 5, 50)] == [MINUTE, MINUTE, HOUR, HOUR]


def test_an_edit_that_waited_long_enough_is_due_now() -> None:
    """Never a time in the past."""
    assert next_edit(3, NOW - HOUR, NOW) == NOW
    assert next_edit(9, NOW - 30 * MINUTE, NOW) == NOW + 30 * MINUTE


@pytest.mark.parametrize(
    ("spec", "inside", "outside"),
    [
        ("22:00-05:00", ["22:00", "23:59", "00:00", "04:59"], ["05:00", "21:59", "12:00"]),
        ("13:00-14:30", ["13:00", "14:29"], ["12:59", "14:30", "00:00"]),
        ("00:00-05:00", ["00:00", "04:59"], ["05:00", "23:59"]),
        ("22:00-00:00", ["22:00", "23:59"], ["00:00", "21:59"]),
        (" 22.00 – 5.00 ", ["22:00", "04:59"], ["05:00"]),
    ],
)
def test_the_first_minute_is_quiet_and_the_last_is_not(
    spec: str, inside: list[str], outside: list[str]
) -> None:
    """Within a day and over midnight."""
    quiet = parse_quiet_hours(spec)
    assert [in_quiet_hours(time.fromisoformat(at), quiet) for at in inside] == [True] * len(inside)
    assert [in_quiet_hours(time.fromisoformat(at), quiet) for at in outside] == [False] * len(outside)


def test_seconds_belong_to_their_minute() -> None:
    """04:59:59.999 is quiet, 05:00:00 is not."""
    quiet = parse_quiet_hours("22:00-05:00")
    assert in_quiet_hours(time(4, 59, 59, 999_999), quiet)
    assert not in_quiet_hours(time(5), quiet)


@pytest.mark.parametrize("spec", ["", "  "])
def test_no_setting_is_no_quiet_hours(spec: str) -> None:
    """Empty: posts always make a sound."""
    assert parse_quiet_hours(spec) is None
    assert not in_quiet_hours(time(3), None)


@pytest.mark.parametrize(
    "spec", ["22:00", "22-5", "24:00-05:00", "22:00-05:60", "malam", "22:00-22:00", "22:00-05:00-"]
)
def test_a_wrong_setting_says_what_is_expected(spec: str) -> None:
    """Equal times could mean all day or never: neither is guessed."""
    with pytest.raises(ValueError, match="such as 22:00-05:00"):
        parse_quiet_hours(spec)
