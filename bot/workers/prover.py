"""Before anything is posted by a bot that was away: do its channels hold own posts that its database does not know?

Then the database is an old one that was put back with its whole disk (promise 9). Asks as a send of unknown outcome
is asked about, once, and posts nothing.
"""

from __future__ import annotations

from bot.domain.delivery import Doubt
from bot.domain.delivery import Found as Answer
from bot.domain.retry import ask_again
from bot.events import CopyFound, Events
from bot.ports import Clock, CopyStore, Found, Network, Wake
from bot.workers.loop import LONGEST_PAUSE, Loop, Tasks

#: Questions to a channel that does not answer; then it is believed that nothing is wrong.
_TRIES = 4
_ONE = 1
_GRACE = 1.0


class Prover:
    """The loop; it has nothing more to do when the channels have answered."""

    def __init__(
        self,
        store: CopyStore,
        network: Network,
        *,
        wake_delivery: Wake,
        has_desk: bool,
        clock: Clock,
        events: Events,
    ) -> None:
        self._store = store
        self._network = network
        self._wake_delivery = wake_delivery
        self._has_desk = has_desk
        self._clock = clock
        self._events = events
        self._answered = False
        self._asking = Tasks("prover", clock, events)
        self.loop = Loop("prover", self._round, clock, events)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._asking.finish(_GRACE)

    async def _round(self) -> float:
        if not self._answered and _ONE not in self._asking:
            self._asking.start(_ONE, self._ask_channels())
        return LONGEST_PAUSE

    async def _ask_channels(self) -> None:
        newer = False
        for doubt in await self._store.in_question():
            newer = newer or await self._holds_newer(doubt)
        now = self._clock.now()
        found = await self._store.answered(now, newer=newer, has_desk=self._has_desk)
        self._answered = True
        if found is not Found.OWN:
            self._events.tell(CopyFound(now, held=found is Found.ASKED))
        self._wake_delivery()

    async def _holds_newer(self, doubt: Doubt) -> bool:
        for attempt in range(1, _TRIES + 1):
            answer = await self._network.settle(doubt)
            if answer.found is not Answer.LATER:
                return answer.found is Answer.ARRIVED
            await self._clock.sleep(ask_again(attempt).total_seconds())
        return False
