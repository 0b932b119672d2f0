"""Claims what is due, sends it at its moment, and has saved what came of it.

    heads of the free channels | a place in the limits | render, claim (one transaction) | send | save

A row is claimed only when its message may leave within `HORIZON`: whatever kills the process then
leaves a handful of rows to ask about, not a queue of them. Retries, questions and edits are others' work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.delivery import Candidate, Claim, SkipReason
from bot.events import Claimed, Events
from bot.ports import Clock, Outbox, Pace, Renderer
from bot.workers.heads import MOST, Heads
from bot.workers.loop import LONGEST_PAUSE, Loop, Tasks
from bot.workers.rendering import Fault, PostPress, bare
from bot.workers.sending import Sending

#: How far ahead places in the limits are taken. Answers to readers wait at most this long behind posts (in a paid crowd
#: 30 ms longer, for rounds are further apart there).
HORIZON = timedelta(milliseconds=60)
#: How much further ahead places that cost are taken: a round that comes late would lose dozens of them for good.
_PAID_AHEAD = timedelta(milliseconds=90)
#: A place is taken this long before its moment, so that the claim is on the disk by then.
LEAD = timedelta(milliseconds=25)
#: A row that waited longer than this is held against `MAX_AGE_HOURS` once more.
STALE = timedelta(hours=1)
#: Between two looks for rows whose task is gone.
_ORPHANS_EVERY = timedelta(seconds=10)
#: Until a row that changed between reading and claiming is read again.
_LOST = timedelta(milliseconds=200)
#: Seconds between two rounds: what becomes ready meanwhile shares a claim.
_REST = 0.02
#: The same where places cost: a thousand a second are cheaper by the half hundred.
_PAID_REST = 0.05
#: The task that reads the next page of heads; the others run under their rows' ids, which begin at 1.
_PAGE = 0
#: Paid posts leave in bunches this far apart, so that the loop need not wake for each.
_BUNCH = timedelta(milliseconds=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Seconds that sends under way may take to end when the bot stops (product: within 5 s).
GRACE = 3.5


@dataclass(frozen=True, slots=True)
class Place:
    """When a post leaves, and whether that costs."""

    at: datetime
    paid: bool = False

    @property
    def leaves_at(self) -> datetime:
        """Its moment; where it costs, together with others that are due within `_BUNCH`."""
        return self.at + (_EPOCH - self.at) % _BUNCH if self.paid else self.at


Chosen = Sequence[tuple[Candidate, Place]]


class Deliverer:
    """The loop of posts. `max_age` and `uncertain_wait` as in the settings; at `quiet` times no post makes a sound."""

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
        quiet: Callable[[datetime], bool] = lambda _now: False,
        page: int = MOST,
    ) -> None:
        self._quiet = quiet
        self._outbox = outbox
        self._press = PostPress(renderer)
        self._pace = pace
        self._sending = sending
        self._clock = clock
        self._events = events
        self._max_age = max_age
        self._uncertain_wait = uncertain_wait
        self._heads = Heads(outbox, page)
        self._tasks = Tasks("deliverer", clock, events)
        self._orphans_at = clock.now()
        self.loop = Loop("deliverer", self._round, clock, events, rest=_REST)
        sending.when_freed(self._freed)

    @property
    def waiting(self) -> bool:
        """Whether a post is ready that only waits for its turn."""
        return self._heads.at_hand or self._heads.exhausted

    async def run(self) -> None:
        """Until `loop.stop()`; sends under way are finished and recorded, the rest goes out later."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(GRACE)

    def _freed(self, chat_id: int, at: datetime | None) -> None:
        self._heads.free(chat_id, at)
        self.loop.nudge()

    async def _round(self) -> float:
        now = self._clock.now()
        if now >= self._orphans_at:
            # At the first round nothing is running: whatever was being sent by the last process is unknown.
            await self._outbox.orphans(self._tasks.keys(), now + self._uncertain_wait, now)
            self._orphans_at = now + _ORPHANS_EVERY
        if self.loop.news():
            self._heads.forget()
        await self._heads.read(now)
        if not self.loop.stopping:
            chosen, too_old = self._choose(now)
            self.loop.rest = _PAID_REST if any(place.paid for _, place in chosen) else _REST
            await self._claim(chosen, too_old, now)
            # Now that all that was chosen is claimed: what is claimed is in no page.
            if self._heads.low:
                self._tasks.start(_PAGE, self._read_page(now))
        return await self._pause()

    async def _read_page(self, now: datetime) -> None:
        await self._heads.read_page(now)
        self.loop.nudge()

    def _choose(self, now: datetime) -> tuple[Chosen, Sequence[Candidate]]:
        """The heads that may leave within the horizon, with their places; and those that are too old."""
        chosen: list[tuple[Candidate, Place]] = []
        too_old: list[Candidate] = []
        start, span = now + LEAD, HORIZON - LEAD + self._until_next_round
        while self._wait(start) <= span and (head := self._heads.pop(now)) is not None:
            chat = head.target.chat_id
            if self._too_old(head, now):
                too_old.append(head)
            elif (place := self._place(chat, start, span)) is not None:
                chosen.append((head, place))
            else:
                self._heads.put_off(head, now + self._pace.wait((chat,), start))
        return chosen, too_old

    @property
    def _until_next_round(self) -> timedelta:
        """How much later than usual the next round comes: until then free places must not be lost either."""
        return timedelta(seconds=self.loop.rest - _REST)

    def _place(self, chat_id: int, start: datetime, span: timedelta) -> Place | None:
        if (at := self._pace.reserve(chat_id, start, span)) is not None:
            return Place(at)
        if (at := self._pace.buy(chat_id, start, span + _PAID_AHEAD)) is not None:
            return Place(at, paid=True)
        return None

    def _wait(self, now: datetime) -> timedelta:
        """How long until a place can be taken for any chat."""
        return self._pace.wait((), now, paid_ahead=_PAID_AHEAD)

    def _too_old(self, head: Candidate, now: datetime) -> bool:
        waited = now - head.waiting_since > STALE
        return waited and not head.ignores_age and now - head.words.published > self._max_age

    async def _claim(self, chosen: Chosen, too_old: Sequence[Candidate], now: datetime) -> None:
        lost = {head.id: (head, place) for head, place in chosen}
        try:
            if too_old:
                await self._outbox.skip([head.id for head in too_old], SkipReason.TOO_OLD, now)
            if chosen:
                await self._start(lost, now)
        finally:
            self._release(lost.values(), now)
            for head in too_old:
                self._freed(head.target.chat_id, None)

    async def _start(self, chosen: dict[int, tuple[Candidate, Place]], now: datetime) -> None:
        """Claim `chosen` and send what was claimed; what was not stays in `chosen`."""
        hushed = self._quiet(now)
        made = {
            row: self._press.post(
                replace(head, loud=False) if hushed and head.loud else head, paid=place.paid
            )
            for row, (head, place) in chosen.items()
        }
        requests = [
            (head, bare(head) if isinstance(request := made[row], Fault) else request)
            for row, (head, _) in chosen.items()
        ]
        claims = await self._outbox.claim(requests, now)
        if claims:
            self._events.tell(Claimed(now, tuple(claim.id for claim in claims)))
        for claim in claims:
            request = made[claim.id]
            if isinstance(request, Fault):
                self._tasks.start(claim.id, self._sending.give_up(claim, request.detail))
            else:
                _, place = chosen.pop(claim.id)
                self._tasks.start(claim.id, self._send(claim, place.leaves_at))

    def _release(self, lost: Iterable[tuple[Candidate, Place]], now: datetime) -> None:
        """Nothing left for these: their places are free again, and soon their chats are looked at anew."""
        for head, place in lost:
            self._pace.give_back(head.target.chat_id, place.at, paid=place.paid)
            self._heads.free(head.target.chat_id, now + _LOST)

    async def _send(self, claim: Claim, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        await self._sending.send(claim)

    async def _pause(self) -> float:
        """Seconds until a place is to be taken again, or something will be ready."""
        now = self._clock.now()
        if self._heads.at_hand or self._heads.exhausted:
            return (self._wait(now) - LEAD).total_seconds()
        at = self._heads.next_at()
        if at is None and not self._tasks:
            at = await self._outbox.next_due(now)
            self._heads.read_by(at)
        return LONGEST_PAUSE if at is None else (at - now).total_seconds()
