"""Signs of life for `kabarbot health`, which reads them with the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.store.connection import Database
from bot.store.copies import NOT_ASKED
from bot.store.outbox import HEAD, WAITING
from bot.store.values import moment, ticks

_PUT = "INSERT INTO health (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_ALL = "SELECT key, value FROM health"
_DROP = "DELETE FROM health WHERE key = ?"
_CLEAR = "DELETE FROM health"
# Known causes: an editor is asked whether this is a copy, a channel whose chat was never seen, that is paused or halted, a chat that Telegram wants left
# alone, a row that was tried (it says why), and a channel that is being served as fast as its limit allows.
_WAITING_SINCE = f"""
{WAITING}
SELECT min(d.due_at) AS since FROM waiting w CROSS JOIN channels c ON c.id = w.channel_id
CROSS JOIN deliveries d ON d.id = {HEAD}
LEFT JOIN chats t ON t.chat_id = c.chat_id
WHERE {NOT_ASKED} AND d.state = 'PENDING' AND c.removed_at IS NULL AND c.paused_at IS NULL AND c.halted_at IS NULL
    AND c.kind <> '' AND ifnull(t.blocked_until, 0) < :now
    AND NOT EXISTS (SELECT 1 FROM deliveries u
        WHERE u.chat_id = c.chat_id AND u.state IN ('SENDING', 'UNCERTAIN'))
    AND NOT EXISTS (SELECT 1 FROM traffic f WHERE f.chat_id = c.chat_id AND f.at > :lately)
"""  # noqa: S608 - constants of ours
#: A channel that had a message within this time is being served.
_LATELY = timedelta(minutes=10)


class Beats:
    """Writes what the health check reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, loops: Iterable[str], now: datetime) -> None:
        """`loops` are alive now; how long something due has waited is noted, unless its cause is known."""
        scope = {"now": ticks(now), "lately": ticks(now - _LATELY)}
        since = (await self._database.read(_WAITING_SINCE, scope))[0]["since"]
        if self._database.refused_lately:  # that is known, and reported
            since = None
        async with self._database.transaction() as tx:
            await tx.many(_PUT, [(f"beat:{loop}", json.dumps(now.isoformat())) for loop in loops])
            if since is None:
                await tx.run(_DROP, ("waiting_since",))
            else:
                await tx.run(_PUT, ("waiting_since", json.dumps(moment(since).isoformat())))

    async def values(self) -> Mapping[str, str]:
        """Every row, as it is stored."""
        return {row["key"]: row["value"] for row in await self._database.read(_ALL)}

    async def clear(self) -> None:
        """A new start: nothing of the last run counts."""
        async with self._database.transaction() as tx:
            await tx.run(_CLEAR)
