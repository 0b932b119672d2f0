"""Looks at every feed in its time and records what is new.

    feeds due | look | decide (what we know, what the portal says now, now) | record

Does not post anything: what is due stands in the outbox afterwards, in the same transaction.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from hashlib import blake2b

from bot.domain.decide import Rules, decide, keys_wanted
from bot.domain.looks import Look
from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.domain.schedule import next_look
from bot.errors import FetchError, Gone, SourceError
from bot.events import Corrected, Events, HeadlinesRecorded, Polled, Surge
from bot.ports import Clock, PollStore, Portal, Wake
from bot.workers.loop import Loop, Tasks

#: Looks under way at once; the portal room keeps to one a host.
MOST_LOOKS = 16
#: Seconds that a look under way may take to end when the bot stops.
_GRACE = 1.0


class Poller:
    """The loop of looks. `wake_delivery` is called when something became due."""

    def __init__(
        self,
        portal: Portal,
        store: PollStore,
        clock: Clock,
        events: Events,
        *,
        rules: Rules,
        first_run_posts: int,
        wake_delivery: Wake,
    ) -> None:
        self._portal = portal
        self._store = store
        self._clock = clock
        self._events = events
        self._rules = rules
        self._first_run_posts = first_run_posts
        self._wake_delivery = wake_delivery
        # Two looks that decide at once could both find the same story new.
        self._recording = asyncio.Lock()
        self._looks = Tasks("poller", clock, events)
        self._not_before: dict[int, datetime] = {}
        self.loop = Loop("poller", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`; a look under way is given a moment to end."""
        await self.loop.run()
        await self._looks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        for feed in await self._store.feeds_due(now):
            rests = self._not_before.get(feed.id, now) > now
            if feed.id not in self._looks and not rests and len(self._looks) < MOST_LOOKS:
                self._looks.start(feed.id, self._look(feed))
        soonest = await self._store.next_look()
        if soonest is None:
            return 60.0
        # A feed that is being looked at stays due until its look is recorded; it wakes us then.
        return max((soonest - now).total_seconds(), 1.0 if len(self._looks) else 0.05)

    async def _look(self, feed: FeedForPoll) -> None:
        started = self._clock.now()
        # Should the look end without being recorded, it is not repeated at once.
        self._not_before[feed.id] = started + feed.interval
        try:
            look = await self._portal.look(feed.address)
        except SourceError as exc:
            await self._failed(feed, exc, started)
        else:
            await self._looked(feed, look, started)
        self._not_before.pop(feed.id, None)
        await self._release()
        self.loop.wake()

    async def _looked(self, feed: FeedForPoll, look: Look, started: datetime) -> None:
        async with self._recording:
            now = self._clock.now()
            intent = await self._decide(feed, look, now)
            next_at = next_look(feed.interval, 0, None, now, phase_of(feed.url))
            recorded = await self._store.record(intent, look, next_at)
        await self._tell(feed, look, intent, recorded, started)

    async def _decide(self, feed: FeedForPoll, look: Look, now: datetime) -> PollIntent:
        if look.document is None:
            return PollIntent(feed.id, now)
        known = await self._store.known(keys_wanted(feed, look.document), now)
        channels = await self._store.channels_for_routing()
        return decide(feed, look.document, known, channels, self._rules, now)

    async def _tell(
        self, feed: FeedForPoll, look: Look, intent: PollIntent, recorded: Recorded, started: datetime
    ) -> None:
        now, name = self._clock.now(), feed.name or feed.url
        outcome = "not_modified" if look.document is None else "ok"
        self._events.tell(Polled(now, name, outcome, new=len(intent.new), took=now - started))
        if recorded.headline_ids or recorded.queued:
            self._events.tell(HeadlinesRecorded(now, name, recorded.headline_ids, recorded.queued))
        if intent.surge:
            self._events.tell(Surge(now, name, len(intent.new), recorded.held))
        for correction in intent.corrections:
            words, old = correction.words, correction.old_title
            flaps = await self._store.flaps(correction)
            told = Corrected(now, correction.headline_id, old, words.title, correction.by_desk, flaps)
            self._events.tell(told)
        if recorded.queued or intent.corrections:
            self._wake_delivery()

    async def _failed(self, feed: FeedForPoll, error: SourceError, started: datetime) -> None:
        now = self._clock.now()
        wish = error.retry_after if isinstance(error, FetchError) else None
        next_at = next_look(feed.interval, feed.failures + 1, wish, now, phase_of(feed.url))
        gone = isinstance(error, Gone)
        await self._store.record_failure(feed.id, str(error), now, None if gone else next_at)
        since = feed.failing_since or now
        name = feed.name or feed.url
        self._events.tell(Polled(now, name, "failed", str(error), took=now - started, failing_since=since))

    async def _release(self) -> None:
        """What waited for first looks may be decided now."""
        if await self._store.release_first_looks(self._clock.now(), self._first_run_posts):
            self._wake_delivery()


def phase_of(url: str) -> float:
    """Where in its interval a feed is looked at, 0..1: the same at every start, spread over all feeds."""
    return int.from_bytes(blake2b(url.encode(errors="surrogatepass"), digest_size=4).digest()) / 2**32
