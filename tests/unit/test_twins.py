"""Which twin may be deleted: only where §6 leaves no doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import Doubt, Found, FrozenRequest, Settlement, Target
from bot.domain.twins import WINDOW, doomed
from tests.support_store import NOW

RESENT = Doubt(
    1, 1, NOW, Target(1, -1001), FrozenRequest("sendMessage", {}), 100, 110, resent_at=NOW, message_id=110
)


def found(*ids: int, same: tuple[int, ...] = (), sure: bool = True) -> Settlement:
    return Settlement(Found.ARRIVED, ids, same=same, sure=sure)


@pytest.mark.parametrize("compared", [True, False])
def test_the_only_own_id_in_between_is_the_twin(compared: bool) -> None:
    """Between the id known before the first attempt and the new one, with or without a desk."""
    assert doomed(RESENT, found(105), NOW, compared=compared) == 105


@pytest.mark.parametrize(
    ("doubt", "answer"),
    [
        (RESENT, found()),
        (RESENT, found(104, 105)),
        (RESENT, found(100)),
        (RESENT, found(110)),
        (RESENT, found(111)),
        (RESENT, found(105, sure=False)),
        (replace(RESENT, resent_at=None), found(105)),
        (replace(RESENT, message_id=None), found(105)),
        (replace(RESENT, resent_at=NOW - WINDOW - timedelta(seconds=1)), found(105)),
        (replace(RESENT, known_before=None), found(105)),
        (replace(RESENT, known_before=None), found(104, 105, same=(104, 105))),
    ],
    ids=[
        "none",
        "two",
        "known before",
        "the new one",
        "behind it",
        "not surely ours",
        "never resent",
        "nothing new",
        "long ago",
        "perhaps an old post",
        "two that say the same",
    ],
)
def test_where_any_doubt_is_left_nothing_is_deleted(doubt: Doubt, answer: Settlement) -> None:
    """Each condition of §6 by itself is enough to leave it."""
    assert doomed(doubt, answer, NOW, compared=True) is None


def test_without_an_id_known_before_only_the_same_text_is_a_twin() -> None:
    """And only where there is a desk to forward to."""
    doubt = replace(RESENT, known_before=None)
    assert doomed(doubt, found(104, 105, same=(105,)), NOW, compared=True) == 105
    assert doomed(doubt, found(104, 105, same=(105,)), NOW, compared=False) is None


@given(st.frozensets(st.integers(90, 120)), st.integers(0, 7200))
def test_never_more_than_one_and_never_another(ids: frozenset[int], age: int) -> None:
    """What is deleted is ours, in between, alone, and young."""
    doubt = replace(RESENT, resent_at=NOW - timedelta(seconds=age))
    twin = doomed(doubt, found(*sorted(ids)), NOW, compared=True)
    if twin is not None:
        assert {i for i in ids if 100 < i < 110} == {twin}
        assert age <= 3600
