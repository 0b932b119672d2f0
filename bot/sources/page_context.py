"""What is known of a page from outside: where it lies, and by which clock its relative times count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.domain.dates import parse_when


@dataclass(frozen=True, slots=True)
class PageContext:
    """`base` is what links are relative to; `zone` and `now` (aware) are for times as in `parse_when`."""

    base: str
    zone: tzinfo
    now: datetime

    def when(self, text: str) -> datetime | None:
        """The instant that `text` names, UTC, or None."""
        return parse_when(text, zone=self.zone, now=self.now)
