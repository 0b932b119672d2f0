"""Datelines as a portal prints them: ``Rabu, 20 September 2023 | 06:12 WIB``. Only writes, never reads, dates."""

from __future__ import annotations

from datetime import datetime, tzinfo

#: Zone names are our own table: CLDR has none for Indonesian clocks in every language.
_NAMES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Ujung_Pandang": "WITA",
    "Asia/Jayapura": "WIT",
}


def stamp(when: datetime, zone: tzinfo, language: str) -> str:
    """``Rabu, 20 September 2023 | 06:12 WIB``; outside Indonesia the offset stands for the zone's name."""
    return f"{list_stamp(when, zone, language)} {zone_name(when, zone)}"


def list_stamp(when: datetime, zone: tzinfo, language: str) -> str:
    """``Jumat, 29 November 2024 | 08:08``: as in a portal's lists, without the zone."""
    from babel.dates import format_datetime

    local = when.astimezone(zone)
    day: str = format_datetime(local, "EEEE, dd MMMM y", locale=language if language == "id" else "en")
    return f"{day} | {local:%H:%M}"


def clock(when: datetime, zone: tzinfo) -> str:
    """``06:12 WIB``"""
    return f"{when.astimezone(zone):%H:%M} {zone_name(when, zone)}"


def zone_name(when: datetime, zone: tzinfo) -> str:
    """``WIB``, ``WITA``, ``WIT``; outside Indonesia the offset at `when`."""
    digits = f"{when.astimezone(zone):%z}"
    return _NAMES.get(getattr(zone, "key", "")) or f"{digits[:3]}:{digits[3:5]}"
