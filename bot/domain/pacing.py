"""When a message may leave: Telegram's limits as arithmetic. Has no clock and waits for nobody.

- All chats together: one message every 1/`rate` s, evenly spaced (product.md §4.2). With a purse of Stars the free
  rate of them costs nothing, and a post that would have to wait for that can be paid for, up to `rate` in all.
- A private chat: 1 a second, bursts of 3 (generic cell rate algorithm, ITU-T I.371).
- A group or channel: `chat_rate` in any 60 s, edits counted, and two messages at least 1 s
  (or 60 s/`chat_rate`, whichever is less) apart; answers take at most half of it while posts wait.
- A 429 stops its own chat; three chats refused within 5 s stop all posts until the latest of their times.

A place far ahead (a chat that rests, a group that is asked too much) leaves the places before it to others.
Times are seconds since 1970 inside, aware UTC outside.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bot.domain.stars import Purse

#: Messages a second, all chats together, that cost nothing (Bot API FAQ).
FREE_RATE = 30
#: Seconds that a group's or channel's limit looks back: a minute, and what one message may be late.
WINDOW = 60.25
_MINUTE = 60.0
#: Evenly spaced senders still bunch on the network; this keeps any second of theirs within the limit.
_SLACK = 1.01
_BURST = 3
_REFUSALS, _REFUSALS_WITHIN = 3, 5.0
#: Seconds for which posts count as waiting for a chat after one of them asked for a place.
_WANTED_FOR = 10.0
#: An answer that cannot leave this soon keeps to its half of the group, whether posts wait or not.
_SOON = 5.0
#: Chats that have been silent for the window are forgotten when there are more than these.
_MANY = 10_000
#: A clock that goes back by more than this many seconds was set; less is two callers that looked at once.
_SET_BACK = 1.0
#: Seconds since 1970 are exact to a quarter of a microsecond only.
_TINY = 1e-6


class _Places:
    """Places for all chats together, `gap` apart. All before `free_at` are taken or past."""

    __slots__ = ("_ahead", "_free_at", "_gap")

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._free_at = 0.0
        self._ahead: list[float] = []  # taken ones behind `free_at`, ascending

    def first(self, earliest: float) -> float:
        """The first free place from `earliest` on."""
        place = max(earliest, self._free_at)
        index = bisect_left(self._ahead, place - self._gap + _TINY)
        while index < len(self._ahead) and self._ahead[index] - place < self._gap - _TINY:
            place = self._ahead[index] + self._gap
            index += 1
        return place

    def take(self, place: float, now: float) -> None:
        """`place` came from `first`."""
        insort(self._ahead, place)
        floor = max(self._free_at, now)
        # What leaves no room for another before it is no place ahead any more.
        while self._ahead and self._ahead[0] - floor < self._gap - _TINY:
            floor = max(floor, self._ahead.pop(0) + self._gap)
        self._free_at = max(self._free_at, floor if floor > now else 0.0)

    def give_back(self, place: float) -> None:
        """Nothing left at `place`: the last one taken, or one ahead, is free again."""
        if abs(self._free_at - place - self._gap) < _TINY:
            self._free_at = place
        else:
            _remove(self._ahead, place)

    def shift(self, seconds: float) -> None:
        """The clock was set."""
        self._free_at += seconds
        self._ahead = [place + seconds for place in self._ahead]


class _Window:
    """One group's or channel's messages, ascending: at most `limit` in `WINDOW`, `spacing` apart."""

    __slots__ = ("_limit", "_spacing", "times")

    def __init__(self, limit: int, spacing: float) -> None:
        self._limit = limit
        self._spacing = spacing
        self.times: list[float] = []

    def first(self, earliest: float) -> float:
        """The first moment from `earliest` on at which one more is within the limits."""
        moment, pushed = earliest, True
        while pushed:
            index = bisect_left(self.times, moment)
            later = max(self._spaced(moment, index), self._within(moment, index))
            pushed = later > moment + _TINY
            moment = max(moment, later)
        return moment

    def take(self, moment: float, now: float) -> None:
        insort(self.times, moment)
        past = bisect_left(self.times, now - WINDOW)
        if past:
            del self.times[:past]

    def _spaced(self, moment: float, index: int) -> float:
        """`moment`, or the end of the pause around a neighbour that it is too near to."""
        times, spacing = self.times, self._spacing
        if index < len(times) and times[index] - moment < spacing - _TINY:
            return times[index] + spacing
        return max(moment, times[index - 1] + spacing) if index else moment

    def _within(self, moment: float, index: int) -> float:
        """`moment`, or the end of the last full window that it would make one too many."""
        times, limit = self.times, self._limit
        for first in range(min(index, len(times) - limit), max(index - limit, 0) - 1, -1):
            last = max(times[first + limit - 1], moment)
            if last - min(times[first], moment) < WINDOW - _TINY:
                return times[first] + WINDOW
        return moment


class _Group:
    """A group or channel: everything that was sent there, and the answers among it."""

    __slots__ = ("all", "answers", "wanted_until")

    def __init__(self, limit: int) -> None:
        self.all = _Window(limit, min(1.0, _MINUTE / limit))
        self.answers = _Window(max(1, limit // 2), 0.0)
        self.wanted_until = 0.0  # posts wait for this chat

    @property
    def last(self) -> float:
        return self.all.times[-1] if self.all.times else 0.0


class Pacing:
    """Implements `ports.Pace` for one bot. `rate` messages a second, `chat_rate` a minute to one chat.

    Cheap: what a call costs does not grow with the number of chats.
    """

    def __init__(
        self,
        *,
        rate: float = 30.0,
        chat_rate: int = 20,
        purse: Purse | None = None,
    ) -> None:
        self._chat_rate = chat_rate
        paid_rate = rate - FREE_RATE if purse is not None else 0.0
        self._purse = purse if paid_rate > 0 else None
        self._places = _Places(_SLACK / (FREE_RATE if paid_rate > 0 else rate))
        self._paid_places = _Places(_SLACK / paid_rate if paid_rate > 0 else math.inf)
        self._groups: dict[int, _Group] = {}
        self._private: dict[int, float] = {}  # when each would have sent all it has, at 1 a second
        self._blocked: dict[int, float] = {}
        self._posts_blocked_until = 0.0
        self._refusals: dict[int, tuple[float, float]] = {}  # chat: (when, until)
        self._many = _MANY
        self._now = 0.0

    def remember(self, traffic: Iterable[tuple[int, datetime]], blocks: Mapping[int, datetime]) -> None:
        """The last minute and Telegram's orders, as they were before a restart. `traffic` oldest first."""
        for chat_id, at in traffic:
            self._take(chat_id, at.timestamp(), at.timestamp())
        for chat_id, until in blocks.items():
            self._blocked[chat_id] = until.timestamp()

    def reserve(self, chat_id: int, now: datetime, horizon: timedelta) -> datetime | None:
        """A place within `horizon` for one post or edit, taken; None when there is none so soon."""
        moment = self._moment(now)
        limit = moment + horizon.total_seconds()
        at = self._post_at(chat_id, moment, limit)
        if chat_id < 0:
            group = self._group(chat_id)
            group.wanted_until = max(group.wanted_until, at + _WANTED_FOR)
        if at > limit:
            return None
        self._take(chat_id, at, moment)
        return datetime.fromtimestamp(at, UTC)

    def buy(self, chat_id: int, now: datetime, horizon: timedelta) -> datetime | None:
        """A place within `horizon` for one post that costs, taken; None when there is none, or no Stars are left."""
        moment = self._moment(now)
        limit = moment + horizon.total_seconds()
        if self._purse is None or not self._purse.left(now):
            return None
        at = self._post_at(chat_id, moment, limit, self._paid_places)
        if at > limit:
            return None
        self._take(chat_id, at, moment, self._paid_places)
        self._purse.spend(now)
        return datetime.fromtimestamp(at, UTC)

    def give_back(self, chat_id: int, at: datetime, *, paid: bool = False) -> None:
        """Nothing left at the place `at` that `reserve`, or `buy` where it was `paid`, gave."""
        place = at.timestamp()
        (self._paid_places if paid else self._places).give_back(place)
        if paid and self._purse is not None:
            self._purse.refund(at)
        if chat_id < 0:
            _remove(self._group(chat_id).all.times, place)
        else:
            self._private[chat_id] = self._private.get(chat_id, 0.0) - 1.0

    def answer(self, chat_id: int, now: datetime) -> datetime:
        """The moment at which an answer may leave, taken. It does not wait for a block of all posts."""
        moment = self._moment(now)
        at = self._settle(lambda at: self._chat_at(chat_id, at), moment)
        if chat_id < 0:
            group = self._group(chat_id)
            if group.wanted_until > moment or at > moment + _SOON:
                at = self._settle(lambda at: group.answers.first(self._chat_at(chat_id, at)), moment)
            group.answers.take(at, moment)
        self._take(chat_id, at, moment)
        return datetime.fromtimestamp(at, UTC)

    def wait(
        self, chat_ids: Collection[int], now: datetime, *, paid_ahead: timedelta = timedelta()
    ) -> timedelta:
        """How long until the first of `chat_ids` may be reserved for; for none: until any post may leave.

        A place that costs counts as so much nearer as `paid_ahead`, for whoever buys so much further ahead.
        """
        moment = self._moment(now)
        if chat_ids:
            earliest = min(self._post_at(chat_id, moment) for chat_id in chat_ids)
        else:
            start = max(moment, self._posts_blocked_until)
            earliest = self._places.first(start)
            if self._purse is not None and self._purse.left(now) > 0:
                earliest = min(earliest, self._paid_places.first(start) - paid_ahead.total_seconds())
        return timedelta(seconds=max(0.0, earliest - moment))

    def refuse(self, chat_id: int, until: datetime, now: datetime) -> None:
        """A 429: this chat rests until then."""
        moment, rest = self._moment(now), until.timestamp()
        self._blocked[chat_id] = max(self._blocked.get(chat_id, 0.0), rest)
        self._refusals = {c: r for c, r in self._refusals.items() if moment - r[0] <= _REFUSALS_WITHIN}
        self._refusals[chat_id] = (moment, rest)
        if len(self._refusals) >= _REFUSALS:
            latest = max(rest for _, rest in self._refusals.values())
            self._posts_blocked_until = max(self._posts_blocked_until, latest)

    def _post_at(
        self, chat_id: int, moment: float, limit: float | None = None, places: _Places | None = None
    ) -> float:
        def earliest(at: float) -> float:
            return self._chat_at(chat_id, max(at, self._posts_blocked_until))

        return self._settle(earliest, moment, limit, places)

    def _settle(
        self,
        earliest: Callable[[float], float],
        moment: float,
        limit: float | None = None,
        places: _Places | None = None,
    ) -> float:
        """The first moment that suits the chat and all chats together; behind `limit` nobody looks closely."""
        at = earliest(moment)
        while limit is None or at <= limit:
            place = (places or self._places).first(at)
            at = earliest(place)
            if at <= place + _TINY:
                return place
        return at

    def _chat_at(self, chat_id: int, moment: float) -> float:
        moment = max(moment, self._blocked.get(chat_id, 0.0))
        if chat_id >= 0:
            return max(moment, self._private.get(chat_id, 0.0) - (_BURST - 1))
        group = self._groups.get(chat_id)
        return moment if group is None else group.all.first(moment)

    def _take(self, chat_id: int, at: float, now: float, places: _Places | None = None) -> None:
        (places or self._places).take(at, now)
        if chat_id < 0:
            self._group(chat_id).all.take(at, now)
            return
        if chat_id not in self._private:
            self._make_room(now)
        self._private[chat_id] = max(self._private.get(chat_id, 0.0), at) + 1.0

    def _group(self, chat_id: int) -> _Group:
        group = self._groups.get(chat_id)
        if group is None:
            self._make_room(self._now)
            group = self._groups[chat_id] = _Group(self._chat_rate)
        return group

    def _moment(self, now: datetime) -> float:
        moment = now.timestamp()
        if moment < self._now - _SET_BACK:
            self._shift(moment - self._now)
            self._now = moment
        self._now = max(self._now, moment)
        return moment

    def _shift(self, seconds: float) -> None:
        """The clock was set back: what was an instant ago still is, or all would wait for the old time."""
        for places in (self._places, self._paid_places):
            places.shift(seconds)
        for group in self._groups.values():
            for window in (group.all, group.answers):
                window.times = [at + seconds for at in window.times]
            group.wanted_until += seconds
        self._private = {chat_id: at + seconds for chat_id, at in self._private.items()}
        self._blocked = {chat_id: until + seconds for chat_id, until in self._blocked.items()}
        self._refusals.clear()
        self._posts_blocked_until += seconds

    def _make_room(self, now: float) -> None:
        """Forget who has been silent, seldom enough that nobody notices."""
        if len(self._groups) + len(self._private) < self._many:
            return
        self._groups = {
            chat_id: group
            for chat_id, group in self._groups.items()
            if max(group.last + WINDOW, group.wanted_until) > now
        }
        self._private = {chat_id: until for chat_id, until in self._private.items() if until > now}
        self._blocked = {chat_id: until for chat_id, until in self._blocked.items() if until > now}
        self._many = max(_MANY, 2 * (len(self._groups) + len(self._private)))


def _remove(times: list[float], moment: float) -> None:
    index = bisect_left(times, moment - _TINY)
    if index < len(times) and abs(times[index] - moment) <= _TINY:
        del times[index]
