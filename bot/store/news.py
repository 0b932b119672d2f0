"""Messages of news to subscribers: what waits for whom, claims and outcomes. It opens no pages (`fanout`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from bot.domain.delivery import FrozenRequest
from bot.domain.subscriptions import MOST_MERGED, ReaderNews
from bot.store.connection import Database, Row, Transaction
from bot.store.copies import NOT_ASKED
from bot.store.fanout import FanOut
from bot.store.moving import move_group
from bot.store.rows import HEADLINE, headline_of
from bot.store.values import dump, freeze, thaw, ticks

_SHOWN = "EXISTS (SELECT 1 FROM headlines s WHERE s.id = {row}.headline_id AND s.withdrawn_at IS NULL AND s.hidden = 0)"
_HEADS = f"""
SELECT r.reader_id, min(r.at) AS first FROM reader_rows r INDEXED BY reader_rows_waiting
WHERE r.state IN ('PENDING', 'RETRY') AND r.next_at <= :now AND {_SHOWN.format(row="r")}
    AND r.reader_id NOT IN (SELECT value FROM json_each(:beside)) AND {NOT_ASKED}
    AND NOT EXISTS (SELECT 1 FROM reader_rows u
        WHERE u.reader_id = r.reader_id AND u.state IN ('SENDING', 'UNCERTAIN'))
GROUP BY r.reader_id ORDER BY first, r.reader_id LIMIT :limit
"""  # noqa: S608 - constants of ours
# RETRY comes before PENDING.
_NEWS = f"""
SELECT r.reader_id, r.state, r.digest, m.request, m.headlines, c.language, s.topic, {HEADLINE}
FROM reader_rows r JOIN headlines h ON h.id = r.headline_id JOIN subscribers s ON s.id = r.reader_id
    LEFT JOIN reader_messages m ON m.reader_id = r.reader_id AND m.doubted
    LEFT JOIN readers c ON c.id = r.reader_id
WHERE r.reader_id IN (SELECT value FROM json_each(:readers)) AND r.state IN ('PENDING', 'RETRY')
    AND r.next_at <= :now AND h.withdrawn_at IS NULL AND h.hidden = 0
ORDER BY r.reader_id, r.state DESC, r.at, r.headline_id
"""  # noqa: S608 - constants of ours
_READY = f"""
SELECT count(*) AS n FROM reader_rows r WHERE r.reader_id = :reader
    AND r.headline_id IN (SELECT value FROM json_each(:ids)) AND r.state IN ('PENDING', 'RETRY') AND {_SHOWN.format(row="r")}
"""  # noqa: S608 - constants of ours
_CLAIM = """
UPDATE reader_rows SET state = 'SENDING'
WHERE reader_id = :reader AND headline_id IN (SELECT value FROM json_each(:ids))
"""
_FREEZE = """
INSERT INTO reader_messages (reader_id, request, headlines) VALUES (:reader, :request, :count)
ON CONFLICT (reader_id) DO UPDATE SET request = excluded.request, headlines = excluded.headlines,
    doubted = doubted AND excluded.request = request
"""
_TRAFFIC = "INSERT INTO traffic (chat_id, at) VALUES (?, ?)"
_IS_CLAIMED = "SELECT 1 FROM reader_rows WHERE reader_id = ? AND state = 'SENDING' LIMIT 1"
_SENT = "DELETE FROM reader_rows WHERE reader_id = ? AND state = 'SENDING'"
_THAW = "DELETE FROM reader_messages WHERE reader_id = ?"
_GONE = f"DELETE FROM reader_rows WHERE reader_id = ? AND state = 'SENDING' AND NOT {_SHOWN.format(row='reader_rows')}"  # noqa: S608
_DOUBTED = "SELECT doubted FROM reader_messages WHERE reader_id = ?"
_PUT_OFF = "UPDATE reader_rows SET state = ?, next_at = ? WHERE reader_id = ? AND state = 'SENDING'"
_DOUBT = "UPDATE reader_messages SET doubted = 1 WHERE reader_id = ?"
_ORPHANS = """
SELECT DISTINCT reader_id FROM reader_rows
WHERE state = 'SENDING' AND reader_id NOT IN (SELECT value FROM json_each(?))
"""
_GONE_DOUBTS = f"DELETE FROM reader_rows WHERE state = 'UNCERTAIN' AND next_at <= ? AND NOT {_SHOWN.format(row='reader_rows')}"  # noqa: S608
_AGAIN = (
    "UPDATE reader_rows SET state = 'RETRY' WHERE state = 'UNCERTAIN' AND next_at <= ? RETURNING reader_id"
)
_STOP = "DELETE FROM subscribers WHERE id = ?"


class ReaderNewsStore:
    """Implements `ports.NewsStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fanout = FanOut(database)

    async def busy(self) -> bool:
        """Whether anything is on its way to readers."""
        return await self._fanout.busy()

    async def expand(self, now: datetime, max_age: timedelta) -> bool:
        """Ask the next readers about every fan-out, unless enough waits already; whether it did."""
        return await self._fanout.expand(now, max_age)

    async def skip_late(self, now: datetime) -> int:
        """What waited too long for its reader is for the digest; returns how many rows."""
        return await self._fanout.skip_late(now)

    async def heads(self, now: datetime, limit: int, *, beside: Collection[int] = ()) -> Sequence[ReaderNews]:
        """The next message of each reader with nothing unsettled, longest waiting first; of none `beside`."""
        named = {"now": ticks(now), "limit": limit, "beside": dump(list(beside))}
        async with self._database.reading() as tx:
            order = [row["reader_id"] for row in await tx.all(_HEADS, named)]
            rows = await tx.all(_NEWS, {"now": ticks(now), "readers": dump(order)}) if order else []
        found = {reader: _news(reader, list(some)) for reader, some in groupby(rows, _reader)}
        return [found[reader] for reader in order if reader in found]

    async def claim(self, chosen: Iterable[tuple[ReaderNews, FrozenRequest]], now: datetime) -> Sequence[int]:
        """Store requests and make their rows SENDING; returns the readers of whose rows none has changed."""
        async with self._database.transaction() as tx:
            return [news.reader for news, request in chosen if await _claim(tx, news, request, now)]

    async def claimed(self, reader: int) -> bool:
        """Whether a message to the reader may still leave: the reader has not stopped since the claim."""
        return bool(await self._database.read(_IS_CLAIMED, (reader,)))

    async def sent(self, reader: int) -> None:
        """The message arrived, or never will: nothing of it is kept."""
        async with self._database.transaction() as tx:
            await _end(tx, reader)

    async def retry(self, reader: int, at: datetime) -> None:
        """Surely not sent: again from `at` on, exactly so if an earlier try may have arrived."""
        async with self._database.transaction() as tx:
            await tx.run(_GONE, (reader,))
            state = "RETRY" if await _doubted(tx, reader) else "PENDING"
            await tx.run(_PUT_OFF, (state, ticks(at), reader))

    async def doubt(self, reader: int, at: datetime) -> None:
        """Nobody knows whether it arrived: exactly so once more from `at` on, but not a third time."""
        async with self._database.transaction() as tx:
            await _doubt(tx, reader, at)

    async def orphans(self, running: Collection[int], at: datetime) -> None:
        """What is SENDING to readers that are not `running` is in doubt until `at`."""
        async with self._database.transaction() as tx:
            for row in await tx.all(_ORPHANS, (dump(list(running)),)):
                await _doubt(tx, row["reader_id"], at)

    async def again(self, now: datetime) -> int:
        """Doubts whose wait is over go out once more: how many readers may get a message twice."""
        async with self._database.transaction() as tx:
            await tx.run(_GONE_DOUBTS, (ticks(now),))
            return len({row["reader_id"] for row in await tx.all(_AGAIN, (ticks(now),))})

    async def stop(self, reader: int) -> None:
        """The reader lets nothing in: forget the subscription and all that waits."""
        async with self._database.transaction() as tx:
            await tx.run(_STOP, (reader,))

    async def moved(self, reader: int, chat_id: int, now: datetime) -> None:
        """A group became a supergroup."""
        await move_group(self._database, reader, chat_id, now)


def _reader(row: Row) -> int:
    return int(row["reader_id"])


def _news(reader: int, rows: Sequence[Row]) -> ReaderNews:
    """One reader's next message: what may have arrived, by itself and exactly so, or else what waits longest."""
    again = [row for row in rows if row["state"] == "RETRY"]
    chosen = again or [row for row in rows if row["digest"] == rows[0]["digest"]][:MOST_MERGED]
    kept = chosen[0]["request"] if len(again) == chosen[0]["headlines"] else None
    return ReaderNews(
        reader,
        tuple(headline_of(row) for row in chosen),
        language=chosen[0]["language"],
        frozen=None if kept is None else thaw(kept),
        digest=bool(chosen[0]["digest"]),
        topic=chosen[0]["topic"],
    )


async def _claim(tx: Transaction, news: ReaderNews, request: FrozenRequest, now: datetime) -> bool:
    ids = [headline.id for headline in news.headlines]
    named = {"reader": news.reader, "ids": dump(ids)}
    ready = await tx.one(_READY, named)
    if ready is None or ready["n"] != len(ids):
        return False
    await tx.run(_CLAIM, named)
    await tx.run(_FREEZE, {"reader": news.reader, "request": freeze(request), "count": len(ids)})
    if news.reader < 0:
        await tx.run(_TRAFFIC, (news.reader, ticks(now)))
    return True


async def _doubt(tx: Transaction, reader: int, at: datetime) -> None:
    if await _doubted(tx, reader):
        await _end(tx, reader)
        return
    await tx.run(_DOUBT, (reader,))
    await tx.run(_PUT_OFF, ("UNCERTAIN", ticks(at), reader))


async def _doubted(tx: Transaction, reader: int) -> bool:
    row = await tx.one(_DOUBTED, (reader,))
    return row is not None and bool(row["doubted"])


async def _end(tx: Transaction, reader: int) -> None:
    await tx.run(_SENT, (reader,))
    await tx.run(_THAW, (reader,))
