"""Routing: which headlines a channel gets by its own rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Words
from bot.domain.polling import Channel
from bot.domain.routing import breaking, route

WORDS = Words(
    title="Rusia-Ukraina: Gubernur Sumsel Bahas Harga Pangan",
    link="https://kabar.example/dunia/1",
    kicker="Dunia",
    published=datetime(2023, 9, 20, tzinfo=UTC),
    lead="Shalat Jum’at di Palembang ditunda, kata “Si Doel”.",
)


def test_a_channel_without_rules_gets_everything() -> None:
    """No rule, no reason."""
    assert route(WORDS, (), "", Channel(1)) == (True, "")


@pytest.mark.parametrize(
    ("channel", "wanted", "rule"),
    [
        (Channel(1, feeds=frozenset({"utama"})), True, ""),
        (Channel(1, feeds=frozenset({"Utama"})), True, ""),
        (
            Channel(1, feeds=frozenset({"ekonomi", "politik"})),
            False,
            "feeds: utama is not among ekonomi, politik",
        ),
        (Channel(1, categories=frozenset({"DUNIA"})), True, ""),
        (Channel(1, categories=frozenset({"politik"})), True, ""),
        (
            Channel(1, categories=frozenset({"hukum", "bisnis"})),
            False,
            "categories: Dunia, Politik is not among bisnis, hukum",
        ),
        (Channel(1, include=("harga pangan",)), True, "include: harga pangan"),
        (Channel(1, include=("bisnis", "RUSIA")), True, "include: RUSIA"),
        (Channel(1, include=("bisnis",)), False, "include: none of bisnis"),
        (Channel(1, exclude=("palembang",)), False, "exclude: palembang"),
        (Channel(1, include=("Rusia",), exclude=("Palembang",)), False, "exclude: Palembang"),
        (Channel(1, include=("Rusia",), exclude=("Surabaya",)), True, "include: Rusia"),
    ],
)
def test_each_rule_says_what_it_decided(channel: Channel, wanted: bool, rule: str) -> None:
    """The rule's text is what `explain` shows an editor."""
    assert route(WORDS, ("Politik",), "utama", channel) == (wanted, rule)


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("sumsel", True),
        ("sum", False),
        ("pang", False),
        ("harga  pangan", True),
        ("pangan harga", False),
        ("ukraina", True),
        ("jum'at", True),
        ('"si doel"', True),
        ("ditunda, kata", True),
        ("", False),
        ("   ", False),
        ("(", False),
    ],
)
def test_words_are_whole_words_or_phrases(phrase: str, found: bool) -> None:
    """Part of a word is no word; white space and the kind of quotes do not matter; nothing is a pattern."""
    assert route(WORDS, (), "", Channel(1, exclude=(phrase,)))[0] is not found


def test_title_and_lead_are_no_one_text() -> None:
    """A phrase must not begin in the headline and end in the lead's first word by accident of joining."""
    joined = replace(WORDS, title="Harga Naik", lead="Tajam sekali")
    assert route(joined, (), "", Channel(1, exclude=("naik tajam",))) == (True, "")


def test_a_nameless_feed_is_named_in_the_reason() -> None:
    """`FEED_URL` feeds have no name; the reason still reads."""
    assert route(WORDS, (), "", Channel(1, feeds=frozenset({"utama"})))[1] == (
        "feeds: a feed without a name is not among utama"
    )


@given(st.text(max_size=30), st.text(max_size=60), st.text(max_size=60))
def test_no_word_of_an_operator_can_break_routing(phrase: str, title: str, lead: str) -> None:
    """Whatever stands in the settings, including and excluding the same word are each other's opposite."""
    words = replace(WORDS, title=title, lead=lead)
    included = route(words, (), "", Channel(1, include=(phrase,)))[0]
    assert included is not route(words, (), "", Channel(1, exclude=(phrase,)))[0]


@pytest.mark.parametrize(
    ("words", "categories", "rule"),
    [
        ((), (), ""),
        (("gempa",), (), ""),
        (("harga pangan",), (), "breaking: harga pangan"),
        (("PALEMBANG",), (), "breaking: PALEMBANG"),
        (("dunia",), (), "breaking: dunia"),
        (("Utama", "pangan"), ("utama",), "breaking: Utama"),
        (("pang",), (), ""),
    ],
)
def test_what_goes_before_everything_else(
    words: tuple[str, ...], categories: tuple[str, ...], rule: str
) -> None:
    """Whole words of headline or lead, or a category; whatever the case."""
    assert breaking(WORDS, categories, Channel(1, breaking=words)) == rule
