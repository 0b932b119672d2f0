"""What `/statistik` asks of the database. Reads only; every statement is bounded by hours and channels."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.store.connection import Database, Row
from bot.store.hours import Hours
from bot.store.values import hour

if TYPE_CHECKING:
    from bot.domain.statistics import ChannelReactions, Figures

_DAY = timedelta(days=1)
#: Channels that are named; the others are summed up.
_MOST_NAMED = 6
# Topics share a chat, and a chat its reactions: the first of them gives the name.
_REACTIONS = """
WITH told AS MATERIALIZED (SELECT chat_id, sum(count) AS n FROM reactions_by_hour WHERE hour > ? GROUP BY chat_id)
SELECT min(c.id) AS id, c.ref, c.title, max(ifnull(told.n, 0), 0) AS n
FROM channels c LEFT JOIN told ON told.chat_id = c.chat_id
WHERE c.removed_at IS NULL AND c.chat_id IS NOT NULL GROUP BY c.chat_id ORDER BY n DESC, id
"""


class StatisticsStore:
    """Implements `domain.statistics.FiguresSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hours = Hours(database)

    async def figures(self, now: datetime) -> Figures:
        """The last 24 hours: whole hours, and as much as there is of the one under way."""
        from bot.domain.statistics import Figures  # seldom used, and memory at rest is a promise

        rows = [_reactions(row) for row in await self._database.read(_REACTIONS, (hour(now - _DAY),))]
        others = rows[_MOST_NAMED:]
        return Figures(
            at=now,
            hours=await self._hours.counted(now),
            delays=await self._hours.delays(now - _DAY),
            channels=tuple(rows[:_MOST_NAMED]),
            others=len(others),
            other_reactions=sum(row.reactions for row in others),
        )


def _reactions(row: Row) -> ChannelReactions:
    from bot.domain.statistics import ChannelReactions

    ref: str = row["ref"]
    return ChannelReactions(ref if ref.startswith("@") else row["title"] or ref, row["n"], ref)
