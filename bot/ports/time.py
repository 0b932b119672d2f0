"""The time of day, and waking one another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, and how to wait for it."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less only lets others run."""
        ...


Wake = Callable[[], None]
