"""Anchors in buttons, pages in slices, and the short names of categories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.buttons import MAX_DATA, button, read
from bot.domain.paging import Direction, Turn, anchor_of, cut, fold, pack, short_name, unpack
from tests.support_commands import headlines

moments = st.datetimes(timezones=st.just(UTC))
ids = st.integers(0, 2**63 - 1)
scopes = st.text("0123456789abcdefghijklmnopqrstuvwxyz-", max_size=24)
turns = st.builds(Turn, st.sampled_from(Direction), st.tuples(moments, ids), scopes)


@given(turns)
def test_a_turn_survives_its_button(turn: Turn) -> None:
    """What is packed is read back to the microsecond, and with its tag fits into a button."""
    packed = pack(turn)
    assert unpack(packed) == turn
    assert len(button("›", "abc", packed).data) <= MAX_DATA


@given(st.one_of(st.text(), st.from_regex(r"[on]\.[0-9a-z]+\.[0-9a-z]+\.[0-9a-z-]*", fullmatch=True)))
def test_only_the_one_true_form_is_read(text: str) -> None:
    """Any text gives no turn, or one that is written exactly so."""
    turn = unpack(text)
    assert turn is None or pack(turn) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o",
        "o.1.1",  # no scope
        "x.1.1.",  # no such direction
        "o.01.1.",  # a leading zero
        "O.1.1.",
        "o.1.1.\n",
        "o.1.1.Dunia",
        "o.١.1.",  # a digit, and none of ours
        "o.-1.1.",
        "o.zzzzzzzzzzzz.1.",  # after the last year
        "o.1.zzzzzzzzzzzzz.",  # an id that no store holds
    ],
)
def test_what_nobody_packed_is_refused(text: str) -> None:
    """Texts that only look like a turn are none."""
    assert unpack(text) is None


def test_zones_do_not_matter() -> None:
    """One moment has one form, whatever zone it is told in."""
    wib = datetime(2024, 11, 29, 8, 8, tzinfo=timezone(timedelta(hours=7)))
    assert pack(Turn(Direction.OLDER, (wib, 1))) == pack(Turn(Direction.OLDER, (wib.astimezone(UTC), 1)))


@pytest.mark.parametrize("scope", ["Dunia", "a.b", "x" * 25])
def test_a_scope_that_does_not_fit_is_an_error(scope: str) -> None:
    """A programmer's slip is told, not sent."""
    with pytest.raises(ValueError, match="not a scope"):
        pack(Turn(Direction.OLDER, (datetime(2024, 1, 1, tzinfo=UTC), 1), scope))


def test_an_id_out_of_bounds_is_an_error() -> None:
    """Ids are what SQLite can hold."""
    with pytest.raises(ValueError, match="not an id"):
        pack(Turn(Direction.OLDER, (datetime(2024, 1, 1, tzinfo=UTC), -1)))


def test_pages_are_cut_on_the_far_side() -> None:
    """The surplus row only tells that there is more: it is dropped where the reader has not been yet."""
    rows = headlines(4)[::-1]
    older = cut(rows, Direction.OLDER, size=3, beyond=True)
    newer = cut(rows, Direction.NEWER, size=3, beyond=False)
    assert ([row.id for row in older.headlines], older.newer, older.older) == ([4, 3, 2], True, True)
    assert ([row.id for row in newer.headlines], newer.newer, newer.older) == ([3, 2, 1], True, False)


def test_an_anchor_is_time_and_id() -> None:
    """The anchor of a headline carries its time, so that it holds when the headline is gone."""
    row = headlines(1)[0]
    assert anchor_of(row) == (row.words.published, row.id)


def test_short_names_never_change() -> None:
    """A button from last month still means its category: the short form is part of the contract."""
    assert short_name("Dunia") == "c4c996097547"
    assert short_name("") == short_name("  ") == ""


@given(st.text())
def test_short_names_fit_any_category(category: str) -> None:
    """Whatever a portal calls a category, its short name is a scope, the same in any case."""
    short = short_name(category)
    assert len(short) == (12 if fold(category) else 0)
    assert short == short_name(f"  {category}\t") == short_name(category.casefold())
    assert pack(Turn(Direction.NEWER, (datetime(2024, 1, 1, tzinfo=UTC), 1), short))


@given(st.one_of(st.text(), st.from_regex(r"1:[a-z]{1,3}:[!-~]*", fullmatch=True)))
def test_data_of_buttons_is_read_strictly(data: str) -> None:
    """Callback data is nobody's, or exactly what a button of ours carries."""
    found = read(data)
    assert found is None or button("x", *found).data == data


@pytest.mark.parametrize(
    ("tag", "payload"), [("t", "x" * 61), ("", "x"), ("T", ""), ("t", "é"), ("t", "a b")]
)
def test_a_button_that_cannot_be_sent_is_an_error(tag: str, payload: str) -> None:
    """Over 64 bytes, or a form that `read` would not take."""
    with pytest.raises(ValueError, match="not the data"):
        button("x", tag, payload)
