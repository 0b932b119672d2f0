"""Reads what stands under `deploy/`: the plain YAML of its files, and the series that a PromQL expression names.

The YAML is a part of YAML 1.2 that is enough for manifests: block mappings and lists, plain and quoted scalars,
flow lists of scalars, literal blocks, several documents. Whatever else there is in YAML is refused, not guessed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"

_KEY = re.compile(r"""^("[^"]*"|[\w./-]+):(?:\s+(.*))?$""")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_REFUSED = ("&", "*", "!", "{", ">", "%", "@", "`", "'", "?")
_WORDS = {"true": True, "false": False, "null": None}


def documents(path: Path) -> list[Any]:
    """The documents of a YAML file. Raises `ValueError` for what this reader does not know, and for a key twice."""
    parts = re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_Lines(part).whole() for part in parts]


def series(expression: str) -> set[str]:
    """The names of series in a PromQL expression: names before a brace, a range, an operator or the end."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}', "", expression)
    grouped = re.sub(r"\b(?:by|on|without|ignoring)\s*\([^)]*\)", "", bare)
    return {name for name in re.findall(r"[a-z_]\w+", grouped) if name.startswith(("kabarbot_", "process_"))}


class _Lines:
    """The lines of one document, read from the top by indentation."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._at = 0

    def whole(self) -> Any:
        """The document's value; raises `ValueError` where something is left over."""
        value = self._block(0)
        if self._peek() is not None:
            raise ValueError(f"left over: {self._lines[self._at]!r}")
        return value

    def _peek(self) -> tuple[int, str] | None:
        """Indentation and text of the next line that says something."""
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            text = line.lstrip()
            if text and not text.startswith("#"):
                return len(line) - len(text), text
            self._at += 1
        return None

    def _block(self, least: int) -> Any:
        line = self._peek()
        if line is None or line[0] < least:
            return None
        return self._list(line[0]) if line[1].startswith("- ") else self._mapping(line[0])

    def _list(self, indent: int) -> list[Any]:
        found = []
        while (line := self._peek()) and line[0] == indent and line[1].startswith("- "):
            rest = line[1][2:]
            if _KEY.match(rest):
                self._lines[self._at] = " " * (indent + 2) + rest
                found.append(self._mapping(indent + 2))
            else:
                self._at += 1
                found.append(_scalar(rest))
        return found

    def _mapping(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self._peek()) and line[0] == indent and not line[1].startswith("- "):
            match = _KEY.match(line[1])
            if not match or match[1].strip('"') in found:
                raise ValueError(f"no key, or one that is there already: {line[1]!r}")
            self._at += 1
            found[match[1].strip('"')] = self._value(match[2] or "", indent)
        return found

    def _value(self, text: str, indent: int) -> Any:
        if text == "|":
            return self._literal(indent)
        if text:
            return _scalar(text)
        following = self._peek()
        # A list may stand as far left as its key.
        return self._block(indent if following and following[1].startswith("- ") else indent + 1)

    def _literal(self, indent: int) -> str:
        began = self._at
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            self._at += 1
        lines = self._lines[began : self._at]
        edge = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        return "\n".join(line[edge:] for line in lines).rstrip("\n") + "\n"


def _scalar(text: str) -> Any:
    if text.startswith('"'):
        return json.loads(text)
    text = text.split(" #", maxsplit=1)[0].rstrip()
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    if text.startswith(_REFUSED) or ": " in text:
        raise ValueError(f"not plain: {text!r}")
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return _WORDS.get(text, text)
