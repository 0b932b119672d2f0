"""What follows the outcome of a send: a table from verdict to the next step. It waits for nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.delivery import Outcome, State, Verdict

#: The longest pause between two tries of a row that was surely not sent.
MOST_RETRY = timedelta(minutes=1)
#: Between two questions whether a send arrived: Telegram or the chat is out of reach.
FIRST_QUESTION = timedelta(seconds=5)
MOST_QUESTION = timedelta(minutes=1)
#: Between two tries of a channel that refuses us: nobody mends rights within seconds, but within the hour.
FIRST_PROBE = timedelta(minutes=1)
MOST_PROBE = timedelta(hours=1)
#: A 429 without ``retry_after``, which Telegram never sends but a proxy may.
UNNAMED_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Step:
    """The next state of a delivery row and what else must happen.

    `at` (aware UTC) is when to try again (`RETRY`) or to ask (`UNCERTAIN`), None where nothing is to come.
    `pause`: the channel refuses; pause it and probe it from `at` on. `plainer`: send the next plainer
    form; where there is none the row is `FAILED(reason)`. `blocked_until`: nothing may go to
    the chat before. `moved_to`: the chat's new id. `message_id` is set with `SENT`.
    """

    state: State
    at: datetime | None = None
    reason: str = ""
    pause: bool = False
    plainer: bool = False
    blocked_until: datetime | None = None
    moved_to: int | None = None
    message_id: int | None = None


def after_send(
    outcome: Outcome, attempts: int, now: datetime, uncertain_wait: timedelta, *, jitter: float = 0.0
) -> Step:
    """What becomes of a row whose send ended so; `attempts` counts the sends made, this one included.

    A 429 is asked about before the next try, too: rarely, it follows a send that was accepted
    (product.md §4.2). `jitter` in 0..1 shortens a back-off by up to half.
    """
    reason = outcome.detail
    match outcome.verdict:
        case Verdict.DONE if outcome.message_id is not None:
            return Step(State.SENT, message_id=outcome.message_id)
        case (
            Verdict.DONE | Verdict.UNKNOWN
        ):  # done without an id: it stands somewhere, and asking tells where
            return Step(State.UNCERTAIN, now + uncertain_wait, reason)
        case Verdict.TOO_FAST:
            until = now + (outcome.retry_after or UNNAMED_WAIT)
            return Step(State.UNCERTAIN, until, reason, blocked_until=until)
        case Verdict.NOT_SENT:
            wait = max(backoff(attempts, jitter), outcome.retry_after or timedelta())
            return Step(State.RETRY, now + wait, reason)
        case Verdict.CHANNEL:
            return Step(State.RETRY, now + probe_delay(1), reason, pause=True)
        case Verdict.MOVED:
            return Step(State.RETRY, now, reason, moved_to=outcome.moved_to)
        case Verdict.CONTENT:
            return Step(State.RETRY, now, reason, plainer=True)
        case Verdict.MISSING | Verdict.REFUSED:
            return Step(State.FAILED, reason=reason)


def backoff(attempts: int, jitter: float = 0.0) -> timedelta:
    """1, 2, 4, … 60 s after the first, second, third, … try, shortened by up to half for `jitter` 1."""
    return _doubled(timedelta(seconds=1), MOST_RETRY, attempts) * (1 - jitter / 2)


def ask_again(attempts: int) -> timedelta:
    """Until the next question, after `attempts` questions without an answer: 5, 10, 20, 40, 60, 60, … s."""
    return _doubled(FIRST_QUESTION, MOST_QUESTION, attempts)


def probe_delay(attempts: int) -> timedelta:
    """Until a paused channel is tried again, after `attempts` refusals: 1, 2, 4, … 60 minutes."""
    return _doubled(FIRST_PROBE, MOST_PROBE, attempts)


def _doubled(first: timedelta, most: timedelta, attempts: int) -> timedelta:
    # Doubling is bounded before it is done: a row may be tried for weeks.
    return min(first * (1 << min(max(attempts - 1, 0), 16)), most)
