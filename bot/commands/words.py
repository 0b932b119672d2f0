"""A reader's own words, made fit to be repeated in an answer; escaping is left to whoever renders."""

from __future__ import annotations

#: Characters of a reader's words that an answer repeats.
QUOTED = 60


def readable(text: str) -> str:
    """`text` on one line, without what nobody can see (controls, direction marks); may be ''."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def quotable(text: str, limit: int = QUOTED) -> str:
    """`text` as `readable`, at most `limit` characters of it; may be ''."""
    line = readable(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
