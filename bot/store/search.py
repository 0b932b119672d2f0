"""Full text over what readers may see, and the searches that buttons stand for.

A common word stands in hundreds of thousands of headlines, so nothing here looks at every match. FTS5 reads
matches from the newest id down, and each block of them  is ranked by itself (`domain.search`).
Its own `bm25` would count every match of every word first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.search import HEADLINE_BONUS, Match, Place, Query, Term, finder_in_titles
from bot.store.connection import Database, Row, Transaction
from bot.store.rows import HEADLINE, headline_of
from bot.store.values import dump, moment, ticks

#: How long a search is remembered: a button of last month still works.
REMEMBERED = timedelta(days=92)
#: Letters of the longest beginnings that FTS5 has an index of.
_INDEXED = 4

_BLOCK = """
SELECT h.id, h.published_at, h.title FROM search s CROSS JOIN headlines h ON h.id = s.rowid
WHERE search MATCH :query AND s.rowid <= :upper ORDER BY s.rowid DESC LIMIT :block
"""
_NEWER_BLOCK = """
SELECT rowid AS id FROM search WHERE search MATCH :query AND rowid > :upper AND rowid <= :upto
ORDER BY rowid LIMIT :block
"""
_ROWS = f"""
SELECT {HEADLINE} FROM json_each(:ids) j CROSS JOIN headlines h ON h.id = j.value
WHERE h.withdrawn_at IS NULL AND h.hidden = 0
"""  # noqa: S608 - HEADLINE is a constant of ours
_NEWEST = "SELECT ifnull(max(id), 0) AS id FROM headlines"
_REMEMBER = """
INSERT INTO searches (words, upto, at) VALUES (:words, :upto, :now)
ON CONFLICT DO UPDATE SET at = excluded.at RETURNING id
"""
_RECALL = "SELECT words, upto FROM searches WHERE id = ?"
_FORGET_OLD = "DELETE FROM searches WHERE at < ?"
_FORGET_MANY = "DELETE FROM searches WHERE id <= ? - ?"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What keeps a search short: `block` matches are ranked together; `searches` are remembered."""

    block: int = 300
    searches: int = 50_000


class _Block(NamedTuple):
    """Places of one block, the best first; `lowest` is the id below which the next begins (None: no next)."""

    places: Sequence[Place]
    lowest: int | None


class Search:
    """Implements `ports.HeadlineFinder` and `ports.SearchMemory`."""

    def __init__(self, database: Database, bounds: Bounds | None = None) -> None:
        self._database = database
        self._bounds = bounds or Bounds()

    async def newest_id(self) -> int:
        """The highest id of all headlines; 0 where there is none."""
        return int((await self._database.read(_NEWEST))[0]["id"])

    async def older(self, query: Query, place: Place, limit: int) -> Sequence[Match]:
        """The `limit` matches next after `place`, the best first."""
        async with self._database.reading() as tx:
            block = await self._block(tx, query, place.upper)
            found = [one for one in block.places if _key(one) < _key(place)]
            while len(found) < limit and block.lowest is not None:
                block = await self._block(tx, query, block.lowest - 1)
                found += block.places
            return await _matches(tx, found[:limit])

    async def newer(self, query: Query, place: Place, upto: int, limit: int) -> Sequence[Match]:
        """The `limit` matches next before `place`, the best first; none has an id above `upto`."""
        async with self._database.reading() as tx:
            block = await self._block(tx, query, place.upper)
            found = [one for one in block.places if _key(one) > _key(place)]
            if len(found) < limit and place.upper < upto:
                found = [*await self._block_above(tx, query, place.upper, upto), *found]
            return await _matches(tx, found[-limit:])

    async def remember(self, words: str, upto: int, now: datetime) -> int:
        """Keep a search for its buttons; returns its id. The oldest give way (`Bounds`)."""
        async with self._database.transaction() as tx:
            row = await tx.one(_REMEMBER, {"words": words, "upto": upto, "now": ticks(now)})
            assert row is not None  # noqa: S101 - RETURNING always returns the row that was written
            await tx.run(_FORGET_MANY, (row["id"], self._bounds.searches))
        return int(row["id"])

    async def recall(self, search_id: int) -> tuple[str, int] | None:
        """(words, newest id of that time) of a search; None if it is forgotten, or was none."""
        rows = await self._database.read(_RECALL, (search_id,))
        return (rows[0]["words"], rows[0]["upto"]) if rows else None

    async def forget_searches(self, now: datetime) -> None:
        """Delete what was last looked for longer ago than `REMEMBERED`."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET_OLD, (ticks(now - REMEMBERED),))

    async def _block(self, tx: Transaction, query: Query, upper: int) -> _Block:
        """The matches next below `upper`."""
        rows = await self._fullest(tx, _BLOCK, query, {"upper": upper})
        stands_in = finder_in_titles(query)
        places = [
            Place(upper, _ranked_at(row["published_at"], bonus=stands_in(row["title"])), row["id"])
            for row in rows
        ]
        lowest = min(row["id"] for row in rows) if len(rows) == self._bounds.block else None
        return _Block(sorted(places, key=_key, reverse=True), lowest)

    async def _block_above(self, tx: Transaction, query: Query, upper: int, upto: int) -> Sequence[Place]:
        """The matches next above the block `upper`."""
        rows = await self._fullest(tx, _NEWER_BLOCK, query, {"upper": upper, "upto": upto})
        above = [row["id"] for row in rows]
        if not above:
            return ()
        block = await self._block(tx, query, above[-1] if len(above) == self._bounds.block else upto)
        # Where something was withdrawn meanwhile, a block from the top reaches into the one that we come from.
        return [place for place in block.places if place.id > upper]

    async def _fullest(
        self, tx: Transaction, sql: str, query: Query, scope: Mapping[str, int]
    ) -> Sequence[Row]:
        """The rows of a block, by the first of `_ways` that fills it."""
        rows: Sequence[Row] = ()
        for terms in _ways(query):
            rows = await tx.all(sql, {**scope, "query": fts(terms), "block": self._bounds.block})
            if len(rows) == self._bounds.block:
                break
        return rows


async def _matches(tx: Transaction, places: Sequence[Place]) -> Sequence[Match]:
    rows = await tx.all(_ROWS, {"ids": dump([place.id for place in places])})
    known = {row["id"]: headline_of(row) for row in rows}
    # Withdrawn between two statements: then it is not there.
    return [Match(known[place.id], place) for place in places if place.id in known]


def _ways(query: Query) -> Sequence[Sequence[Term]]:
    """What to look for, one after the other: a whole word that fills a block is the beginning of no other.

    FTS5 gathers all words with a long beginning before it gives the first, which takes longer than all the rest
    where a common word is among them.
    """
    if not query:
        return ()
    last = query.terms[-1]
    if not last.prefix or len(last.words[-1]) <= _INDEXED:
        return [query.terms]
    return [(*query.terms[:-1], Term(last.words)), query.terms]


def _ranked_at(published: int, *, bonus: bool) -> datetime:
    return moment(published) + (HEADLINE_BONUS if bonus else timedelta())


def fts(terms: Sequence[Term]) -> str:
    """FTS5's own language for `terms`: words hold letters and digits only, so nothing in quotes can end them."""
    return " AND ".join(f'"{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms)


def _key(place: Place) -> tuple[datetime, int]:
    return place.at, place.id
