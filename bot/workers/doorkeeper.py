"""Knocks: learns the numeric ids of channels, and tries paused ones again, ever less often. Sends nothing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bot.domain.delivery import Outcome, Target, Verdict
from bot.domain.retry import MOST_RETRY, backoff, probe_delay
from bot.events import ChannelPaused, ChannelResumed, Events
from bot.ports import ChannelStore, Clock, Network, Wake
from bot.workers.loop import Loop, Tasks

#: Knocks under way at once: one that gets no answer must not hold up the others.
AT_ONCE = 8
_EVERY = 2.0
_GRACE = 1.0


class Doorkeeper:
    """The loop at the doors of the channels."""

    def __init__(
        self, channels: ChannelStore, network: Network, *, clock: Clock, events: Events, wake_delivery: Wake
    ) -> None:
        self._channels = channels
        self._network = network
        self._clock = clock
        self._events = events
        self._wake_delivery = wake_delivery
        self._tasks = Tasks("doorkeeper", clock, events)
        self._attempts: Counter[int] = Counter()
        self._not_before: dict[int, datetime] = {}
        self._all_known = False
        self.loop = Loop("doorkeeper", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        if not self._all_known:
            await self._learn_all(now)
        for target in await self._channels.probes_due(now):
            if target.channel_id not in self._tasks and len(self._tasks) < AT_ONCE:
                self._tasks.start(target.channel_id, self._probe(target))
        return _EVERY

    async def _learn_all(self, now: datetime) -> None:
        unknown = await self._channels.unresolved()
        if not unknown:
            await self._channels.finish_removals(now)
            self._all_known = True
        for channel_id, name in unknown:
            rests = self._not_before.get(channel_id, now) > now
            if not rests and channel_id not in self._tasks and len(self._tasks) < AT_ONCE:
                self._tasks.start(channel_id, self._learn(channel_id, name))

    async def _learn(self, channel_id: int, name: str) -> None:
        self._attempts[channel_id] += 1
        attempts = self._attempts[channel_id]
        self._not_before[channel_id] = self._clock.now() + backoff(attempts)
        found = await self._network.resolve(name)
        now = self._clock.now()
        if not isinstance(found, Outcome):
            await self._channels.resolved(channel_id, *found, now)
            self._wake_delivery()
        elif found.verdict is Verdict.CHANNEL:
            self._not_before[channel_id] = again = now + probe_delay(attempts)
            if await self._channels.pause(channel_id, found.detail, again, now):
                self._events.tell(ChannelPaused(now, channel_id, name, found.detail))
        else:  # Telegram is out of reach: that is waited for
            self._not_before[channel_id] = now + max(backoff(attempts), found.retry_after or backoff(1))
        self.loop.nudge()

    async def _probe(self, target: Target) -> None:
        outcome = await self._network.welcome(target)
        now = self._clock.now()
        if outcome.verdict is Verdict.DONE:
            names = dict(await self._channels.of_chat(target.chat_id))
            for channel_id in await self._channels.resume_chat(target.chat_id, now):
                self._events.tell(ChannelResumed(now, channel_id, names.get(channel_id, target.name)))
            self._wake_delivery()
            return
        if outcome.verdict is Verdict.CHANNEL:
            wait = probe_delay(await self._channels.probes_so_far(target.channel_id) + 2)
        else:
            wait = outcome.retry_after or MOST_RETRY
        await self._channels.probe_failed(target.channel_id, outcome.detail, now + wait)
