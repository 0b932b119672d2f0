"""What editors order of a story or a channel: durable at once, carried out by the loops until it is done."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.desk import Order
from bot.ports import Reach
from bot.store.audit import keep
from bot.store.channels import routing_channels
from bot.store.connection import Database, Transaction
from bot.store.deliveries import make_due, schedule_edits
from bot.store.values import ticks
from bot.store.wanted import add_wanted

# The time of a withdrawal is that of the first order; a later one may give it another reason, or none.
_WITHDRAW = """
UPDATE headlines SET withdrawn_at = ifnull(withdrawn_at, :now), withdrawn_reason = nullif(:text, ''),
    revision = revision + 1, ordered_revision = revision + 1
WHERE id = :id
"""
_CORRECT = """
UPDATE headlines SET note = :text, note_at = :now, revision = revision + 1, ordered_revision = revision + 1
WHERE id = :id
"""
_REWORD = """
UPDATE headlines SET title = :text, desk_edited = 1, revision = revision + 1, ordered_revision = revision + 1
WHERE id = :id RETURNING revision, link
"""
_REVISION = "INSERT INTO revisions (headline_id, revision, title, link, at) VALUES (?, ?, ?, ?, ?)"
_END_WAITING = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'withdrawn', detail = '', at = :now
WHERE headline_id = :id AND state IN ('PENDING', 'RETRY', 'HELD') RETURNING id
"""
_POSTS = """
SELECT count(*) AS n FROM deliveries d JOIN channels c ON c.id = d.channel_id
WHERE d.headline_id = ? AND d.state IN ('SENT', 'SENDING', 'UNCERTAIN') AND c.removed_at IS NULL
"""
_REACHED = """
SELECT count(*) FILTER (WHERE reached) AS posts, count(*) FILTER (WHERE NOT reached) AS lost FROM (
    SELECT c.removed_at IS NULL AND (d.state <> 'SENT' OR d.chat_id IS c.chat_id) AS reached
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.headline_id = ? AND d.state IN ('SENT', 'SENDING', 'UNCERTAIN'))
"""
# What the channel's own rules do not want, and what stands there by other hands, stays out.
_UNPOSTED = """
SELECT d.id FROM deliveries d CROSS JOIN channels c ON c.id = d.channel_id
CROSS JOIN headlines h ON h.id = d.headline_id
WHERE d.headline_id = ? AND c.removed_at IS NULL AND h.withdrawn_at IS NULL
    AND (d.state IN ('PENDING', 'HELD', 'FAILED')
        OR d.state = 'SKIPPED' AND d.reason NOT IN ('filtered', 'by_hand', 'withdrawn'))
ORDER BY c.id
"""
_FIRST = "UPDATE deliveries SET lane = 0, attempts = 0, next_at = 0 WHERE id = ?"
_SHOW = "UPDATE headlines SET hidden = 0 WHERE id = ? AND hidden = 1"
_MEANT = """
SELECT id, ref, title FROM channels WHERE removed_at IS NULL
    AND (:channel = '' OR lower(ref) = lower(:channel) OR CAST(chat_id AS TEXT) = :channel) ORDER BY id
"""
_HALT = "UPDATE channels SET halted_at = ifnull(halted_at, ?) WHERE id = ?"
# Where the chat had refused the bot, too, it is knocked at now.
_RESUME = "UPDATE channels SET halted_at = NULL, probe_at = iif(paused_at IS NULL, NULL, 0) WHERE id = ?"


class Orders:
    """Implements `ports.OrderStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def withdraw(self, order: Order, headline_id: int, reason: str) -> Reach:
        """Gone from every answer and queue at once; its posts follow. What is under way follows when it is settled."""
        values = {"id": headline_id, "text": reason, "now": ticks(order.at)}
        async with self._database.transaction() as tx:
            if await keep(tx, order, (headline_id,)):
                await tx.run(_WITHDRAW, values)
            ended = await tx.all(_END_WAITING, values)
            return await _edit_posts(tx, order, headline_id, waited=len(ended))

    async def correct(self, order: Order, headline_id: int, text: str) -> Reach:
        """The line `Ralat`, in place of an earlier one."""
        async with self._database.transaction() as tx:
            if await keep(tx, order, (headline_id,)):
                await tx.run(_CORRECT, {"id": headline_id, "text": text, "now": ticks(order.at)})
            return await _edit_posts(tx, order, headline_id)

    async def reword(self, order: Order, headline_id: int, title: str) -> Reach:
        """The editor's words win from now on."""
        async with self._database.transaction() as tx:
            if await keep(tx, order, (headline_id,)):
                row = await tx.one(_REWORD, {"id": headline_id, "text": title})
                if row is not None:
                    values = (headline_id, row["revision"], title, row["link"], ticks(order.at))
                    await tx.run(_REVISION, values)
            return await _edit_posts(tx, order, headline_id)

    async def publish(self, order: Order, headline_id: int) -> Reach:
        """Due now, before all else, wherever it was not posted and the channel's rules want it."""
        channels = await routing_channels(self._database)
        async with self._database.transaction() as tx:
            await keep(tx, order, (headline_id,))
            await add_wanted(tx, headline_id, channels, order.at)
            rows = [row["id"] for row in await tx.all(_UNPOSTED, (headline_id,))]
            await make_due(tx, rows, order.at, loud=rows, by_editor=True)
            await tx.many(_FIRST, [(row,) for row in rows])
            if rows:
                await tx.run(_SHOW, (headline_id,))
            posts = await tx.one(_POSTS, (headline_id,))
            return Reach(posts["n"] if posts else 0, len(rows))

    async def halt(self, order: Order, channel: str) -> Sequence[str]:
        """No more posts to `channel` ('' for all)."""
        return await self._switch(order, channel, _HALT, (ticks(order.at),))

    async def resume(self, order: Order, channel: str) -> Sequence[str]:
        """Posts go on; a chat that refused the bot is tried again at once."""
        return await self._switch(order, channel, _RESUME, ())

    async def _switch(
        self, order: Order, channel: str, sql: str, values: tuple[object, ...]
    ) -> Sequence[str]:
        async with self._database.transaction() as tx:
            meant = await tx.all(_MEANT, {"channel": channel})
            if meant and await keep(tx, order):
                await tx.many(sql, [(*values, row["id"]) for row in meant])
        return [row["ref"] if row["ref"].startswith("@") else row["title"] or row["ref"] for row in meant]


async def _edit_posts(tx: Transaction, order: Order, headline_id: int, *, waited: int = 0) -> Reach:
    await schedule_edits(tx, headline_id, order.at, at_once=True)
    row = await tx.one(_REACHED, (headline_id,))
    return Reach(row["posts"], waited, row["lost"]) if row else Reach(waited=waited)
