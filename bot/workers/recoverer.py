"""Settles sends of unknown outcome by asking the network, and looks for twins after a resend (product.md §6).

Only what was shown to be absent is sent again, and only a twin that can be nothing else is deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.delivery import Doubt, Found, Outcome, Settlement, Verdict
from bot.domain.retry import ask_again
from bot.domain.twins import doomed
from bot.events import Asking, Delivered, Events, TwinSought
from bot.ports import Clock, DoubtStore, Network, Wake
from bot.workers.loop import Loop, Tasks
from bot.workers.saving import Saver

#: Doubts asked about at once: questions are rationed, and those first asked about are first settled.
AT_ONCE = 8
#: Seconds between two looks for doubts whose time has come.
_EVERY = 0.5
_GRACE = 1.0
#: Answers to a deletion after which it may still be there.
_NO_ANSWER = frozenset({Verdict.UNKNOWN, Verdict.NOT_SENT, Verdict.TOO_FAST})


class Recoverer:
    """The loop of questions. `desk_compares`: there is an `OPS_CHAT` to forward to."""

    def __init__(
        self,
        doubts: DoubtStore,
        network: Network,
        *,
        clock: Clock,
        events: Events,
        wake_delivery: Wake,
        desk_compares: bool,
    ) -> None:
        self._doubts = doubts
        self._network = network
        self._clock = clock
        self._events = events
        self._wake_delivery = wake_delivery
        self._desk_compares = desk_compares
        self._saved = Saver(clock, events)
        self._asking = Tasks("recoverer", clock, events)
        self._not_before: dict[int, datetime] = {}
        self._ended: set[int] = set()
        self.loop = Loop("recoverer", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._asking.finish(_GRACE)

    async def _round(self) -> float:
        now = self._clock.now()
        if len(self._asking) < AT_ONCE:
            self._ended.clear()
            for doubt in await self._doubts.doubts(now):
                rests = self._not_before.get(doubt.delivery_id, now) > now
                # What ended while these were read is settled: it must not be asked about once more.
                rests = rests or doubt.delivery_id in self._ended
                if doubt.delivery_id not in self._asking and not rests and len(self._asking) < AT_ONCE:
                    self._asking.start(doubt.delivery_id, self._ask(doubt))
        return _EVERY

    async def _ask(self, doubt: Doubt) -> None:
        now = self._clock.now()
        # Should asking end in something nobody foresaw, it is not repeated at once.
        self._not_before[doubt.delivery_id] = now + ask_again(doubt.attempts + 1)
        self._events.tell(
            Asking(now, doubt.delivery_id, doubt.headline_id, doubt.target.chat_id, doubt.target.name)
        )
        if doubt.message_id is None:
            await self._settle(doubt, await self._network.settle(doubt))
        else:
            await self._seek_twin(doubt, await self._network.twins(doubt))
        del self._not_before[doubt.delivery_id]
        self._ended.add(doubt.delivery_id)

    async def _settle(self, doubt: Doubt, answer: Settlement) -> None:
        now = self._clock.now()
        if answer.found is Found.LATER:
            await self._ask_later(doubt, answer.detail)
            return
        if answer.found is Found.ARRIVED:
            message_id = answer.ids[0]
            await self._saved(lambda: self._doubts.settled(doubt, message_id, now))
            self._events.tell(_delivered(doubt, message_id, now))
        else:
            await self._saved(lambda: self._doubts.absent(doubt, now))
        self._wake_delivery()

    async def _seek_twin(self, doubt: Doubt, answer: Settlement) -> None:
        if answer.found is Found.LATER:
            await self._ask_later(doubt, answer.detail)
            return
        now, deleted = self._clock.now(), None
        twin = doomed(doubt, answer, now, compared=self._desk_compares)
        if twin is not None:
            outcome = await self._network.delete(doubt.target, twin)
            if outcome.verdict in _NO_ANSWER:
                await self._ask_later(doubt, outcome.detail, outcome)
                return
            deleted = twin if outcome.verdict in {Verdict.DONE, Verdict.MISSING} else None
        await self._saved(lambda: self._doubts.twin_sought(doubt, answer.ids, deleted, now))
        self._events.tell(
            TwinSought(
                now,
                doubt.delivery_id,
                doubt.headline_id,
                doubt.target.chat_id,
                answer.ids,
                deleted,
                answer.detail,
                doubt.target.name,
            )
        )

    async def _ask_later(self, doubt: Doubt, detail: str, outcome: Outcome | None = None) -> None:
        wish = outcome.retry_after if outcome else None
        at = self._clock.now() + (wish or ask_again(doubt.attempts + 1))
        await self._saved(lambda: self._doubts.ask_later(doubt, at, detail))


def _delivered(doubt: Doubt, message_id: int, now: datetime) -> Delivered:
    return Delivered(
        now,
        doubt.delivery_id,
        doubt.headline_id,
        doubt.target.chat_id,
        doubt.target.name,
        message_id,
        max(now - doubt.published, timedelta()),
        asked=True,
    )
