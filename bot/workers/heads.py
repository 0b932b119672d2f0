"""The heads of the channels' queues as they were last read, so that not every round reads all of them.

Chats are asked about again when something was saved for them; all are, when told of news or after
`READ_EVERY`. What is out of date here is harmless: a claim takes no row that has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.domain.delivery import Candidate
from bot.ports import Outbox

#: Heads read at once; of thousands the oldest suffice for a while.
MOST = 1000
#: All are read this often at least.
READ_EVERY = timedelta(seconds=5)


class Heads:
    """At most one head a chat: two topics of one group take turns, for ids run in one sequence there.

    `page`: heads read at once.
    """

    def __init__(self, outbox: Outbox, page: int = MOST) -> None:
        self._outbox = outbox
        self._page = page
        self._ready: list[tuple[datetime, int, Candidate]] = []
        self._later: list[tuple[datetime, int, Candidate]] = []
        self._held: set[int] = set()
        self._freed: set[int] = set()
        self._again: list[tuple[datetime, int]] = []
        self._more = False
        self._turning = False
        self._read_at: datetime | None = None

    @property
    def at_hand(self) -> bool:
        """Whether a head is ready, as far as is known."""
        return bool(self._ready)

    @property
    def exhausted(self) -> bool:
        """None is ready, but there are heads that were not read yet."""
        return self._more and not self._ready

    @property
    def low(self) -> bool:
        """The next page should be read while this one lasts."""
        return self._more and len(self._ready) < self._page // 3 and not self._turning

    def forget(self) -> None:
        """There is news: read all of them."""
        self._read_at = None

    def read_by(self, at: datetime | None) -> None:
        """Something in the outbox becomes due at `at`: read all of them then."""
        if at is not None and self._read_at is not None:
            self._read_at = min(self._read_at, at)

    def free(self, chat_id: int, at: datetime | None = None) -> None:
        """Something was saved for this chat: it may have a head again, now or at `at`."""
        if at is None:
            self._freed.add(chat_id)
        else:
            heappush(self._again, (at, chat_id))

    async def read(self, now: datetime) -> None:
        """Ask the outbox for what may have come. Raises `StoreError`; then it is asked again."""
        while self._again and self._again[0][0] <= now:
            self._freed.add(heappop(self._again)[1])
        if self._read_at is None or now >= self._read_at:
            await self._read_all(now)
        elif self.exhausted and not self._turning:
            await self.read_page(now)
        elif self._freed and not self._more:
            freed, self._freed = self._freed, set()
            try:
                self._add(await self._outbox.heads(now, len(freed), among=freed))
            except BaseException:
                self._freed |= freed
                raise

    async def read_page(self, now: datetime) -> None:
        """Ask for the next page. Heads are popped and put off meanwhile: none of those is in it."""
        self._turning = True
        self._freed.clear()  # they are in the page
        try:
            self._add_page(await self._outbox.heads(now, self._page, beside=list(self._held)))
        finally:
            self._turning = False

    def pop(self, now: datetime) -> Candidate | None:
        """The head that waits longest of those that are ready."""
        while self._later and self._later[0][0] <= now:
            _, _, head = heappop(self._later)
            heappush(self._ready, (head.waiting_since, head.id, head))
        if not self._ready:
            return None
        _, _, head = heappop(self._ready)
        self._held.discard(head.target.chat_id)
        return head

    def put_off(self, head: Candidate, until: datetime) -> None:
        """Its chat takes nothing yet; look again at `until`."""
        self._held.add(head.target.chat_id)
        heappush(self._later, (until, head.id, head))

    def next_at(self) -> datetime | None:
        """When a head that was put off, or a chat that is to be tried again, will be ready."""
        times = [heap[0][0] for heap in (self._later, self._again) if heap]
        return min(times, default=None)

    async def _read_all(self, now: datetime) -> None:
        self._read_at = None
        self._freed.clear()  # before: what is freed meanwhile may be newer than the answer
        heads = await self._outbox.heads(now, self._page)
        self._read_at = now + READ_EVERY
        self._ready, self._later = [], []
        self._held.clear()
        self._add_page(heads)

    def _add_page(self, heads: Sequence[Candidate]) -> None:
        self._more = len(heads) == self._page
        self._add(heads)

    def _add(self, heads: Iterable[Candidate]) -> None:
        for head in heads:
            chat = head.target.chat_id
            if chat not in self._held:
                self._held.add(chat)
                heappush(self._ready, (head.waiting_since, head.id, head))
