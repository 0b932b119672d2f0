"""`KEEP_DAYS`: old headlines leave lists and search; what identifies them stays, so none is ever new again.

A headline counts as old by when it was first seen: a portal's archive that was read in today is kept as long
as today's news. Title and links stay with the keys, since a correction is told by them, and a post may still
be withdrawn; lead, reporter, picture and places in lists go.
"""

from __future__ import annotations

from datetime import datetime

from bot.store.connection import Database
from bot.store.meta import note
from bot.store.values import dump, ticks

#: Headlines in one transaction: some milliseconds, since a poll may be waiting.
AT_ONCE = 500
#: Headlines in one call: whoever calls has a heartbeat to keep.
AT_MOST = 5_000
_CURSOR = "words_forgotten_to"

# Ids follow the order of first sight, so the old ones stand at the front, behind those that went before.
_OLD = f"""
SELECT id, first_seen_at < :before AS old FROM headlines
WHERE id > ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE key = '{_CURSOR}'), 0) ORDER BY id LIMIT {AT_ONCE}
"""  # noqa: S608 - constants of ours
_IDS = "id IN (SELECT value FROM json_each(:ids))"
# `hidden` takes them out of every list and count, and out of the index, by the triggers that stand upon it.
_HIDE = f"UPDATE headlines SET hidden = 1, lead = '', reporter = '', image = NULL WHERE {_IDS}"  # noqa: S608 - as above
_OFF_THE_SHELF = "DELETE FROM shelf WHERE headline_id IN (SELECT value FROM json_each(:ids))"


class Retention:
    """Forgets words. Deletes no headline, key, delivery or revision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_words(self, before: datetime) -> int:
        """Headlines first seen before then are shown to readers no more; returns how many went now.

        At most `AT_MOST` of them, the oldest first: ask again later.
        """
        forgotten = 0
        while forgotten < AT_MOST:
            some = len(await self._forget_some(before))
            forgotten += some
            if some < AT_ONCE:
                break
        return forgotten

    async def _forget_some(self, before: datetime) -> list[int]:
        async with self._database.transaction() as tx:
            ids: list[int] = []
            for row in await tx.all(_OLD, {"before": ticks(before)}):
                if not row["old"]:
                    break
                ids.append(row["id"])
            if ids:
                await tx.run(_HIDE, {"ids": dump(ids)})
                await tx.run(_OFF_THE_SHELF, {"ids": dump(ids)})
                await note(tx, _CURSOR, str(ids[-1]))
        return ids
