"""Between Python's values and SQLite's: nothing is lost on the way there and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import FrozenRequest
from bot.domain.headlines import Key, KeyKind
from bot.store.headlines import key_hash
from bot.store.shelf import category_key
from bot.store.values import dump, freeze, maybe_moment, maybe_ticks, moment, thaw, ticks

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_exact_both_ways(when: datetime) -> None:
    """To the microsecond, before 1970 too."""
    assert moment(ticks(when)) == when
    assert maybe_moment(maybe_ticks(when)) == when


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_ticks_sort_as_times_do(one: datetime, other: datetime) -> None:
    """So that the database's order is the order in time."""
    assert (ticks(one) < ticks(other)) == (one < other)


def test_times_of_any_zone() -> None:
    """The same moment is the same number; nothing stays nothing."""
    jakarta = timezone(timedelta(hours=7))

    assert ticks(datetime(2023, 9, 20, 6, 12, tzinfo=jakarta)) == ticks(
        datetime(2023, 9, 19, 23, 12, tzinfo=UTC)
    )
    assert (maybe_ticks(None), maybe_moment(None)) == (None, None)
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)


@given(JSON)
def test_json_is_what_it_was(value: Any) -> None:
    """Half of a surrogate pair too, which UTF-8 cannot hold."""
    text = dump(value)

    assert json.loads(text) == value
    assert text.isascii()


def test_sets_become_sorted_lists() -> None:
    """The same set is the same text; what JSON cannot say is a programmer's error."""
    assert dump({"b": frozenset({3, 1, 2})}) == '{"b":[1,2,3]}'
    with pytest.raises(TypeError, match="object"):
        dump(object())


@given(st.text(), st.dictionaries(st.text(), JSON, max_size=4), st.integers(0, 3))
def test_a_request_is_frozen_exactly(method: str, body: dict[str, Any], level: int) -> None:
    """What goes out again is what was stored."""
    request = FrozenRequest(method, body, level)

    assert thaw(freeze(request)) == request


@given(st.sampled_from(KeyKind), st.sampled_from(KeyKind), st.text(), st.text())
def test_a_hash_stands_for_one_key(kind: KeyKind, other: KeyKind, value: str, another: str) -> None:
    """Kind and value both count; 16 bytes."""
    one, two = Key(kind, value), Key(other, another)

    assert len(key_hash(one)) == 16
    assert (key_hash(one) == key_hash(two)) == (one == two)


def test_a_hash_stays_the_same_for_ever() -> None:
    """Databases hold it."""
    assert key_hash(Key(KeyKind.LINK, "https://a.example/b")).hex() == "0ebd641c084abe0c929df1cc95e3196d"
    assert len(key_hash(Key(KeyKind.GUID, "1|\ud83d"))) == 16


@pytest.mark.parametrize(
    ("one", "other"),
    [("Dunia", "DUNIA"), ("Straße", "STRASSE"), (" Gaya  Hidup", "gaya hidup"), ("Jum’at", "Jum'at")],
)
def test_one_category_in_two_spellings(one: str, other: str) -> None:
    """Case, blanks and typography are folded, as routing folds them."""
    assert category_key(one) == category_key(other) != ""
