"""Looks after stories that were posted: one whose portal takes it down is told to the desk, once, and once if it is back.

    a feed lists it no more | the slow round ──▶ its page is asked ──▶ missing, and again after five minutes ──▶ the desk
                           every half an hour from then on ──▶ it stands, and again after five minutes ──▶ the desk

Withdraws nothing: that is an editor's to order. A host is asked at most once in half a minute, HEAD before GET,
and left alone while it is in trouble.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.domain.alerts import alert
from bot.domain.headlines import Document
from bot.domain.links import parts_of
from bot.domain.looks import Look
from bot.domain.polling import FeedForPoll, PollIntent
from bot.domain.takedowns import AFTER_TROUBLE, WATCHED, Page, PageAnswer, judge, vanished
from bot.events import Events, StoryPutBack, StoryTakenDown
from bot.ports import Clock, PagePortal, PostedStory, TakedownStore
from bot.workers.loop import LONGEST_PAUSE, Loop, Tasks

#: Between two stories of one host, and between two rounds through all that is looked after.
PACE = timedelta(seconds=30)
ROUND = timedelta(minutes=30)
#: Pages asked for at once, one a host.
_MOST = 4
#: Stories read at once, and those among which one that left its feed is sought.
_PAGE = 20
_RECENT = 500
#: Other stories that may vouch for their portal.
_WITNESSES = 3
#: Hosts and feeds that are remembered, and items of a feed.
_MOST_KNOWN = 200
_MOST_LISTED = 200
_GRACE = 1.0
_LAST = (datetime(9999, 1, 1, tzinfo=UTC), 0)


class Lookout:
    """The loop; `hear` every good look. `language` is that of the desk."""

    def __init__(
        self, store: TakedownStore, portal: PagePortal, *, language: str, clock: Clock, events: Events
    ) -> None:
        self._store = store
        self._portal = portal
        self._language = language
        self._clock = clock
        self._events = events
        self._listed: dict[int, array[int]] = {}
        self._left: deque[tuple[int, frozenset[int], datetime | None]] = deque(maxlen=_MOST_KNOWN)
        self._hurried: deque[PostedStory] = deque(maxlen=_MOST_KNOWN)
        self._waiting: deque[PostedStory] = deque()
        self._place = _LAST
        self._round_at = clock.now()
        self._rests: dict[str, datetime] = {}
        self._asking = Tasks("lookout", clock, events)
        self.loop = Loop("lookout", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._asking.finish(_GRACE)

    def hear(self, feed: FeedForPoll, look: Look, intent: PollIntent) -> None:
        """A good look: has a story left the feed from between others?"""
        del intent
        if look.document is None or (feed.id not in self._listed and len(self._listed) >= _MOST_KNOWN):
            return
        # Letter by letter: a portal that writes its links anew has taken nothing down.
        listed = array("q", (hash(item.link) for item in look.document.items[:_MOST_LISTED]))
        left = vanished(self._listed.get(feed.id, ()), listed)
        self._listed[feed.id] = listed
        if left:
            self._left.append((feed.id, left, _floor(look.document)))

    async def _round(self) -> float:
        now = self._clock.now()
        while self._left:
            await self._seek(*self._left[0], now)
            self._left.popleft()
        suspects = await self._store.suspects_due(now, now - WATCHED, _PAGE)
        await self._read_on(now)
        for stories in (deque(suspects), self._hurried, self._waiting):
            self._start(stories, now)
        return LONGEST_PAUSE

    async def _seek(self, feed_id: int, left: frozenset[int], floor: datetime | None, now: datetime) -> None:
        """What left a feed and was posted goes before the round; what is older than all the rest had its time."""
        for story in await self._store.posted_from(feed_id, now - WATCHED, _RECENT):
            if hash(story.link) in left and (floor is None or story.published > floor):
                self._hurried.append(story)

    async def _read_on(self, now: datetime) -> None:
        if self._waiting or now < self._round_at:
            return
        if self._place == _LAST:
            await self._store.forget_suspicions(now - WATCHED)
        self._waiting.extend(await self._store.posted_before(self._place, now - WATCHED, _PAGE))
        if self._waiting:
            self._place = (self._waiting[-1].published, self._waiting[-1].id)
        else:
            self._place, self._round_at = _LAST, now + ROUND

    def _start(self, stories: deque[PostedStory], now: datetime) -> None:
        """Ask for those whose hosts have rested; the others keep their places."""
        for _ in range(len(stories)):
            story = stories.popleft()
            host = _host(story.link)
            if not host:
                continue
            if len(self._asking) >= _MOST or self._rests.get(host, now) > now:
                stories.append(story)
            elif story.id not in self._asking:
                self._rest(host, now + PACE)
                self._asking.start(story.id, self._look_at(story, host))

    async def _look_at(self, story: PostedStory, host: str) -> None:
        answer = await self._portal.page(story.link, found_on=story.found_on)
        # That a page is gone which is known to be gone needs no witness, and says nothing of its portal.
        known = story.suspicion.told and answer.page is Page.MISSING
        well = answer.page is Page.MISSING and not known and await self._is_well(story, host)
        if answer.page is not Page.STANDS and not (well or known):
            rest = max(answer.retry_after or AFTER_TROUBLE, AFTER_TROUBLE)
            self._rest(host, self._clock.now() + rest)
        await self._conclude(story, answer, portal_is_well=well)

    async def _conclude(self, story: PostedStory, answer: PageAnswer, *, portal_is_well: bool) -> None:
        now = self._clock.now()
        suspicion = judge(story.suspicion, answer.page, now, portal_is_well=portal_is_well)
        values = {"title": story.title, "link": story.link, "answer": answer.detail}
        if suspicion.gone:
            text = alert("taken_down", values, self._language)
            if await self._store.taken_down(story.id, suspicion, text, now):
                self._events.tell(StoryTakenDown(now, story.id, story.link, answer.detail))
        elif suspicion.back:
            text = alert("taken_down_over", values, self._language)
            if await self._store.put_back(story.id, text, now):
                self._events.tell(StoryPutBack(now, story.id, story.link))
        elif suspicion != story.suspicion:
            await self._store.suspect(story.id, suspicion)

    async def _is_well(self, story: PostedStory, host: str) -> bool:
        """Whether another story of the portal stands; where there is none, its front page."""
        others = await self._store.posted_from(story.feed_id, self._clock.now() - WATCHED, _PAGE)
        for link in _witnesses(story, host, others):
            answer = await self._portal.page(link, found_on=story.found_on)
            if answer.page is not Page.MISSING:
                return answer.page is Page.STANDS
        return False

    def _rest(self, host: str, until: datetime) -> None:
        if len(self._rests) >= _MOST_KNOWN:
            now = self._clock.now()
            self._rests = {name: at for name, at in self._rests.items() if at > now}
        self._rests[host] = until


def _witnesses(story: PostedStory, host: str, others: Iterable[PostedStory]) -> list[str]:
    beside = [one.link for one in others if one.id != story.id and _host(one.link) == host]
    return beside[:_WITNESSES] or [f"{story.link.partition(':')[0]}://{host}/"]


def _host(link: str) -> str:
    """Host and port of a story's page; empty where its link leads to none."""
    parts = parts_of(link)
    return parts.netloc if parts else ""


def _floor(document: Document) -> datetime | None:
    """The time that a story must be younger than to be missed; one or two old items may be pinned."""
    times = sorted(item.published for item in document.items if item.published is not None)
    return times[min(2, len(times) - 1)] if times else None
