"""Troubles that last, kept in memory: the database cannot say that it cannot be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot import events as told
from bot.events import Event


class Kind(StrEnum):
    """What is in trouble."""

    STORE = "store"
    UPDATES = "updates"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Since when it lasts, and what was said of it last."""

    since: datetime
    detail: str


class TroubleListener:
    """Hears of troubles and their ends. One of each kind at most."""

    def __init__(self) -> None:
        self._troubles: dict[Kind, Trouble] = {}

    def __call__(self, event: Event) -> None:
        """Begin or end a trouble, if `event` tells of one."""
        match event:
            case told.StoreTrouble():
                self._begin(Kind.STORE, event.at, event.detail)
            case told.StoreRecovered():
                self._troubles.pop(Kind.STORE, None)
            case told.UpdatesTrouble():
                self._begin(Kind.UPDATES, event.at, f"{event.kind}: {event.detail}")
            case told.UpdatesRecovered():
                self._troubles.pop(Kind.UPDATES, None)
            case _:
                return

    def current(self) -> Mapping[Kind, Trouble]:
        """What is in trouble now."""
        return dict(self._troubles)

    def _begin(self, kind: Kind, at: datetime, detail: str) -> None:
        before = self._troubles.get(kind)
        self._troubles[kind] = Trouble(before.since if before else at, detail)
