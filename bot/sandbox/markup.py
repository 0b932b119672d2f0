"""From what a client sends as text to what Telegram makes of it: plain text and entities, or a refusal.

Adds the entities that Telegram finds by itself, trims, and measures; what reads the markup is a `Parser`
(`parsers.choose_parser`). Lengths are UTF-16 code units after parsing, raw text bytes before, as Telegram counts them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from bot.sandbox.errors import bad_request

MAX_RAW_BYTES: Final = 32768
MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
_BLANK: Final = " \n"
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")
# TDLib orders entities of the same range by these; smaller comes first.
_PRIORITY: Final = {
    "blockquote": 0, "expandable_blockquote": 0, "pre": 10, "code": 20, "text_link": 49, "text_mention": 49,
    "bold": 90, "italic": 91, "underline": 92, "strikethrough": 93, "spoiler": 94, "custom_emoji": 99,
}  # fmt: skip

Entity = dict[str, Any]


class MarkupError(Exception):
    """Text that is not valid markup, in the server's words: `Can't parse entities: …`."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Plain text and its entities, offsets and lengths in UTF-16 code units."""

    text: str
    entities: list[Entity]


class Parser(Protocol):
    """Reads marked-up text. Does not trim or measure."""

    name: str
    modes: frozenset[str]

    def parse(self, text: str, mode: str) -> Parsed:
        """Raises MarkupError."""
        ...

    def detect(self, text: str) -> list[Entity]:
        """What Telegram would mark by itself in plain text."""
        ...


def units(text: str) -> int:
    """The length of `text` in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


class Composer:
    """Makes text as Telegram would show it. Remembers the last few hundred results: one text goes to many
    chats.
    """

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self._parse = lru_cache(maxsize=256)(self._parse_uncached)

    def compose(self, raw: str, mode: str, entities: Sequence[Entity] | None = None) -> Parsed:
        """Text and entities of `raw`. Refuses what is too long before parsing, or is not valid markup."""
        if len(raw) > MAX_RAW_BYTES // 4 and len(raw.encode()) > MAX_RAW_BYTES:
            raise bad_request("text is too long")
        if not mode and entities:
            return self._finish(Parsed(raw, [dict(entity) for entity in entities]))
        return self._parse(raw, mode.lower())

    def _parse_uncached(self, raw: str, mode: str) -> Parsed:
        if not mode or mode == "none":
            return self._finish(Parsed(raw, []))
        if mode not in self.parser.modes:
            raise bad_request("unsupported parse_mode")
        try:
            return self._finish(self.parser.parse(raw, mode))
        except MarkupError as error:
            text = str(error)
            raise bad_request(text[:1].lower() + text[1:]) from error

    def _finish(self, parsed: Parsed) -> Parsed:
        trimmed = _trim(parsed)
        taken = [
            (e["offset"], e["offset"] + e["length"]) for e in trimmed.entities if e["type"] not in _OVERLAPPED
        ]
        found = [e for e in self.parser.detect(trimmed.text) if not _touches(e, taken)]
        return Parsed(trimmed.text, sorted(trimmed.entities + found, key=_order))


# Telegram marks links and names inside these by itself, and inside nothing else that was marked explicitly.
_OVERLAPPED: Final = frozenset({
    "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote",
})  # fmt: skip


def _order(entity: Entity) -> tuple[int, int, int]:
    return entity["offset"], -entity["length"], _PRIORITY.get(entity["type"], 50)


def _touches(entity: Entity, taken: Sequence[tuple[int, int]]) -> bool:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def _trim(parsed: Parsed) -> Parsed:
    """White space off both ends, carriage returns out, other control characters to spaces."""
    text = parsed.text
    text = _CONTROL.sub(" ", text)
    if "\r" in text:
        parsed = _without_returns(Parsed(text, parsed.entities))
        text = parsed.text
    shift = units(text) - units(text.lstrip(_BLANK))
    text = text.strip(_BLANK)
    end = units(text)
    kept = []
    seen = set()
    for entity in parsed.entities:
        start = max(entity["offset"] - shift, 0)
        stop = min(entity["offset"] + entity["length"] - shift, end)
        key = (start, stop, entity["type"])
        if start < stop and key not in seen:
            seen.add(key)
            kept.append({**entity, "offset": start, "length": stop - start})
    return Parsed(text, kept)


def _without_returns(parsed: Parsed) -> Parsed:
    offsets, removed, position = [], 0, 0
    for char in parsed.text:
        offsets.extend([position - removed] * units(char))
        position += units(char)
        removed += char == "\r"
    offsets.append(position - removed)
    entities = []
    for entity in parsed.entities:
        start, stop = offsets[entity["offset"]], offsets[entity["offset"] + entity["length"]]
        entities.append({**entity, "offset": start, "length": stop - start})
    return Parsed(parsed.text.replace("\r", ""), entities)
