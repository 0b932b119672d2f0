"""What looks show that is no headline: told when it is first seen, not at every look."""

from __future__ import annotations

from collections.abc import Sequence

#: Lines of one feed that are told apart, and told at once; more says nothing more.
_MOST = 100


class Ignored:
    """Remembers, since this process began, which lines of which feed were told."""

    def __init__(self) -> None:
        self._told: dict[int, frozenset[int]] = {}

    def news(self, feed_id: int, lines: Sequence[str]) -> tuple[str, ...]:
        """Those of `lines` that were not told yet; they count as told now."""
        now = {hash(line): line for line in lines[:_MOST]}
        told = self._told.get(feed_id, frozenset())
        fresh = tuple(line for mark, line in now.items() if mark not in told)
        if fresh:
            kept = told if len(told) <= _MOST else frozenset()
            self._told[feed_id] = kept | now.keys()
        return fresh
