"""The durable inbox of updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update as it came, kept until it is handled. `begun` counts the tries."""

    id: int
    body: Mapping[str, Any]
    received: datetime
    begun: int = 0


class Inbox(Protocol):
    """The durable inbox of updates: stored before they are confirmed, handled at least once."""

    async def keep(self, updates: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Store a batch; known ids are left alone."""
        ...

    async def last_id(self) -> int | None:
        """The highest update id ever stored."""
        ...

    async def waiting(self) -> Sequence[StoredUpdate]:
        """Updates that were not finished, in order."""
        ...

    async def begin(self, update_id: int, now: datetime) -> int:
        """A try begins; returns how many tries that makes."""
        ...

    async def done(self, update_ids: Sequence[int], now: datetime) -> None:
        """Handled, or set aside."""
        ...
