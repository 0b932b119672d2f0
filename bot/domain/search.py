"""What a reader looks for, read out of whatever was typed, and where a headline that was found stands.

There is no query language: every text is taken as words. It finds nothing itself, and how a store is asked
is the store's affair.

**Order.** A search is newest first, but a headline that holds all the words itself counts as `HEADLINE_BONUS`
younger than one that holds some of them only in kicker, reporter or lead. A news portal's readers look for
what happened lately, so freshness leads; three days is how long a story stays the same story. The order
depends on nothing that changes (not on the time of the question, not on how common a word is), so a page
that is asked for later is the page that would have come next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.headlines import Headline
from bot.domain.paging import Direction, Turn, base36, pack, unpack

HEADLINE_BONUS = timedelta(days=3)
#: Letters from which on the last word may be the beginning of a longer one.
PREFIX = 3
#: Words of a question that count, and characters of one word: beyond, nobody types and stores only toil.
MAX_WORDS = 8
MAX_LETTERS = 64

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_LAST_ID = 2**63 - 1  # SQLite's largest rowid
_WORD = re.compile(r"[^\W_]+")
# A remembered search and the block, as a `Turn`'s scope.
_SCOPE = re.compile(r"([0-9a-z]{1,10})-([0-9a-z]{1,13})")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side; one alone mostly. `prefix`: the last is the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that a headline must have all of; none where nothing was asked for that could be found.

    `text` says the same again in few characters: parsed, it is this query.
    """

    terms: tuple[Term, ...]

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def text(self) -> str:
        """The words, with quotes around what must stand side by side."""
        return " ".join(_written(term, last=term is self.terms[-1]) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a headline stands among those found.

    They are ranked block by block: a few hundred of the newest ids up to `upper`, then the next; within a
    block the higher (`at`, `id`) comes first. Whatever arrives later has a higher id and shifts nothing.
    """

    upper: int
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Match:
    """A headline that was found, and its place."""

    headline: Headline
    place: Place


def top(newest: int) -> Place:
    """The place before the first match of all headlines up to the id `newest`."""
    return Place(newest, datetime.max.replace(tzinfo=UTC), _LAST_ID)


@dataclass(frozen=True, slots=True)
class FoundTurn:
    """A page of matches asked for, next to `place`; `search` is the id of a remembered search, 0 for none."""

    direction: Direction
    place: Place
    search: int = 0


def pack_turn(turn: FoundTurn) -> str:
    """`turn` as at most 53 bytes of ASCII. Raises ValueError for ids out of bounds."""
    scope = f"{base36(turn.search)}-{base36(turn.place.upper)}"
    return pack(Turn(turn.direction, (turn.place.at, turn.place.id), scope))


def unpack_turn(text: str) -> FoundTurn | None:
    """The turn that `pack_turn` wrote; None for any text that it would not have written."""
    turn = unpack(text)
    scope = _SCOPE.fullmatch(turn.scope) if turn else None
    if turn is None or scope is None:
        return None
    search, upper = int(scope[1], 36), int(scope[2], 36)
    found = FoundTurn(turn.direction, Place(upper, *turn.anchor), search)
    return found if upper <= _LAST_ID and pack_turn(found) == text else None


def parse(text: str) -> Query:
    """The query in any `text`: words must all be there, what stands in quotes side by side.

    The last word, unless it is quoted, may be the beginning of one. Signs between letters
    (``Nagorno-Karabakh``) part words that stand side by side. Never raises.
    """
    parts = text.translate(_QUOTES).split('"')
    terms: list[Term] = []
    for number, part in enumerate(parts):
        # A last quote that nobody closed opens nothing.
        quoted = number % 2 == 1 and number < len(parts) - 1
        chunks = [part] if quoted else part.split()
        terms += [Term(words, prefix=not quoted) for words in map(_words, chunks) if words]
    return Query(_bounded(terms))


def finder_in_titles(query: Query) -> Callable[[str], bool]:
    """What tells whether a headline's own words hold all of `query`, as a full-text index would see them.

    It is asked about hundreds of headlines for one answer, so it looks for strings in a string.
    """
    sought = [f" {_plain(' '.join(term.words))}{'' if term.prefix else ' '}" for term in query.terms]

    def stands_in(title: str) -> bool:
        text = f" {' '.join(_WORD.findall(_plain(title)))} "
        return all(words in text for words in sought)

    return stands_in


def _bounded(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Each once, as many words as count; of those that may be beginnings only the last one is."""
    kept: dict[tuple[str, ...], Term] = {}
    room = MAX_WORDS
    for term in terms:
        words = term.words[:room]
        if words and words not in kept:
            room -= len(words)
            is_last = term is terms[-1] and words == term.words
            kept[words] = Term(words, prefix=term.prefix and is_last and len(words[-1]) >= PREFIX)
    return tuple(kept.values())


def _words(text: str) -> tuple[str, ...]:
    """Runs of letters, digits and the marks upon them, lower case."""
    spaced = "".join(char if _in_word(char) else " " for char in text)
    # A mark without a letter before it is no word.
    words = (word.lower()[:MAX_LETTERS] for word in spaced.split())
    return tuple(word for word in words if any(map(_is_letter, word)))


def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _plain(text: str) -> str:
    """Lower case, without diacritics."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in parts if not unicodedata.combining(char))


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def _written(term: Term, *, last: bool) -> str:
    if term.prefix:
        return "-".join(term.words)
    words = " ".join(term.words)
    looks_open = last and len(words) >= PREFIX
    return f'"{words}"' if looks_open or len(term.words) > 1 else words
