"""When a portal that answers is in trouble: rules that would rather say nothing than cry wolf."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.watch import (
    SLOTS_A_DAY,
    Quiet,
    ahead,
    clock_off,
    clock_words,
    is_stale,
    may_have_missed,
    quiet,
    slot_of,
    slots_of,
)

NOW = datetime(2024, 11, 29, 3, 10, tzinfo=UTC)  # a Friday, 10:10 in Jakarta
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def history(times: Iterable[datetime]) -> list[int]:
    return sorted({slot_of(when) for when in times})


def office(
    days: int = 20, *, every: timedelta = HOUR / 2, hours: tuple[int, int] = (0, 12), until: datetime = NOW
) -> list[datetime]:
    """News at every half hour between two UTC hours of each of the last days, up to `until`."""
    start = (NOW - days * DAY).replace(hour=0, minute=0)
    times = (start + n * every for n in range(int((days + 1) * DAY / every)))
    return [when for when in times if hours[0] <= when.hour < hours[1] and when <= until]


def judged(times: list[datetime], now: datetime = NOW, interval: timedelta = MINUTE / 2) -> Quiet | None:
    return quiet(times[-1], history(times), interval, now)


def test_a_portal_that_stops_in_its_busy_hours_is_noticed() -> None:
    """News came every half hour from 00:00 UTC on; since 01:00 none has come. At 01:00 the night counts too."""
    times = office(until=NOW.replace(hour=1, minute=0))
    found = judged(times)
    assert found
    assert found.silence == 2 * HOUR + 10 * MINUTE
    assert found.usual <= HOUR


@pytest.mark.parametrize("minutes", [1, 30, 45, 59])
def test_a_short_silence_is_none(minutes: int) -> None:
    """Less than an hour is nothing to wake anybody for."""
    times = office(until=NOW - minutes * MINUTE)
    assert judged(times, now=times[-1] + minutes * MINUTE) is None


def test_a_night_is_as_quiet_as_nights_are() -> None:
    """Twelve hours without news are usual at midnight UTC, and one more is no alarm."""
    times = office(until=NOW.replace(hour=12) - DAY)
    assert judged(times, now=NOW.replace(hour=0, minute=20)) is None
    assert judged(times, now=NOW.replace(hour=1, minute=0)) is None
    assert judged(times, now=NOW.replace(hour=6, minute=0)) is not None


def test_a_weekend_is_usual_after_the_first_two() -> None:
    """Nothing on Saturdays and Sundays: within 14 days there were two of each."""
    times = [when for when in office(days=25, until=NOW) if when.weekday() < 5]
    saturday = NOW + DAY
    assert judged([when for when in times if when <= NOW], now=saturday) is None


@pytest.mark.parametrize("days", [0, 1, 3, 5])
def test_without_history_nothing_is_usual(days: int) -> None:
    """A new feed is left alone for a week."""
    times = office(days=days, until=NOW - 3 * HOUR) or [NOW - 3 * HOUR]
    assert judged(times, now=NOW + DAY) is None


def test_a_feed_that_is_seldom_looked_at_has_more_time() -> None:
    """Three looks at least."""
    times = office(until=NOW - 2 * HOUR)
    assert judged(times, interval=HOUR) is None
    assert judged(times, interval=HOUR / 2) is not None


@given(
    st.lists(st.integers(min_value=0, max_value=30 * 24 * 60), min_size=1, max_size=200),
    st.integers(min_value=1, max_value=24 * 60),
)
def test_an_alarm_always_keeps_its_word(minutes: list[int], silent: int) -> None:
    """Whatever the history: at least an hour, and at least twice what it calls usual."""
    start = NOW - 30 * DAY - silent * MINUTE
    times = sorted(start + minute * MINUTE for minute in minutes)
    found = judged(times)
    if found:
        assert found.silence >= HOUR
        assert found.silence >= 2 * found.usual
        assert found.usual >= timedelta()


@given(st.lists(st.integers(0, 4_000_000_000), max_size=50))
def test_bits_of_days_are_half_hours(seconds: list[int]) -> None:
    """As the database keeps them."""
    times = [datetime.fromtimestamp(one, UTC) for one in seconds]
    days: dict[int, int] = {}
    for when in times:
        day, slot = divmod(slot_of(when), SLOTS_A_DAY)
        days[day] = days.get(day, 0) | 1 << slot
    assert list(slots_of(days)) == history(times)


def test_a_clock_is_off_when_most_new_items_come_from_the_future() -> None:
    """Three of the last five; a quarter of an hour too early by accident is none."""
    seven = 7 * HOUR
    assert clock_off([seven, seven, seven]) == seven
    assert clock_off([seven, timedelta(), seven, timedelta(), seven - MINUTE]) == seven
    assert clock_off([seven, seven]) is None
    assert clock_off([9 * MINUTE] * 5) is None
    assert clock_off([]) is None


def test_how_far_ahead_items_are() -> None:
    """Undated ones say nothing, past ones are right."""
    assert ahead([NOW + HOUR, None, NOW - DAY], NOW) == [HOUR, timedelta()]


@pytest.mark.parametrize(
    ("age", "interval", "stale"),
    [(14 * MINUTE, MINUTE, False), (16 * MINUTE, MINUTE, True), (HOUR, HOUR, False), (4 * HOUR, HOUR, True)],
)
def test_an_answer_is_stale_after_a_quarter_of_an_hour_and_three_looks(
    age: timedelta, interval: timedelta, *, stale: bool
) -> None:
    """Caches of a few minutes are the rule."""
    assert is_stale(age, interval) is stale


@pytest.mark.parametrize(
    ("items", "new", "before", "missed"),
    [
        (30, 30, True, True),
        (30, 29, True, False),
        (30, 30, False, False),
        (9, 9, True, False),
        (10, 10, True, True),
    ],
)
def test_a_full_feed_of_strangers_may_hide_more(items: int, new: int, *, before: bool, missed: bool) -> None:
    """One known headline shows that the looks overlap; a first look knows none."""
    assert may_have_missed(items, new, looked_before=before) is missed


def test_spans_are_written_for_both_languages() -> None:
    """Hours and minutes."""
    assert clock_words(3 * HOUR + 5 * MINUTE + timedelta(seconds=59)) == "3:05"
    assert clock_words(50 * HOUR) == "50:00"
