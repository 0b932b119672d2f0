"""Datelines, exactly as the portal's own page prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.dates import parse_when
from bot.domain.stamps import clock, list_stamp, stamp

WHEN = datetime(2023, 9, 19, 23, 12, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Jakarta", "Rabu, 20 September 2023 | 06:12 WIB"),
        ("Asia/Pontianak", "Rabu, 20 September 2023 | 06:12 WIB"),
        ("Asia/Makassar", "Rabu, 20 September 2023 | 07:12 WITA"),
        ("Asia/Jayapura", "Rabu, 20 September 2023 | 08:12 WIT"),
        ("Asia/Kolkata", "Rabu, 20 September 2023 | 04:42 +05:30"),
        ("America/New_York", "Selasa, 19 September 2023 | 19:12 -04:00"),
        ("UTC", "Selasa, 19 September 2023 | 23:12 +00:00"),
    ],
)
def test_the_zone_is_named(zone: str, text: str) -> None:
    """WIB, WITA, WIT; elsewhere the offset."""
    assert stamp(WHEN, ZoneInfo(zone), "id") == text


def test_a_list_has_no_zone() -> None:
    """As under a headline in `/terbaru`."""
    assert (
        list_stamp(datetime(2024, 11, 29, 1, 8, tzinfo=UTC), JAKARTA, "id")
        == "Jumat, 29 November 2024 | 08:08"
    )


def test_english_is_spoken_too() -> None:
    """The same order, other words."""
    assert stamp(WHEN, JAKARTA, "en") == "Wednesday, 20 September 2023 | 06:12 WIB"
    assert list_stamp(WHEN, JAKARTA, "en") == "Wednesday, 20 September 2023 | 06:12"


def test_a_clock_has_its_zone() -> None:
    """As in *Diperbarui 06:12 WIB*."""
    assert clock(WHEN, JAKARTA) == "06:12 WIB"
    assert clock(WHEN, timezone(timedelta(hours=-3))) == "20:12 -03:00"


@settings(deadline=None)
@given(st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["id", "en"]))  # noqa: DTZ001
def test_a_stamp_is_read_back(when: datetime, language: str) -> None:
    """Our own datelines are datelines to us."""
    minute = when.replace(second=0, microsecond=0, tzinfo=JAKARTA)
    assert parse_when(stamp(minute, JAKARTA, language), zone=UTC, now=WHEN) == minute
