"""The portal's own popular list, as last seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.headlines import Headline, Item, Words
from bot.domain.identity import keys
from bot.domain.looks import FeedAddress, Look, Validators
from bot.store.connection import Database, Row, Transaction
from bot.store.headlines import key_hash
from bot.store.rows import HEADLINE, headline_of
from bot.store.values import maybe_ticks, moment, ticks

_ADDRESS = "SELECT * FROM popular_looks WHERE url = ?"
_LOOKED = """
INSERT INTO popular_looks (url, etag, last_modified, body_hash, looked_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified,
    body_hash = excluded.body_hash, looked_at = excluded.looked_at
"""
_SEEN = "SELECT title, link, seen_at FROM popular WHERE url = ?"
_CLEAR = "DELETE FROM popular WHERE url = ?"
_ADD = "INSERT INTO popular (url, position, title, link, published_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
_STRANGERS = "SELECT position, title, link FROM popular WHERE url = ? AND headline_id IS NULL"
_OWNER = "SELECT headline_id FROM keys WHERE hash = ?"
_KNOWN = "UPDATE popular SET headline_id = ? WHERE url = ? AND position = ?"
_LIST = f"""
SELECT p.title AS list_title, p.link AS list_link, p.published_at AS list_published,
    ifnull(p.seen_at, l.looked_at) AS list_seen, {HEADLINE}
FROM popular p JOIN popular_looks l ON l.url = p.url LEFT JOIN headlines h ON h.id = p.headline_id
WHERE p.url = ? AND h.withdrawn_at IS NULL AND ifnull(h.hidden, 0) = 0
ORDER BY p.position LIMIT ?
"""  # noqa: S608 - HEADLINE is a constant of ours


class Popular:
    """Implements `ports.PopularStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def popular_address(self, url: str) -> FeedAddress:
        """The list's address, with what the last good look left behind."""
        rows = await self._database.read(_ADDRESS, (url,))
        if not rows:
            return FeedAddress(url)
        row = rows[0]
        validators = Validators(row["etag"], row["last_modified"])
        return FeedAddress(url, validators=validators, body_hash=row["body_hash"] or "")

    async def record_popular(self, url: str, look: Look, now: datetime) -> None:
        """Keep the list in its order; items known as headlines point to them, also when they came to be known later."""
        async with self._database.transaction() as tx:
            given = look.validators
            await tx.run(_LOOKED, (url, given.etag, given.last_modified, look.body_hash, ticks(now)))
            if look.document is not None:
                await _replace(tx, url, [item for item in look.document.items if item.title], now)
            await _recognise(tx, url)

    async def popular(self, url: str, limit: int) -> Sequence[Headline]:
        """The list in the portal's order; withdrawn and held headlines are left out.

        An item that no feed has brought has no id (0), and the time when the list first had it if it names none.
        """
        return [_headline(row) for row in await self._database.read(_LIST, (url, limit))]


async def _replace(tx: Transaction, url: str, items: Sequence[Item], now: datetime) -> None:
    seen: Mapping[tuple[str, str | None], int] = {
        (row["title"], row["link"]): row["seen_at"] for row in await tx.all(_SEEN, (url,))
    }
    await tx.run(_CLEAR, (url,))
    rows = [
        (
            url,
            place,
            one.title,
            one.link,
            maybe_ticks(one.published),
            seen.get((one.title, one.link), ticks(now)),
        )
        for place, one in enumerate(items)
    ]
    await tx.many(_ADD, rows)


async def _recognise(tx: Transaction, url: str) -> None:
    for row in await tx.all(_STRANGERS, (url,)):
        owner = await _owner(tx, Item(row["title"], row["link"]))
        if owner is not None:
            await tx.run(_KNOWN, (owner, url, row["position"]))


async def _owner(tx: Transaction, item: Item) -> int | None:
    """The headline that an item of the list tells of; the strongest key decides."""
    (found,), _ = keys([item], 0, frozenset())
    for key in found:
        row = await tx.one(_OWNER, (key_hash(key),))
        if row is not None:
            return int(row["headline_id"])
    return None


def _headline(row: Row) -> Headline:
    if row["id"] is not None:
        return headline_of(row)
    seen = moment(row["list_seen"])
    published = seen if row["list_published"] is None else moment(row["list_published"])
    return Headline(0, Words(row["list_title"], row["list_link"], "", published), seen)
