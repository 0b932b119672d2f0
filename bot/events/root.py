"""The root of all events, and who hands them on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events; `at` is aware UTC."""

    at: datetime


Listener = Callable[[Event], None]


class Events:
    """Hands every event to every listener, in order. Knows none of them."""

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        self._listeners = list(listeners)

    def listen(self, listener: Listener) -> None:
        """Add a listener; it hears what happens from now on."""
        self._listeners.append(listener)

    def tell(self, event: Event) -> None:
        """Hand `event` to all listeners at once."""
        for listener in self._listeners:
            listener(event)
