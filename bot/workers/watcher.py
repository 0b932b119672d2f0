"""Watches portals that answer: too quiet, a page in place of a feed, a stale cache, a wrong clock, headlines missed.

Judges by `domain.watch`, and writes what it finds beside the feeds; the desk reads it there and tells it once,
and once when it is over. Changes nothing that is posted. Its only deed: where a feed may have run ahead of its
looks, the other feeds of that portal are looked at at once, which may hold what was missed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.links import house
from bot.domain.looks import Look
from bot.domain.polling import FeedForPoll, PollIntent
from bot.domain.watch import (
    CLOCK_WINDOW,
    LOOKS_IN_A_ROW,
    SHORTEST_SILENCE,
    ahead,
    clock_off,
    clock_words,
    is_stale,
    may_have_missed,
    quiet,
)
from bot.events import Events, HeadlinesMissed
from bot.ports import Clock, Wake, WatchedFeed, WatchStore
from bot.workers.loop import LONGEST_PAUSE, Loop

QUIET, PAGE, STALE, CLOCK = "quiet", "page", "stale", "clock"
#: Feeds whose silence is judged in one round, and how often all of them are.
_AT_ONCE = 200
_EVERY = timedelta(minutes=1)
_FORGET_EVERY = timedelta(hours=6)
#: A look counts as the last word for so long, and for three intervals.
_FRESH = timedelta(minutes=10)


@dataclass(slots=True)
class _Seen:
    """How many of the last looks at a feed, since this process began, found a page or an old answer."""

    pages: int = 0
    stale: int = 0


class Watcher:
    """The loop; `hear` every good look. `wake_poller` has it see which feeds are due now."""

    def __init__(self, store: WatchStore, *, wake_poller: Wake, clock: Clock, events: Events) -> None:
        self._store = store
        self._wake_poller = wake_poller
        self._clock = clock
        self._events = events
        self._seen: dict[int, _Seen] = defaultdict(_Seen)
        self._skews: dict[int, deque[timedelta]] = defaultdict(lambda: deque(maxlen=CLOCK_WINDOW))
        self._found: dict[tuple[int, str], Mapping[str, str] | None] = {}
        self._missed: deque[tuple[FeedForPoll, int]] = deque(maxlen=_AT_ONCE)
        self._lasting: set[tuple[int, str]] | None = None
        self._after = 0
        self._judge_at = clock.now()
        self._forget_at = clock.now()
        self.loop = Loop("watcher", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()

    def hear(self, feed: FeedForPoll, look: Look, intent: PollIntent) -> None:
        """A good look: what was it like?"""
        seen = self._seen[feed.id]
        seen.stale = seen.stale + 1 if is_stale(look.age, feed.interval) else 0
        if not 0 < seen.stale < LOOKS_IN_A_ROW:  # in between nothing is certain
            self._note(feed.id, STALE, {"age": clock_words(look.age)} if seen.stale else None)
        if look.document is not None:
            self._judge_kind(feed, seen, is_page=look.document.kind == "page")
            self._judge_news(feed, len(look.document.items), intent)
        elif seen.pages or feed.kind == "turned":  # the same page again
            self._judge_kind(feed, seen, is_page=True)

    def _judge_kind(self, feed: FeedForPoll, seen: _Seen, *, is_page: bool) -> None:
        seen.pages = seen.pages + 1 if is_page else 0
        if not is_page or (feed.kind in {"feed", "turned"} and seen.pages >= LOOKS_IN_A_ROW):
            self._note(feed.id, PAGE, {} if is_page else None)

    def _judge_news(self, feed: FeedForPoll, items: int, intent: PollIntent) -> None:
        if intent.new and feed.looked is not None:
            self._skews[feed.id].extend(ahead((one.portal_published for one in intent.new), intent.at))
            off = clock_off(self._skews[feed.id])
            certain = off is not None or len(self._skews[feed.id]) == CLOCK_WINDOW
            if certain:
                self._note(feed.id, CLOCK, {"ahead": clock_words(off)} if off else None)
        if intent.new:
            self._note(feed.id, QUIET, None)
        if may_have_missed(items, len(intent.new), looked_before=feed.looked is not None):
            self._missed.append((feed, len(intent.new)))
            self.loop.nudge()

    def _note(self, feed_id: int, kind: str, values: Mapping[str, str] | None) -> None:
        """`values` where something is wrong, None where it is right; only a change is worth a round."""
        lasting = self._lasting
        if lasting is None or ((feed_id, kind) in lasting) != (values is not None):
            self._found[feed_id, kind] = values
            self.loop.nudge()
        else:
            self._found.pop((feed_id, kind), None)

    async def _round(self) -> float:
        now = self._clock.now()
        if self._lasting is None:
            self._lasting = set(await self._store.found_wrong())
        await self._fill_gaps()
        if now >= self._judge_at:
            await self._judge_silences(self._lasting)
        await self._write(self._lasting)
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            await self._store.forget_arrivals(now)
        return LONGEST_PAUSE

    async def _judge_silences(self, lasting: set[tuple[int, str]]) -> None:
        """The next feeds in turn; after the last of them all rest for a while."""
        now = self._clock.now()
        feeds = await self._store.silent_feeds(self._after, _AT_ONCE, now)
        for feed in feeds:
            found = self._quiet(feed)
            if found is not None and (feed.id, QUIET) not in lasting:
                self._found[feed.id, QUIET] = found
            elif now - feed.last_new < SHORTEST_SILENCE:  # a hub may have brought it
                self._found[feed.id, QUIET] = None
        self._after = feeds[-1].id if len(feeds) == _AT_ONCE else 0
        if not self._after:
            self._judge_at = now + _EVERY

    def _quiet(self, feed: WatchedFeed) -> Mapping[str, str] | None:
        now = self._clock.now()
        if now - feed.looked > max(_FRESH, 3 * feed.interval):
            return None  # nobody has looked for so long that nothing can be said
        found = quiet(feed.last_new, feed.slots, feed.interval, now)
        if found is None:
            return None
        return {"silence": clock_words(found.silence), "usual": clock_words(found.usual)}

    async def _write(self, lasting: set[tuple[int, str]]) -> None:
        for (feed_id, kind), values in list(self._found.items()):
            if values is not None and (feed_id, kind) not in lasting:
                await self._store.wrong(feed_id, kind, values, self._clock.now())
                lasting.add((feed_id, kind))
            elif values is None and (feed_id, kind) in lasting:
                await self._store.right(feed_id, kind)
                lasting.discard((feed_id, kind))
            if self._found.get((feed_id, kind)) == values:  # only now: a database that said no is asked again
                self._found.pop((feed_id, kind), None)

    async def _fill_gaps(self) -> None:
        while self._missed:
            feed, count = self._missed[0]
            home = house(feed.url)  # a portal's pages and its feeds often have hosts of their own
            others = [one for one, url in await self._store.other_feeds(feed.id) if house(url) == home]
            if others:
                await self._store.look_at(others, self._clock.now())
                self._wake_poller()
            self._events.tell(HeadlinesMissed(self._clock.now(), feed.name or feed.url, count, len(others)))
            self._missed.popleft()
