"""What the store does for itself now and then; implements `ports.Upkeep`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.store.alerts import Alerts
from bot.store.beats import Beats
from bot.store.byhand import ByHand
from bot.store.connection import Database
from bot.store.copies import Copies
from bot.store.doubts import Doubts
from bot.store.engagement import Engagement
from bot.store.inbox import UpdateInbox
from bot.store.late import Late
from bot.store.retention import Retention
from bot.store.search import Search
from bot.store.traffic import TrafficLog

#: Limits look back a minute, the health check ten.
_TRAFFIC = timedelta(minutes=15)
#: Handled updates (architecture.md), and what was said to the desk.
_UPDATES = timedelta(hours=24)
_ALERTS = timedelta(days=30)
#: A doubt may wait long for a chat that keeps the bot out.
_SEEN = timedelta(days=14)
#: A feed that tells of a story days after somebody posted it is not the rule.
_BY_HAND = timedelta(days=2)
#: What came too late for its reader.
_LATE = timedelta(days=2)
#: Slices of empty pages that are given back at once: whoever asks has a heartbeat to keep.
_SLICES = 20
#: The default of `KEEP_DAYS`.
KEEP = timedelta(days=365)


class StoreUpkeep:
    """Beats, and forgetting. Headlines are shown to readers for as long as `keep` (`KEEP_DAYS`)."""

    def __init__(self, database: Database, *, keep: timedelta = KEEP) -> None:
        self._keep = keep
        self._database = database
        self._beats = Beats(database)
        self._traffic = TrafficLog(database)
        self._inbox = UpdateInbox(database)
        self._alerts = Alerts(database)
        self._doubts = Doubts(database)
        self._by_hand = ByHand(database)
        self._search = Search(database)
        self._engagement = Engagement(database)
        self._retention = Retention(database)
        self._late = Late(database)
        self._copies = Copies(database)

    async def begin(self) -> None:
        """A new start: beats of the last run are none."""
        await self._beats.clear()

    async def beats(self) -> Mapping[str, str]:
        """What `kabarbot health` reads."""
        return await self._beats.values()

    async def beat(self, loops: Collection[str], now: datetime) -> None:
        """These loops are alive."""
        await self._beats.beat(loops, now)

    async def tidy(self) -> bool:
        """Give back what the file does not need any more; True when all is done."""
        for _ in range(_SLICES):
            if await self._database.give_back():
                return True
        return False

    async def forget(self, now: datetime) -> None:
        """Drop what nothing looks back to any more."""
        await self._traffic.forget_traffic(now - _TRAFFIC)
        await self._inbox.forget_done(now - _UPDATES)
        await self._alerts.forget_alerts(now - _ALERTS)
        await self._doubts.forget_seen(now - _SEEN)
        await self._by_hand.forget_hand_posts(now - _BY_HAND)
        await self._search.forget_searches(now)
        await self._engagement.forget_deeds(now)
        await self._late.forget(now - _LATE)
        await self._retention.forget_words(now - self._keep)
        await self._copies.sign()
