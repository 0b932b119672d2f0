"""What answers about message ids prove: every small world is tried, and larger ones at random."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import Doubt, Found, FrozenRequest, Settlement, Target
from bot.domain.settling import (
    MARGIN,
    Heard,
    Walk,
    begin_settling,
    begin_twins,
    end_settling,
    end_twins,
    settled,
)
from tests.support_telegram import doubt as make_doubt

CHANNEL = Target(1, -1001)
REQUEST = FrozenRequest("sendMessage", {"text": "Judul"})


def doubt(known_before: int | None, target: Target = CHANNEL, **more: object) -> Doubt:
    return make_doubt(target, REQUEST, known_before, **more)


def settle(one: Doubt, world: dict[int, Heard], *, still_in: bool = True) -> tuple[Settlement, list[int]]:
    """The settlement where ids are as in `world` (missing: nothing there), and the questions in order."""
    walk, asked = begin_settling(one), []
    if isinstance(walk, Settlement):
        return walk, []
    while not settled(walk):
        assert walk.question is not None
        asked.append(walk.question)
        walk = walk.hear(world.get(walk.question, Heard.NOTHING_THERE), "429")
    return end_settling(walk, one, still_in=still_in), asked


def test_an_own_id_is_the_post() -> None:
    """The first id of ours ends the questions."""
    answer, asked = settle(doubt(10), {11: Heard.FOREIGN, 13: Heard.OURS})

    assert (answer.found, answer.ids, answer.highest) == (Found.ARRIVED, (13,), 13)
    assert asked == [11, 12, 13]


def test_absence_takes_the_highest_known_id_and_twenty_more() -> None:
    """Up to there, each id, in order."""
    answer, asked = settle(doubt(10, highest=14), {})

    assert answer.found is Found.ABSENT
    assert asked == list(range(11, 14 + MARGIN + 1))


def test_an_id_that_exists_beyond_moves_the_end_on() -> None:
    """Finding a post that no update announced is knowledge too."""
    answer, asked = settle(doubt(10), {30: Heard.FOREIGN})

    assert (answer.found, answer.highest) == (Found.ABSENT, 30)
    assert asked[-1] == 30 + MARGIN


def test_without_membership_not_found_proves_nothing() -> None:
    """Out of the chat every id reads so."""
    assert settle(doubt(10), {}, still_in=False)[0].found is Found.LATER


def test_an_own_id_is_proof_without_membership() -> None:
    """What was found was found."""
    assert settle(doubt(10), {12: Heard.OURS}, still_in=False)[0].found is Found.ARRIVED


def test_no_answer_ends_the_questions() -> None:
    """And its words say why it must be asked again."""
    answer, asked = settle(doubt(10), {12: Heard.NO_ANSWER})

    assert (answer.found, answer.detail) == (Found.LATER, "429")
    assert asked == [11, 12]


def test_known_messages_are_not_asked_about() -> None:
    """Neither other posts of ours nor what was announced as somebody else's."""
    answer, asked = settle(doubt(10, highest=13, ours=frozenset({11}), theirs=frozenset({12, 13})), {})

    assert answer.found is Found.ABSENT
    assert not {11, 12, 13} & set(asked)


def test_an_open_answer_to_a_reader_proves_nothing() -> None:
    """In a group an own id may be that answer, unless it was shown to say what the post says."""
    one = doubt(10, answers_open=True)
    found = replace(begin(one), ours=(12,), next_id=13)

    assert settle(one, {12: Heard.OURS})[0].found is Found.UNKNOWABLE
    assert settle(one, {})[0].found is Found.ABSENT
    assert end_settling(found, one, (12,), still_in=True) == Settlement(Found.ARRIVED, (12,), 10)
    assert end_settling(found, one, (11,), still_in=True).found is Found.UNKNOWABLE


def begin(one: Doubt) -> Walk:
    """The walk over the ids that `one` may stand under."""
    walk = begin_settling(one)
    assert isinstance(walk, Walk)
    return walk


@pytest.mark.parametrize("one", [doubt(None), doubt(10, Target(1, 4711)), doubt(None, highest=50)])
def test_what_cannot_be_known_is_not_asked(one: Doubt) -> None:
    """No id to start from, or a private chat: the sequence says nothing."""
    answer, asked = settle(one, {})

    assert (answer.found, asked) == (Found.UNKNOWABLE, [])


def test_every_small_world() -> None:
    """All 4^4 answers about four ids: absent exactly where none is ours and all were answered."""
    for answers in product(Heard, repeat=4):
        one = doubt(10, highest=14)
        answer, asked = settle(one, dict(zip(range(11, 15), answers, strict=True)))
        heard = list(answers)
        decisive = next((h for h in heard if h in {Heard.OURS, Heard.NO_ANSWER}), None)
        expected = {Heard.OURS: Found.ARRIVED, Heard.NO_ANSWER: Found.LATER, None: Found.ABSENT}[decisive]
        assert answer.found is expected, answers
        assert asked == sorted(set(asked))


ids = st.integers(1, 60)


@given(
    known=st.integers(1, 20),
    above=st.integers(0, 20),
    foreign=st.sets(ids),
    ours=st.sets(ids),
    post=st.none() | ids,
)
def test_a_post_within_reach_is_found_and_nothing_else_is(
    known: int, above: int, foreign: set[int], ours: set[int], post: int | None
) -> None:
    """Whatever else stands around it: a post above the known id is never called absent; an older one never it."""
    highest = known + above
    others = frozenset(ours - {post})
    world = dict.fromkeys(foreign - others - {post}, Heard.FOREIGN) | dict.fromkeys(others, Heard.OURS)
    if post is not None:
        world[post] = Heard.OURS
    answer, asked = settle(doubt(known, highest=highest, ours=others), world)

    reachable = post is not None and known < post <= highest + MARGIN
    if reachable:
        assert (answer.found, answer.ids) == (Found.ARRIVED, (post,))
    else:
        assert answer.found is Found.ABSENT or answer.ids == (post,)
    assert all(number > known for number in asked)
    assert not others & set(asked)


# ---------------------------------------------------------------- twins


def look_back(one: Doubt, world: dict[int, Heard]) -> tuple[Walk, list[int]]:
    walk, asked = begin_twins(one), []
    assert isinstance(walk, Walk)
    while (question := walk.question) is not None:
        asked.append(question)
        walk = walk.hear(world.get(question, Heard.NOTHING_THERE), "429")
    return walk, asked


def test_twins_are_sought_between_the_known_id_and_the_new_one() -> None:
    """Neither of the two is asked about."""
    one = doubt(10, message_id=15)
    walk, asked = look_back(one, {12: Heard.OURS, 14: Heard.OURS})

    assert asked == [11, 12, 13, 14]
    assert end_twins(walk, (), still_in=True) == Settlement(Found.ARRIVED, (12, 14), 15)


def test_without_a_known_id_the_twenty_before_are_asked() -> None:
    """Never one below 1."""
    assert look_back(doubt(None, message_id=100), {})[1] == list(range(80, 100))
    assert look_back(doubt(None, message_id=5), {})[1] == [1, 2, 3, 4]


def test_the_end_does_not_move_when_looking_back() -> None:
    """What stands behind the new post is no twin of it."""
    assert look_back(doubt(10, message_id=13), {12: Heard.FOREIGN})[1] == [11, 12]


def test_looking_back_without_answers_or_membership_says_later() -> None:
    """A twin must not be missed because Telegram was silent."""
    one = doubt(10, message_id=15)

    assert end_twins(look_back(one, {13: Heard.NO_ANSWER})[0], (), still_in=True).found is Found.LATER
    assert end_twins(look_back(one, {})[0], (), still_in=False).found is Found.LATER
    assert end_twins(look_back(one, {})[0], (), still_in=True).found is Found.ABSENT


@pytest.mark.parametrize("one", [doubt(10, Target(1, 4711), message_id=15), doubt(10)])
def test_there_is_nothing_to_look_back_at(one: Doubt) -> None:
    """In a private chat, or before it was sent again."""
    answer = begin_twins(one)

    assert isinstance(answer, Settlement)
    assert answer.found is Found.UNKNOWABLE
