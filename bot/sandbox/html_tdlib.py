"""Telegram HTML parsed by TDLib itself (`tdjson`): the same errors and entities as the Bot API server's.

Optional: `load` returns None where the library is not installed, and `html_plain.py` takes over.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.jsontext import dump
from bot.sandbox.markup import MarkupError, Parsed

_MODES: Final[dict[str, dict[str, Any]]] = {
    "html": {"@type": "textParseModeHTML"},
    "markdown": {"@type": "textParseModeMarkdown", "version": 1},
    "markdownv2": {"@type": "textParseModeMarkdown", "version": 2},
}
_NAMES: Final = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Code": "code",
    "Pre": "pre",
    "PreCode": "pre",
    "BlockQuote": "blockquote",
    "ExpandableBlockQuote": "expandable_blockquote",
    "TextUrl": "text_link",
    "MentionName": "text_mention",
    "CustomEmoji": "custom_emoji",
    "Url": "url",
    "EmailAddress": "email",
    "Mention": "mention",
    "Hashtag": "hashtag",
    "Cashtag": "cashtag",
    "BotCommand": "bot_command",
    "PhoneNumber": "phone_number",
}
_DETAILS: Final = (
    ("url", "url"),
    ("language", "language"),
    ("custom_emoji_id", "custom_emoji_id"),
    ("user_id", "user_id"),
)

# No link, name, tag or command can be without one of these; most text is spared the question.
_DETECTABLE: Final = re.compile(r"[./@#$]")

Execute = Callable[[bytes], bytes | None]


def load() -> "TdlibParser | None":
    """The parser, or None without `tdjson`. Silences the library's own log."""
    try:
        from tdjson import td_execute
    except ImportError:
        return None
    td_execute(b'{"@type":"setLogVerbosityLevel","new_verbosity_level":0}')
    return TdlibParser(td_execute)


class TdlibParser:
    """Parses marked-up text and finds links, names and commands in plain text, by `td_execute`."""

    name = "tdlib"
    modes = frozenset(_MODES)

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def parse(self, text: str, mode: str) -> Parsed:
        """Text and entities of `text` in one of `modes`. Raises MarkupError with the server's words."""
        answer = self._ask({"@type": "parseTextEntities", "text": text, "parse_mode": _MODES[mode]})
        if answer["@type"] == "error":
            raise MarkupError(answer["message"])
        return Parsed(answer["text"], _entities(answer["entities"]))

    def detect(self, text: str) -> list[dict[str, Any]]:
        """The entities that Telegram finds by itself in plain text."""
        if not _DETECTABLE.search(text):
            return []
        return _entities(self._ask({"@type": "getTextEntities", "text": text})["entities"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._execute(dump(request).encode()) or b"{}")
        return answer


def _entities(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entity for entity in map(_entity, found) if entity is not None]


def _entity(found: dict[str, Any]) -> dict[str, Any] | None:
    kind = found["type"]
    name = _NAMES.get(kind["@type"].removeprefix("textEntityType"))
    if name is None:  # bank cards, times: the Bot API has no such entity here
        return None
    entity = {"type": name, "offset": found["offset"], "length": found["length"]}
    for theirs, ours in _DETAILS:
        if kind.get(theirs):
            entity[ours] = kind[theirs]
    return entity
