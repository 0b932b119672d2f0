"""`explain` as people and scripts read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bot.cli.explain import json_line, page
from bot.store.explain import DeliveryTold, EditTold, Explanation

SEEN = datetime(2024, 11, 29, 1, 8, tzinfo=UTC)
LIFE = Explanation(
    title="Judul Baru",
    link="https://portal.example/1",
    first_seen=SEEN,
    edits=(EditTold("Judul Baru", "https://portal.example/1", SEEN),),
    deliveries=(
        DeliveryTold("@kabar", 7, "SENT", ""),
        DeliveryTold("@lain", None, "SKIPPED", "filtered: exclude: iklan"),
    ),
)


def test_a_json_line_has_the_names_of_the_contract() -> None:
    """Times in UTC; no reason is null."""
    assert json.loads(json_line(LIFE)) == {
        "title": "Judul Baru",
        "link": "https://portal.example/1",
        "first_seen": "2024-11-29T01:08:00Z",
        "edits": [{"title": "Judul Baru", "link": "https://portal.example/1", "at": "2024-11-29T01:08:00Z"}],
        "deliveries": [
            {"channel": "@kabar", "message_id": 7, "state": "SENT", "reason": None},
            {
                "channel": "@lain",
                "message_id": None,
                "state": "SKIPPED",
                "reason": "filtered: exclude: iklan",
            },
        ],
    }


def test_a_page_tells_the_whole_life() -> None:
    """First seen, edits, which channel got it under which id, which rule held it back."""
    said = page(LIFE)

    assert said.startswith("Judul Baru\nhttps://portal.example/1\n")
    assert "first seen" in said
    assert "corrected: Judul Baru" in said
    assert "@kabar  SENT as message 7" in said
    assert "@lain  SKIPPED: filtered: exclude: iklan" in said


def test_a_headline_without_channels_says_so() -> None:
    """Silence would read as a mistake."""
    assert "no channel wants it" in page(Explanation("Judul", None, SEEN, (), ()))
