"""What is popular by what readers did: the formula, and the order that it makes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ranking import Deeds, ranked, score

DAY = timedelta(days=1)
SECONDS = DAY.total_seconds()


def done(headline: int, *ages: float) -> Deeds:
    """One deed at each of these ages (parts of the window)."""
    return Deeds(headline, len(ages), sum(ages) * SECONDS)


@pytest.mark.parametrize(("age", "weight"), [(0, 1.0), (0.5, 0.625), (1, 0.25)])
def test_a_deed_fades_to_a_quarter(age: float, weight: float) -> None:
    """In a straight line over the window."""
    assert score(done(1, age), DAY) == pytest.approx(weight)


def test_reactions_are_summed() -> None:
    """More of them win, of the same age."""
    assert ranked([done(1, 0.1, 0.1), done(2, 0.1, 0.1, 0.1)], DAY, 7) == [2, 1]


def test_the_newer_deeds_win() -> None:
    """Three of this morning weigh more than four of yesterday morning."""
    assert ranked([done(1, 0.9, 0.9, 0.9, 0.9), done(2, 0.1, 0.1, 0.1)], DAY, 7) == [2, 1]


def test_equal_ones_are_newest_first_and_the_list_is_bounded() -> None:
    """A higher id is a newer headline."""
    assert ranked([done(number, 0.2) for number in range(20)], DAY, 3) == [19, 18, 17]


def test_what_was_taken_back_counts_for_nothing() -> None:
    """A reaction that came before the window and was taken back within it leaves nothing to rank."""
    assert ranked([Deeds(1, 0, 0.0), Deeds(2, -3, -40.0)], DAY, 7) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_whoever_did_something_counts(ages: list[float]) -> None:
    """Deeds within the window never weigh less than a quarter each."""
    points = score(done(1, *ages), DAY)
    assert len(ages) / 4 - 1e-6 <= points <= len(ages) + 1e-6
