"""Looks at every feed in its time and records what is new.

    feeds due | look | decide (what we know, what the portal says now, now) | record

Does not post anything: what is due stands in the outbox afterwards, in the same transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from urllib.parse import urlsplit

from bot.aside import aside
from bot.domain.decide import Rules, decide, keys_wanted
from bot.domain.headlines import Document
from bot.domain.looks import Look
from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.domain.schedule import next_look
from bot.errors import FetchError, Gone, SourceError
from bot.events import Corrected, Events, HeadlinesRecorded, ImportBegan, ItemsIgnored, Polled, Surge
from bot.ports import Clock, PollStore, Portal, Wake
from bot.workers.ignored import Ignored
from bot.workers.loop import LONGEST_PAUSE, Loop, Tasks

#: Looks under way at once, one a host: feeds that wait for a slow host would keep the others out.
MOST_LOOKS = 16
#: Items of a document that are decided upon at once, which takes some milliseconds.
MOST_AT_ONCE = 100
#: Seconds until feeds that could not be looked at now are thought of again; a look that ends wakes us before.
_BUSY = 0.5
#: New headlines in one look whose recording is announced: it takes a second or more.
_MANY = 200
#: Seconds that a look under way may take to end when the bot stops.
_GRACE = 1.0


OnLook = Callable[[FeedForPoll, Look, PollIntent], None]
"""Hears of every good look, in the look's own task; must be quick and must not raise."""


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
        self._listeners: list[OnLook] = []
        self._ignored = Ignored()
        # Two looks that decide at once could both find the same story new.
        self._recording = asyncio.Lock()
        self._looks = Tasks("poller", clock, events)
        self._not_before: dict[int, datetime] = {}
        self._hosts: set[str] = set()
        self.loop = Loop("poller", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`; a look under way is given a moment to end."""
        try:
            await self.loop.run()
        finally:
            await self._looks.finish(_GRACE)

    def when_looked(self, listener: OnLook) -> None:
        """Have `listener` hear of every good look."""
        self._listeners.append(listener)

    async def take_in(
        self,
        feed: FeedForPoll,
        document: Document,
        record: Callable[[PollIntent], Awaitable[Recorded]],
    ) -> int:
        """Decide what a hub brought for `feed` as the document of a look, and have it recorded.

        The feed's own looks go on in their time. Returns how many headlines were new.
        """
        async with self._recording:
            intent = await self._decide(feed, document, self._clock.now())
            recorded = await record(intent)
        await self._tell_news(feed, intent, recorded)
        return len(intent.new)

    async def _round(self) -> float:
        now = self._clock.now()
        self._start(await self._store.feeds_due(now), now)
        soonest = await self._store.next_look()
        if soonest is None:
            return LONGEST_PAUSE
        return (soonest - now).total_seconds() if soonest > now else _BUSY

    def _start(self, feeds: Sequence[FeedForPoll], now: datetime) -> None:
        for feed in feeds:
            host = urlsplit(feed.address.url).netloc
            rests = self._not_before.get(feed.id, now) > now
            if rests or feed.id in self._looks or host in self._hosts or len(self._looks) >= MOST_LOOKS:
                continue
            self._hosts.add(host)
            self._looks.start(feed.id, self._take(feed, host))

    async def _take(self, feed: FeedForPoll, host: str) -> None:
        """A look; should it end in something nobody foresaw, it is not repeated at once."""
        self._not_before[feed.id] = self._clock.now() + feed.interval
        try:
            await self._look(feed)
        finally:
            self._hosts.discard(host)
            self.loop.nudge()
        del self._not_before[feed.id]

    async def _look(self, feed: FeedForPoll) -> None:
        started = self._clock.now()
        astray = feed.moved_to is not None and feed.failures % 2 == 1
        asked = _at_home(feed) if astray else feed
        try:
            look = await self._portal.look(asked.address)
        except SourceError as exc:
            await self._failed(feed, exc, started)
        else:
            if astray and look.moved_to is None:
                look = replace(look, moved_to=feed.url)
            await self._looked(asked, look, started)
        await self._release()

    async def _looked(self, feed: FeedForPoll, look: Look, started: datetime) -> None:
        async with self._recording:
            now = self._clock.now()
            intent = await self._decide(feed, look.document, now)
            next_at = next_look(feed.interval, 0, None, now, phase_of(feed.url))
            if len(intent.new) >= _MANY:
                self._events.tell(ImportBegan(now, feed.name or feed.url, len(intent.new)))
            recorded = await self._store.record(intent, look, next_at)
        for listener in self._listeners:
            listener(feed, look, intent)
        now, name = self._clock.now(), feed.name or feed.url
        outcome = "not_modified" if look.document is None else "ok"
        self._events.tell(Polled(now, name, outcome, new=len(intent.new), took=now - started))
        await self._tell_news(feed, intent, recorded)

    async def _decide(self, feed: FeedForPoll, document: Document | None, now: datetime) -> PollIntent:
        if document is None:
            return PollIntent(feed.id, now)
        long = len(document.items) > MOST_AT_ONCE
        keys = await aside(partial(keys_wanted, feed, document), when=long)
        known = await self._store.known(keys, now)
        channels = await self._store.channels_for_routing()
        return await aside(partial(decide, feed, document, known, channels, self._rules, now), when=long)

    async def _tell_news(self, feed: FeedForPoll, intent: PollIntent, recorded: Recorded) -> None:
        now, name = self._clock.now(), feed.name or feed.url
        if recorded.queued or intent.corrections:
            self._wake_delivery()
        if recorded.headline_ids or recorded.queued:
            self._events.tell(HeadlinesRecorded(now, name, recorded.headline_ids, recorded.queued))
        if ignored := self._ignored.news(feed.id, intent.ignored):
            self._events.tell(ItemsIgnored(now, name, ignored))
        if intent.surge:
            self._events.tell(Surge(now, name, len(intent.new), recorded.held))
        for correction in intent.corrections:
            words, old = correction.words, correction.old_title
            wording = await self._store.wording(correction)
            told = Corrected(now, correction.headline_id, old, words.title, correction.by_desk, wording)
            self._events.tell(told)

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


def _at_home(feed: FeedForPoll) -> FeedForPoll:
    """The feed at its own address: where it had moved to does not answer. That place's validators mean nothing there."""
    return replace(feed, moved_to=None, etag=None, last_modified=None, body_hash=None)


def phase_of(url: str) -> float:
    """Where in its interval a feed is looked at, 0..1: the same at every start, spread over all feeds."""
    return int.from_bytes(blake2b(url.encode(errors="surrogatepass"), digest_size=4).digest()) / 2**32
