"""Times, spans and sizes in words for the operator's page; English, each with its unit."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from bot.domain.stamps import clock
from bot.observe.redaction import masked

_DAY = timedelta(days=1)


def span(time: timedelta) -> str:
    """``12 s``, ``3 min``, ``2 h 5 min``, ``3 days``; a negative time is none."""
    seconds = max(round(time.total_seconds()), 0)
    if seconds < 100:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
    return f"{round(seconds / 86_400)} days"


def ago(when: datetime, now: datetime) -> str:
    """``12 s ago``, ``in 18 s``."""
    return f"in {span(when - now)}" if when > now else f"{span(now - when)} ago"


def size(number: int) -> str:
    """Bytes as ``84 MB``, ``1.2 GB`` (powers of 1000)."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def count(number: object, noun: str) -> str:
    """``1 post``, ``12 posts``; `number` is an int or an `Amount`."""
    text = f"{number:,}" if isinstance(number, int) else str(number)
    return f"{text} {noun if text == '1' else noun + 's'}"


def bare(address: str) -> str:
    """An address as people say it, without scheme, ``www.`` and secrets; any other name as it is."""
    shown = masked(address)
    _, slashes, rest = shown.partition("://")
    return rest.removeprefix("www.").rstrip("/") if slashes else shown


class Clockface:
    """Times of day in one zone, as they are read at `now`."""

    def __init__(self, zone: tzinfo, now: datetime) -> None:
        self._zone = zone
        self._now = now
        self._today = now.astimezone(zone).date()

    @cached_property
    def zone(self) -> str:
        """``WIB``, or the offset outside Indonesia."""
        return clock(self._now, self._zone).partition(" ")[2]

    def at(self, when: datetime) -> str:
        """``06:12:22``; of another day ``24 Nov 06:12``, of another year ``24 Nov 2024 06:12``."""
        local = when.astimezone(self._zone)
        day = self._day(local)
        return f"{day}{local:%H:%M}" if day else f"{local:%H:%M:%S}"

    def minute(self, when: datetime) -> str:
        """``06:12 WIB``; of another day or year as in `at`."""
        local = when.astimezone(self._zone)
        return f"{self._day(local)}{local:%H:%M} {self.zone}"

    def hour(self, when: datetime) -> str:
        """``06:00``"""
        return f"{when.astimezone(self._zone):%H:%M}"

    def full(self, when: datetime) -> str:
        """``Wednesday, 25 November 2026, 06:12:22 WIB``"""
        local = when.astimezone(self._zone)
        return f"{local:%A}, {local.day} {local:%B %Y, %H:%M:%S} {self.zone}"

    def _day(self, local: datetime) -> str:
        if local.date() == self._today:
            return ""
        year = "" if local.year == self._today.year else f"{local.year} "
        return f"{local.day} {local:%b} {year}"

    def iso(self, when: datetime) -> str:
        """For ``<time datetime>``."""
        return when.astimezone(self._zone).isoformat(timespec="seconds")
