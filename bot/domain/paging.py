"""Pages of headlines that are anchored to headlines, never to offsets.

An anchor is (published, id): it says where a page begins even when that headline is gone, and
nothing that arrives in between can shift it. A turn of the page is written into a button in a strict
and compact form, so that it works after a restart. This module fetches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from bot.domain.headlines import Headline

#: Headlines on a page (product.md §5).
PAGE = 10

Anchor = tuple[datetime, int]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime.min.replace(tzinfo=UTC)  # counting from year 1 leaves no negative numbers
_MICROSECOND = timedelta(microseconds=1)
_LAST_ID = 2**63 - 1  # SQLite's largest rowid
_TURN = re.compile(r"([on])\.([0-9a-z]{1,12})\.([0-9a-z]{1,13})\.([0-9a-z-]{0,24})")


class Direction(StrEnum):
    """Which way a page is turned; the value is what stands in the button."""

    OLDER = "o"
    NEWER = "n"


@dataclass(frozen=True, slots=True)
class Turn:
    """A page asked for: the headlines next to `anchor`, on its older or newer side.

    `scope` narrows the list (a category's short name, a stored search): up to 24 of ``0-9a-z-``.
    """

    direction: Direction
    anchor: Anchor
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Headlines, newest first, and whether there are more on either side."""

    headlines: tuple[Headline, ...]
    newer: bool
    older: bool


def anchor_of(headline: Headline) -> Anchor:
    """Where `headline` stands in a list that is newest first."""
    return headline.words.published, headline.id


def cut(rows: Sequence[Headline], direction: Direction, *, size: int, beyond: bool) -> Page:
    """The page in `rows`, which were fetched in `direction` with one row more than a page (`size`) holds.

    `rows` are newest first; `beyond` tells whether there is anything on the side that the reader came from.
    """
    more = len(rows) > size
    if direction is Direction.OLDER:
        return Page(tuple(rows[:size]), newer=beyond, older=more)
    return Page(tuple(rows[-size:]), newer=more, older=beyond)


def pack(turn: Turn) -> str:
    """`turn` as at most 53 bytes of ASCII. Raises ValueError for an id or scope out of bounds."""
    published, headline_id = turn.anchor
    if not 0 <= headline_id <= _LAST_ID:
        raise ValueError(f"not an id of the store: {headline_id}")
    moment = (published - _EPOCH) // _MICROSECOND
    text = f"{turn.direction}.{base36(moment)}.{base36(headline_id)}.{turn.scope}"
    if not _TURN.fullmatch(text):
        raise ValueError(f"not a scope: {turn.scope!r}")
    return text


def unpack(text: str) -> Turn | None:
    """The turn that `pack` wrote; None for any text that it would not have written."""
    match = _TURN.fullmatch(text)
    if match is None:
        return None
    direction, moment, headline_id, scope = match.groups()
    try:
        published = _EPOCH + int(moment, 36) * _MICROSECOND
        turn = Turn(Direction(direction), (published, int(headline_id, 36)), scope)
        # Leading zeros and the like: only the one true form counts.
        return turn if pack(turn) == text else None
    except (OverflowError, ValueError):
        return None


def fold(name: str) -> str:
    """A category's name as it is compared: case and white space folded."""
    return " ".join(name.casefold().split())


def short_name(category: str) -> str:
    """A stable name of 12 characters for a category of any length, the same in any case; '' for none.

    48 bits: among a portal's few hundred categories two never share one in practice, and if they did,
    a button would show the larger of them.
    """
    folded = fold(category)
    return blake2s(folded.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest() if folded else ""


def base36(number: int) -> str:
    """A number, zero or more, in digits and letters, as ``int(text, 36)`` reads it."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
