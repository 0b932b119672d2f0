"""Twenty commands a minute: told once, ignored until calm, forgotten in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.throttle import ALLOWED, Throttle, Verdict

START = datetime(2024, 11, 29, 1, 0, tzinfo=UTC)


def judge(throttle: Throttle, seconds: Iterable[float], reader: int = 1) -> list[Verdict]:
    """The verdicts on commands that `reader` sends at these seconds."""
    return [throttle.judge(reader, START + timedelta(seconds=second)) for second in seconds]


def test_twenty_are_answered_the_next_is_told_the_rest_ignored() -> None:
    """The rule itself."""
    verdicts = judge(Throttle(), [0.1 * number for number in range(30)])
    assert verdicts == [Verdict.ANSWER] * 20 + [Verdict.TELL] + [Verdict.IGNORE] * 9


def test_a_minute_of_quiet_is_calm() -> None:
    """After it the reader is answered again, and would be told again."""
    throttle = Throttle()
    judge(throttle, [0] * 25)
    assert judge(throttle, [61] * 21) == [Verdict.ANSWER] * 20 + [Verdict.TELL]


def test_twenty_a_minute_are_never_refused() -> None:
    """A steady reader at the limit goes on for ever."""
    assert set(judge(Throttle(), [3 * number for number in range(200)])) == {Verdict.ANSWER}


def test_whoever_hammers_on_is_told_once() -> None:
    """Ignored commands count too: ten minutes of hammering bring one telling."""
    verdicts = judge(Throttle(), [number * 0.5 for number in range(1200)])
    assert verdicts.count(Verdict.TELL) == 1
    assert verdicts.count(Verdict.ANSWER) == ALLOWED


def test_hovering_at_the_limit_is_told_once() -> None:
    """Now under and now over the limit is not calm yet: no telling with every other command."""
    seconds = [number * (2.9 if number // 10 % 2 else 3.05) for number in range(300)]
    verdicts = judge(Throttle(), sorted(seconds))
    assert verdicts.count(Verdict.TELL) <= 1


def test_readers_do_not_disturb_each_other() -> None:
    """One who floods takes nothing from another."""
    throttle = Throttle()
    judge(throttle, [0] * 50, reader=1)
    assert judge(throttle, [1], reader=2) == [Verdict.ANSWER]


def test_a_clock_set_back_locks_nobody_out() -> None:
    """Commands that seem to lie ahead are not held against the reader."""
    throttle = Throttle()
    judge(throttle, [3600] * 25)
    assert judge(throttle, [0]) == [Verdict.ANSWER]


def test_memory_is_bounded() -> None:
    """However many write, only so many are remembered; whoever was quiet for a minute is not."""
    throttle = Throttle(readers=100)
    for reader in range(1000):
        judge(throttle, [reader / 1000], reader)
    assert len(throttle) == 100
    judge(throttle, [120])
    assert len(throttle) == 1


@given(st.lists(st.floats(0, 30), max_size=120))
def test_no_window_holds_more_answers_than_allowed(gaps: list[float]) -> None:
    """Whatever the rhythm: at most twenty answers in any minute, and never two tellings without calm."""
    throttle, second, answered = Throttle(), 0.0, []
    for gap in gaps:
        second += gap
        if judge(throttle, [second]) == [Verdict.ANSWER]:
            answered.append(second)
    for moment in answered:
        assert sum(0 <= moment - other < 60 for other in answered) <= ALLOWED
