"""Makes posts say what the headline says now. Edits are idempotent: one of unknown outcome is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from bot.domain.delivery import FrozenRequest, Outcome, Post, Verdict
from bot.domain.desk import line as desk_line
from bot.domain.retry import UNNAMED_WAIT, ask_again, probe_delay
from bot.domain.schedule import next_edit
from bot.domain.stamps import clock as clock_stamp
from bot.events import ChannelMoved, ChannelPaused, Events, OrderRefused, PostEdited, SlowedDown
from bot.ports import ChannelStore, Clock, EditStore, Network, Pace, Renderer, Traffic, TrafficStore
from bot.workers.loop import Loop, Tasks
from bot.workers.rendering import Fault, attempt
from bot.workers.saving import Saver

#: Edits read at once: more than one headline's channels, so that no crowded channel hides the others.
_MOST = 500
_EVERY = 1.0
#: Seconds between two rounds while more edits are due than all chats together may have at once.
_SHORT = 0.05
_GRACE = 2.0
#: How far ahead an edit takes its place.
_HORIZON = timedelta(milliseconds=60)
#: One that waited this long goes before new posts (product.md §4.4): it takes the chat's next place,
#: however far ahead that is; but every other one is for posts.
_PATIENCE = timedelta(minutes=5)
_AHEAD = timedelta(seconds=65)
_TURNS = timedelta(seconds=6)
#: The word before the time in the note under a corrected post (`EDIT_NOTE`).
_UPDATED = {"id": "Diperbarui", "en": "Updated"}


class Corrector:
    """The loop of edits, behind new posts but for what an editor ordered, and of the posts that are to go.

    `edit_note`: add when it was corrected, in `zone`; editors' lines stand there always, in `language`.
    """

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
        language: str,
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
        self._language = language
        self._saved = Saver(clock, events)
        self._failures: Counter[int] = Counter()
        self._refusals: Counter[int] = Counter()
        self._next_turn: dict[int, datetime] = {}
        self._tasks = Tasks("corrector", clock, events)
        self.loop = Loop("corrector", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        posts = await self._edits.edits_due(now, _MOST)
        chosen = self._choose(posts, now)
        if chosen:
            await self._start(chosen)
        crowded = self._pace.wait((), now)
        return max(crowded.total_seconds(), _SHORT) if posts and crowded > _HORIZON else _EVERY

    def _choose(self, posts: Sequence[Post], now: datetime) -> Sequence[tuple[Post, datetime]]:
        chosen = []
        for post in posts:
            if self._pace.wait((), now) > _HORIZON:
                break
            if post.delivery_id in self._tasks:
                continue
            at = self._pace.reserve(post.target.chat_id, now, self._horizon(post, now))
            if at is not None:
                chosen.append((post, at))
                if at - now > _HORIZON:
                    self._next_turn[post.target.chat_id] = at + _TURNS
        return chosen

    def _horizon(self, post: Post, now: datetime) -> timedelta:
        since = min(filter(None, (post.edit_due, post.corrected_at)), default=now)
        its_turn = self._next_turn.get(post.target.chat_id, now) <= now
        return _AHEAD if its_turn and (post.ordered or now - since >= _PATIENCE) else _HORIZON

    async def _start(self, chosen: Sequence[tuple[Post, datetime]]) -> None:
        try:
            await self._traffic.note_traffic([Traffic(post.target.chat_id, at) for post, at in chosen])
        except BaseException:
            for post, at in chosen:
                self._pace.give_back(post.target.chat_id, at)
            raise
        for post, at in chosen:
            self._tasks.start(post.delivery_id, self._edit(post, at))

    async def _edit(self, post: Post, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        if post.deletes and await self._delete(post):
            return
        request = attempt(lambda: self._renderer.revised(self._noted(post)))
        if isinstance(request, Fault):
            await self._applied(post, post.request, Outcome(Verdict.REFUSED, detail=request.detail))
            return
        outcome = await self._network.edit(post.target, post.message_id, request)
        while outcome.verdict is Verdict.CONTENT:
            plainer = await self._without_markup(post, request)
            if plainer is None:
                outcome = replace(outcome, verdict=Verdict.REFUSED)
                break
            request = plainer
            outcome = await self._network.edit(post.target, post.message_id, request)
        await self._applied(post, request, outcome)

    async def _delete(self, post: Post) -> bool:
        """False where Telegram lets the post go no more: it is struck through then."""
        outcome = await self._network.delete(post.target, post.message_id)
        if outcome.verdict is Verdict.REFUSED:
            return False
        if outcome.verdict is Verdict.MISSING:
            outcome = await self._really_missing(post, outcome)
        if outcome.verdict in {Verdict.DONE, Verdict.MISSING}:
            now = self._clock.now()
            await self._saved(lambda: self._edits.removed(post, now))
            self._told(post, outcome, now)
        else:
            await self._applied(post, post.request, outcome)
        return True

    async def _really_missing(self, post: Post, outcome: Outcome) -> Outcome:
        """To a bot that is not in the chat any more every message reads so (product.md §6)."""
        welcome = await self._network.welcome(post.target)
        return outcome if welcome.verdict is Verdict.DONE else welcome

    def _noted(self, post: Post) -> Post:
        notes = [desk_line(mark, self._zone, self._language) for mark in post.marks]
        if self._edit_note and post.corrected_at is not None:
            word = _UPDATED.get(self._language) or _UPDATED["id"]
            notes.append(f"{word} {clock_stamp(post.corrected_at, self._zone)}")
        return replace(post, notes=(*post.notes, *notes))

    async def _without_markup(self, post: Post, request: FrozenRequest) -> FrozenRequest | None:
        """The plain form when its turn has come; None where there is none."""
        plainer = attempt(lambda: self._renderer.without_markup(request))
        if plainer is None or isinstance(plainer, Fault):
            return None
        now = self._clock.now()
        at = self._pace.reserve(post.target.chat_id, now, _AHEAD)
        await self._clock.sleep((at - now).total_seconds() if at else _AHEAD.total_seconds())
        return plainer

    async def _applied(self, post: Post, request: FrozenRequest, outcome: Outcome) -> None:
        now, detail, verdict = self._clock.now(), outcome.detail, outcome.verdict
        unsure = verdict in {Verdict.UNKNOWN, Verdict.NOT_SENT}
        if unsure:
            self._failures[post.delivery_id] += 1
            at = now + ask_again(self._failures[post.delivery_id])
            await self._saved(lambda: self._edits.edit_later(post, at, detail))
        elif verdict is Verdict.DONE:
            self._refusals.pop(post.target.channel_id, None)
            at = next_edit(post.edits + 1, now, now)
            await self._saved(lambda: self._edits.edited(post, request, at, now))
        elif verdict is Verdict.TOO_FAST:
            await self._slow_down(post, now + (outcome.retry_after or UNNAMED_WAIT), detail, now)
        elif verdict is Verdict.CHANNEL:
            await self._pause(post, detail, now)
        elif verdict is Verdict.MISSING and post.ordered:
            await self._missing(post, outcome, now)
        else:
            await self._gone(post, outcome, now)
        if not unsure:
            self._failures.pop(post.delivery_id, None)
        self._told(post, outcome, now)

    def _told(self, post: Post, outcome: Outcome, now: datetime) -> None:
        to, verdict = post.target, outcome.verdict.value
        self._events.tell(
            PostEdited(now, post.delivery_id, post.headline_id, to.chat_id, verdict, outcome.detail, to.name)
        )

    async def _slow_down(self, post: Post, until: datetime, detail: str, now: datetime) -> None:
        chat = post.target.chat_id
        self._pace.refuse(chat, until, now)
        self._events.tell(SlowedDown(now, chat, until - now))
        await self._saved(lambda: self._traffic.note_block(chat, until))
        await self._saved(lambda: self._edits.edit_later(post, until, detail))

    async def _pause(self, post: Post, detail: str, now: datetime) -> None:
        channel = post.target.channel_id
        self._refusals[channel] += 1  # it may let us in and refuse all the same: then ever less often
        if await self._channels.pause(channel, detail, now + probe_delay(self._refusals[channel]), now):
            self._events.tell(ChannelPaused(now, channel, post.target.name, detail))

    async def _missing(self, post: Post, outcome: Outcome, now: datetime) -> None:
        """What an editor ordered is given up only where the bot could have done it."""
        found = await self._really_missing(post, outcome)
        if found.verdict is Verdict.MISSING:
            await self._gone(post, found, now)
        elif found.verdict is Verdict.CHANNEL:
            await self._pause(post, found.detail, now)
        else:
            await self._saved(lambda: self._edits.edit_later(post, now + UNNAMED_WAIT, found.detail))

    async def _gone(self, post: Post, outcome: Outcome, now: datetime) -> None:
        old_chat, new_chat = post.target.chat_id, outcome.moved_to
        if outcome.verdict is Verdict.MOVED and new_chat is not None:
            # What was posted before stays in the old group's sequence and cannot be edited any more.
            await self._saved(lambda: self._channels.moved(old_chat, new_chat))
            self._events.tell(ChannelMoved(now, old_chat, new_chat))
        await self._saved(lambda: self._edits.edit_gone(post, outcome.detail, now))
        if post.ordered and outcome.verdict is not Verdict.MISSING:
            to, title = post.target, post.words.title
            self._events.tell(
                OrderRefused(
                    now, post.delivery_id, post.headline_id, to.chat_id, title, outcome.detail, to.name
                )
            )
