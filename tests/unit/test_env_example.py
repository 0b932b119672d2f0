"""`.env.example` says what the settings are: every name, its default, one line of explanation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import Settings, parse
from bot.settings.model import known_names

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
REQUIRED = {"TELEGRAM_TOKEN": "123456:AAbbCCdd-_", "FEED_URL": "https://a.example/", "CHANNELS": "@kabar"}


@dataclass(frozen=True)
class Line:
    """A setting in the file: with a # before it, or not; and what stands in the line above."""

    name: str
    default: str
    off: bool
    above: str


def settings() -> Iterator[Line]:
    """The settings in the order of the file."""
    above = ""
    for text in EXAMPLE.read_text().splitlines():
        name, sign, default = text.removeprefix("#").partition("=")
        if sign and name.isidentifier() and name.isupper():
            yield Line(name, default, text.startswith("#"), above)
        above = text


LINES = {line.name: line for line in settings()}


def test_every_setting_is_there_in_its_order() -> None:
    """No more and no fewer than the model knows."""
    assert list(LINES) == list(known_names())


def test_each_has_one_line_of_explanation() -> None:
    """Above it, a whole sentence and no setting."""
    unexplained = [name for name, line in LINES.items() if not line.above.startswith("# ")]
    lines = [text for text in EXAMPLE.read_text().splitlines() if text.startswith("# ")]

    assert unexplained == []
    assert len(lines) == len(LINES) + 2  # two lines on top are about the file itself


def test_what_must_be_filled_in_is_empty_and_on() -> None:
    """Everything else is off, so that a copy of the file changes no default of the container's."""
    assert [name for name, line in LINES.items() if not line.off] == list(REQUIRED)
    assert all(LINES[name].default == "" for name in REQUIRED)


@pytest.mark.parametrize("name", [name for name in LINES if name not in REQUIRED])
def test_the_default_is_the_models(name: str) -> None:
    """What stands behind the # is what the bot does without the line."""
    field = next(
        field
        for field, info in Settings.model_fields.items()
        if name in {field.upper(), info.validation_alias}
    )

    said = parse({**REQUIRED, name: LINES[name].default})

    assert getattr(said, field) == getattr(parse(REQUIRED), field)
    assert (
        LINES[name].default
        or Settings.model_fields[field].default in ("", (), None)
        or name == "WEBHOOK_SECRET"
    )


def test_the_file_is_a_good_env_file() -> None:
    """As it is, it says nothing; filled in, it is enough."""
    assert dotenv_values(EXAMPLE) == dict.fromkeys(REQUIRED, "")
