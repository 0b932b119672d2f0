"""Rate limits: a client that keeps them never trips, one that does not always does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.limits import Limiter, Rates, SlidingWindow

CHANNEL = -1001
READER = 7
NOW = 1_000_000.0


def send(limiter: Limiter, chat: int, now: float, *, paid: bool = False) -> int:
    """The seconds to wait; the message is counted if there are none."""
    wait = limiter.wait(chat, now, paid=paid)
    if wait == 0:
        limiter.count(chat, now, paid=paid)
    return wait


def test_the_twenty_first_message_in_a_minute_waits() -> None:
    """A channel takes 20 in 60 s; the next must wait until the first is old enough."""
    limiter = Limiter()
    waits = [send(limiter, CHANNEL, NOW + number * 0.1) for number in range(21)]
    assert waits == [0] * 20 + [58]
    assert send(limiter, CHANNEL, NOW + 60) == 0


def test_channels_do_not_share_their_minute() -> None:
    """Another channel is free when one is full."""
    limiter = Limiter(Rates(overall=1000))
    for number in range(20):
        assert send(limiter, CHANNEL, NOW + number * 0.01) == 0
    assert send(limiter, CHANNEL - 1, NOW + 1) == 0


def test_a_reader_gets_a_burst_of_three_and_then_one_a_second() -> None:
    """The fourth at once is refused, but not a second later."""
    limiter = Limiter()
    assert [send(limiter, READER, NOW) for _ in range(4)] == [0, 0, 0, 1]
    assert send(limiter, READER, NOW + 1) == 0
    assert send(limiter, READER, NOW + 1.1) == 1


def test_thirty_a_second_over_all_chats() -> None:
    """The thirty-first in a second is refused, whatever its chat."""
    limiter = Limiter()
    waits = [send(limiter, READER + number, NOW + number * 0.001) for number in range(31)]
    assert waits == [0] * 30 + [1]


def test_paid_broadcasts_have_a_limit_of_their_own_and_cost_stars() -> None:
    """A thousand a second, a tenth of a Star each; the free ones stay free."""
    limiter = Limiter()
    assert all(send(limiter, READER + number, NOW, paid=True) == 0 for number in range(1000))
    assert send(limiter, READER + 1000, NOW, paid=True) == 1
    assert limiter.stars == 100.0
    assert send(limiter, READER + 2000, NOW) == 0
    assert limiter.stars == 100.0


@settings(max_examples=25)
@given(st.lists(st.floats(0, 0.09), min_size=150, max_size=150))
def test_even_spacing_never_trips_over_jitter(delays: list[float]) -> None:
    """30 a second, evenly spaced, each up to 90 ms late: none is refused."""
    limiter = Limiter()
    arrivals = sorted(NOW + number / 30 + delay for number, delay in enumerate(delays))
    assert all(send(limiter, READER + number, at) == 0 for number, at in enumerate(arrivals))


@settings(max_examples=25)
@given(st.lists(st.floats(0, 0.2), min_size=60, max_size=60))
def test_twenty_in_any_minute_never_trips_over_jitter(delays: list[float]) -> None:
    """20 in any 60 s to one channel, each up to 200 ms late: none is refused."""
    limiter = Limiter()
    sends = [NOW + (number // 20) * 60 + (number % 20) * 1.0 for number in range(60)]
    arrivals = sorted(at + delay for at, delay in zip(sends, delays, strict=True))
    assert all(send(limiter, CHANNEL, at) == 0 for at in arrivals)


def test_forty_a_second_trips() -> None:
    """A client that is a third too fast is caught within two seconds."""
    limiter = Limiter()
    assert any(send(limiter, READER + number, NOW + number / 40) for number in range(80))


def test_switched_off_it_refuses_nothing_and_still_counts_stars() -> None:
    """Benchmarks run without limits."""
    limiter = Limiter(enabled=False)
    assert all(send(limiter, CHANNEL, NOW, paid=True) == 0 for _ in range(500))
    assert limiter.stars == 50.0


def test_idle_readers_are_forgotten() -> None:
    """A fan-out to very many readers leaves no memory of each behind."""
    limiter = Limiter(Rates(overall=10**9))
    for number in range(20_002):
        limiter.count(number + 1, NOW + number, paid=False)
    assert len(limiter._private) <= 10_001


def test_a_window_tells_when_the_next_one_fits() -> None:
    """The wait is exact to the moment at which the oldest leaves the window."""
    window = SlidingWindow(2, 10)
    window.add(0)
    window.add(4)
    assert window.wait(5) == 5
    assert window.wait(10) == 0
