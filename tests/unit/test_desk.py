"""How editors point at a story, what stands under a post, who signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.buttons import read
from bot.domain.desk import (
    DECISION_TAG,
    Aim,
    Decision,
    Mark,
    MarkKind,
    aim,
    decision_of,
    line,
    literal,
    may_delete,
    payload_of,
    signatory,
)

AT = datetime(2024, 11, 29, 7, 5, tzinfo=UTC)
WIB = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("text", "replying", "expected"),
    [
        (
            "https://kabar.example/1 alasan panjang",
            False,
            Aim(link="https://kabar.example/1", rest="alasan panjang"),
        ),
        ("kabar.example/read/1 x", False, Aim(link="https://kabar.example/read/1", rest="x")),
        ("www.kabar.example x", False, Aim(link="https://www.kabar.example", rest="x")),
        ("https://kabar.example/1\nalasan", True, Aim(link="https://kabar.example/1", rest="alasan")),
        ('"harga  beras" belum jelas', False, Aim(words="harga beras", rest="belum jelas")),
        ("“harga beras” belum", False, Aim(words="harga beras", rest="belum")),
        ('"Budi" seharusnya "Badi"', True, Aim(rest='"Budi" seharusnya "Badi"')),
        ("alasan saja", True, Aim(rest="alasan saja")),
        ("alasan saja", False, Aim(rest="alasan saja")),
        ("", False, Aim()),
        ('""', False, Aim(rest='""')),
    ],
)
def test_how_an_order_points(text: str, replying: bool, expected: Aim) -> None:
    """A link first, then the reply, then quoted words; the rest is reason or text."""
    assert aim(text, replying=replying) == expected


@given(st.text(), st.booleans())
def test_nothing_typed_breaks_it(text: str, replying: bool) -> None:
    """And at most one way of pointing is found."""
    found = aim(text, replying=replying)
    assert not (found.link and found.words)
    assert "\n" not in literal(text)


def test_the_lines_of_the_contract() -> None:
    """Indonesian as the press council's readers know them; English for English posts."""
    corrected = Mark(MarkKind.CORRECTED, AT, "nama <b>diperbaiki</b>")
    withdrawn = Mark(MarkKind.WITHDRAWN, AT, "data keliru")
    assert line(corrected, WIB, "id") == "Ralat 14:05 WIB: nama <b>diperbaiki</b>"
    assert line(withdrawn, WIB, "id") == "Ditarik 14:05 WIB: data keliru"
    assert line(Mark(MarkKind.WITHDRAWN, AT), WIB, "id") == "Ditarik 14:05 WIB"
    assert line(corrected, WIB, "en").startswith("Correction 14:05 WIB: ")


@pytest.mark.parametrize(("user", "who"), [(7, 7), (None, -5), (1087968824, -5), (136817688, -5)])
def test_who_signs(user: int | None, who: int) -> None:
    """A user by id; an administrator who hides as the group."""
    assert signatory(-5, user) == who


def test_when_a_post_may_be_deleted() -> None:
    """For 48 hours, the last instant not included."""
    assert may_delete(AT, AT + timedelta(hours=47, minutes=59))
    assert not may_delete(AT, AT + timedelta(hours=48))


@pytest.mark.parametrize(
    "decision",
    [
        Decision(publish=True, feed_id=10**9, at=1_795_000_000_000_000),
        Decision(publish=False, feed_id=1, at=1),
        Decision(publish=True, delivery_id=10**12),
    ],
)
def test_decisions_fit_a_button(decision: Decision) -> None:
    """What a button carries is read as it was written, in at most 64 bytes."""
    data = f"1:{DECISION_TAG}:{payload_of(decision)}"
    assert len(data) <= 64
    assert read(data) == (DECISION_TAG, payload_of(decision))
    assert decision_of(payload_of(decision)) == decision


@pytest.mark.parametrize("payload", ["", "h.1", "s.1.t", "h.1.2.t", "x.1.t", "h.1.x", "h.-1.t"])
def test_other_payloads_decide_nothing(payload: str) -> None:
    """Whatever a client sends."""
    assert decision_of(payload) is None
