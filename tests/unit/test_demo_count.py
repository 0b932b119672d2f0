"""The demo's counter and its story: journal entries into numbers and sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.demo_count import Count, Ledger, article_of
from bot.sandbox.demo_story import told

CHANNEL, FIRST = -1002000000001, 100


def link(article: int) -> str:
    """An address of the sample portal's."""
    return f"http://127.0.0.1:1/dunia/read/2026/11/25/{article}/judul"


def sent(message: int, article: int, chat: int = CHANNEL) -> dict[str, Any]:
    """A post that Telegram accepted."""
    return {"kind": "sent", "chat": chat, "message_id": message, "links": [link(article)]}


def deleted(message: int) -> dict[str, Any]:
    """A message that the bot took away."""
    return {"kind": "deleted", "chat": CHANNEL, "message_id": message}


def ledger(*entries: dict[str, Any]) -> Ledger:
    """A ledger that has read these entries."""
    made = Ledger(CHANNEL, FIRST)
    for entry in entries:
        made.note(entry)
    return made


def test_nothing_published_is_nothing_counted() -> None:
    """The seed page's articles are older than the demo and do not count."""
    assert ledger(sent(2, FIRST)).count(FIRST) == Count(0, 0, 0, 0, 0)


def test_what_is_younger_than_every_post_is_on_its_way() -> None:
    """Two of five have arrived, in order: three wait, none is lost."""
    assert ledger(sent(2, 101), sent(3, 102)).count(105) == Count(5, 2, 3, 0, 0)


def test_what_a_later_post_has_overtaken_is_lost() -> None:
    """102 does not stand although 103 does: it cannot come in order any more."""
    assert ledger(sent(2, 101), sent(3, 103)).count(103) == Count(3, 2, 0, 1, 0)


def test_a_second_standing_post_is_a_double_until_it_is_deleted() -> None:
    """Twins count while both stand; the article stays posted when one goes."""
    twice = ledger(sent(2, 101), sent(3, 101))
    assert twice.count(101) == Count(1, 1, 0, 0, 1)
    twice.note(deleted(2))
    assert twice.count(101) == Count(1, 1, 0, 0, 0)
    assert twice.post_of(101) == 3


def test_a_post_that_somebody_deletes_is_lost() -> None:
    """The counter tells what stands, whoever took it away."""
    gone = ledger(sent(2, 101), {**deleted(2), "kind": "message", "method": "delete"})
    assert gone.count(101) == Count(1, 0, 0, 1, 0)
    assert gone.post_of(101) is None


@pytest.mark.parametrize(
    "entry",
    [
        sent(2, 101, chat=7),
        {"kind": "sent", "chat": CHANNEL, "message_id": 2},
        {"kind": "edited", "chat": CHANNEL, "message_id": 2, "links": [link(101)]},
        deleted(9),
    ],
    ids=["elsewhere", "no-link", "edit", "unknown"],
)
def test_other_entries_change_nothing(entry: dict[str, Any]) -> None:
    """Other chats, posts without an article, edits, and messages that were never counted."""
    made = ledger()
    assert not made.note(entry)
    assert made.count(101) == Count(1, 0, 1, 0, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(101, 112)), max_size=40), st.integers(112, 120))
def test_the_numbers_always_add_up(acts: list[tuple[bool, int]], last: int) -> None:
    """Whatever is sent and deleted: published = posted + on the way + lost, and every standing post is counted."""
    made, standing = ledger(), dict[int, int]()
    for message, (comes, article) in enumerate(acts):
        if comes:
            made.note(sent(message, article))
            standing[message] = article
        elif standing:
            oldest = next(iter(standing))
            del standing[oldest]
            made.note(deleted(oldest))
    count = made.count(last)
    assert count.published == count.posted + count.waiting + count.lost
    assert count.posted + count.doubled == len(standing)
    assert min(count.posted, count.waiting, count.lost, count.doubled) >= 0


def test_an_article_is_known_by_its_address_alone() -> None:
    """The first link that leads to an article decides; others lead nowhere."""
    assert article_of(["https://t.me/x", link(7), link(8)]) == 7
    assert article_of(["https://t.me/x"]) is None


@pytest.mark.parametrize(
    ("entry", "words", "tone"),
    [
        ({"kind": "edited"}, "edited in place", "good"),
        ({"kind": "deleted", "message_id": 5}, "message 5", "good"),
        ({"kind": "limited"}, "429", "info"),
        ({"kind": "refused", "method": "sendmessage", "description": "Forbidden: kicked"}, "kicked", "bad"),
        (
            {"kind": "refused", "method": "editmessagereplymarkup", "message_id": 4, "description": "message is not modified"},
            "is message 4 there? It is.",
            "good",
        ),
        (
            {"kind": "refused", "method": "editmessagereplymarkup", "message_id": 4, "description": "message to edit not found"},
            "is message 4 there? It is not.",
            "info",
        ),
    ],
)  # fmt: skip
def test_a_newcomer_is_told(entry: dict[str, Any], words: str, tone: str) -> None:
    """What would otherwise be missed, in plain words."""
    sentence = told({"chat": CHANNEL, **entry}, CHANNEL)
    assert sentence is not None
    assert words in sentence.text
    assert sentence.tone == tone


@pytest.mark.parametrize(
    "entry",
    [
        sent(2, 101),
        {"kind": "edited", "chat": 7},
        {"kind": "refused", "chat": CHANNEL, "method": "getchatmember"},
    ],
)
def test_the_rest_speaks_for_itself(entry: dict[str, Any]) -> None:
    """Posts are seen, other chats are not the story's business, other refusals mean nothing to a newcomer."""
    assert told(entry, CHANNEL) is None
