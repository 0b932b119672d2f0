"""Which word stands before the dateline."""

from __future__ import annotations

import pytest

from bot.domain.kickers import kicker

LINK = "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia"
PLAIN = "https://portal.example/rusia-desak-armenia"


def test_the_setting_comes_first() -> None:
    """Then the path, then the feed's categories."""
    assert kicker("kabar pena", LINK, ["Politik"]) == "Kabar Pena"
    assert kicker("", LINK, ["Politik"]) == "Dunia"
    assert kicker("", PLAIN, ["Politik"]) == "Politik"
    assert kicker("", None, []) == ""


@pytest.mark.parametrize(
    ("categories", "name"),
    [
        (["Jokowi", "KPK", "Politik", "Pilkada", "Jakarta"], "Politik"),
        (["POLITIK"], "Politik"),
        (["Uncategorized", "Gaya Hidup"], "Gaya Hidup"),
        (["#viral", "Pilkada 2024", "https://x"], ""),
        (["satu", "dua", "tiga", "empat"], ""),
        ([" \n "], ""),
        (["Kabar Kampus"], "Kabar Kampus"),
        (["sebuah kategori yang sangat panjang sekali namanya"], ""),
        (["Ekonomi & Bisnis"], "Ekonomi & Bisnis"),
    ],
)
def test_a_section_is_told_from_tags(categories: list[str], name: str) -> None:
    """A newsroom's own word anywhere; another name only where there are few."""
    assert kicker("", PLAIN, categories) == name


def test_a_tag_repeats_the_headline() -> None:
    """What the headline says already is a tag, and no section."""
    assert kicker("", PLAIN, ["Rusia"], title="Rusia Desak Armenia") == ""
    assert kicker("", PLAIN, ["Rusia", "Kabar Kampus"], title="Rusia Desak Armenia") == "Kabar Kampus"
