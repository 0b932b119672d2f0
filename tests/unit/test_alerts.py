"""The lines for the desk: every kind in both languages, every trouble with its end."""

from __future__ import annotations

import pytest

from bot.domain.alerts import alert, kinds

VALUES = {
    "channel": "@kabar",
    "detail": "need administrator rights {here}",
    "feed": "utama",
    "ids": "7, 8",
    "count": "40",
    "held": "120",
    "title": "Judul <b>{baru}</b>",
    "update": "99",
    "silence": "3:20",
    "usual": "1:00",
    "age": "2:00",
    "ahead": "7:00",
    "others": "3",
    "answer": "404",
    "link": "https://kabar.example/{1}",
}
#: Every value is its own name in braces.
ECHO = {key: "{" + key + "}" for key in VALUES}


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_says_its_values(kind: str, language: str) -> None:
    """One line that begins with its sign; what a portal or Telegram wrote stands as it is."""
    line = alert(kind, VALUES, language)

    assert line[0] in "⚠✅ℹ"
    assert "\n" not in line
    assert len(line) < 400
    asked = {key for key in VALUES if ECHO[key] in alert(kind, ECHO, language)}
    assert all(VALUES[key] in line for key in asked)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_two_languages_ask_for_the_same_values(kind: str) -> None:
    """Nothing is told to one desk and kept from the other."""

    def asked(language: str) -> set[str]:
        return {key for key in VALUES if ECHO[key] in alert(kind, ECHO, language)}

    assert asked("id") == asked("en")
    assert alert(kind, VALUES, "id") != alert(kind, VALUES, "en")


@pytest.mark.parametrize("kind", ["channel", "feed", "feed_gone", "updates"])
def test_a_trouble_has_an_end(kind: str) -> None:
    """Whatever is told as a trouble can be told as over, with the values of its beginning."""
    assert alert(f"{kind}_over", VALUES, "id").startswith("✅")


def test_an_unknown_kind_is_a_mistake() -> None:
    """Not a silent nothing."""
    with pytest.raises(KeyError):
        alert("nonsense", VALUES, "id")
