"""The least settings that work, and what an operator is told of others."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, parse

TOKEN = "123456:AAbbCCdd-_"
LEAST: dict[str, Any] = {
    "TELEGRAM_TOKEN": TOKEN,
    "FEED_URL": "https://portal.example/rss",
    "CHANNELS": "@kabar",
}


def settings(**words: object) -> Settings:
    """The least that works, and `words`."""
    return parse({**LEAST, **words})


def faults(**words: object) -> tuple[str, ...]:
    """The lines that an operator reads."""
    with pytest.raises(SettingsError) as caught:
        settings(**words)
    return caught.value.faults


def only_fault(**words: object) -> str:
    """The one line that an operator reads."""
    (line,) = faults(**words)
    return line
