"""What readers did with headlines: reactions to posts, inline results chosen. Ranks nothing (`domain.ranking`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.headlines import Headline
from bot.domain.ranking import Deeds
from bot.store.connection import Database, Transaction
from bot.store.rows import HEADLINE, headline_of
from bot.store.values import dump, hour, ticks

#: The longest window that is ranked (product.md §5), and a day.
_KEPT = timedelta(days=31)
_MINUTE = timedelta(minutes=1)

_POST = "SELECT headline_id FROM deliveries WHERE chat_id = ? AND message_id = ?"
_TOTAL = "SELECT total, at FROM reactions WHERE chat_id = ? AND message_id = ?"
_TOLD = """
INSERT INTO reactions (chat_id, message_id, headline_id, total, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET total = excluded.total, at = excluded.at
"""
_SHOWN = "h.withdrawn_at IS NULL AND h.hidden = 0"
_CHOSEN = f"SELECT id FROM headlines h WHERE id = ? AND {_SHOWN}"  # noqa: S608 - constants of ours
_DONE = """
INSERT INTO deeds (minute, headline_id, count) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_DEEDS = f"""
SELECT d.headline_id, sum(d.count) AS count, sum(d.count * max(:now - d.minute, 0)) AS minutes
FROM deeds d JOIN headlines h ON h.id = d.headline_id
WHERE d.minute >= :since AND {_SHOWN}
GROUP BY d.headline_id HAVING sum(d.count) > 0
"""  # noqa: S608 - constants of ours
_ROWS = f"""
SELECT {HEADLINE} FROM json_each(:ids) j CROSS JOIN headlines h ON h.id = j.value WHERE {_SHOWN} ORDER BY j.key
"""  # noqa: S608 - constants of ours
_BY_CHANNEL = """
INSERT INTO reactions_by_hour (hour, chat_id, count) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_FORGET = "DELETE FROM deeds WHERE minute < ?"
_FORGET_HOURS = "DELETE FROM reactions_by_hour WHERE hour < ?"


class Engagement:
    """Implements `ports.EngagementLog` and `ports.EngagementReader`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reacted(self, chat_id: int, message_id: int, total: int, at: datetime) -> None:
        """A message has `total` reactions, as of `at`; the change since the last word is what readers did.

        Messages that are no posts of ours, and words older than the last, count for nothing.
        """
        async with self._database.transaction() as tx:
            post = await tx.one(_POST, (chat_id, message_id))
            last = await tx.one(_TOTAL, (chat_id, message_id))
            if post is None or (last is not None and last["at"] > ticks(at)):
                return
            before = 0 if last is None else last["total"]
            await tx.run(_TOLD, (chat_id, message_id, post["headline_id"], total, ticks(at)))
            if total != before:
                await _done(tx, post["headline_id"], total - before, at)
                await tx.run(_BY_CHANNEL, (hour(at), chat_id, total - before))

    async def chosen(self, headline_id: int, at: datetime) -> None:
        """Somebody shared a headline inline; one that is not there counts for nothing."""
        async with self._database.transaction() as tx:
            if await tx.one(_CHOSEN, (headline_id,)) is not None:
                await _done(tx, headline_id, 1, at)

    async def deeds(self, window: timedelta, now: datetime) -> Sequence[Deeds]:
        """What was done within `window` before `now`, to the minute, by headlines that readers may see."""
        scope = {"since": -(-ticks(now - window) // _microseconds(_MINUTE)), "now": _minute(now)}
        return [
            Deeds(row["headline_id"], row["count"], row["minutes"] * _MINUTE.total_seconds())
            for row in await self._database.read(_DEEDS, scope)
        ]

    async def headlines(self, ids: Collection[int]) -> Sequence[Headline]:
        """Headlines in the order of their `ids`; those that readers may not see are left out."""
        return [headline_of(row) for row in await self._database.read(_ROWS, {"ids": dump(list(ids))})]

    async def forget_deeds(self, now: datetime) -> None:
        """Delete what no window looks back to."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET, (_minute(now - _KEPT),))
            await tx.run(_FORGET_HOURS, (hour(now - _KEPT),))


async def _done(tx: Transaction, headline_id: int, count: int, at: datetime) -> None:
    await tx.run(_DONE, (_minute(at), headline_id, count))


def _minute(at: datetime) -> int:
    """Minutes since 1970."""
    return ticks(at) // _microseconds(_MINUTE)


def _microseconds(duration: timedelta) -> int:
    """A duration as the database counts it."""
    return duration // timedelta(microseconds=1)
