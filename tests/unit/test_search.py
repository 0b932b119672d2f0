"""Queries: any text is one, and what it asks for; places; and turns of the page in a button."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.paging import Direction
from bot.domain.search import (
    MAX_LETTERS,
    MAX_WORDS,
    FoundTurn,
    Place,
    Query,
    Term,
    finder_in_titles,
    pack_turn,
    parse,
    top,
    unpack_turn,
)

AT = datetime(2024, 11, 29, 1, 8, tzinfo=UTC)


def words(*terms: str, last: bool = False) -> tuple[Term, ...]:
    """Terms of one word each, or of several with blanks between; `last`: the last may be a beginning."""
    made = [Term(tuple(term.split())) for term in terms]
    return (*made[:-1], Term(made[-1].words, prefix=True)) if last else tuple(made)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("🔥 !!! -- *", ()),
        ("beras", words("beras", last=True)),
        ("Harga  BERAS", words("harga", "beras", last=True)),
        ("harga di", words("harga", "di")),
        ('"harga beras"', words("harga beras")),
        ("“harga beras” naik", words("harga beras", "naik", last=True)),
        ('naik "harga beras"', words("naik", "harga beras")),
        ('harga "beras', words("harga", "beras", last=True)),
        ('harga "" beras', words("harga", "beras", last=True)),
        ("Nagorno-Karabakh", words("nagorno karabakh", last=True)),
        ("Nagorno-Karabakh perang", words("nagorno karabakh", "perang", last=True)),
        ("covid-19", words("covid 19")),
        ("harga harga beras", words("harga", "beras", last=True)),
        ("beras OR NOT NEAR(a b) title:x*", words("beras", "or", "not", "near a", "b", "title x")),
        ("a\0b", words("a b")),
        ("ﷺ سلام", words("ﷺ", "سلام", last=True)),
    ],
)
def test_what_a_text_asks_for(text: str, terms: tuple[Term, ...]) -> None:
    """Words, phrases, and a last word that may be the beginning of one."""
    assert parse(text).terms == terms


def test_a_query_is_bounded() -> None:
    """Nobody types more, and a store should not toil for who pastes a page."""
    query = parse(" ".join(f"kata{number}" for number in range(700)) + " " + "x" * 500)
    assert len(query.terms) == MAX_WORDS
    assert not query.terms[-1].prefix
    assert parse("x" * 500).terms == (Term(("x" * MAX_LETTERS,), prefix=True),)


odd = st.sampled_from("ab1é\"'-*^():“”\u0301\0\u200e\ud800İẞ😀س 𝒳")


@given(st.text(odd, max_size=60) | st.text(st.characters(), max_size=300))
def test_any_text_is_a_query_that_says_itself_again(text: str) -> None:
    """Nothing raises, and what is remembered of a search is the same search."""
    query = parse(text)
    assert parse(query.text) == query
    assert bool(query) == bool(query.terms)
    assert all(char.isprintable() for char in query.text)


@pytest.mark.parametrize(
    ("text", "title", "stands"),
    [
        ("beras har", "Harga Beras Naik", True),
        ("ras", "Harga Beras", False),
        ("beras", "Berasnya habis", True),
        ('"beras"', "Berasnya habis", False),
        ('"harga beras"', "Harga: beras!", True),
        ('"beras harga"', "Harga beras", False),
        ("sao cafe", "“Café” di São Paulo", True),
        ("café", "Cafe baru", True),
        ("karabakh", "di Nagorno-Karabakh", True),
        ("ri", "Hari ini", False),
    ],
)
def test_whether_a_headline_itself_holds_the_words(text: str, title: str, *, stands: bool) -> None:
    """Whole words, phrases and beginnings, in any case, with diacritics or without."""
    assert finder_in_titles(parse(text))(title) == stands


places = st.builds(
    Place,
    st.integers(0, 2**63 - 1),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(0, 2**63 - 1),
)
turns = st.builds(FoundTurn, st.sampled_from(Direction), places, st.integers(0, 36**10 - 1))


@given(turns)
def test_a_turn_fits_into_a_button_and_comes_back(turn: FoundTurn) -> None:
    """With the button's own mark it is at most 64 bytes, in ASCII."""
    text = pack_turn(turn)
    assert len(f"1:c:{text}".encode()) <= 64
    assert unpack_turn(text) == turn


@given(st.text(max_size=64) | st.from_regex(r"[on]\.[0-9a-z]{1,13}\.[0-9a-z]{1,14}\.[0-9a-z-]{0,25}"))
def test_only_what_was_packed_is_unpacked(text: str) -> None:
    """Forged or foreign: none of ours, and no exception."""
    turn = unpack_turn(text)
    assert turn is None or pack_turn(turn) == text


@pytest.mark.parametrize("text", ["o.1.1.", "o.1.1.1", "o.1.1.1-zzzzzzzzzzzzz", "o.1.1.01-1", "x.1.1.1-1"])
def test_forged_turns(text: str) -> None:
    """A list's turn, an id out of bounds, another form of the same."""
    assert unpack_turn(text) is None


def test_the_top_is_before_everything() -> None:
    """Whatever was published when."""
    first = top(9)
    assert (first.upper, first.at > AT) == (9, True)
    assert not Query(())
