"""How many commands a reader may send: told once when it is too many, then ignored until calm.

It does not know the clock, and what it remembers is bounded, whoever writes.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

#: Commands a minute (product.md §5).
ALLOWED = 20
WINDOW = timedelta(minutes=1)


class Verdict(Enum):
    """What to do with a command."""

    ANSWER = auto()
    TELL = auto()  # say once that it is too many
    IGNORE = auto()


@dataclass(slots=True)
class _Pace:
    """The times of one reader's last commands, in seconds, oldest first."""

    times: array[float] = field(default_factory=lambda: array("d"))
    told: bool = False


class Throttle:
    """Judges commands one by one; ignored ones count too, so whoever hammers on stays ignored.

    `readers` bounds the memory (about 400 bytes each): whoever has been quiet longest is forgotten
    first, and so is everybody who has been quiet for a whole window.
    """

    def __init__(self, *, allowed: int = ALLOWED, window: timedelta = WINDOW, readers: int = 10_000) -> None:
        self._allowed = allowed
        self._window = window.total_seconds()
        self._readers = readers
        self._paces: OrderedDict[int, _Pace] = OrderedDict()

    def __len__(self) -> int:
        return len(self._paces)

    def judge(self, reader: int, now: datetime) -> Verdict:
        """The verdict on a command that `reader` sends at `now` (aware)."""
        moment = now.timestamp()
        self._forget_quiet(moment)
        pace = self._paces.setdefault(reader, _Pace())
        self._paces.move_to_end(reader)
        if len(self._paces) > self._readers:
            self._paces.popitem(last=False)
        return self._weigh(pace, moment)

    def _weigh(self, pace: _Pace, moment: float) -> Verdict:
        sent = sum(self._recent(then, moment) for then in pace.times)
        pace.times.append(moment)
        del pace.times[: -self._allowed]
        if sent < self._allowed:
            # Calm is half of what is allowed: at the very limit a reader would be told again and again.
            pace.told = pace.told and sent >= self._allowed // 2
            return Verdict.ANSWER
        verdict = Verdict.IGNORE if pace.told else Verdict.TELL
        pace.told = True
        return verdict

    def _forget_quiet(self, moment: float) -> None:
        while self._paces:
            reader, pace = next(iter(self._paces.items()))
            if self._recent(pace.times[-1], moment):
                return
            del self._paces[reader]

    def _recent(self, then: float, moment: float) -> bool:
        # A clock that was set back must lock nobody out: what lies ahead is not recent.
        return 0 <= moment - then < self._window
