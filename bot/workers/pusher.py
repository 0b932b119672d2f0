"""WebSub's subscriber (https://www.w3.org/TR/websub/): asks hubs for news, and takes in what they bring.

    look | hub named ──▶ asked ──▶ verified (lease) ──▶ asked again before its end
    hub brings news ──▶ signature (the webhooks' room) ──▶ parse ──▶ decide, record (the poller)

Looks at no feed itself: where what came cannot be read, the poller is made to look at once. Its looks go on in
any case, so that a hub that is silent or lost costs a few seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

from bot.domain.headlines import Document
from bot.domain.looks import Look
from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.domain.push import Named, Subscription, ask_again_after, form, hub_of, lease_of, renew_after
from bot.errors import SourceError
from bot.events import Events, HubAnswered, Pushed
from bot.ports import Clock, PushPortal, PushStore, Wake
from bot.workers.loop import LONGEST_PAUSE, Loop, Tasks

#: Hubs being asked at once.
_MOST_ASKED = 4
#: Bodies that may wait to be read; of further ones it is only learnt that there is news.
_MOST_WAITING = 16
_BUSY = 1.0
_GRACE = 1.0
#: A hub that refuses is asked again after so long: its reason may have passed.
_AFTER_DENIAL = timedelta(days=1)
#: The key of the one task that reads what came; feeds' ids begin at 1.
_READING = 0
_LONGEST_REASON = 200

TakeIn = Callable[[FeedForPoll, Document, Callable[[PollIntent], Awaitable[Recorded]]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a look says of a hub."""

    named: Named | None
    found_on: str


@dataclass(frozen=True, slots=True)
class _News:
    """What a hub brought, unread; `body` None where it was too long."""

    subscription: Subscription
    body: bytes | None
    charset: str | None
    came: datetime


class Pusher:
    """The loop of subscriptions, and `ports.PushDesk`. `root` is the address that ends with `/websub/`.

    `take_in` decides and records (`Poller.take_in`), `wake_poller` has it see which feeds are due now.
    """

    def __init__(
        self,
        store: PushStore,
        portal: PushPortal,
        *,
        root: str,
        take_in: TakeIn,
        wake_poller: Wake,
        clock: Clock,
        events: Events,
    ) -> None:
        self._store = store
        self._portal = portal
        self._root = root
        self._take_in = take_in
        self._wake_poller = wake_poller
        self._clock = clock
        self._events = events
        self._with_hub: set[int] | None = None
        self._heard: dict[int, _Heard] = {}
        self._known: dict[int, bytes] = {}
        self._news: deque[_News] = deque()
        self._tasks = Tasks("pusher", clock, events)
        self.loop = Loop("pusher", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`; what was not read by then is found by the next look."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(_GRACE)

    def hear(self, feed: FeedForPoll, look: Look, intent: PollIntent) -> None:
        """A good look: does the feed name a hub?"""
        del intent
        if look.document is None:
            return
        heard = _Heard(hub_of(look.document, feed.address.url), feed.address.url)
        sign = blake2b(repr(heard).encode(errors="surrogatepass"), digest_size=8).digest()
        if self._known.get(feed.id) != sign:
            self._known[feed.id] = sign
            self._heard[feed.id] = heard
            self.loop.wake()

    # ------------------------------------------------------------ what hubs say (ports.PushDesk)

    async def at(self, path: str) -> Subscription | None:
        """Whose place this secret path is."""
        return await self._store.push_at(path)

    async def verify(self, subscription: Subscription, mode: str, topic: str, lease_seconds: str) -> bool:
        """True where the hub asks about what we want: then we are subscribed for the lease."""
        named = subscription.named
        if named is None or mode != "subscribe" or topic != named.topic:
            return False
        now, lease = self._clock.now(), lease_of(lease_seconds)
        await self._store.push_confirmed(subscription.feed_id, now + lease, now + renew_after(lease))
        self._tell(named, "confirmed", f"for {lease}")
        return True

    async def deny(self, subscription: Subscription, topic: str, reason: str) -> bool:
        """The hub will not; it is asked again tomorrow."""
        named = subscription.named
        if named is None or topic != named.topic:
            return False
        words = " ".join(reason.split())[:_LONGEST_REASON]
        await self._store.push_denied(subscription.feed_id, words, self._clock.now() + _AFTER_DENIAL)
        self._tell(named, "denied", words)
        return True

    def bring(self, subscription: Subscription, body: bytes | None, charset: str | None) -> None:
        """Signed news: read in their order, one after the other."""
        waiting = body if len(self._news) < _MOST_WAITING else None
        self._news.append(_News(subscription, waiting, charset, self._clock.now()))
        self._read()

    # ------------------------------------------------------------ the loop

    async def _round(self) -> float:
        now = self._clock.now()
        if self._with_hub is None:
            self._with_hub = set(await self._store.begin_pushes(self._root, now))
        await self._note_heard(self._with_hub)
        self._read()
        for subscription in await self._store.pushes_due(now, _MOST_ASKED):
            if subscription.feed_id not in self._tasks and len(self._tasks) <= _MOST_ASKED:
                self._tasks.start(subscription.feed_id, self._ask(subscription))
        soonest = await self._store.next_push()
        if soonest is None:
            return LONGEST_PAUSE
        return (soonest - now).total_seconds() if soonest > now else _BUSY

    async def _note_heard(self, with_hub: set[int]) -> None:
        for feed_id, heard in list(self._heard.items()):
            if heard.named is not None or feed_id in with_hub:
                await self._store.hub_named(feed_id, heard.named, heard.found_on, self._clock.now())
                with_hub.add(feed_id)
            if self._heard[feed_id] is heard:  # only now: a database that said no is asked again
                del self._heard[feed_id]

    async def _ask(self, subscription: Subscription) -> None:
        named, now = subscription.named, self._clock.now()
        if named is None:
            return
        left = (subscription.lease_until or now) - now
        again = now + ask_again_after(subscription.asks + 1, left)
        # Before it leaves: some hubs make sure of us before they answer.
        await self._store.push_asking(subscription.feed_id, self._root, again, now)
        fields = form(subscription, named, self._root + subscription.path)
        try:
            await self._portal.submit(named.hub, fields, found_on=subscription.found_on)
        except SourceError as exc:
            await self._store.push_failed(subscription.feed_id, str(exc))
            self._tell(named, "failed", str(exc))
        self.loop.nudge()

    # ------------------------------------------------------------ news

    def _read(self) -> None:
        if self._news and _READING not in self._tasks:
            self._tasks.start(_READING, self._read_all())

    async def _read_all(self) -> None:
        while self._news:
            await self._read_one(self._news.popleft())

    async def _read_one(self, news: _News) -> None:
        feed = await self._store.feed_of_push(news.subscription.feed_id)
        document = await self._document(news) if feed is not None else None
        if feed is None or document is None:
            await self._store.look_now(news.subscription.feed_id, self._clock.now())
            self._wake_poller()
            return
        new = await self._take_in(feed, document, self._store.record_pushed)
        now = self._clock.now()
        self._events.tell(Pushed(now, feed.name or feed.url, new, now - news.came))

    async def _document(self, news: _News) -> Document | None:
        """What came, where it is a feed with headlines."""
        named = news.subscription.named
        if news.body is None or named is None:
            return None
        try:
            document = await self._portal.read_pushed(named.topic, news.body, news.charset)
        except SourceError:
            return None
        return document if document.kind == "feed" and document.items else None

    def _tell(self, named: Named, outcome: str, detail: str) -> None:
        """A hub is told by its host: paths of hubs may hold keys."""
        host = urlsplit(named.hub).netloc.rpartition("@")[2]
        self._events.tell(HubAnswered(self._clock.now(), host, outcome, detail))
