"""Brings news to subscribers, behind the channels' posts: at most one message at a time to each of them.

    a page of readers is asked | what waits for one reader is one message | claim | send | save

A message of unknown outcome goes out once more, exactly as it was, and may come twice: in private chats nothing
can be asked. Whoever lets nothing in is forgotten after one refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.delivery import FrozenRequest, Outcome, Target, Verdict
from bot.domain.retry import UNNAMED_WAIT, backoff
from bot.domain.subscriptions import ReaderNews
from bot.events import Events, NewsRepeated, NewsTooLate, SlowedDown, SubscriberGone
from bot.ports import Clock, GroupMessages, Network, NewsRenderer, NewsStore, Pace
from bot.workers.loop import Loop, Tasks
from bot.workers.saving import Saver, through_cancellation

#: How far ahead places in the limits are taken: posts and answers wait at most this long behind news.
HORIZON = timedelta(milliseconds=60)
#: A place is taken this long before its moment, so that the claim is on the disk by then.
LEAD = timedelta(milliseconds=25)
#: Readers looked at in a round: more than there are places, for some may rest.
_MOST = 40
#: Seconds until it is asked again whether there is news, and between two looks where posts go first.
_IDLE, _BEHIND = 1.0, 0.1
#: Between two looks for messages whose task is gone, doubts whose wait is over, and what came too late.
_TIDY_EVERY = timedelta(seconds=1)
#: Seconds that sends under way may take to end when the bot stops (product: within 5 s).
_GRACE = 3.5


class Courier:
    """The loop of news for subscribers. `posts_wait`: whether a channel's post could leave now."""

    def __init__(
        self,
        store: NewsStore,
        network: Network,
        *,
        renderer: NewsRenderer,
        pace: Pace,
        groups: GroupMessages,
        posts_wait: Callable[[], bool],
        max_age: timedelta,
        uncertain_wait: timedelta,
        clock: Clock,
        events: Events,
    ) -> None:
        self._store = store
        self._network = network
        self._renderer = renderer
        self._pace = pace
        self._groups = groups
        self._posts_wait = posts_wait
        self._max_age = max_age
        self._uncertain_wait = uncertain_wait
        self._clock = clock
        self._events = events
        self._saved = Saver(clock, events)
        self._tasks = Tasks("fanout", clock, events)
        self._tidy_at = self._quiet_until = clock.now()
        self._failures = 0
        self.loop = Loop("fanout", self._round, clock, events, rest=0.02)

    async def run(self) -> None:
        """Until `loop.stop()`; sends under way are finished and recorded."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        if not await self._store.busy():
            return _IDLE
        if now >= self._tidy_at:
            # At the first round nothing is running: what was being sent by the last process is in doubt.
            await self._store.orphans(self._tasks.keys(), now + self._uncertain_wait)
            await self._tidy(now)
            self._tidy_at = now + _TIDY_EVERY
        if self.loop.stopping or now < self._quiet_until:
            return max((self._quiet_until - now).total_seconds(), _BEHIND)
        opened = await self._store.expand(now, self._max_age)
        if self._posts_wait():
            return _BEHIND
        claimed = await self._claim(now)
        # Reckoned anew: what the round itself took would be a place lost each time.
        free = self._pace.wait((), self._clock.now())
        return (free - LEAD).total_seconds() if opened or claimed else _BEHIND

    async def _tidy(self, now: datetime) -> None:
        if repeated := await self._store.again(now):
            self._events.tell(NewsRepeated(now, repeated))
        if late := await self._store.skip_late(now):
            self._events.tell(NewsTooLate(now, late))

    async def _claim(self, now: datetime) -> int:
        """Claim what may leave within the horizon; returns for how many readers a message was found."""
        if self._pace.wait((), now + LEAD) > HORIZON - LEAD:
            return 1
        heads = await self._store.heads(now, _MOST, beside=self._tasks.keys())
        placed = self._placed(heads, now)
        left = {news.reader: (at, request) for news, at, request in placed}
        try:
            for reader in await self._store.claim([(news, request) for news, _, request in placed], now):
                at, request = left.pop(reader)
                self._tasks.start(reader, self._send(reader, request, at))
        finally:
            for reader, (at, _) in left.items():
                self._pace.give_back(reader, at)
        return len(placed)

    def _placed(
        self, heads: Sequence[ReaderNews], now: datetime
    ) -> list[tuple[ReaderNews, datetime, FrozenRequest]]:
        placed = []
        for news in heads:
            if self._pace.wait((), now + LEAD) > HORIZON - LEAD:
                break
            at = self._pace.reserve(news.reader, now + LEAD, HORIZON - LEAD)
            if at is not None:
                placed.append((news, at, news.frozen or self._rendered(news)))
        return placed

    def _rendered(self, news: ReaderNews) -> FrozenRequest:
        request = self._renderer.news(news.headlines, news.language, digest=news.digest)
        if news.topic is None:
            return request
        return replace(request, body={**request.body, "message_thread_id": news.topic})

    async def _send(self, reader: int, request: FrozenRequest, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        # Stopping takes effect at once: whoever was told so gets nothing more.
        if not await self._store.claimed(reader):
            self._pace.give_back(reader, at)
            return
        answer_id = await self._groups.begin(reader)
        outcome = None
        try:
            outcome = await self._network.send(Target(0, reader), request)
        finally:
            await self._groups.end(reader, answer_id, outcome)
        await through_cancellation(self._settle(reader, outcome))
        self.loop.nudge()

    async def _settle(self, reader: int, outcome: Outcome) -> None:
        now = self._clock.now()
        self._failures = self._failures + 1 if outcome.verdict is Verdict.NOT_SENT else 0
        match outcome.verdict:
            case Verdict.UNKNOWN:
                await self._saved(lambda: self._store.doubt(reader, now + self._uncertain_wait))
            case Verdict.NOT_SENT:
                again = self._quiet_until = now + backoff(self._failures)
                await self._saved(lambda: self._store.retry(reader, again))
            case Verdict.TOO_FAST:
                await self._rest(reader, outcome.retry_after or UNNAMED_WAIT, now)
            case Verdict.CHANNEL:
                await self._saved(lambda: self._store.stop(reader))
                self._events.tell(SubscriberGone(now, outcome.detail))
            case Verdict.MOVED if outcome.moved_to is not None:
                await self._follow(reader, outcome.moved_to, now)
            case _:
                # It stands there, or is refused for what it says and always will be.
                await self._saved(lambda: self._store.sent(reader))

    async def _rest(self, reader: int, wait: timedelta, now: datetime) -> None:
        self._events.tell(SlowedDown(now, reader, wait))
        self._pace.refuse(reader, now + wait, now)
        await self._saved(lambda: self._store.retry(reader, now + wait))

    async def _follow(self, group: int, chat_id: int, now: datetime) -> None:
        async def move() -> None:
            # An update may have told of it before: then what was on its way waits under the new id already.
            await self._store.moved(group, chat_id, now)
            await self._store.retry(chat_id, now)

        await self._saved(move)
