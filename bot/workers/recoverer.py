"""Settles sends of unknown outcome by asking the network, and looks for twins after a resend (product.md §6).

Only what was shown to be absent is sent again, and only a twin that can be nothing else is deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.delivery import Doubt, Found, Settlement, Verdict
from bot.domain.retry import ask_again
from bot.domain.twins import doomed
from bot.events import Asking, Delivered, Events, TwinSought
from bot.ports import Clock, DoubtStore, Network, Wake
from bot.workers.loop import Loop, Tasks

#: Seconds between two looks for doubts whose time has come.
_EVERY = 0.5
_GRACE = 1.0


class Recoverer:
    """The loop of questions: one doubt after another, for the questions themselves are rationed."""

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
        self._asking = Tasks("recoverer", clock, events)
        self.loop = Loop("recoverer", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()
        await self._asking.finish(_GRACE)

    async def _round(self) -> float:
        for doubt in await self._doubts.doubts(self._clock.now()):
            if doubt.delivery_id not in self._asking:
                self._asking.start(doubt.delivery_id, self._ask(doubt))
        return _EVERY

    async def _ask(self, doubt: Doubt) -> None:
        self._events.tell(Asking(self._clock.now(), doubt.delivery_id, doubt.target.chat_id))
        if doubt.message_id is None:
            await self._settle(doubt, await self._network.settle(doubt))
        else:
            await self._seek_twin(doubt, await self._network.twins(doubt))
        self._wake_delivery()

    async def _settle(self, doubt: Doubt, answer: Settlement) -> None:
        now = self._clock.now()
        if answer.found is Found.LATER:
            await self._doubts.ask_later(doubt, now + ask_again(doubt.attempts + 1), answer.detail)
        elif answer.found is Found.ARRIVED:
            await self._doubts.settled(doubt, answer.ids[0], now)
            self._events.tell(_delivered(doubt, answer.ids[0], now))
        else:
            await self._doubts.absent(doubt, now)

    async def _seek_twin(self, doubt: Doubt, answer: Settlement) -> None:
        now = self._clock.now()
        if answer.found is Found.LATER:
            await self._doubts.ask_later(doubt, now + ask_again(doubt.attempts + 1), answer.detail)
            return
        twin = doomed(doubt, answer, now, compared=self._desk_compares)
        deleted = None
        if twin is not None:
            outcome = await self._network.delete(doubt.target, twin)
            if outcome.verdict in {Verdict.UNKNOWN, Verdict.NOT_SENT, Verdict.TOO_FAST}:
                at = now + (outcome.retry_after or ask_again(doubt.attempts + 1))
                await self._doubts.ask_later(doubt, at, outcome.detail)
                return
            deleted = twin if outcome.verdict in {Verdict.DONE, Verdict.MISSING} else None
        await self._doubts.twin_sought(doubt, answer.ids, deleted, now)
        told = TwinSought(now, doubt.delivery_id, doubt.target.chat_id, answer.ids, deleted, answer.detail)
        self._events.tell(told)


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
