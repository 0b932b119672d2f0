"""Pacing against a brute-force reading of the limits, and the promises that no limit tells."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pacing import WINDOW, Pacing

NOON = datetime(2024, 11, 29, 5, 0, tzinfo=UTC)
HORIZON = timedelta(milliseconds=60)
LONG = timedelta(hours=1)
#: Datetimes are exact to a microsecond.
GRAIN = timedelta(microseconds=3)
ALICE, BOB = 1, 2
GROUP, CHANNEL = -1, -2


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seconds(at: datetime | None) -> float | None:
    return None if at is None else round((at - NOON).total_seconds(), 3)


def most_within(times: Iterable[datetime], window: timedelta) -> int:
    """The most moments of `times` in any window of that length, both of its ends included."""
    ordered = sorted(times)
    return max((sum(a <= b <= a + window - GRAIN for b in ordered) for a in ordered), default=0)


def nearest(times: Iterable[datetime]) -> timedelta:
    ordered = sorted(times)
    return min((b - a for a, b in pairwise(ordered)), default=LONG)


@dataclass
class Journal:
    """What left, and when; `check` reads the limits as product.md says them."""

    rate: int = 30
    chat_rate: int = 20
    left: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def note(self, chat: int, at: datetime | None) -> None:
        if at is not None:
            self.left[chat].append(at)

    @property
    def all(self) -> list[datetime]:
        return [at for times in self.left.values() for at in times]

    def check(self) -> None:
        assert most_within(self.all, timedelta(seconds=1)) <= self.rate
        assert nearest(self.all) >= timedelta(seconds=1 / self.rate)
        for chat, times in self.left.items():
            if chat < 0:
                assert most_within(times, timedelta(minutes=1)) <= self.chat_rate
                assert nearest(times) >= timedelta(seconds=min(1, 60 / self.chat_rate)) - GRAIN
            else:
                for whole in range(1, 10):
                    assert most_within(times, timedelta(seconds=whole)) <= 3 + whole


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["post", "answer", "429", "unsent"]),
        st.sampled_from([ALICE, BOB, GROUP, CHANNEL, -3]),
        st.sampled_from([0.0, 0.001, 0.02, 0.5, 1.0, 7.0, 61.0]),  # seconds that pass before
    ),
    max_size=120,
)


@given(actions=ACTIONS, rate=st.sampled_from([1, 5, 30]), chat_rate=st.sampled_from([1, 3, 20, 90]))
def test_no_limit_is_ever_passed(
    actions: Sequence[tuple[str, int, float]], rate: int, chat_rate: int
) -> None:
    """Whatever posts, answers, refusals and unused places come in whatever order."""
    pacing, journal, now = Pacing(rate=rate, chat_rate=chat_rate), Journal(rate, chat_rate), NOON
    for kind, chat, passes in actions:
        now += timedelta(seconds=passes)
        if kind == "429":
            pacing.refuse(chat, now + timedelta(seconds=3), now)
        elif kind == "answer":
            journal.note(chat, answered := pacing.answer(chat, now))
            assert answered >= now - GRAIN
        elif (at := pacing.reserve(chat, now, HORIZON)) is not None:
            assert now - GRAIN <= at <= now + HORIZON + GRAIN
            if kind == "unsent":
                pacing.give_back(chat, at)
            else:
                journal.note(chat, at)
    journal.check()


@given(actions=ACTIONS)
def test_after_a_restart_all_is_as_before(actions: Sequence[tuple[str, int, float]]) -> None:
    """The last minute read back from the database gives the same places as no restart."""
    before, journal, now = Pacing(), Journal(), NOON
    for kind, chat, passes in actions:
        now += timedelta(seconds=passes)
        if kind != "429":
            journal.note(chat, before.reserve(chat, now, HORIZON))
    now += timedelta(seconds=1)
    recent = [(chat, at) for chat, times in journal.left.items() for at in times]
    recent = [(chat, at) for chat, at in recent if at >= now - timedelta(seconds=WINDOW)]
    again = Pacing()
    again.remember(sorted(recent, key=lambda one: one[1]), {BOB: after(9999)})
    before.refuse(BOB, after(9999), now)

    for chat in (ALICE, BOB, GROUP, CHANNEL, -3, -4):
        assert seconds(again.reserve(chat, now, LONG)) == seconds(before.reserve(chat, now, LONG))


def test_six_hundred_posts_to_sixty_channels_take_twenty_seconds() -> None:
    """Within 3 % of 600/30 s: channels take turns, so that the overall rate is never idle."""
    pacing, journal, now = Pacing(), Journal(), NOON
    waiting = dict.fromkeys(range(-60, 0), 10)
    while waiting:
        for chat in sorted(waiting, key=waiting.__getitem__, reverse=True):  # the oldest headline first
            at = pacing.reserve(chat, now, HORIZON)
            if at is not None:
                journal.note(chat, at)
                waiting[chat] -= 1
                if not waiting[chat]:
                    del waiting[chat]
        now += max(pacing.wait(waiting, now), timedelta(milliseconds=1))

    journal.check()
    took = (max(journal.all) - min(journal.all)).total_seconds()
    assert 19.9 <= took <= 600 / 30 * 1.03


def test_one_channel_is_served_at_its_limit() -> None:
    """Twenty posts a second apart, and the next when the first is a minute ago."""
    pacing = Pacing()
    places = [pacing.reserve(CHANNEL, NOON, LONG) for _ in range(21)]

    assert [seconds(at) for at in places] == [*map(float, range(20)), WINDOW]


def test_a_rate_above_one_a_second_shortens_the_spacing() -> None:
    """60 s/`CHANNEL_RATE`, where that is less than a second."""
    pacing = Pacing(rate=1000, chat_rate=120)

    assert [seconds(pacing.reserve(CHANNEL, NOON, LONG)) for _ in range(3)] == [0.0, 0.5, 1.0]


def test_a_private_chat_has_bursts_of_three() -> None:
    """Three at once, then one a second."""
    pacing = Pacing(rate=1000)

    assert [seconds(pacing.answer(ALICE, NOON)) for _ in range(5)] == [0.0, 0.001, 0.002, 1.0, 2.0]


def test_an_answer_waits_for_no_more_posts_than_the_horizon_holds() -> None:
    """However many posts are due, an answer that comes in between leaves within the horizon and one gap."""
    pacing = Pacing()
    for chat in range(-500, 0):
        pacing.reserve(chat, NOON, HORIZON)

    assert pacing.answer(ALICE, NOON) - NOON <= HORIZON + timedelta(seconds=1.01 / 30)


def test_an_answer_far_ahead_holds_up_nobody_else() -> None:
    """A chat that rests for an hour keeps its answer for an hour; posts and other answers leave now."""
    pacing = Pacing()
    pacing.refuse(GROUP, after(3600), NOON)

    assert seconds(pacing.answer(GROUP, NOON)) == 3600
    assert seconds(pacing.reserve(CHANNEL, NOON, HORIZON)) == 0
    assert (pacing.answer(ALICE, NOON) - NOON) < timedelta(seconds=0.1)


def test_places_ahead_are_kept_free_of_others() -> None:
    """When its time comes, what was promised for then is not given to somebody else."""
    pacing = Pacing(rate=1)
    pacing.refuse(GROUP, after(10), NOON)
    pacing.answer(GROUP, NOON)

    places = [seconds(pacing.reserve(-chat, after(9.5), LONG)) for chat in range(2, 5)]

    assert places == [11.01, 12.02, 13.03]


def test_answers_take_half_of_a_group_while_posts_wait() -> None:
    """A hundred answers at once, and posts still get every other place of a minute."""
    pacing, posts, answers = Pacing(), [], []
    for number in range(600):
        now = after(number / 5)
        at = pacing.reserve(GROUP, now, HORIZON)
        if at is not None:
            posts.append(at)
        if number % 6 == 0:
            answers.append(pacing.answer(GROUP, now))

    assert most_within(answers, timedelta(minutes=1)) == 10
    assert len([at for at in posts if at < after(120)]) >= 18
    assert most_within([*posts, *answers], timedelta(minutes=1)) <= 20


def test_answers_have_a_group_to_themselves_while_no_post_waits() -> None:
    """Twenty in a minute, though no more than half of it far ahead."""
    pacing = Pacing()

    quick = [pacing.answer(GROUP, after(2 * number)) for number in range(20)]
    late = [pacing.answer(GROUP, after(40)) for _ in range(30)]

    assert [seconds(at) for at in quick] == [2.0 * number for number in range(20)]
    assert most_within(late, timedelta(minutes=1)) == 10


def test_a_post_finds_room_between_answers_far_ahead() -> None:
    """A storm of answers in a group does not push its posts to the end of the storm."""
    pacing = Pacing()
    for _ in range(100):
        pacing.answer(GROUP, NOON)

    assert pacing.wait([GROUP], NOON) < timedelta(seconds=62)


def test_a_place_among_all_is_one_in_its_chat_too() -> None:
    """Pushed on by another chat's post, a post still keeps its distance from an answer ahead in its own."""
    pacing = Pacing(rate=1)
    answers = [seconds(pacing.answer(GROUP, NOON)) for _ in range(11)]
    assert answers[-1] == WINDOW
    assert seconds(pacing.reserve(CHANNEL, after(58.5), HORIZON)) == 58.5

    assert seconds(pacing.reserve(GROUP, after(58.6), LONG)) == round(WINDOW + 1.01, 3)


def test_a_refusal_stops_its_own_chat_only() -> None:
    """Posts and answers of that chat rest, the others go on."""
    pacing = Pacing()
    pacing.refuse(CHANNEL, after(30), NOON)

    assert pacing.reserve(CHANNEL, NOON, HORIZON) is None
    assert pacing.wait([CHANNEL], NOON) == timedelta(seconds=30)
    assert seconds(pacing.reserve(GROUP, NOON, HORIZON)) == 0


@pytest.mark.parametrize("chats", [(-5, -6, -7), (-5, -5, -6, -6, -7)])
def test_three_refused_chats_stop_all_posts(chats: tuple[int, ...]) -> None:
    """Until the latest of their times; answers go on. Who is refused twice counts once."""
    pacing = Pacing()
    for number, chat in enumerate(chats):
        pacing.refuse(chat, after(10 + number), after(number / 2))

    latest = float(10 + len(chats) - 1)
    assert pacing.reserve(CHANNEL, after(3), HORIZON) is None
    assert pacing.wait((), after(3)) == timedelta(seconds=latest - 3)
    assert seconds(pacing.reserve(CHANNEL, after(3), LONG)) == latest
    assert seconds(pacing.answer(ALICE, after(3))) == 3


@pytest.mark.parametrize(
    "refused",
    [[(-5, 0), (-6, 3), (-7, 6)], [(-5, 0), (-5, 1), (-6, 2), (-6, 3)]],
    ids=["slowly", "two chats"],
)
def test_fewer_refusals_stop_nobody_else(refused: Sequence[tuple[int, float]]) -> None:
    """Three within 5 s, and three different ones."""
    pacing = Pacing()
    for chat, at in refused:
        pacing.refuse(chat, after(100), after(at))

    assert seconds(pacing.reserve(CHANNEL, after(7), HORIZON)) == 7


def test_a_place_that_was_not_used_costs_its_chat_nothing() -> None:
    """A claim that lost its race: the next one leaves at once, to a channel and to a reader."""
    pacing = Pacing(rate=1000)
    for chat in (CHANNEL, ALICE):
        for _ in range(50):
            at = pacing.reserve(chat, NOON, HORIZON)
            assert at is not None
            pacing.give_back(chat, at)

    assert seconds(pacing.reserve(CHANNEL, NOON, HORIZON)) == 0


def test_a_place_ahead_can_be_given_back() -> None:
    """Then somebody else has it; one that nobody holds is no fault."""
    pacing = Pacing(rate=1)
    first = pacing.reserve(CHANNEL, NOON, LONG)
    pacing.refuse(CHANNEL, after(10), NOON)
    ahead = pacing.reserve(CHANNEL, NOON, LONG)
    assert (seconds(first), seconds(ahead)) == (0, 10)
    assert ahead is not None

    pacing.give_back(CHANNEL, ahead)
    pacing.give_back(CHANNEL, ahead)

    assert seconds(pacing.reserve(GROUP, after(10), HORIZON)) == 10


def test_a_clock_that_was_set_back_stops_nobody() -> None:
    """An hour back: the next places are there, and the limits of the last minute still count."""
    pacing = Pacing()
    pacing.refuse(GROUP, after(30), NOON)
    for number in range(20):
        pacing.reserve(CHANNEL, after(number), HORIZON)
        pacing.answer(ALICE, after(number))

    back = after(19 - 3600)

    assert pacing.wait([-9], back) <= timedelta(seconds=0.1)
    assert timedelta(seconds=40) <= pacing.wait([CHANNEL], back) <= timedelta(seconds=42)
    assert pacing.wait([GROUP], back) == timedelta(seconds=11)


def test_silent_chats_are_forgotten() -> None:
    """A fan-out to ever new readers and groups leaves no more behind than a minute of them."""
    pacing = Pacing(rate=1000)
    for number in range(1, 40_001):
        now = after(number / 100)
        pacing.reserve(number if number % 2 else -number, now, HORIZON)

    remembered = len(pacing._groups) + len(pacing._private)
    assert remembered <= 10_000


def test_a_chat_that_rests_is_not_forgotten_in_a_crowd() -> None:
    """What Telegram ordered outlives the memory of what was sent."""
    pacing = Pacing(rate=1000)
    pacing.refuse(GROUP, after(99_999), NOON)
    pacing.refuse(CHANNEL, after(1), NOON)
    for number in range(1, 25_000):
        pacing.reserve(number, after(number / 100), HORIZON)

    assert pacing.reserve(GROUP, after(300), HORIZON) is None
    assert CHANNEL not in pacing._blocked


@pytest.mark.parametrize("chats", [50, 5000])
def test_a_place_costs_the_same_among_many_chats(chats: int) -> None:
    """No scan over all chats: far below a tenth of a millisecond each, with 5,000 as with 50."""
    pacing, now = Pacing(rate=1000), NOON
    started = time.process_time()
    for number in range(20_000):
        if pacing.reserve(-1 - number % chats, now, HORIZON) is None:
            now += timedelta(milliseconds=20)
    spent = time.process_time() - started

    assert spent / 20_000 < 0.0001
