"""Headlines on their way to a hundred thousand readers, a page of readers at a time.

All fan-outs under way stand at the same reader: a page is asked about each of them, so what is for one reader
meets in one message, and a newer headline joins where the older ones are instead of waiting behind them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.subscriptions import LATE_AFTER, MOST_MERGED, Matching
from bot.store.connection import Database, Row, Transaction
from bot.store.late import GOING, cut_off
from bot.store.rows import WORDS, words_of
from bot.store.subscriptions import wish_of
from bot.store.values import ticks

#: Rows that wait at most before another page is opened; also the readers of a page: some milliseconds' work.
PAGE = 100
#: Before every reader's id.
_BEFORE_ALL = -(2**63)

_BUSY = f"""
SELECT EXISTS (SELECT 1 FROM fanouts WHERE {GOING}) OR EXISTS (SELECT 1 FROM reader_rows WHERE state IN ('PENDING', 'RETRY'))
    OR EXISTS (SELECT 1 FROM reader_rows WHERE state = 'SENDING')
    OR EXISTS (SELECT 1 FROM reader_rows WHERE state = 'UNCERTAIN') AS busy
"""  # noqa: S608 - a constant of ours
_ROOM = (
    "SELECT count(*) AS n FROM (SELECT 1 FROM reader_rows WHERE state IN ('PENDING', 'RETRY') LIMIT :most)"
)
# Old news is no news to a reader.
_TOO_OLD = """
DELETE FROM fanouts WHERE headline_id IN (SELECT id FROM headlines h
    WHERE h.id = fanouts.headline_id AND h.first_seen_at - h.published_at > :max_age)
"""
#: Every fan-out, with what is asked about it.
FANOUTS = f"""
SELECT f.headline_id, f.at, f.start, f.cursor, f.wrapped, f.late_at, f.asked_from, f.asked_to, f.asked_round,
    h.also, {WORDS}
FROM fanouts f JOIN headlines h ON h.id = f.headline_id
"""  # noqa: S608 - constants of ours
_ACTIVE = f"{FANOUTS} WHERE f.{GOING} ORDER BY f.headline_id"
_READERS = """
SELECT id, wish, since FROM subscribers WHERE digest_at IS NULL AND id > :after ORDER BY id LIMIT :limit
"""
#: Rows as `rows_for` makes them.
ADD = "INSERT OR IGNORE INTO reader_rows (reader_id, headline_id, at, digest) VALUES (?, ?, ?, ?)"
_MOVE = "UPDATE fanouts SET start = :start, cursor = :cursor, wrapped = :wrapped WHERE headline_id = :id"
_OVER = "DELETE FROM fanouts WHERE headline_id = :id"
_LATE = """
UPDATE reader_rows SET state = 'SKIPPED' WHERE state IN ('PENDING', 'RETRY') AND at < ? RETURNING 1
"""


@dataclass(frozen=True, slots=True)
class _Step:
    """Where a fan-out stands after a page, and whether it has been round."""

    start: int
    cursor: int
    wrapped: bool
    over: bool


class FanOut:
    """Opens pages of readers, and ends what came too late. What is sent is `news.ReaderNewsStore`'s."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def busy(self) -> bool:
        """Whether anything is on its way to readers."""
        rows = await self._database.read(_BUSY)
        return bool(rows[0]["busy"])

    async def expand(self, now: datetime, max_age: timedelta, limit: int = PAGE) -> bool:
        """Ask the next `limit` readers about every fan-out, unless enough waits already; whether it did.

        Headlines that were older than `max_age` when they were first seen go to nobody.
        """
        async with self._database.transaction() as tx:
            waiting = await tx.one(_ROOM, {"most": limit})
            if waiting is not None and waiting["n"] >= limit:
                return False
            await tx.run(_TOO_OLD, {"max_age": max_age // timedelta(microseconds=1)})
            await cut_off(tx, now)
            active = await tx.all(_ACTIVE)
            if active:
                await _open_page(tx, active, limit)
        return bool(active)

    async def skip_late(self, now: datetime) -> int:
        """What waited longer than `LATE_AFTER` becomes SKIPPED, for the digest; returns how many rows."""
        async with self._database.transaction() as tx:
            return len(await tx.all(_LATE, (ticks(now - LATE_AFTER),)))


async def _open_page(tx: Transaction, active: Sequence[Row], limit: int) -> None:
    position = next((row["cursor"] for row in active if row["cursor"] is not None), _BEFORE_ALL)
    readers = await tx.all(_READERS, {"after": position, "limit": limit})
    cursor = readers[-1]["id"] if len(readers) == limit else None
    offered: Counter[int] = Counter()
    # The newest come first where there is not room for all.
    for fanout in reversed(active):
        await tx.many(ADD, rows_for(fanout, readers, offered))
        step = _after(fanout, position, cursor)
        named = {
            "id": fanout["headline_id"],
            "start": step.start,
            "cursor": step.cursor,
            "wrapped": step.wrapped,
        }
        if step.over:
            await tx.run(_OVER, {"id": fanout["headline_id"]})
        else:
            await tx.run(_MOVE, named)


def rows_for(fanout: Row, readers: Sequence[Row], offered: Counter[int]) -> list[tuple[int, int, int, bool]]:
    """A row for each reader that wants the headline and was not asked before; a wish is read once a page.

    Of what came too late each gets one message; `offered` counts what is in it.
    """
    matching = Matching(words_of(fanout), [name for name in fanout["also"].split(" · ") if name])
    wanted: dict[str, bool] = {}
    chosen: list[tuple[int, int, int, bool]] = []
    late = fanout["late_at"] is not None
    for reader in readers:
        if reader["since"] > fanout["at"] or was_asked(fanout, reader["id"]):
            continue
        wish = reader["wish"]
        if wish not in wanted:
            wanted[wish] = matching.wanted(wish_of(wish))
        if wanted[wish] and (not late or offered[reader["id"]] < MOST_MERGED):
            offered[reader["id"]] += late
            chosen.append((reader["id"], fanout["headline_id"], fanout["late_at"] or fanout["at"], late))
    return chosen


def was_asked(fanout: Row, reader: int) -> bool:
    """Whether a fan-out has been at a reader, on this round or before it was cut off."""
    now = (fanout["start"], fanout["cursor"], fanout["wrapped"])
    before = (fanout["asked_from"], fanout["asked_to"], fanout["asked_round"])
    return any(_between(reader, *round_) for round_ in (now, before))


def _between(reader: int, start: int | None, cursor: int | None, wrapped: bool) -> bool:
    if start is None or cursor is None:
        return False
    return reader > start or reader <= cursor if wrapped else start < reader <= cursor


def _after(fanout: Row, position: int, cursor: int | None) -> _Step:
    """`cursor` None: the last reader of all has been asked, and the first is next."""
    start = position if fanout["start"] is None else fanout["start"]
    if cursor is None:
        return _Step(start, _BEFORE_ALL, wrapped=True, over=bool(fanout["wrapped"]) or start == _BEFORE_ALL)
    wrapped = bool(fanout["wrapped"])
    return _Step(start, cursor, wrapped, over=wrapped and cursor >= start)
