"""Makes posts say what the headline says now. Edits are idempotent: one of unknown outcome is repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from bot.domain.delivery import FrozenRequest, Outcome, Post, Verdict
from bot.domain.retry import UNNAMED_WAIT, ask_again, probe_delay
from bot.domain.schedule import next_edit
from bot.domain.stamps import clock as clock_stamp
from bot.events import ChannelMoved, ChannelPaused, Events, PostEdited, SlowedDown
from bot.ports import ChannelStore, Clock, EditStore, Network, Pace, Renderer, Traffic, TrafficStore
from bot.workers.loop import Loop, Tasks

_HORIZON = timedelta(milliseconds=60)
_MOST = 100
_EVERY = 1.0
_GRACE = 2.0


class Corrector:
    """The loop of edits, behind new posts. `edit_note`: add when it was corrected, in `zone`."""

    def __init__(
        self,
        edits: EditStore,
        network: Network,
        *,
        channels: ChannelStore,
        traffic: TrafficStore,
        renderer: Renderer,
        pace: Pace,
        clock: Clock,
        events: Events,
        zone: tzinfo,
        edit_note: bool,
        updated_word: str,
    ) -> None:
        self._edits = edits
        self._network = network
        self._channels = channels
        self._traffic = traffic
        self._renderer = renderer
        self._pace = pace
        self._clock = clock
        self._events = events
        self._zone = zone
        self._edit_note = edit_note
        self._updated_word = updated_word
        self._tasks = Tasks("corrector", clock, events)
        self.loop = Loop("corrector", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()
        await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        for post in await self._edits.edits_due(now, _MOST):
            if post.delivery_id in self._tasks:
                continue
            at = self._pace.reserve(post.target.chat_id, now, _HORIZON)
            if at is not None:
                await self._traffic.note_traffic([Traffic(post.target.chat_id, at)])
                self._tasks.start(post.delivery_id, self._edit(post, at))
        return _EVERY

    async def _edit(self, post: Post, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        request = self._renderer.revised(self._noted(post))
        await self._applied(post, request, await self._network.edit(post.target, post.message_id, request))

    def _noted(self, post: Post) -> Post:
        if not self._edit_note or post.corrected_at is None:
            return post
        note = f"{self._updated_word} {clock_stamp(post.corrected_at, self._zone)}"
        return replace(post, notes=(*post.notes, note))

    async def _applied(self, post: Post, request: FrozenRequest, outcome: Outcome) -> None:
        now = self._clock.now()
        verdict = outcome.verdict
        if verdict is Verdict.DONE:
            await self._edits.edited(post, request, next_edit(post.edits + 1, now, now), now)
        elif verdict in {Verdict.UNKNOWN, Verdict.NOT_SENT}:
            await self._edits.edit_later(post, now + ask_again(1), outcome.detail)
        elif verdict is Verdict.TOO_FAST:
            await self._slow_down(post, now + (outcome.retry_after or UNNAMED_WAIT), outcome, now)
        elif verdict is Verdict.CHANNEL:
            await self._pause(post, outcome, now)
        elif verdict is Verdict.MOVED and outcome.moved_to is not None:
            # What was posted before stays in the old group's sequence and cannot be edited any more.
            await self._channels.moved(post.target.chat_id, outcome.moved_to)
            self._events.tell(ChannelMoved(now, post.target.chat_id, outcome.moved_to))
            await self._edits.edit_gone(post, outcome.detail, now)
        elif verdict is Verdict.CONTENT:
            await self._plainer(post, request, outcome)
            return
        else:
            await self._edits.edit_gone(post, outcome.detail, now)
        chat = post.target.chat_id
        told = PostEdited(now, post.delivery_id, post.headline_id, chat, verdict.value, outcome.detail)
        self._events.tell(told)

    async def _plainer(self, post: Post, request: FrozenRequest, outcome: Outcome) -> None:
        plainer = self._renderer.plainer(request)
        # A photo's caption cannot become a message of its own by an edit.
        if plainer is None or plainer.method != request.method:
            await self._applied(post, request, replace(outcome, verdict=Verdict.REFUSED))
            return
        await self._applied(post, plainer, await self._network.edit(post.target, post.message_id, plainer))

    async def _slow_down(self, post: Post, until: datetime, outcome: Outcome, now: datetime) -> None:
        chat = post.target.chat_id
        self._pace.refuse(chat, until, now)
        await self._traffic.note_block(chat, until)
        await self._edits.edit_later(post, until, outcome.detail)
        self._events.tell(SlowedDown(now, chat, until - now))

    async def _pause(self, post: Post, outcome: Outcome, now: datetime) -> None:
        channel = post.target.channel_id
        if await self._channels.pause(channel, outcome.detail, now + probe_delay(1), now):
            self._events.tell(ChannelPaused(now, channel, post.target.name, outcome.detail))
