"""The deliverer with the real store and the real limits: what is claimed, when it leaves, what holds up whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.domain.delivery import Outcome, State, Verdict
from bot.domain.pacing import Pacing
from bot.domain.polling import NewDelivery
from bot.domain.stars import Purse
from bot.events import BecameUncertain, Claimed, Delivered, DeliveryFailed, StoreRecovered, StoreTrouble
from bot.workers.deliverer import HORIZON, Deliverer
from bot.workers.heads import MOST
from bot.workers.sending import Sending
from tests.fakes import CHANNEL, NOT_SENT, UNKNOWN, Newsroom
from tests.support_store import DAY, HOUR, MINUTE, NOW, channel, due, headline

SATU, DUA, TIGA = -1001, -1002, -1003
WAIT = timedelta(seconds=60)


@pytest.fixture
async def room() -> AsyncIterator[Newsroom]:
    """A newsroom with the channels @satu, @dua and @tiga."""
    async with Newsroom() as made:
        await made.furnish(channel("@satu"), channel("@dua"), channel("@tiga"))
        yield made


def build(room: Newsroom, page: int = MOST) -> Deliverer:
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
    return Deliverer(
        room.stores.outbox,
        renderer=room.renderer,
        pace=room.pace,
        sending=sending,
        max_age=DAY,
        uncertain_wait=WAIT,
        **room.told,
        page=page,
    )


def titles(*numbers: int) -> list[str]:
    return [f"Kabar nomor {number}" for number in numbers]


async def test_every_channel_gets_everything_once_and_in_order(room: Newsroom) -> None:
    """Three channels, five headlines each."""
    await room.news(1, 2, 3, 4, 5)

    await room.run(build(room), seconds=10)

    for chat in (SATU, DUA, TIGA):
        assert room.network.texts(chat) == titles(1, 2, 3, 4, 5)
    assert set(await room.states()) == {"SENT"}
    assert len(room.heard.of(Delivered)) == 15


async def test_what_leaves_was_claimed_within_the_horizon(room: Newsroom) -> None:
    """No queue of claimed rows: of fifteen posts no more are under way than leave within 60 ms."""
    await room.news(1, 2, 3, 4, 5)

    await room.run(build(room), seconds=10)

    claimed = {row: event.at for event in room.heard.of(Claimed) for row in event.delivery_ids}
    assert len(claimed) == 15
    assert max(len(event.delivery_ids) for event in room.heard.of(Claimed)) <= 3
    left = {call.at for call in room.network.of("send")}
    assert max(left) - min(claimed.values()) < timedelta(seconds=10)
    for at in left:
        assert any(timedelta() <= at - when <= HORIZON for when in claimed.values())


async def test_a_channel_that_hangs_holds_up_nobody(room: Newsroom) -> None:
    """The network does not answer for one channel: the others have all their posts meanwhile."""
    await room.news(1, 2, 3)
    room.network.hold(SATU)

    await room.run(build(room), seconds=10)

    assert room.network.texts(SATU) == titles(1)
    assert room.network.texts(DUA) == room.network.texts(TIGA) == titles(1, 2, 3)
    room.network.let_go(SATU)
    await room.clock.advance(5)
    assert room.network.texts(SATU) == titles(1, 2, 3)


async def test_two_topics_of_one_group_take_turns() -> None:
    """At most one send to a chat is unsettled at any time, whatever topic it is for."""
    async with Newsroom() as room:
        await room.settle([channel("-1001", topic=1), channel("-1001", topic=2)], [])
        await room.furnish(channel("-1001", topic=1), channel("-1001", topic=2))
        await room.news(1, 2)
        room.network.hold(SATU)

        await room.run(build(room), seconds=10)

        assert len(room.network.of("send")) == 1
        room.network.let_go(SATU)
        await room.clock.advance(10)
        assert sorted(room.network.texts(SATU)) == titles(1, 1, 2, 2)


async def test_the_overall_rate_is_kept_and_used() -> None:
    """600 posts to 60 channels within 3 % of 600/30 s, evenly spaced: channels take turns."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(60)))
        await room.news(*range(1, 11))
        room.network.rule("send", 0, None)

        await room.run(build(room), seconds=21)

        times = sorted(call.at for call in room.network.of("send"))
        assert len(times) == 600
        assert times[-1] - times[0] <= timedelta(seconds=600 / 30 * 1.03)
        assert min(b - a for a, b in pairwise(times)) >= timedelta(seconds=0.033)


async def test_a_row_that_waited_is_held_against_the_age_again(room: Newsroom) -> None:
    """After a pause of hours what is too old by now is SKIPPED(too_old), one after the other; the rest goes out."""
    await room.record(
        *(headline(n, *due(room.channels[0]), published=NOW - 23 * HOUR) for n in (1, 2, 3)),
        headline(4, *due(room.channels[0])),
    )
    room.clock.time += 2 * HOUR

    await room.run(build(room), seconds=2)

    assert room.network.texts(SATU) == titles(4)
    assert list((await room.fates()).values()) == ["too_old", "too_old", "too_old", "SENT"]


async def test_a_short_wait_is_no_reason_to_test_the_age_again(room: Newsroom) -> None:
    """A headline that was young enough when it was recorded goes out, if it did not wait an hour."""
    await room.record(headline(1, *due(room.channels[0]), published=NOW - 24 * HOUR + MINUTE))
    room.clock.time += 50 * MINUTE

    await room.run(build(room), seconds=2)

    assert room.network.texts(SATU) == titles(1)


async def test_an_editors_release_ignores_age(room: Newsroom) -> None:
    """What a person released goes out, however old it is by then."""
    (first,) = (
        await room.record(
            headline(1, NewDelivery(room.channels[0], State.PENDING), published=NOW - 23 * HOUR)
        )
    ).headline_ids
    await room.sql("UPDATE deliveries SET ignores_age = 1 WHERE headline_id = ?", first)
    room.clock.time += 5 * HOUR

    await room.run(build(room), seconds=2)

    assert room.network.texts(SATU) == titles(1)


async def test_a_post_shown_to_be_absent_does_not_go_out_as_old_news(room: Newsroom) -> None:
    """A row that was UNCERTAIN until the bot was let back in a day later is too old like any other."""
    (first,) = await room.news(1, to=room.channels[:1])
    await room.sql(
        "UPDATE deliveries SET state = 'RETRY', resend = 1, keep_request = 1, attempts = 1, next_at = 0, request = ? "
        "WHERE headline_id = ?",
        '{"method":"sendMessage","body":{"text":"frozen"},"level":0}',
        first,
    )
    room.clock.time += 2 * DAY

    await room.run(build(room), seconds=2)

    assert room.network.of("send") == []
    assert await room.fate(first) == ("SKIPPED", "too_old")


async def test_what_was_frozen_goes_out_as_it_was(room: Newsroom) -> None:
    """A resend repeats the stored request, whatever the headline says by now."""
    (first,) = await room.news(1, to=room.channels[:1])
    await room.sql(
        "UPDATE deliveries SET state = 'RETRY', resend = 1, keep_request = 1, next_at = 0, request = ? "
        "WHERE headline_id = ?",
        '{"method":"sendMessage","body":{"text":"frozen"},"level":0}',
        first,
    )

    await room.run(build(room), seconds=2)

    assert room.network.texts(SATU) == ["frozen"]
    assert room.renderer.made == 0


async def test_what_the_last_process_was_sending_is_asked_about(room: Newsroom) -> None:
    """A row in SENDING at start is UNCERTAIN, its channel waits, the others go on."""
    await room.news(1, to=room.channels[:1])
    await room.claim()
    await room.news(2)

    await room.run(build(room), seconds=5)

    assert await room.states() == ["UNCERTAIN", "PENDING"]
    row = await room.row(1)
    assert row["next_at"] == (NOW + WAIT).timestamp() * 1_000_000
    assert room.network.texts(SATU) == []
    assert room.network.texts(DUA) == titles(2)


async def test_a_send_whose_task_dies_is_asked_about(room: Newsroom) -> None:
    """Something nobody foresaw while sending: within seconds the row is UNCERTAIN, and nothing else stops."""
    await room.news(1, 2)
    room.network.script("send", SATU, ValueError("nobody foresaw"))

    await room.run(build(room), seconds=15)

    assert await room.states() == ["UNCERTAIN", "PENDING"]
    assert room.network.texts(DUA) == titles(1, 2)


async def test_a_claim_that_lost_its_race_wastes_nothing(room: Newsroom) -> None:
    """A headline corrected between reading and claiming comes again at once, in its newest words."""
    first, second = await room.news(1, 2, to=room.channels[:1])
    heads = room.stores.outbox.heads
    once: list[object] = []

    async def meanwhile(*given: object, **named: object) -> object:
        read = await heads(*given, **named)  # type: ignore[arg-type]
        if read and not once:
            once.append(read)
            await room.correct(first, "Kabar nomor satu, diralat")
        return read

    room.stores.outbox.heads = meanwhile  # type: ignore[method-assign,assignment]

    await room.run(build(room), seconds=1.9)

    assert room.network.texts(SATU) == ["Kabar nomor satu, diralat", "Kabar nomor 2"]
    assert second
    first_at, second_at = (call.at for call in room.network.of("send"))
    assert first_at - NOW < timedelta(seconds=0.5)
    assert second_at - first_at < timedelta(seconds=1.1)


async def test_a_row_that_cannot_be_rendered_fails_alone(room: Newsroom) -> None:
    """It is FAILED with the reason, the desk hears of it, and what stands behind it goes out at once."""
    room.renderer.broken.add("nomor 1")
    await room.news(1, 2)

    await room.run(build(room), seconds=5)

    assert await room.states() == ["FAILED", "SENT"]
    assert await room.fate(1) == ("FAILED", "it cannot be rendered: RecursionError: too deep")
    assert len(room.heard.of(DeliveryFailed)) == 3
    assert room.network.texts(SATU) == room.network.texts(DUA) == titles(2)
    assert room.network.of("send")[0].at - NOW < timedelta(seconds=1)


async def test_channels_that_look_the_same_are_rendered_for_once(room: Newsroom) -> None:
    """The renderer is pure, so one headline for three channels of one look is made once."""
    await room.news(1)

    await room.run(build(room), seconds=2)

    assert len(room.network.of("send")) == 3
    assert room.renderer.made == 1


async def test_nothing_is_claimed_while_stopping(room: Newsroom) -> None:
    """What is under way is finished and recorded, the rest stays in its queue."""
    await room.news(1, 2, 3)
    room.network.hold(SATU)
    await room.run(build(room), seconds=0.5)
    sent = len(room.network.of("send"))

    for worker, _ in room._running:
        worker.loop.stop()
    await room.clock.advance(1)
    room.network.let_go(SATU)
    took = await room.stop()

    assert took < 3.5
    assert len(room.network.of("send")) == sent == 3
    assert await room.states() == ["SENT", "PENDING", "PENDING"]


async def test_an_end_in_the_middle_of_a_round_claims_nothing(room: Newsroom) -> None:
    """The bot is told to stop while the heads are being read."""
    await room.news(1)
    worker = build(room)
    heads = room.stores.outbox.heads

    async def meanwhile(*given: object, **named: object) -> object:
        worker.loop.stop()
        return await heads(*given, **named)  # type: ignore[arg-type]

    room.stores.outbox.heads = meanwhile  # type: ignore[method-assign,assignment]

    await room.run(worker, seconds=1)

    assert await room.stop() < 1
    assert await room.states() == ["PENDING"]


async def test_a_send_that_does_not_end_is_given_up_within_five_seconds(room: Newsroom) -> None:
    """Its row stays in SENDING: the next process will ask."""
    await room.news(1)
    room.network.hold(SATU)
    await room.run(build(room), seconds=0.5)

    assert 3.5 <= await room.stop() < 5

    assert await room.states() == ["SENDING"]


async def test_an_outcome_that_is_being_saved_survives_the_end(room: Newsroom) -> None:
    """Cancelled while the disk was full for a moment: the outcome is in the database all the same."""
    await room.news(1, to=room.channels[:1])
    worker = build(room)
    room.network.hold(SATU)
    await room.run(worker, seconds=0.5)
    room.database.full = True
    room.network.let_go(SATU)
    worker.loop.stop()
    await room.clock.advance(3.4)
    room.database.full = False

    await room.stop()

    assert await room.states() == ["SENT"]


async def test_a_full_disk_claims_nothing_and_costs_nobody_a_place(room: Newsroom) -> None:
    """One word of trouble a minute, and when there is room again every channel is served at once."""
    await room.news(1)
    worker = build(room)
    room.database.full = True

    await room.run(worker, seconds=90)
    assert room.network.of("send") == []
    room.database.full = False
    full_until = room.clock.now()
    await room.clock.advance(1.5)

    assert len(room.network.of("send")) == 3
    assert max(call.at for call in room.network.of("send")) - full_until < timedelta(seconds=1.5)
    assert (len(room.heard.of(StoreTrouble)), len(room.heard.of(StoreRecovered))) == (2, 1)


async def test_a_blocked_chat_costs_no_rounds(room: Newsroom) -> None:
    """A chat that rests for an hour, and an idle bot: next to nothing is asked of the database."""
    await room.news(1, to=room.channels[:1])
    room.pace.refuse(SATU, NOW + HOUR, NOW)
    await room.stores.traffic.note_block(SATU, NOW + HOUR)
    worker = build(room)
    await room.run(worker, seconds=60)

    before = room.database.reads
    await room.clock.advance(60)

    assert room.database.reads - before <= 2 * 13
    await room.clock.advance(HOUR.total_seconds() - 119)
    assert room.network.texts(SATU) == titles(1)


async def test_a_crowded_limit_costs_no_busy_rounds(room: Newsroom) -> None:
    """A channel at its limit of twenty a minute: the deliverer sleeps until there is a place."""
    await room.news(*range(1, 41), to=room.channels[:1])
    await room.run(build(room), seconds=25)
    assert len(room.network.of("send")) == 20

    before = room.database.reads + room.database.writes
    await room.clock.advance(30)
    assert room.database.reads + room.database.writes - before <= 30
    await room.clock.advance(30)
    assert len(room.network.of("send")) == 40


async def test_a_try_that_was_surely_not_sent_is_repeated_in_its_time(room: Newsroom) -> None:
    """After 1, 2, 4 s, while other channels are busy, and nothing behind it overtakes it."""
    await room.news(1, 2)
    room.network.script("send", SATU, NOT_SENT, NOT_SENT, NOT_SENT)

    await room.run(build(room), seconds=12)

    tries = room.network.of("send", SATU)
    assert [call.text for call in tries] == titles(1, 1, 1, 1, 2)
    gaps = [(b.at - a.at).total_seconds() for a, b in pairwise(tries[:4])]
    assert gaps == pytest.approx([1, 2, 4], abs=0.3)


async def test_a_retry_of_the_last_process_is_not_forgotten(room: Newsroom) -> None:
    """Its time stands in the database alone: the deliverer comes round for it."""
    (first,) = await room.news(1, to=room.channels[:1])
    await room.sql("UPDATE deliveries SET state = 'RETRY', next_at = ?", (NOW.timestamp() + 3) * 1_000_000)

    await room.run(build(room), seconds=3.2)

    assert room.network.texts(SATU) == titles(1)
    assert first


async def test_a_refusing_channel_is_paused_and_the_others_go_on(room: Newsroom) -> None:
    """Its rows keep their places; let back in, it gets them in order."""
    await room.news(1, 2)
    room.network.rule("send", SATU, CHANNEL)
    worker = build(room)

    await room.run(worker, seconds=10)
    assert room.network.texts(SATU) == titles(1)
    assert room.network.texts(DUA) == titles(1, 2)

    room.network.rule("send", SATU, None)
    await room.stores.channels.resume_chat(SATU, room.clock.now())
    worker.loop.wake()
    await room.clock.advance(5)
    assert room.network.texts(SATU) == titles(1, 1, 2)


async def test_nothing_goes_to_a_chat_while_a_send_is_of_unknown_outcome(room: Newsroom) -> None:
    """Order: what stands behind it waits until Telegram was asked."""
    await room.news(1, 2)
    room.network.script("send", SATU, UNKNOWN)

    await room.run(build(room), seconds=300)

    assert room.network.texts(SATU) == titles(1)
    assert await room.states() == ["UNCERTAIN", "PENDING"]
    assert len(room.heard.of(BecameUncertain)) == 1


async def test_a_group_that_moved_is_followed_at_once(room: Newsroom) -> None:
    """The same post goes to the new id, and the next ones too."""
    await room.news(1, 2, to=room.channels[:1])
    room.network.script("send", SATU, Outcome(Verdict.MOVED, moved_to=-2001))

    await room.run(build(room), seconds=3)

    assert room.network.texts(-2001) == titles(1, 2)


async def test_crowds_of_heads_are_read_in_pages() -> None:
    """More channels than one page: all are served at the full rate, and few pages are read."""
    async with Newsroom() as room:
        room.pace = Pacing(rate=300)
        await room.furnish(*(channel(f"@k{number}") for number in range(150)))
        await room.news(1, 2, 3)

        await room.run(build(room, page=50), seconds=2.7)

        assert len(room.network.of("send")) == 450
        assert room.database.reads < 120


async def test_channels_at_their_limit_hide_nobody_behind_the_first_page() -> None:
    """Many channels rest for a minute; those with a younger headline are served at once."""
    async with Newsroom() as room:
        room.pace = Pacing(rate=1000, chat_rate=1)
        await room.furnish(*(channel(f"@k{number}") for number in range(80)))
        await room.news(1, 2, to=room.channels[:70])
        await room.run(build(room, page=25), seconds=2)
        assert len(room.network.of("send")) == 70

        await room.news(3, to=room.channels[70:], at=room.clock.now())
        await room.clock.advance(6)

        assert len([call for call in room.network.of("send") if call.text == "Kabar nomor 3"]) == 10


async def test_a_paid_crowd_is_claimed_by_the_half_hundred() -> None:
    """A round comes seldom there and takes what leaves meanwhile; at the free rate it takes what leaves next."""
    async with Newsroom() as room:
        room.pace = Pacing(rate=1000, purse=Purse(1000, ZoneInfo("Asia/Jakarta")))
        await room.furnish(*(channel(f"@k{number}") for number in range(300)))
        await room.news(1)

        await room.run(build(room), seconds=1.0)

        claims = [len(event.delivery_ids) for event in room.heard.of(Claimed)]
        calls = room.network.of("send")
        assert (sum(claims), set(await room.states())) == (300, {"SENT"})
        assert len(claims) <= 5, claims
        free = [call for call in calls if call.request and not call.request.paid]
        assert 0 < len(free) <= 30 * 0.5
        assert max(call.at for call in calls) - min(call.at for call in calls) < timedelta(seconds=0.5)
