"""What becomes of one claim: every verdict, saved once, through a full disk and through cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.delivery import Claim, FrozenRequest, Outcome, Verdict
from bot.errors import StoreError
from bot.events import (
    Answered,
    BecameUncertain,
    ChannelMoved,
    ChannelPaused,
    Delivered,
    DeliveryFailed,
    MadePlainer,
    Resending,
    SlowedDown,
    StoreRecovered,
    StoreTrouble,
)
from bot.workers import rendering
from bot.workers.rendering import Fault, PostPress, attempt, bare
from bot.workers.saving import Saver, SentSaver, through_cancellation
from bot.workers.sending import Sending
from tests.fakes import (
    CHANNEL,
    CONTENT,
    DONE,
    NOT_SENT,
    REFUSED,
    UNKNOWN,
    FakeClock,
    FakeRenderer,
    Heard,
    Newsroom,
)
from tests.support_store import NOW, channel, words

SATU = -1001
WAIT = timedelta(seconds=60)


@dataclass
class Bench:
    """One claimed row of @satu, the `Sending` that is to send it, and what it said is free."""

    room: Newsroom
    sending: Sending
    claim: Claim
    freed: list[tuple[int, datetime | None]] = field(default_factory=list)

    async def send(self, *answers: object) -> None:
        self.room.network.script("send", SATU, *answers)
        sending = asyncio.ensure_future(self.sending.send(self.claim))
        await self.room.clock.advance(0.5)
        await sending

    async def again(self) -> Claim:
        (self.claim,) = await self.room.claim(self.room.clock.now())
        return self.claim


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Newsroom() as room:
        await room.furnish(channel("@satu"))
        await room.news(1)
        sending = Sending(
            room.network,
            room.stores.outbox,
            channels=room.stores.channels,
            traffic=room.stores.traffic,
            renderer=room.renderer,
            pace=room.pace,
            uncertain_wait=WAIT,
            **room.told,
        )
        (claim,) = await room.claim()
        made = Bench(room, sending, claim)
        sending.when_freed(lambda chat, at: made.freed.append((chat, at)))
        yield made


async def test_what_arrived_is_sent(bench: Bench) -> None:
    """With its id, its delay, and its chat free again."""
    bench.room.clock.time = NOW + timedelta(seconds=1)

    await bench.send()

    row = await bench.room.row(1)
    assert (row["state"], row["message_id"]) == ("SENT", 101)
    (told,) = bench.room.heard.of(Delivered)
    assert (told.channel, told.message_id, told.delay) == ("@satu", 101, timedelta(hours=1))
    assert bench.freed == [(SATU, None)]


async def test_a_post_from_the_future_has_no_delay(bench: Bench) -> None:
    """A clock that went back makes no negative delay."""
    bench.room.clock.time = NOW - timedelta(days=2)
    await bench.send()
    assert bench.room.heard.of(Delivered)[0].delay == timedelta()


@pytest.mark.parametrize("outcome", [UNKNOWN, DONE], ids=["no answer", "done without an id"])
async def test_an_unknown_outcome_is_asked_about_after_the_wait(bench: Bench, outcome: Outcome) -> None:
    """The channel waits `UNCERTAIN_WAIT`; nothing is free."""
    bench.room.network.send = answering(outcome)  # type: ignore[method-assign]
    await bench.send()

    row = await bench.room.row(1)
    assert (row["state"], row["next_at"]) == ("UNCERTAIN", (NOW + WAIT).timestamp() * 1_000_000)
    assert len(bench.room.heard.of(BecameUncertain)) == 1
    assert bench.freed == []


def answering(outcome: Outcome):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a verb of the network
    async def send(_target: object, _request: object) -> Outcome:
        await asyncio.sleep(0)
        return outcome

    return send


async def test_a_429_is_asked_about_when_its_wait_is_over(bench: Bench) -> None:
    """Its chat rests, through a restart too, and the question comes before the next try."""
    await bench.send(Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=33)))

    until = NOW + timedelta(seconds=33)
    row = await bench.room.row(1)
    assert (row["state"], row["next_at"]) == ("UNCERTAIN", until.timestamp() * 1_000_000)
    assert await bench.room.stores.traffic.blocks(NOW) == {SATU: until}
    assert bench.room.pace.wait([SATU], NOW) == timedelta(seconds=33)
    assert [event.retry_after for event in bench.room.heard.of(SlowedDown)] == [timedelta(seconds=33)]


async def test_what_was_surely_not_sent_is_tried_again(bench: Bench) -> None:
    """After a second, and whoever waits for the chat knows when."""
    await bench.send(NOT_SENT)

    assert (await bench.room.row(1))["state"] == "RETRY"
    assert bench.freed == [(SATU, NOW + timedelta(seconds=1))]


async def test_a_refused_form_goes_out_plainer_and_then_fails_alone(bench: Bench) -> None:
    """Rich, plain, FAILED: one step each, nothing behind it waits."""
    bench.claim = Claim(
        bench.claim.id,
        bench.claim.target,
        1,
        FrozenRequest("sendMessage", {"text": "K", "rich": True}),
        1,
        NOW,
    )
    await bench.send(CONTENT)
    assert len(bench.room.heard.of(MadePlainer)) == 1
    assert (await bench.again()).request == FrozenRequest("sendMessage", {"text": "plain K"}, 1)

    await bench.send(CONTENT)

    assert await bench.room.fate(1) == ("FAILED", "content")
    assert [event.detail for event in bench.room.heard.of(DeliveryFailed)] == ["content"]
    assert bench.freed == [(SATU, None)] * 2


async def test_a_form_that_cannot_be_made_plainer_fails(bench: Bench) -> None:
    """A renderer that dies over it must not make the row go round for ever."""
    bench.room.renderer.broken.add("nomor 1")
    await bench.send(CONTENT)
    assert await bench.room.fate(1) == ("FAILED", "content")


async def test_refused_for_good_is_failed(bench: Bench) -> None:
    """With what Telegram said."""
    await bench.send(REFUSED)
    assert await bench.room.fate(1) == ("FAILED", "refused")


async def test_a_channel_that_refuses_is_paused_and_told_once(bench: Bench) -> None:
    """The row keeps its place. A channel that lets us in and refuses again is tried ever less often."""
    probes = []
    for _ in range(3):
        await bench.send(CHANNEL)
        row = await bench.room.channel_row(bench.room.channels[0])
        probes.append(round((row["probe_at"] / 1_000_000 - bench.room.clock.now().timestamp()) / 60))
        await bench.room.stores.channels.resume_chat(SATU, bench.room.clock.now())
        await bench.again()

    assert probes == [1, 2, 4]
    await bench.send()
    await bench.room.news(2)
    await bench.again()
    await bench.send(CHANNEL, CHANNEL)
    row = await bench.room.channel_row(bench.room.channels[0])
    assert round((row["probe_at"] / 1_000_000 - bench.room.clock.now().timestamp()) / 60) == 1
    assert len(bench.room.heard.of(ChannelPaused)) == 4


async def test_a_channel_paused_already_is_not_told_again(bench: Bench) -> None:
    """Its trouble was told when it began."""
    await bench.room.stores.channels.pause(bench.claim.target.channel_id, "x", NOW, NOW - WAIT)
    await bench.send(CHANNEL)
    assert bench.room.heard.of(ChannelPaused) == []


async def test_a_group_that_moved_is_followed(bench: Bench) -> None:
    """The row is due in the new chat at once."""
    await bench.send(Outcome(Verdict.MOVED, moved_to=-2001))

    assert bench.freed == [(-2001, None)]
    assert len(bench.room.heard.of(ChannelMoved)) == 1
    assert (await bench.again()).target.chat_id == -2001


async def test_a_resend_is_told_to_the_operator(bench: Bench) -> None:
    """Only a post that was shown to be absent."""
    await bench.send(NOT_SENT)
    assert bench.room.heard.of(Resending) == []
    await bench.room.sql("UPDATE deliveries SET resend = 1, next_at = 0")
    await bench.again()
    await bench.send()
    assert len(bench.room.heard.of(Resending)) == 1


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (None, "SENT"),
        (UNKNOWN, "UNCERTAIN"),
        (NOT_SENT, "RETRY"),
        (CONTENT, "FAILED"),
        (CHANNEL, "PENDING"),
        (Outcome(Verdict.TOO_FAST, retry_after=WAIT), "UNCERTAIN"),
        (Outcome(Verdict.MOVED, moved_to=-2001), "PENDING"),
    ],
    ids=lambda value: str(getattr(value, "verdict", value)),
)
async def test_an_outcome_survives_a_full_disk_and_is_saved_once(
    bench: Bench, outcome: Outcome | None, state: str
) -> None:
    """Tried every second; one trouble, one recovery, and every event once."""
    room = bench.room
    room.network.script("send", SATU, outcome)
    room.database.full = True
    sending = asyncio.ensure_future(bench.sending.send(bench.claim))
    await room.clock.advance(10)
    assert not sending.done()
    room.database.full = False
    await room.clock.advance(1.5)

    assert sending.done()
    assert (await room.row(1))["state"] == state
    assert (len(room.heard.of(StoreTrouble)), len(room.heard.of(StoreRecovered))) == (1, 1)
    kinds = [type(event) for event in room.heard]
    assert len(kinds) == len(set(kinds))


async def test_an_outcome_survives_cancellation(bench: Bench) -> None:
    """What the network said is saved, then the task is cancelled."""
    room = bench.room
    room.database.full = True
    sending = asyncio.ensure_future(bench.sending.send(bench.claim))
    await room.clock.advance(0.5)
    assert room.heard.of(Answered)
    sending.cancel()
    await room.clock.advance(3)
    room.database.full = False
    await room.clock.advance(1)

    assert sending.cancelled()
    assert (await room.row(1))["state"] == "SENT"


async def test_a_channel_is_paused_before_its_row_is_free(bench: Bench) -> None:
    """The disk is full between the two: the row is not claimed again behind the back of its first outcome."""
    room = bench.room
    pause = room.stores.channels.pause
    seen = []

    async def slowly(*given: object) -> bool:
        seen.append((await room.row(1))["state"])
        if len(seen) < 3:
            raise StoreError("full")
        return await pause(*given)  # type: ignore[arg-type]

    room.stores.channels.pause = slowly  # type: ignore[method-assign,assignment]
    room.network.script("send", SATU, CHANNEL)
    sending = asyncio.ensure_future(bench.sending.send(bench.claim))
    await room.clock.advance(5)
    await sending

    assert seen == ["SENDING"] * 3
    assert (await room.row(1))["state"] == "PENDING"


async def test_arrivals_that_are_ready_together_share_a_commit() -> None:
    """Three at once; those that come within 50 ms share the next commit, so a crowd waits no longer than that."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(10)))
        await room.news(1)
        claims = await room.claim()
        saver = SentSaver(room.stores.outbox, Saver(room.clock, room.heard.events), room.clock)
        before = room.database.writes

        saving = [asyncio.ensure_future(saver.save(claim, 200)) for claim in claims[:3]]
        await room.clock.advance()
        saving += [asyncio.ensure_future(saver.save(claim, 200)) for claim in claims[3:6]]
        await room.clock.advance(0.025)
        saving += [asyncio.ensure_future(saver.save(claim, 200)) for claim in claims[6:]]
        await room.clock.advance(0.025)

        assert all(one.done() for one in saving)
        assert room.database.writes - before == 2
        for channel_id in room.channels:
            assert await room.states(channel_id) == ["SENT"]


class BrokenOutbox:
    """An outbox with a bug in `sent`, once."""

    def __init__(self) -> None:
        self.saved = 0

    async def sent(self, _claims: object, _now: object) -> None:
        await asyncio.sleep(0)
        if not self.saved:
            self.saved += 1
            raise ValueError("bug")


async def test_a_bug_in_saving_hangs_nobody() -> None:
    """Everybody who waited for that commit hears of it, and the next commit is tried."""
    clock = FakeClock()
    saver = SentSaver(BrokenOutbox(), Saver(clock, Heard().events), clock)  # type: ignore[arg-type]
    claim = Claim(1, None, 1, None, 1, NOW)  # type: ignore[arg-type]

    ended = await asyncio.gather(saver.save(claim, 1), saver.save(claim, 2), return_exceptions=True)
    assert [type(one) for one in ended] == [ValueError, ValueError]
    again = asyncio.ensure_future(saver.save(claim, 3))
    await clock.advance(1)
    await again


async def test_what_goes_wrong_while_being_cancelled_is_told() -> None:
    """A failure in what is finished is not lost behind the cancellation."""
    clock = FakeClock()

    async def fail() -> None:
        await clock.sleep(1)
        raise ValueError("bug")

    task = asyncio.ensure_future(through_cancellation(fail()))
    await clock.settle()
    task.cancel()
    await clock.advance(1)
    with pytest.raises(ValueError, match="bug"):
        await task


async def test_the_press_makes_one_for_all_and_remembers_a_few() -> None:
    """The same words in the same look once; a frozen request as it is; a bounded memory."""
    async with Newsroom() as room:
        await room.furnish(channel("@satu"), channel("@dua"), channel("@tiga", silent=True))
        await room.news(*range(1, 3))
        heads = await room.stores.outbox.heads(NOW, 10)
        renderer = FakeRenderer()
        press = PostPress(renderer)
        made = [press.post(head) for head in heads]
        assert (len(made), renderer.made) == (3, 2)

        for number in range(rendering._MOST + 10):
            press.post(replace(heads[0], words=words(number)))
        assert len(press._made) == rendering._MOST
        frozen = FrozenRequest("sendMessage", {"text": "frozen"})
        assert press.post(replace(heads[0], frozen=frozen)) is frozen


async def test_the_press_makes_a_post_that_costs_once_too() -> None:
    """Beside the free one; what was frozen costs what its place costs now."""
    async with Newsroom() as room:
        await room.furnish(channel("@satu"), channel("@dua"))
        await room.news(1)
        heads = await room.stores.outbox.heads(NOW, 10)
        press = PostPress(FakeRenderer())

        free, paid = press.post(heads[0]), press.post(heads[0], paid=True)

        assert isinstance(free, FrozenRequest)
        assert paid == replace(free, paid=True)
        assert press.post(heads[1], paid=True) is paid
        assert press.post(replace(heads[0], frozen=free), paid=True) == paid
        assert press.post(replace(heads[0], frozen=paid)) == free


def test_a_fault_says_what_it_was() -> None:
    """In a line, for `explain` and the desk."""
    assert attempt(lambda: 1 + 1) == 2
    fault = attempt(lambda: int("x"))
    assert fault == Fault("it cannot be rendered: ValueError: invalid literal for int() with base 10: 'x'")


async def test_what_is_given_up_is_claimed_as_its_bare_words() -> None:
    """Should the process die before it is FAILED, what is asked about and sent again is the headline itself."""
    async with Newsroom() as room:
        await room.furnish()
        await room.news(1)
        (head,) = await room.stores.outbox.heads(NOW, 1)
        assert bare(head).body == {"text": f"Kabar nomor 1\n{head.words.link}"}
