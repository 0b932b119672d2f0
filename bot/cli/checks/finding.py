"""One line of what `check` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether `what` is in order; `cure` says what to do where it is not, or is a piece of advice."""

    what: str
    ok: bool
    cure: str = ""


def good(what: str, advice: str = "") -> Finding:
    """In order."""
    return Finding(what, ok=True, cure=advice)


def bad(what: str, cure: str) -> Finding:
    """Not in order."""
    return Finding(what, ok=False, cure=cure)
