"""Paid broadcasts: what is above the free rate is paid for, while the day's Stars last."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.delivery import FrozenRequest
from bot.domain.pacing import FREE_RATE, Pacing
from bot.domain.stars import MESSAGES_A_STAR, Purse
from bot.store.values import freeze, thaw

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")
SPAN = timedelta(milliseconds=60)


def rich(stars: int = 10) -> Pacing:
    """Limits with a purse."""
    return Pacing(rate=1000, purse=Purse(stars, JAKARTA))


def test_what_is_free_is_never_paid_for() -> None:
    """The first place of an idle bot costs nothing: `reserve` gives it, and `buy` is not asked."""
    assert rich().reserve(-1, NOW, SPAN) == NOW


def test_above_the_free_rate_places_can_be_bought() -> None:
    """In a span that holds two free places, twenty more chats are served for money."""
    pacing = rich()
    free = [at for chat in range(1, 11) if (at := pacing.reserve(-chat, NOW, SPAN))]
    paid = [at for chat in range(11, 31) if (at := pacing.buy(-chat, NOW, SPAN))]
    assert len(free) == 2
    assert len(paid) == 20
    assert all(NOW <= at <= NOW + SPAN for at in paid)
    gaps = [later - earlier for earlier, later in itertools.pairwise(paid)]
    assert min(gaps) >= timedelta(milliseconds=1)


def test_free_and_paid_together_keep_the_rate() -> None:
    """What is bought comes to the rate together with what is free, not on top of it."""
    pacing, second = Pacing(rate=100, purse=Purse(1000, JAKARTA)), timedelta(seconds=1)
    free = sum(pacing.reserve(-chat, NOW, second) is not None for chat in range(1, 201))
    paid = sum(pacing.buy(-chat, NOW, second) is not None for chat in range(201, 401))
    assert (free, paid) == (FREE_RATE, 100 - FREE_RATE)


def test_at_the_free_rate_nothing_is_bought() -> None:
    """Stars that are allowed but not needed stay where they are."""
    assert Pacing(rate=FREE_RATE, purse=Purse(10, JAKARTA)).buy(-1, NOW, SPAN) is None


def test_a_bought_place_is_taken_further_ahead() -> None:
    """Whoever buys ahead is told to do so before the places in sight run out."""
    pacing, ahead = rich(), timedelta(milliseconds=90)
    for chat in itertools.count(1):
        if pacing.reserve(-chat, NOW, SPAN) is None and pacing.buy(-chat, NOW, SPAN) is None:
            break
    assert pacing.wait((), NOW) > SPAN
    assert pacing.wait((), NOW, paid_ahead=ahead) == timedelta()


def test_spent_it_is_back_at_the_free_rate() -> None:
    """Ten messages a Star, and not one more."""
    pacing = rich(stars=1)
    bought = [pacing.buy(-chat, NOW, timedelta(seconds=5)) for chat in range(1, 20)]
    assert sum(at is not None for at in bought) == MESSAGES_A_STAR


def test_without_a_purse_nothing_is_bought() -> None:
    """`PAID_STARS_A_DAY=0`, the default."""
    assert Pacing().buy(-1, NOW, SPAN) is None


def test_a_chats_own_limits_cannot_be_bought_off() -> None:
    """Stars lift the overall rate alone: a channel keeps its second between two posts."""
    pacing = rich()
    assert pacing.reserve(-1, NOW, SPAN) is not None
    assert pacing.buy(-1, NOW, SPAN) is None


def test_what_was_bought_and_not_used_is_refunded() -> None:
    """A claim that lost its race costs nothing."""
    pacing = rich(stars=1)
    places = [pacing.buy(-chat, NOW, timedelta(seconds=5)) for chat in range(1, MESSAGES_A_STAR + 1)]
    assert pacing.buy(-99, NOW, timedelta(seconds=5)) is None
    last = places[-1]
    assert last is not None
    pacing.give_back(-MESSAGES_A_STAR, last, paid=True)
    assert pacing.buy(-99, NOW, timedelta(seconds=5)) is not None


def test_the_day_is_the_newsrooms_own() -> None:
    """At midnight in Jakarta the purse is full again, not at midnight in Greenwich."""
    purse = Purse(1, JAKARTA)
    purse.remember(7, NOW)
    assert purse.left(NOW) == 3
    evening, midnight = datetime(2026, 11, 25, 16, 59, tzinfo=UTC), datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
    assert purse.left(evening) == 3
    assert purse.left(midnight) == MESSAGES_A_STAR


def test_a_request_keeps_its_price_in_the_store() -> None:
    """What is asked about after a crash is what was sent."""
    paid = FrozenRequest("sendMessage", {"text": "a"}, 0, paid=True)
    assert thaw(freeze(paid)) == paid
    assert thaw(freeze(FrozenRequest("sendMessage", {"text": "a"}))).paid is False
