"""Telegram HTML: what a reader sees of it, and how long Telegram finds it. Pure, and no parser of foreign HTML.

Source: Bot API, "HTML style". Of named entities Telegram knows four, so `html.unescape` would say too much.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

#: UTF-16 units after parsing (Bot API, sendMessage and sendPhoto).
MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
#: Bytes before parsing (the Bot API server's own limit).
MAX_RAW: Final = 32_768

_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_HREF = re.compile(r'<a\s+href="([^"]*)"')

__all__ = ["MAX_CAPTION", "MAX_RAW", "MAX_TEXT", "cut", "escape", "first_link", "fits", "plain", "units"]


def units(text: str) -> int:
    """The length of plain `text` as Telegram counts it: UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def plain(markup: str) -> str:
    """What a reader sees of `markup`, trimmed as Telegram trims it."""
    return _ENTITY.sub(_decode, _TAG.sub("", markup)).strip()


def first_link(markup: str) -> str | None:
    """The address of the first link, decoded."""
    found = _HREF.search(markup)
    return _ENTITY.sub(_decode, found[1]) if found else None


def fits(markup: str, limit: int) -> bool:
    """Whether Telegram takes `markup` where `limit` units are allowed."""
    return 0 < units(plain(markup)) <= limit and len(markup.encode()) <= MAX_RAW


def cut(text: str, limit: int) -> str:
    """Plain `text` of at most `limit` units, cut at a word with ``…`` where it is longer."""
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: max(limit - 1, 0) * 2].decode("utf-16-le", "ignore")
    at_word = kept.rfind(" ")
    return (kept[:at_word] if at_word > len(kept) // 2 else kept).rstrip() + "…"


def _decode(match: re.Match[str]) -> str:
    if match[1]:
        return _NAMED[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match[0]
