"""One claimed row: sent once, its outcome saved whatever happens, and the next step taken.

The outcome of a send is saved even when our task is cancelled or the database is full for a while; only
the death of the process loses it, and then the row is found in SENDING and asked about. Every verb of the
store is repeated by itself: one that has succeeded must not be said again, for its row may be under way anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from bot import events as told
from bot.domain.delivery import Claim, Outcome, State
from bot.domain.retry import Step, after_send, probe_delay
from bot.events import (
    Answered,
    BecameUncertain,
    ChannelMoved,
    ChannelPaused,
    Delivered,
    DeliveryFailed,
    Event,
    Events,
    MadePlainer,
    Resending,
    SlowedDown,
)
from bot.ports import ChannelStore, Clock, Network, Outbox, Pace, Renderer, TrafficStore
from bot.workers.rendering import Fault, attempt
from bot.workers.saving import Saver, SentSaver, through_cancellation

Freed = Callable[[int, datetime | None], None]


class Sending:
    """What becomes of one claim. Does not choose what is sent."""

    def __init__(
        self,
        network: Network,
        outbox: Outbox,
        *,
        channels: ChannelStore,
        traffic: TrafficStore,
        renderer: Renderer,
        pace: Pace,
        clock: Clock,
        events: Events,
        uncertain_wait: timedelta,
    ) -> None:
        self._network = network
        self._outbox = outbox
        self._channels = channels
        self._traffic = traffic
        self._renderer = renderer
        self._pace = pace
        self._clock = clock
        self._events = events
        self._uncertain_wait = uncertain_wait
        self._saved = Saver(clock, events)
        self._sent = SentSaver(outbox, self._saved, clock)
        # A chat that lets us in and refuses all the same (a closed topic) is tried ever less, too.
        self._refusals: Counter[int] = Counter()
        self._freed: Freed = lambda _chat_id, _at: None

    def when_freed(self, freed: Freed) -> None:
        """`freed` hears which chat an outcome was saved for, and when to try again there (None: at once)."""
        self._freed = freed

    async def send(self, claim: Claim) -> None:
        """Send `claim` and save its outcome."""
        chat, name, story = claim.target.chat_id, claim.target.name, claim.headline_id
        if claim.resend:
            self._tell(Resending(self._clock.now(), claim.id, story, chat, name))
        self._tell(told.Sending(self._clock.now(), claim.id, story, chat, name))
        outcome = await self._network.send(claim.target, claim.request)
        now = self._clock.now()
        self._tell(Answered(now, claim.id, story, chat, outcome.verdict.value, outcome.detail, name))
        step = after_send(outcome, claim.attempts, now, self._uncertain_wait)
        if step.state is State.SENT:
            await self._arrived(claim, outcome.message_id or 0)
        else:
            await through_cancellation(self._settle(claim, outcome, step))

    async def give_up(self, claim: Claim, detail: str) -> None:
        """Nothing is sent: `claim` ends as FAILED."""
        await through_cancellation(self._fail(claim, detail))

    async def _settle(self, claim: Claim, outcome: Outcome, step: Step) -> None:
        now, chat = self._clock.now(), claim.target.chat_id
        if step.moved_to is not None:
            await self._follow(claim, outcome, step.moved_to)
        elif step.pause:
            await self._pause(claim, outcome.detail)
        elif step.plainer:
            await self._plainer(claim, outcome.detail)
        elif step.state is State.UNCERTAIN:
            await self._doubt(claim, outcome, step)
        elif step.state is State.RETRY:
            at = step.at or now
            await self._saved(lambda: self._outbox.retry(claim, at, outcome.detail, None, now))
            self._freed(chat, at)
        else:
            await self._fail(claim, outcome.detail)

    async def _arrived(self, claim: Claim, message_id: int) -> None:
        await self._sent.save(claim, message_id)
        self._refusals.pop(claim.target.channel_id, None)
        now, target = self._clock.now(), claim.target
        delay = max(now - claim.published, timedelta())
        self._tell(
            Delivered(now, claim.id, claim.headline_id, target.chat_id, target.name, message_id, delay)
        )
        self._freed(target.chat_id, None)

    async def _follow(self, claim: Claim, outcome: Outcome, new_chat: int) -> None:
        old_chat, now = claim.target.chat_id, self._clock.now()
        await self._saved(lambda: self._channels.moved(old_chat, new_chat))
        await self._saved(lambda: self._outbox.requeue(claim, outcome.detail, now))
        self._tell(ChannelMoved(now, old_chat, new_chat))
        self._freed(new_chat, None)

    async def _pause(self, claim: Claim, detail: str) -> None:
        """Paused first: a row that is back in its queue may be claimed at once."""
        now, channel = self._clock.now(), claim.target.channel_id
        self._refusals[channel] += 1
        probe_at = now + probe_delay(self._refusals[channel])
        newly = False

        async def pause() -> None:
            nonlocal newly
            newly = await self._channels.pause(channel, detail, probe_at, now)

        await self._saved(pause)
        await self._saved(lambda: self._outbox.requeue(claim, detail, now))
        if newly:
            self._tell(ChannelPaused(now, channel, claim.target.name, detail))
        self._freed(claim.target.chat_id, None)

    async def _plainer(self, claim: Claim, detail: str) -> None:
        request = attempt(lambda: self._renderer.plainer(claim.request))
        if request is None or isinstance(request, Fault):
            await self._fail(claim, detail)
            return
        now = self._clock.now()
        await self._saved(lambda: self._outbox.retry(claim, now, detail, request, now))
        to = claim.target
        self._tell(MadePlainer(now, claim.id, claim.headline_id, to.chat_id, detail, to.name))
        self._freed(claim.target.chat_id, None)

    async def _doubt(self, claim: Claim, outcome: Outcome, step: Step) -> None:
        now, chat, ask_at = self._clock.now(), claim.target.chat_id, step.at or self._clock.now()
        if (until := step.blocked_until) is not None:
            self._pace.refuse(chat, until, now)
            self._tell(SlowedDown(now, chat, until - now))
            await self._saved(lambda: self._traffic.note_block(chat, until))
        await self._saved(lambda: self._outbox.uncertain(claim, ask_at, outcome.detail, now))
        self._tell(BecameUncertain(now, claim.id, claim.headline_id, chat, outcome.detail, claim.target.name))

    async def _fail(self, claim: Claim, detail: str) -> None:
        now, chat = self._clock.now(), claim.target.chat_id
        await self._saved(lambda: self._outbox.failed(claim, detail, now))
        self._tell(DeliveryFailed(now, claim.id, claim.headline_id, chat, detail, claim.target.name))
        self._freed(chat, None)

    def _tell(self, event: Event) -> None:
        self._events.tell(event)
