"""What a look at a feed makes of the database: headlines, keys, revisions and deliveries, all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.domain.delivery import State
from bot.domain.headlines import Key
from bot.domain.looks import Look
from bot.domain.polling import Channel, Correction, FeedForPoll, Known, PollIntent, Recorded, Wording
from bot.store import first_looks, headlines
from bot.store.channels import routing_channels
from bot.store.connection import Database, Transaction
from bot.store.feeds import Feeds, failed_look, good_look


class Polls:
    """Implements `ports.PollStore`. `follow_edits` False: corrections change lists, not posts."""

    def __init__(self, database: Database, *, follow_edits: bool = True) -> None:
        self._database = database
        self._feeds = Feeds(database)
        self._follow_edits = follow_edits

    async def feeds_due(self, now: datetime) -> Sequence[FeedForPoll]:
        """Feeds whose next look is due."""
        return await self._feeds.due(now)

    async def next_look(self) -> datetime | None:
        """When the next feed is due."""
        return await self._feeds.next_look()

    async def channels_for_routing(self) -> Sequence[Channel]:
        """Every channel of the settings."""
        return await routing_channels(self._database)

    async def known(self, keys: Collection[Key], now: datetime) -> Mapping[Key, Known]:
        """The headlines that own any of `keys`."""
        async with self._database.reading() as tx:
            return await headlines.known_by(tx, keys, now)

    async def record(self, intent: PollIntent, look: Look, next_at: datetime) -> Recorded:
        """All of `intent`, in one transaction."""
        async with self._database.transaction() as tx:
            recorded = await keep_news(tx, intent, follow=self._follow_edits)
            await good_look(tx, intent, look, next_at)
            await first_looks.looked(tx, intent.feed_id, failed=False)
        return recorded

    async def record_failure(
        self, feed_id: int, detail: str, now: datetime, next_at: datetime | None
    ) -> None:
        """A look that failed; `next_at` None pauses the feed (unless it had moved: then its own address is next)."""
        async with self._database.transaction() as tx:
            await failed_look(tx, feed_id, detail, now, next_at)
            await first_looks.looked(tx, feed_id, failed=True)

    async def release_first_looks(self, now: datetime, limit: int) -> int:
        """See `ports.PollStore`; asked after every look, so that nothing is locked where nothing waits."""
        if not await first_looks.any_ready(self._database):
            return 0
        async with self._database.transaction() as tx:
            return await first_looks.release(tx, now, limit)

    async def wording(self, correction: Correction) -> Wording:
        """What the words of a correction that was recorded are to their headline; BACK once a headline."""
        async with self._database.transaction() as tx:
            return await headlines.wording(tx, correction)


async def keep_news(tx: Transaction, intent: PollIntent, *, follow: bool) -> Recorded:
    """Headlines, corrections and sightings of `intent`; what the look means for the feed itself is not kept."""
    ids = await headlines.add_headlines(tx, intent) if intent.new else ()
    for correction in intent.corrections:
        await headlines.correct(tx, correction, intent.feed_id, intent.at, follow=follow)
    if intent.sightings:
        await headlines.sight(tx, intent.sightings, intent)
    return _summary(ids, intent)


def _summary(ids: Sequence[int], intent: PollIntent) -> Recorded:
    rows = [row for new in intent.new for row in new.deliveries]
    rows += [row for sighting in intent.sightings for row in sighting.deliveries]
    return Recorded(
        headline_ids=tuple(ids),
        queued=sum(row.state is State.PENDING for row in rows),
        held=sum(row.state is State.HELD for row in rows),
    )
