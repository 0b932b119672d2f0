"""Telegram's published limits: when a send or edit is one too many, and for how many seconds.

The numbers are Telegram's; the arithmetic is chosen so that a client which keeps them never trips over the
network's jitter, and one which does not keep them always does:

* overall: 30 in any second (1000 with `allow_paid_broadcast`), checked over a window `overall_slack` shorter;
* a group or channel: 20 in any 60 s, checked over a window `chat_slack` shorter, sends and edits together;
* a private chat: 1 a second after a burst of 3, by the generic cell rate algorithm, `private_slack` forgiven.

So a client that spaces 30 a second evenly may be up to 0.2 s late with one and early with the next.

Sends, forwards, copies and edits of words count, each when it is accepted (an edit that turns out to change
nothing, too); questions by `editMessageReplyMarkup`, deletions and answers to queries do not. A refused call
counts nowhere. It keeps no history beyond its windows and knows nothing of HTTP.
"""

import math
from collections import deque
from dataclasses import dataclass, field

STARS_A_PAID_MESSAGE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The numbers. Seconds and messages; change them to make tests quick."""

    overall: int = 30
    paid: int = 1000
    overall_window: float = 1.0
    overall_slack: float = 0.2
    chat: int = 20
    chat_window: float = 60.0
    chat_slack: float = 0.5
    private_burst: int = 3
    private_period: float = 1.0
    private_slack: float = 0.25


class SlidingWindow:
    """At most `limit` moments within any `seconds`."""

    __slots__ = ("_moments", "limit", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._moments: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until another fits; 0 if it fits now."""
        moments = self._moments
        while moments and moments[0] <= now - self.seconds:
            moments.popleft()
        if len(moments) < self.limit:
            return 0.0
        return moments[-self.limit] + self.seconds - now

    def add(self, now: float) -> None:
        self._moments.append(now)


@dataclass(slots=True)
class Limiter:
    """All limits of one bot. `wait` asks, `count` records what was accepted; the two are never apart."""

    rates: Rates = field(default_factory=Rates)
    enabled: bool = True
    stars: float = 0.0
    _free: SlidingWindow = field(init=False)
    _paid: SlidingWindow = field(init=False)
    _chats: dict[int, SlidingWindow] = field(init=False)
    _private: dict[int, float] = field(init=False)

    def __post_init__(self) -> None:
        self.set_rates(self.rates)

    def set_rates(self, rates: Rates) -> None:
        """Take other numbers and forget what was counted."""
        self.rates = rates
        window = rates.overall_window - rates.overall_slack
        self._free = SlidingWindow(rates.overall, window)
        self._paid = SlidingWindow(rates.paid, window)
        self._chats = {}
        self._private = {}

    def wait(self, chat_id: int, now: float, *, paid: bool) -> int:
        """Whole seconds to wait before a message to this chat is allowed; 0 if it is now."""
        if not self.enabled:
            return 0
        overall = (self._paid if paid else self._free).wait(now)
        chat = self._private_wait(chat_id, now) if chat_id > 0 else self._chat(chat_id).wait(now)
        return math.ceil(max(overall, chat))

    def count(self, chat_id: int, now: float, *, paid: bool) -> float:
        """Record an accepted message; the Stars it cost."""
        cost = STARS_A_PAID_MESSAGE if paid else 0.0
        self.stars = round(self.stars + cost, 1)
        if not self.enabled:
            return cost
        (self._paid if paid else self._free).add(now)
        if chat_id > 0:
            self._private[chat_id] = max(self._private.get(chat_id, now), now) + self.rates.private_period
            self._forget_idle(now)
        else:
            self._chat(chat_id).add(now)
        return cost

    def _chat(self, chat_id: int) -> SlidingWindow:
        window = self._chats.get(chat_id)
        if window is None:
            rates = self.rates
            window = self._chats[chat_id] = SlidingWindow(rates.chat, rates.chat_window - rates.chat_slack)
        return window

    def _private_wait(self, chat_id: int, now: float) -> float:
        rates = self.rates
        burst = (rates.private_burst - 1) * rates.private_period + rates.private_slack
        return max(self._private.get(chat_id, now) - now - burst, 0.0)

    def _forget_idle(self, now: float) -> None:
        # A fan-out to 100,000 readers must not leave 100,000 numbers behind.
        if len(self._private) > 10_000:
            self._private = {chat: until for chat, until in self._private.items() if until > now}
