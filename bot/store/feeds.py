"""Feeds: what the settings say of them, and what looking at them left behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.headlines import KeyKind
from bot.domain.looks import Look
from bot.domain.polling import FeedForPoll, PollIntent
from bot.store.connection import Database, Row, Transaction
from bot.store.values import dump, maybe_moment, maybe_ticks, ticks

#: After so many failures in a row a feed that has moved for good is looked for at its own address again.
MOVE_PATIENCE = 3

_ADD = """
INSERT INTO feeds (url, name, category, interval, headers, selectors, added_at, next_at)
VALUES (:url, :name, :category, :interval, :headers, :selectors, :now, :now)
ON CONFLICT (url) DO UPDATE SET
    name = excluded.name, category = excluded.category, interval = excluded.interval,
    headers = excluded.headers, selectors = excluded.selectors, paused = 0,
    next_at = min(next_at, excluded.next_at),
    gone = iif(removed_at IS NULL, gone, 0), kind = iif(removed_at IS NULL, kind, ''),
    -- taken out of the settings and put back: new again
    looked_at = iif(removed_at IS NULL, looked_at, NULL), removed_at = NULL
RETURNING id
"""
_REMOVE_OTHERS = """
UPDATE feeds SET removed_at = :now
WHERE removed_at IS NULL AND id NOT IN (SELECT value FROM json_each(:ids))
"""
# A channel that meets the feed for the first time needs the whole document, changed or not.
_SELECT = """
SELECT *, EXISTS (SELECT 1 FROM first_looks l JOIN channels c ON c.id = l.channel_id
    WHERE l.feed_id = feeds.id AND l.state <> 'done' AND l.state IN ('waiting', 'failed')
        AND c.removed_at IS NULL) AS afresh
FROM feeds WHERE removed_at IS NULL
"""
_DUE = f"{_SELECT} AND paused = 0 AND next_at <= ? ORDER BY next_at LIMIT 100"
_ONE = f"{_SELECT} AND id = ?"
_NEXT = "SELECT min(next_at) FROM feeds WHERE removed_at IS NULL AND paused = 0"
_GOOD_LOOK = """
UPDATE feeds SET etag = :etag, last_modified = :last_modified, body_hash = :body_hash,
    moved_to = coalesce(:moved_to, moved_to), looked_at = :now, tried_at = :now, next_at = :next_at,
    last_new_at = iif(:new, :now, last_new_at), void = coalesce(:void, void),
    kind = CASE WHEN :kind = 'page' AND kind IN ('feed', 'turned') THEN 'turned' ELSE coalesce(:kind, kind) END,
    failures = 0, failing_since = NULL, failure = '', gone = 0
WHERE id = :id
"""
# Where it has moved to may be gone while its own address still knows the way: that is tried before giving up.
_FAILED_LOOK = """
UPDATE feeds SET tried_at = :now, next_at = coalesce(:next_at, :now + interval),
    paused = :next_at IS NULL AND moved_to IS NULL, gone = :next_at IS NULL AND moved_to IS NULL,
    failures = failures + 1, failing_since = coalesce(failing_since, :now), failure = :detail
WHERE id = :id
"""
_FORGET_MOVE = """
UPDATE feeds SET moved_to = NULL, etag = NULL, last_modified = NULL
WHERE id = :id AND moved_to IS NOT NULL AND (:next_at IS NULL OR failures >= :patience)
"""


class Feeds:
    """The feeds of the settings. Does not know what they say."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def configure(self, feeds: Sequence[FeedForPoll], now: datetime) -> Sequence[int]:
        """Make the table say what the settings say; every feed is looked at now. Returns ids in that order."""
        async with self._database.transaction() as tx:
            ids = [await _add(tx, feed, now) for feed in feeds]
            await tx.run(_REMOVE_OTHERS, {"now": ticks(now), "ids": dump(ids)})
        return ids

    async def due(self, now: datetime) -> Sequence[FeedForPoll]:
        """Feeds whose next look is due."""
        return [_feed(row) for row in await self._database.read(_DUE, (ticks(now),))]

    async def one(self, feed_id: int) -> FeedForPoll | None:
        """A feed as it stands now; None where the settings have it no more."""
        rows = await self._database.read(_ONE, (feed_id,))
        return _feed(rows[0]) if rows else None

    async def next_look(self) -> datetime | None:
        """When the next feed is due; None where there is none."""
        rows = await self._database.read(_NEXT)
        return maybe_moment(rows[0][0])


async def _add(tx: Transaction, feed: FeedForPoll, now: datetime) -> int:
    row = await tx.one(
        _ADD,
        {
            "url": feed.url,
            "name": feed.name,
            "category": feed.category,
            "interval": feed.interval // timedelta(microseconds=1),
            "headers": dump(dict(feed.headers)),
            "selectors": dump(dict(feed.selectors)),
            "now": ticks(now),
        },
    )
    assert row is not None  # noqa: S101 - RETURNING always returns the row that was written
    return int(row["id"])


async def good_look(tx: Transaction, intent: PollIntent, look: Look, next_at: datetime) -> None:
    """Keep what a good look left behind."""
    await tx.run(
        _GOOD_LOOK,
        {
            "id": intent.feed_id,
            "etag": look.validators.etag,
            "last_modified": look.validators.last_modified,
            "body_hash": look.body_hash,
            "moved_to": look.moved_to,
            "void": dump(intent.void) if intent.void else None,
            "new": bool(intent.new),
            "kind": look.document.kind if look.document else None,
            "now": ticks(intent.at),
            "next_at": ticks(next_at),
        },
    )


async def failed_look(
    tx: Transaction, feed_id: int, detail: str, now: datetime, next_at: datetime | None
) -> None:
    """Count a failure; `next_at` None pauses the feed until the next start, if it stands at its own address."""
    values = {
        "id": feed_id,
        "detail": detail,
        "now": ticks(now),
        "next_at": maybe_ticks(next_at),
        "patience": MOVE_PATIENCE,
    }
    for step in (_FAILED_LOOK, _FORGET_MOVE):
        await tx.run(step, values)


def _feed(row: Row) -> FeedForPoll:
    return FeedForPoll(
        id=row["id"],
        url=row["url"],
        name=row["name"],
        category=row["category"],
        interval=timedelta(microseconds=row["interval"]),
        headers=json.loads(row["headers"]),
        selectors=json.loads(row["selectors"]),
        etag=None if row["afresh"] else row["etag"],
        last_modified=None if row["afresh"] else row["last_modified"],
        body_hash=None if row["afresh"] else row["body_hash"],
        moved_to=row["moved_to"],
        void=frozenset(KeyKind(kind) for kind in json.loads(row["void"])),
        looked=maybe_moment(row["looked_at"]),
        failures=row["failures"],
        failing_since=maybe_moment(row["failing_since"]),
        kind=row["kind"],
    )
