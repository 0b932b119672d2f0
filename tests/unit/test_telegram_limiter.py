"""The limiter between PTB's bot and Telegram: who waits, who passes, what a refusal stops."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import BadRequest, RetryAfter

from bot.events import SlowedDown
from bot.ports import Traffic
from bot.telegram.limiter import PACED, QUESTION, Limiter
from bot.telegram.transport import TooFast
from tests.support_telegram import NOON, FakeClock, FakePace, FakeTraffic, Heard


class Bench:
    """A limiter with fakes, and calls that end as `outcomes` say (the last for ever)."""

    def __init__(self, *outcomes: Any, delays: dict[int, timedelta] | None = None) -> None:
        self.pace, self.traffic, self.clock, self.heard = (
            FakePace(delays),
            FakeTraffic(),
            FakeClock(),
            Heard(),
        )
        self.limiter = Limiter(self.pace, self.traffic, self.clock, self.heard.events)
        self.outcomes = list(outcomes) or [True]
        self.called: list[str] = []

    async def call(self, method: str, ticket: str | None = None, **data: Any) -> Any:
        async def callback(endpoint: str) -> Any:
            self.called.append(endpoint)
            outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return await self.limiter.process_request(callback, (method,), {}, method, data, ticket)


def wait(seconds: int) -> TooFast:
    return TooFast(timedelta(seconds=seconds))


async def test_an_answer_waits_for_its_place() -> None:
    """It leaves when the pace says so, and is counted then."""
    bench = Bench(delays={5: timedelta(seconds=2)})

    assert await bench.call("sendMessage", chat_id=5) is True

    await bench.limiter.shutdown()
    assert bench.clock.slept == [2.0]
    assert bench.traffic.noted == [Traffic(5, NOON + timedelta(seconds=2))]


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("getMe", {}),
        ("answerCallbackQuery", {"callback_query_id": "1"}),
        ("setMyCommands", {"commands": []}),
        ("getChat", {"chat_id": -100}),
        ("getChatMember", {"chat_id": -100, "user_id": 1}),
        ("deleteMessage", {"chat_id": -100, "message_id": 1}),
        ("sendChatAction", {"chat_id": 5}),
        ("getChat", {"chat_id": "@kabar"}),
    ],
)
async def test_what_writes_nothing_into_a_chat_is_not_limited(method: str, data: dict[str, Any]) -> None:
    """Only messages and edits count with Telegram."""
    bench = Bench(delays={-100: timedelta(hours=1), 5: timedelta(hours=1)})

    await bench.call(method, **data)

    assert (bench.pace.asked, bench.called) == ([], [method])


async def test_a_refused_answer_is_tried_again_after_the_wait() -> None:
    """Twice more; the refusal is told, kept for a restart, and stops its own chat only."""
    bench = Bench(wait(7), wait(3), True)

    assert await bench.call("sendMessage", chat_id=5) is True

    assert bench.called == ["sendMessage"] * 3
    assert [chat for chat, _ in bench.pace.refused] == [5, 5]
    assert bench.traffic.blocked == {5: NOON + timedelta(seconds=3)}
    assert [event.retry_after.seconds for event in bench.heard if isinstance(event, SlowedDown)] == [7, 3]


async def test_the_third_refusal_of_an_answer_is_final() -> None:
    """Nobody hammers on a chat that does not want to hear."""
    bench = Bench(wait(1))

    with pytest.raises(RetryAfter):
        await bench.call("sendMessage", chat_id=5)

    assert len(bench.called) == 3


async def test_an_answer_that_would_come_hours_later_is_given_up() -> None:
    """Whether the pace or Telegram says so."""
    far = Bench(delays={5: timedelta(hours=1)})
    with pytest.raises(RetryAfter):
        await far.call("sendMessage", chat_id=5)
    refused = Bench(wait(3600))
    with pytest.raises(RetryAfter):
        await refused.call("sendMessage", chat_id=5)

    assert (len(far.called), len(refused.called)) == (0, 1)


async def test_a_question_is_not_counted_and_asked_once() -> None:
    """A 429 to it is heeded all the same."""
    bench = Bench(wait(9))

    with pytest.raises(RetryAfter):
        await bench.call("editMessageReplyMarkup", QUESTION, chat_id=-100)

    assert (bench.pace.asked, len(bench.called)) == ([], 1)
    assert bench.pace.refused == [(-100, NOON + timedelta(seconds=9))]


async def test_what_nobody_waits_for_has_little_patience() -> None:
    """A forward to the desk is paced, and left out where its place is far away."""
    bench = Bench(delays={-1: timedelta(seconds=2), -2: timedelta(seconds=61)})

    await bench.call("forwardMessage", PACED, chat_id=-1)
    with pytest.raises(RetryAfter):
        await bench.call("forwardMessage", PACED, chat_id=-2)

    assert len(bench.called) == 1
    await bench.limiter.shutdown()


async def test_a_place_in_which_nothing_was_written_is_used_again() -> None:
    """Forwards of what is not there are no messages to the desk."""
    missing = BadRequest("Bad Request: message to forward not found")
    bench = Bench(missing, missing, True)

    for _ in range(2):
        with pytest.raises(BadRequest):
            await bench.call("forwardMessage", PACED, chat_id=-1)
    for _ in range(2):
        await bench.call("forwardMessage", PACED, chat_id=-1)
    await bench.limiter.shutdown()

    assert (len(bench.called), len(bench.pace.asked)) == (4, 2)


async def test_one_chat_never_waits_for_another() -> None:
    """An answer that waits long does not keep a later one to another chat."""
    bench = Bench()
    gate = asyncio.Event()
    plain_sleep = bench.clock.sleep

    async def sleep(seconds: float) -> None:
        await (gate.wait() if seconds > 60 else plain_sleep(seconds))

    bench.clock.sleep = sleep  # type: ignore[method-assign] # this clock is the test's own
    bench.pace.delays[1] = timedelta(seconds=100)
    slow = asyncio.ensure_future(bench.call("sendMessage", chat_id=1))

    async with asyncio.timeout(2):
        await bench.call("sendMessage", chat_id=2)

    assert not slow.done()
    gate.set()
    await slow
    await bench.limiter.shutdown()


async def test_answers_that_leave_together_share_a_commit_and_wait_for_none() -> None:
    """The database's slowness is not the reader's."""
    bench = Bench()
    batches: list[int] = []
    note = bench.traffic.note_traffic

    async def counting(traffic: Any) -> None:
        batches.append(len(traffic))
        await note(traffic)

    bench.traffic.note_traffic = counting  # type: ignore[method-assign] # this fake is the test's own
    await asyncio.gather(*(bench.call("sendMessage", chat_id=chat) for chat in range(1, 21)))
    await bench.limiter.shutdown()

    assert sum(batches) == 20
    assert len(batches) < 5


async def test_a_database_that_says_no_stops_no_answer() -> None:
    """Only a restart would miss what could not be stored."""
    bench = Bench(wait(1), True)
    bench.traffic.broken = True

    assert await bench.call("sendMessage", chat_id=5) is True
    await bench.limiter.shutdown()
