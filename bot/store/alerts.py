"""Alerts to the desk: a trouble is told once and its end once, through restarts too; none is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.ports import Alert, Trouble
from bot.store.connection import Database, Row, Transaction
from bot.store.values import dump, ticks

#: A feed's trouble is told when it has failed for this long (product.md §4.3).
FEED_PATIENCE = timedelta(minutes=10)
#: Unsent alerts that are kept; of more, the oldest go (an `OPS_CHAT` that refuses for weeks).
MOST_KEPT = 500

_PAUSED = (
    "SELECT id, ref, title, pause_detail FROM channels WHERE paused_at IS NOT NULL AND removed_at IS NULL"
)
_FAILING = """
SELECT id, url, name, failure, gone FROM feeds
WHERE removed_at IS NULL AND (gone = 1 OR failing_since <= ?)
"""
_WATCHED = """
SELECT w.feed_id, w.kind, w.told, f.url, f.name FROM watched w CROSS JOIN feeds f ON f.id = w.feed_id
WHERE f.removed_at IS NULL
"""
_TOLD = "SELECT key, kind, told FROM troubles ORDER BY since"
_BEGIN = "INSERT OR IGNORE INTO troubles (key, kind, told, since) VALUES (?, ?, ?, ?) RETURNING key"
_END = "DELETE FROM troubles WHERE key = ? RETURNING since"
_ADD = "INSERT INTO alerts (at, text, buttons) VALUES (?, ?, ?)"
_NEXT = "SELECT id, text, attempts, buttons FROM alerts WHERE sent_at IS NULL AND next_at <= ? ORDER BY id LIMIT 1"
_SENT = "UPDATE alerts SET sent_at = ? WHERE id = ?"
_LATER = "UPDATE alerts SET attempts = attempts + 1, next_at = ? WHERE id = ?"
_FORGET = "DELETE FROM alerts WHERE sent_at < :before OR id <= (SELECT max(id) FROM alerts) - :most"


class Alerts:
    """Implements `ports.DeskStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def troubles_now(self, now: datetime) -> Sequence[Trouble]:
        """What is wrong with channels and feeds, read from their own rows."""
        channels = [
            Trouble(f"channel:{row['id']}", "channel", {"channel": row["ref"], "detail": row["pause_detail"]})
            for row in await self._database.read(_PAUSED)
        ]
        feeds = [
            Trouble(
                f"feed:{row['id']}",
                "feed_gone" if row["gone"] else "feed",
                {"feed": row["name"] or row["url"], "detail": row["failure"]},
            )
            for row in await self._database.read(_FAILING, (ticks(now - FEED_PATIENCE),))
        ]
        watched = [
            Trouble(
                f"{row['kind']}:{row['feed_id']}",
                row["kind"],
                {"feed": row["name"] or row["url"], **json.loads(row["told"])},
            )
            for row in await self._database.read(_WATCHED)
        ]
        return [*channels, *feeds, *watched]

    async def troubles_told(self) -> Sequence[Trouble]:
        """What was told and is not over yet."""
        return [
            Trouble(row["key"], row["kind"], json.loads(row["told"]))
            for row in await self._database.read(_TOLD)
        ]

    async def trouble(self, trouble: Trouble, text: str, now: datetime) -> bool:
        """Queue `text` unless this trouble was told already. True when it is new."""
        values = (trouble.key, trouble.kind, dump(dict(trouble.values)), ticks(now))
        async with self._database.transaction() as tx:
            new = await tx.one(_BEGIN, values) is not None
            if new:
                await queue(tx, text, now)
        return new

    async def over(self, key: str, text: str, now: datetime) -> bool:
        """The trouble has ended: queue `text` if its beginning was told."""
        async with self._database.transaction() as tx:
            told = await tx.one(_END, (key,)) is not None
            if told:
                await queue(tx, text, now)
        return told

    async def say(self, text: str, now: datetime) -> None:
        """Queue a line that has no end of its own."""
        async with self._database.transaction() as tx:
            await queue(tx, text, now)

    async def next_alert(self, now: datetime) -> Alert | None:
        """The oldest line that waits."""
        rows = await self._database.read(_NEXT, (ticks(now),))
        return _alert(rows[0]) if rows else None

    async def alert_sent(self, alert: Alert, now: datetime) -> None:
        """It stands in `OPS_CHAT` (or may: an alert that comes twice is better than none)."""
        await self._run(_SENT, (ticks(now), alert.id))

    async def alert_later(self, alert: Alert, at: datetime) -> None:
        """`OPS_CHAT` refused or is out of reach."""
        await self._run(_LATER, (ticks(at), alert.id))

    async def forget_alerts(self, before: datetime) -> None:
        """Sent ones of long ago, and the oldest beyond `MOST_KEPT`."""
        await self._run(_FORGET, {"before": ticks(before), "most": MOST_KEPT})

    async def _run(self, sql: str, values: tuple[object, ...] | dict[str, object]) -> None:
        async with self._database.transaction() as tx:
            await tx.run(sql, values)


async def queue(tx: Transaction, text: str, now: datetime, buttons: str = "") -> None:
    """A line for the desk, in the transaction of what it tells; `buttons` as `Alert.buttons` is stored."""
    await tx.run(_ADD, (ticks(now), text, buttons))


def _alert(row: Row) -> Alert:
    buttons = json.loads(row["buttons"]) if row["buttons"] else []
    return Alert(row["id"], row["text"], row["attempts"], tuple((text, data) for text, data in buttons))
