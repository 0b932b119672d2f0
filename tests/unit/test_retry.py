"""Retry: what follows each outcome of a send, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import Outcome, State, Verdict
from bot.domain.retry import UNNAMED_WAIT, Step, after_send, ask_again, backoff, probe_delay

NOW = datetime(2023, 9, 20, tzinfo=UTC)
WAIT = timedelta(seconds=60)
FIVE = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("outcome", "step"),
    [
        (Outcome(Verdict.DONE, message_id=7), Step(State.SENT, message_id=7)),
        (Outcome(Verdict.DONE, detail="no id"), Step(State.UNCERTAIN, NOW + WAIT, "no id")),
        (Outcome(Verdict.UNKNOWN, detail="cut"), Step(State.UNCERTAIN, NOW + WAIT, "cut")),
        (
            Outcome(Verdict.TOO_FAST, retry_after=FIVE, detail="429"),
            Step(State.UNCERTAIN, NOW + FIVE, "429", blocked_until=NOW + FIVE),
        ),
        (
            Outcome(Verdict.TOO_FAST),
            Step(State.UNCERTAIN, NOW + UNNAMED_WAIT, blocked_until=NOW + UNNAMED_WAIT),
        ),
        (
            Outcome(Verdict.NOT_SENT, detail="refused"),
            Step(State.RETRY, NOW + timedelta(seconds=1), "refused"),
        ),
        (Outcome(Verdict.NOT_SENT, retry_after=FIVE), Step(State.RETRY, NOW + FIVE)),
        (
            Outcome(Verdict.CHANNEL, detail="kicked"),
            Step(State.RETRY, NOW + timedelta(minutes=1), "kicked", pause=True),
        ),
        (Outcome(Verdict.MOVED, moved_to=-1009), Step(State.RETRY, NOW, moved_to=-1009)),
        (Outcome(Verdict.CONTENT, detail="entities"), Step(State.RETRY, NOW, "entities", plainer=True)),
        (Outcome(Verdict.MISSING, detail="gone"), Step(State.FAILED, reason="gone")),
        (Outcome(Verdict.REFUSED, detail="no"), Step(State.FAILED, reason="no")),
    ],
)
def test_each_outcome_has_its_step(outcome: Outcome, step: Step) -> None:
    """First attempt, no jitter: the whole table."""
    assert after_send(outcome, 1, NOW, WAIT) == step


@pytest.mark.parametrize("verdict", list(Verdict))
def test_no_verdict_is_forgotten(verdict: Verdict) -> None:
    """A verdict that is added later must get a step, too."""
    assert isinstance(after_send(Outcome(verdict), 3, NOW, WAIT), Step)


def test_nothing_that_may_stand_there_is_sent_again_unasked() -> None:
    """Unknown outcomes and a 429 are asked about first; only what surely was not sent is tried again."""
    states = {verdict: after_send(Outcome(verdict), 1, NOW, WAIT).state for verdict in Verdict}
    assert {verdict for verdict, state in states.items() if state is State.UNCERTAIN} == {
        Verdict.DONE,  # without an id
        Verdict.UNKNOWN,
        Verdict.TOO_FAST,
    }


def test_the_back_off_doubles_up_to_a_minute() -> None:
    """1, 2, 4, … 60 s, however long it goes on."""
    seconds = [backoff(attempts).total_seconds() for attempts in (0, 1, 2, 3, 4, 5, 6, 7, 8, 100_000)]
    assert seconds == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_questions_and_probes_back_off_too() -> None:
    """5 … 60 s between questions, 1 … 60 minutes between probes."""
    assert [ask_again(n).total_seconds() for n in range(1, 7)] == [5, 10, 20, 40, 60, 60]
    assert [probe_delay(n) / timedelta(minutes=1) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_jitter_only_shortens_and_by_half_at_most(attempts: int, jitter: float) -> None:
    """The limits hold with jitter, too."""
    plain = backoff(attempts)
    assert plain / 2 - timedelta(microseconds=1) <= backoff(attempts, jitter) <= plain
    step = after_send(Outcome(Verdict.NOT_SENT), attempts, NOW, WAIT, jitter=jitter)
    assert step.at == NOW + backoff(attempts, jitter)
