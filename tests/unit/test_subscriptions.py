"""Subscriptions: what a reader wants, when the digest comes, what goes into one message."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Words
from bot.domain.subscriptions import (
    LONGEST_PHRASE,
    MOST_PHRASES,
    Matching,
    Wish,
    next_digest,
    parse_wish,
)

NOW = datetime(2023, 9, 20, 0, 0, tzinfo=UTC)
JAKARTA, BERLIN = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin")
WORDS = Words(
    title="Gubernur Bahas Harga Pangan",
    link="https://kabar.example/dunia/1",
    kicker="Dunia",
    published=NOW,
    lead="Rapat di Palembang ditunda.",
)


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        (Wish(), True),
        (Wish(categories=("DUNIA",)), True),
        (Wish(categories=("bisnis",)), True),
        (Wish(categories=("Hukum",)), False),
        (Wish(include=("harga  pangan",)), True),
        (Wish(include=("PALEMBANG",)), True),
        (Wish(include=("pang",)), False),
        (Wish(categories=("Hukum",), include=("gubernur",)), True),
        (Wish(categories=("Dunia",), include=("timnas",)), True),
        (Wish(exclude=("timnas",)), True),
        (Wish(exclude=("palembang",)), False),
        (Wish(categories=("Dunia",), include=("harga",), exclude=("Gubernur",)), False),
    ],
)
def test_a_category_or_a_word_is_enough_and_a_barred_word_decides(wish: Wish, wanted: bool) -> None:
    """Whatever the case; whole words only; feeds' own categories count."""
    assert Matching(WORDS, ("Bisnis",)).wanted(wish) is wanted


def test_a_headline_answers_each_reader_for_himself() -> None:
    """What one reader's phrase was found to be does not leak into another's."""
    matching = Matching(WORDS, ())
    assert [matching.wanted(Wish(include=(one,))) for one in ("harga", "timnas", "harga", "timnas")] == [
        True,
        False,
        True,
        False,
    ]
    assert not matching.wanted(Wish(include=("harga",), exclude=("pangan",)))


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Wish()),
        (" , - ,", Wish()),
        ("dunia", Wish(categories=("Dunia",))),
        ("harga beras", Wish(include=("harga beras",))),
        (
            "dunia, Timnas, -gosip artis, DUNIA, timnas",
            Wish(categories=("Dunia",), include=("Timnas",), exclude=("gosip artis",)),
        ),
        ("-dunia", Wish(exclude=("dunia",))),
    ],
)
def test_what_stands_behind_the_command(text: str, wish: Wish) -> None:
    """Phrases between commas; a category's name is the portal's; what is said twice counts once."""
    assert parse_wish(text, ("Dunia", "Politik")) == wish


@pytest.mark.parametrize(
    ("text", "reason"),
    [(",".join(map(str, range(MOST_PHRASES + 1))), "many"), ("x" * (LONGEST_PHRASE + 1), "long")],
)
def test_a_wish_is_bounded(text: str, reason: str) -> None:
    """Each is matched against every headline."""
    with pytest.raises(ValueError, match=reason):
        parse_wish(text, ())


@given(st.text(max_size=LONGEST_PHRASE).filter(lambda text: text.count(",") < MOST_PHRASES))
def test_no_text_breaks_a_wish(text: str) -> None:
    """Whatever a reader types, within its bounds, is a wish that can be matched."""
    wish = parse_wish(text, ("Dunia",))
    plain = Wish(wish.categories, wish.include)
    assert Matching(WORDS, ()).wanted(wish) <= Matching(WORDS, ()).wanted(plain)


def test_the_digest_comes_at_the_local_hour() -> None:
    """07:00 WIB is midnight UTC; what has just come comes again tomorrow."""
    assert next_digest(time(7), JAKARTA, NOW - timedelta(seconds=1)) == NOW
    assert next_digest(time(7), JAKARTA, NOW) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (datetime(2023, 3, 26, 0, tzinfo=UTC), datetime(2023, 3, 26, 1, 30, tzinfo=UTC)),
        (datetime(2023, 10, 29, 0, tzinfo=UTC), datetime(2023, 10, 29, 0, 30, tzinfo=UTC)),
        (datetime(2023, 10, 29, 0, 30, tzinfo=UTC), datetime(2023, 10, 30, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_clock_that_is_put_forward_or_back_loses_and_doubles_no_digest(
    after: datetime, expected: datetime
) -> None:
    """02:30 in Berlin is missing in March and comes twice in October."""
    assert next_digest(time(2, 30), BERLIN, after) == expected
