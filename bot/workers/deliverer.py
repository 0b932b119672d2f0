"""Claims what is due, sends it at its moment, and saves what came of it.

    heads of the free channels | a place in the limits | render, claim (one transaction) | send | save

A row is claimed only when its message may leave within `HORIZON`: whatever kills the process then
leaves a handful of rows to ask about, not a queue of them. Retries, questions and edits are others' work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.delivery import Candidate, Claim, FrozenRequest, SkipReason
from bot.events import Claimed, Events
from bot.ports import Clock, Outbox, Pace, Renderer
from bot.workers.loop import Loop, Tasks
from bot.workers.sending import Sending

#: How far ahead places in the limits are taken. Answers to readers wait at most this long behind posts.
HORIZON = timedelta(milliseconds=60)
#: Channels looked at in one round.
MOST_HEADS = 500
#: A row that waited longer than this is held against `MAX_AGE_HOURS` once more.
STALE = timedelta(hours=1)
#: Seconds between two looks for rows whose task is gone.
_ORPHANS_EVERY = timedelta(seconds=10)
#: Seconds that sends under way may take to end when the bot stops (product: within 5 s).
_GRACE = 3.5


class Deliverer:
    """The loop of posts. `max_age` and `uncertain_wait` as in the settings."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        renderer: Renderer,
        pace: Pace,
        sending: Sending,
        clock: Clock,
        events: Events,
        max_age: timedelta,
        uncertain_wait: timedelta,
    ) -> None:
        self._outbox = outbox
        self._renderer = renderer
        self._pace = pace
        self._sending = sending
        self._clock = clock
        self._events = events
        self._max_age = max_age
        self._uncertain_wait = uncertain_wait
        self._tasks = Tasks("deliverer", clock, events)
        self._orphans_at = clock.now()
        self.loop = Loop("deliverer", self._round, clock, events)
        sending.when_done(self.loop.wake)

    async def run(self) -> None:
        """Until `loop.stop()`; sends under way are finished and recorded, the rest goes out later."""
        await self.loop.run()
        await self._tasks.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        if now >= self._orphans_at:
            # At the first round nothing is running: whatever was being sent by the last process is unknown.
            await self._outbox.orphans(self._tasks.keys(), now + self._uncertain_wait, now)
            self._orphans_at = now + _ORPHANS_EVERY
        heads = await self._fresh(await self._outbox.heads(now, MOST_HEADS), now)
        chosen = self._choose(heads, now)
        if chosen:
            await self._claim(chosen, now)
        return await self._pause(heads, chosen)

    async def _fresh(self, heads: Sequence[Candidate], now: datetime) -> Sequence[Candidate]:
        stale = [c.id for c in heads if self._too_old(c, now)]
        if stale:
            await self._outbox.skip(stale, SkipReason.TOO_OLD, now)
        return [c for c in heads if c.id not in stale]

    def _too_old(self, candidate: Candidate, now: datetime) -> bool:
        waited = now - candidate.waiting_since > STALE
        return waited and not candidate.ignores_age and now - candidate.words.published > self._max_age

    def _choose(self, heads: Sequence[Candidate], now: datetime) -> list[tuple[Candidate, datetime]]:
        chosen: list[tuple[Candidate, datetime]] = []
        chats: set[int] = set()
        for candidate in heads:
            chat = candidate.target.chat_id
            if chat in chats:  # two topics of one group: one unsettled send at a time
                continue
            at = self._pace.reserve(chat, now, HORIZON)
            if at is not None:
                chosen.append((candidate, at))
                chats.add(chat)
        return chosen

    async def _claim(self, chosen: Sequence[tuple[Candidate, datetime]], now: datetime) -> None:
        requests = [(candidate, self._request(candidate)) for candidate, _ in chosen]
        claims = await self._outbox.claim(requests, now)
        if not claims:
            return
        self._events.tell(Claimed(now, tuple(claim.id for claim in claims)))
        moments = {candidate.id: at for candidate, at in chosen}
        for claim in claims:
            self._tasks.start(claim.id, self._send(claim, moments[claim.id]))

    def _request(self, candidate: Candidate) -> FrozenRequest:
        if candidate.frozen is not None:
            return candidate.frozen
        return self._renderer.post(candidate.words, candidate.target, loud=candidate.loud)

    async def _send(self, claim: Claim, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        await self._sending.send(claim)

    async def _pause(self, heads: Sequence[Candidate], chosen: Sequence[tuple[Candidate, datetime]]) -> float:
        now = self._clock.now()
        taken = {candidate.target.chat_id for candidate, _ in chosen}
        rest = {c.target.chat_id for c in heads} - taken
        if rest:
            return self._pace.wait(rest, now).total_seconds()
        due = await self._outbox.next_due(now)
        return 60.0 if due is None else max((due - now).total_seconds(), 0.02)
