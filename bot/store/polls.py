"""What a look at a feed makes of the database: headlines, keys, revisions and deliveries, all or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import State
from bot.domain.headlines import Key
from bot.domain.looks import Look
from bot.domain.polling import Channel, Correction, FeedForPoll, Known, PollIntent, Recorded
from bot.store import first_looks, headlines
from bot.store.channels import routing_channels
from bot.store.connection import Database, Transaction
from bot.store.feeds import Feeds, failed_look, good_look

#: New headlines that are recorded in one transaction, and how many of a flood go before: each takes half a millisecond.
_MOST_TOGETHER, _AT_ONCE = 40, 10


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
        """All of `intent`; a look counts as good when all of it is there."""

        async def count_as_good(tx: Transaction) -> None:
            await good_look(tx, intent, look, next_at)
            await first_looks.looked(tx, intent.feed_id, failed=False)

        return await keep_news(self._database, intent, count_as_good, follow=self._follow_edits)

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

    async def flaps(self, correction: Correction) -> bool:
        """True the first time a headline goes back to a wording that it had before."""
        async with self._database.transaction() as tx:
            return await headlines.flaps(tx, correction)


async def keep_news(
    database: Database, intent: PollIntent, ending: Callable[[Transaction], Awaitable[None]], *, follow: bool
) -> Recorded:
    """Headlines, corrections and sightings of `intent`, and what `ending` writes: in one transaction.

    Of a flood of new headlines the first ones go before, some at a time, each with all that is its own: whoever
    writes for a reader has a turn in between. Should the bot be killed there, the next look finds the rest new.
    """
    *before, last = _parts(intent)
    ids: list[int] = []
    for part in before:
        async with database.transaction() as tx:
            ids += await headlines.add_headlines(tx, part)
    async with database.transaction() as tx:
        ids += await _keep(tx, last, follow=follow)
        await ending(tx)
    return _summary(ids, intent)


def _parts(intent: PollIntent) -> Iterator[PollIntent]:
    """The last one has all that is not new, and so many headlines that what is left of a surge is one."""
    new = intent.new
    while len(new) > _MOST_TOGETHER:
        yield PollIntent(intent.feed_id, intent.at, new[:_AT_ONCE])
        new = new[_AT_ONCE:]
    yield replace(intent, new=new)


async def _keep(tx: Transaction, intent: PollIntent, *, follow: bool) -> Sequence[int]:
    ids = await headlines.add_headlines(tx, intent) if intent.new else ()
    for correction in intent.corrections:
        await headlines.correct(tx, correction, intent.feed_id, intent.at, follow=follow)
    if intent.sightings:
        await headlines.sight(tx, intent.sightings, intent)
    return ids


def _summary(ids: Sequence[int], intent: PollIntent) -> Recorded:
    rows = [row for new in intent.new for row in new.deliveries]
    rows += [row for sighting in intent.sightings for row in sighting.deliveries]
    return Recorded(
        headline_ids=tuple(ids),
        queued=sum(row.state is State.PENDING for row in rows),
        held=sum(row.state is State.HELD for row in rows),
    )
