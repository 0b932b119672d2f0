"""What happened to the program itself: its database, templates, workers."""

from __future__ import annotations

from dataclasses import dataclass

from bot.events.root import Event


@dataclass(frozen=True, slots=True)
class CopyFound(Event):
    """The database is a copy. `held`: one made by hand, and the desk is asked; else what was open in it has ended."""

    held: bool


@dataclass(frozen=True, slots=True)
class StoreTrouble(Event):
    """The database cannot be written (full, read-only); the loops wait and try again."""

    detail: str


@dataclass(frozen=True, slots=True)
class StoreRecovered(Event):
    """The database can be written again."""


@dataclass(frozen=True, slots=True)
class TemplateFailed(Event):
    """A channel's own template cannot be used; its posts go out in the usual form. Told once a template."""

    detail: str


@dataclass(frozen=True, slots=True)
class WorkerFailed(Event):
    """A loop met something nobody foresaw; it goes on after a pause. `detail` holds no secret."""

    worker: str
    detail: str
    error: BaseException | None = None
