"""One claimed row: sent once, its outcome saved whatever happens, and the next step taken.

The outcome of a send is saved even when our task is cancelled or the database is full for a while; only
the death of the process loses it, and then the row is found in SENDING and asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot import events as told
from bot.domain.delivery import Claim, Outcome, State
from bot.domain.retry import Step, after_send
from bot.errors import StoreError
from bot.events import (
    Answered,
    BecameUncertain,
    ChannelMoved,
    ChannelPaused,
    Delivered,
    DeliveryFailed,
    Events,
    MadePlainer,
    Resending,
    SlowedDown,
    StoreTrouble,
)
from bot.ports import ChannelStore, Clock, Network, Outbox, Pace, Renderer, TrafficStore, Wake

#: Seconds between two tries to save an outcome while the database says no.
_SAVE_AGAIN = 1.0


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
        self._saver = SentSaver(outbox, clock, events)
        self._done: Wake = lambda: None

    def when_done(self, wake: Wake) -> None:
        """Called whenever an outcome was saved: the channel may go on."""
        self._done = wake

    async def send(self, claim: Claim) -> None:
        """Send `claim` and save its outcome."""
        chat = claim.target.chat_id
        if claim.resend:
            self._events.tell(Resending(self._clock.now(), claim.id, chat))
        self._events.tell(told.Sending(self._clock.now(), claim.id, chat))
        outcome = await self._network.send(claim.target, claim.request)
        now = self._clock.now()
        self._events.tell(Answered(now, claim.id, chat, outcome.verdict.value, outcome.detail))
        step = after_send(outcome, claim.attempts, now, self._uncertain_wait)
        await through_cancellation(self._settle(claim, outcome, step))
        self._done()

    async def _settle(self, claim: Claim, outcome: Outcome, step: Step) -> None:
        if step.state is State.SENT:
            await self._saver.save(claim, outcome.message_id)
            self._tell_delivered(claim, outcome)
            return
        await self._until_saved(lambda: self._save(claim, outcome, step))

    async def _save(self, claim: Claim, outcome: Outcome, step: Step) -> None:
        now, chat = self._clock.now(), claim.target.chat_id
        if step.blocked_until is not None:
            await self._slow_down(chat, step.blocked_until, now)
        if step.moved_to is not None:
            await self._channels.moved(chat, step.moved_to)
            await self._outbox.requeue(claim, outcome.detail, now)
            self._events.tell(ChannelMoved(now, chat, step.moved_to))
        elif step.pause:
            await self._pause(claim, outcome.detail, step.at or now, now)
        elif step.plainer:
            await self._plainer(claim, outcome.detail, now)
        elif step.state is State.UNCERTAIN:
            await self._outbox.uncertain(claim, step.at or now, outcome.detail, now)
            self._events.tell(BecameUncertain(now, claim.id, chat, outcome.detail))
        elif step.state is State.RETRY:
            await self._outbox.retry(claim, step.at or now, outcome.detail, None, now)
        else:
            await self._fail(claim, outcome.detail, now)

    async def _slow_down(self, chat: int, until: datetime, now: datetime) -> None:
        self._pace.refuse(chat, until, now)
        await self._traffic.note_block(chat, until)
        self._events.tell(SlowedDown(now, chat, until - now))

    async def _pause(self, claim: Claim, detail: str, probe_at: datetime, now: datetime) -> None:
        await self._outbox.requeue(claim, detail, now)
        channel = claim.target.channel_id
        if await self._channels.pause(channel, detail, probe_at, now):
            self._events.tell(ChannelPaused(now, channel, claim.target.name, detail))

    async def _plainer(self, claim: Claim, detail: str, now: datetime) -> None:
        request = self._renderer.plainer(claim.request)
        if request is None:
            await self._fail(claim, detail, now)
            return
        await self._outbox.retry(claim, now, detail, request, now)
        chat = claim.target.chat_id
        self._events.tell(MadePlainer(now, claim.id, claim.headline_id, chat, detail))

    async def _fail(self, claim: Claim, detail: str, now: datetime) -> None:
        await self._outbox.failed(claim, detail, now)
        chat = claim.target.chat_id
        self._events.tell(DeliveryFailed(now, claim.id, claim.headline_id, chat, detail))

    def _tell_delivered(self, claim: Claim, outcome: Outcome) -> None:
        now = self._clock.now()
        delivered = Delivered(
            now,
            claim.id,
            claim.headline_id,
            claim.target.chat_id,
            claim.target.name,
            outcome.message_id or 0,
            now - claim.published,
        )
        self._events.tell(delivered)

    async def _until_saved(self, save: Callable[[], Awaitable[None]]) -> None:
        await until_saved(save, self._clock, self._events)


class SentSaver:
    """Saves arrivals: those that are ready together share a commit."""

    def __init__(self, outbox: Outbox, clock: Clock, events: Events) -> None:
        self._outbox = outbox
        self._clock = clock
        self._events = events
        self._ready: list[tuple[Claim, int | None, asyncio.Future[None]]] = []
        self._saving: asyncio.Task[None] | None = None

    async def save(self, claim: Claim, message_id: int | None) -> None:
        """Returns when the database knows it."""
        saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ready.append((claim, message_id, saved))
        if self._saving is None:
            self._saving = asyncio.ensure_future(self._drain())
        await saved

    async def _drain(self) -> None:
        # What becomes ready while a commit is under way goes with the next one.
        while self._ready:
            batch, self._ready = self._ready, []
            arrivals = [(claim, message_id) for claim, message_id, _ in batch]
            await until_saved(partial(self._sent, arrivals), self._clock, self._events)
            for _, _, saved in batch:
                saved.set_result(None)
        self._saving = None

    async def _sent(self, arrivals: Sequence[tuple[Claim, int | None]]) -> None:
        await self._outbox.sent(arrivals, self._clock.now())


async def until_saved(save: Callable[[], Awaitable[None]], clock: Clock, events: Events) -> None:
    """Try until the database takes it: what happened outside must not be forgotten inside."""
    while True:
        try:
            await save()
        except StoreError as exc:
            events.tell(StoreTrouble(clock.now(), str(exc)))
            await clock.sleep(_SAVE_AGAIN)
        else:
            return


async def through_cancellation(work: Awaitable[None]) -> None:
    """Finish `work` even if our task is cancelled meanwhile, then be cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
