"""Which calls a fault hits."""

import pytest

from bot.sandbox.calls import Call
from bot.sandbox.errors import ControlError
from bot.sandbox.faults import Faults


def hits(faults: Faults, calls: list[Call]) -> list[bool]:
    return [faults.pick(call) is not None for call in calls]


def sends(count: int, chat: str = "@kabar", text: str = "Judul") -> list[Call]:
    return [Call("sendmessage", {"chat_id": chat, "text": text}) for _ in range(count)]


def test_one_call_is_hit_unless_told_otherwise() -> None:
    """The next call goes wrong, those after it do not."""
    faults = Faults()
    faults.add(kind="drop_after", method="sendMessage")
    assert hits(faults, sends(3)) == [True, False, False]
    assert faults.rules == []


def test_the_nth_every_nth_and_the_next_few() -> None:
    """Each way of choosing calls hits exactly those."""
    nth, every, times = Faults(), Faults(), Faults()
    nth.add(kind="refuse", nth=2)
    every.add(kind="refuse", every=2)
    times.add(kind="refuse", skip=1, times=2)
    assert hits(nth, sends(4)) == [False, True, False, False]
    assert hits(every, sends(4)) == [False, True, False, True]
    assert hits(times, sends(4)) == [False, True, True, False]


def test_a_fault_without_end_lasts_until_it_is_cleared() -> None:
    """`times=0` hits all; removing it by number ends it."""
    faults = Faults()
    number = faults.add(kind="html", times=0)
    assert all(hits(faults, sends(50)))
    assert faults.remove(number)
    assert not faults.remove(number)
    assert not any(hits(faults, sends(2)))


def test_only_what_matches_is_counted() -> None:
    """Method, chat and words narrow it down; other calls do not advance the count."""
    faults = Faults()
    faults.add(kind="refuse", method="sendMessage", chat="@kabar", contains="banjir", nth=2)
    others = [
        Call("editmessagetext", {"chat_id": "@kabar", "text": "banjir"}),
        *sends(1, "@lain", "banjir"),
        *sends(1),
    ]
    assert hits(faults, others) == [False] * 3
    assert hits(faults, sends(2, text="banjir bandang")) == [False, True]


def test_polling_is_left_alone_unless_named() -> None:
    """A fault on any method spares getUpdates; one that names it does not."""
    faults = Faults()
    faults.add(kind="refuse", times=0)
    assert not any(hits(faults, [Call("getupdates", {})]))
    faults.add(kind="refuse", method="getUpdates")
    assert hits(faults, [Call("getupdates", {})]) == [True]


@pytest.mark.parametrize(
    "given", [{"kind": "explode"}, {"kind": "refuse", "chance": 0.5}, {"kind": "refuse", "hits": 1}]
)
def test_an_unknown_kind_or_field_is_refused(given: dict[str, object]) -> None:
    """A typing error in a test must not make a fault that never hits."""
    with pytest.raises(ControlError):
        Faults().add(**given)
