"""Trouble with fetching updates: told once a spell, answered with longer and longer pauses. Pure but for events."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.events import Events, UpdatesRecovered, UpdatesTrouble

#: A line that is down for less is everyday and nobody's business.
_QUIET = timedelta(minutes=1)
#: Two programs that fight over a token each win now and then; only so long a peace ends the spell.
_PEACE = timedelta(seconds=30)
_LONGEST = timedelta(seconds=60)


class Spell:
    """One spell of trouble, from the first failure to the peace after it. Kinds as in `UpdatesTrouble`."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._since: datetime | None = None
        self._last: datetime | None = None
        self._told: set[str] = set()
        self._failures = 0

    def failed(self, kind: str, detail: str, now: datetime) -> timedelta:
        """Note a failure; returns how long to wait: 1, 2, 4 … at most 60 s."""
        self._since = self._since or now
        self._last = now
        self._failures += 1
        if kind not in self._told and (kind != "network" or now - self._since >= _QUIET):
            self._told.add(kind)
            self._events.tell(UpdatesTrouble(now, kind, detail))
        return min(timedelta(seconds=2 ** min(self._failures - 1, 10)), _LONGEST)

    def went_well(self, now: datetime) -> None:
        """Updates came, or the wait for them ended well."""
        self._failures = 0
        fighting = "conflict" in self._told and self._last is not None and now - self._last < _PEACE
        if self._since is None or fighting:
            return
        if self._told:
            self._events.tell(UpdatesRecovered(now))
        self._since, self._last = None, None
        self._told.clear()
