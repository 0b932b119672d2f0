"""Knocks: learns the numeric ids of channels, and tries paused ones again, ever less often. Sends nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.delivery import Outcome, Target, Verdict
from bot.domain.retry import backoff, probe_delay
from bot.events import ChannelPaused, ChannelResumed, Events
from bot.ports import ChannelStore, Clock, Network, Wake
from bot.workers.loop import Loop, Tasks

_EVERY = 2.0
_GRACE = 1.0
#: The task that learns ids; probes run under their channels' ids, which begin at 1.
_LEARNING = 0


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
        self._attempts = 0
        self._learn_at = clock.now()
        self._learnt = False
        self.loop = Loop("doorkeeper", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()
        await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        if not self._learnt and now >= self._learn_at and _LEARNING not in self._tasks:
            self._tasks.start(_LEARNING, self._learn())
        for target in await self._channels.probes_due(now):
            if target.channel_id not in self._tasks:
                self._tasks.start(target.channel_id, self._probe(target))
        return _EVERY

    async def _learn(self) -> None:
        for channel_id, name in await self._channels.unresolved():
            found = await self._network.resolve(name)
            now = self._clock.now()
            if isinstance(found, Outcome):
                await self._refused(channel_id, name, found, now)
            else:
                await self._channels.resolved(channel_id, *found, now)
                self._wake_delivery()
        self._attempts += 1
        self._learn_at = self._clock.now() + backoff(self._attempts)
        if not await self._channels.unresolved():
            self._learnt = True
            await self._channels.finish_removals(self._clock.now())

    async def _refused(self, channel_id: int, name: str, outcome: Outcome, now: datetime) -> None:
        if outcome.verdict is not Verdict.CHANNEL:
            return  # Telegram is out of reach: that is waited for
        again = now + probe_delay(self._attempts + 1)
        if await self._channels.pause(channel_id, outcome.detail, again, now):
            self._events.tell(ChannelPaused(now, channel_id, name, outcome.detail))

    async def _probe(self, target: Target) -> None:
        outcome = await self._network.welcome(target)
        now = self._clock.now()
        if outcome.verdict is Verdict.DONE:
            for channel_id in await self._channels.resume_chat(target.chat_id, now):
                self._events.tell(ChannelResumed(now, channel_id, target.name))
            self._wake_delivery()
            return
        so_far = await self._channels.probes_so_far(target.channel_id)
        wait = probe_delay(so_far + 2) if outcome.verdict is Verdict.CHANNEL else timedelta(minutes=1)
        await self._channels.probe_failed(target.channel_id, outcome.detail, now + wait)
