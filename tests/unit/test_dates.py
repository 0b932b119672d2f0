"""Publication times, as portals write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.dates import parse_when
from bot.domain.months import MONTHS, fold

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2024, 11, 29, 1, 30, tzinfo=UTC)


def _moment(parts: tuple[int, ...]) -> datetime:
    year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def local(*parts: int) -> datetime:
    """A minute in Jakarta."""
    return _moment(parts).replace(tzinfo=JAKARTA)


def utc(*parts: int) -> datetime:
    """An instant in UTC."""
    return _moment(parts).replace(tzinfo=UTC)


WRITTEN = {
    # datelines of pages
    "Rabu, 20 Sep 2023 06:12 WIB": local(2023, 9, 20, 6, 12),
    "20 September 2023 | 06:12": local(2023, 9, 20, 6, 12),
    "SENIN, 21 FEBRUARI 2011 | 13:12 WIB | LAPORAN: ZULHIDAYAT SIREGAR": local(2011, 2, 21, 13, 12),
    "RABU, 20 SEPTEMBER 2023 | 06:12 WIB | LAPORAN: RENI ERINA": local(2023, 9, 20, 6, 12),
    "Sabtu, 17 Desember 2011, 17:28 WIB": local(2011, 12, 17, 17, 28),
    "Selasa, 09 Desember 2025 | 14:21": local(2025, 12, 9, 14, 21),
    "Kamis 09 Juli 2020 07:26 WIB": local(2020, 7, 9, 7, 26),
    "Jumat, 25/07/2025 15:21": local(2025, 7, 25, 15, 21),
    "10 Agustus 2024 02:42": local(2024, 8, 10, 2, 42),
    "25 July 2025 04:28 PM": local(2025, 7, 25, 16, 28),
    "Kamis, 24 Juli 2025": local(2025, 7, 24),
    "Minggu, 9 Januari 2022": local(2022, 1, 9),
    "05 Agustus 2019": local(2019, 8, 5),
    "3 Mei 2019 12.05": local(2019, 5, 3, 12, 5),
    "3 Agt 2019": local(2019, 8, 3),
    "3 Agu 2019": local(2019, 8, 3),
    "Sel, 3 Agst 2019": local(2019, 8, 3),
    "3 Okt 2019": local(2019, 10, 3),
    "3 Des 2019": local(2019, 12, 3),
    "Jum'at, 3 Mei 2019 07.40 WIB": local(2019, 5, 3, 7, 40),
    "Jum’at, 3 Mei 2019 07.40": local(2019, 5, 3, 7, 40),
    "Ahad, 5 Mei 2019, pukul 07.40 WIB": local(2019, 5, 5, 7, 40),
    "Rabu, 20 September 2023 | 06:12 WITA": utc(2023, 9, 19, 22, 12),
    "Rabu, 20 September 2023 | 06:12 WIT": utc(2023, 9, 19, 21, 12),
    "06:12 WIB, 20 September 2023": local(2023, 9, 20, 6, 12),
    "20-09-2023 06:12": local(2023, 9, 20, 6, 12),
    "20/9/23": local(2023, 9, 20),
    "2023/09/20 06:12": local(2023, 9, 20, 6, 12),
    "22.11.2022 12:16:00": local(2022, 11, 22, 12, 16),
    "09/30/2023 10:00": local(2023, 9, 30, 10),
    # feeds
    "Wed, 20 Sep 2023 06:12:00 +0700": utc(2023, 9, 19, 23, 12),
    "Wed, 20 Sep 2023 06:12:00 GMT": utc(2023, 9, 20, 6, 12),
    "Wed, 20 Sep 2023 06:12:00": local(2023, 9, 20, 6, 12),
    "Mon, 20 Sep 2023 06:12:00 +0700": utc(2023, 9, 19, 23, 12),
    "Wed, 20 Sep 23 06:12 +0700": utc(2023, 9, 19, 23, 12),
    "Mon, 01 Jan 2024 07:00:00 WIB": utc(2024, 1, 1),
    "Wed, 20 Sep 2023 06:12:00 GMT+0700": utc(2023, 9, 19, 23, 12),
    "Wed, 20 Sep 2023 06:12:00 EST": utc(2023, 9, 20, 11, 12),
    "Wed,20 Sep 2023 6:12:00 Z": utc(2023, 9, 20, 6, 12),
    "20 Sep 2023 06:12:60 +0000": utc(2023, 9, 20, 6, 12, 59),
    "Sun, 06-Nov-94 08:49:37 GMT": utc(1994, 11, 6, 8, 49, 37),
    "Thu Jan  1 00:00:00 GMT 2004": utc(2004, 1, 1),
    "Seg, 24 Set 2018 19:42:40 -0300": utc(2018, 9, 24, 22, 42, 40),
    "mar., 5 févr. 2019 10:00:00 +0100": utc(2019, 2, 5, 9),
    "Friday, January 29, 2021 04:42 PM": local(2021, 1, 29, 16, 42),
    "Friday, January 29, 2021 12:05 AM": local(2021, 1, 29, 0, 5),
    '<time datetime="2019-05-03T19:21:28Z">kemarin</time>': utc(2019, 5, 3, 19, 21, 28),
    "2023-09-20T06:12:00+07:00": utc(2023, 9, 19, 23, 12),
    "2023-09-20T06:12:00.123456Z": utc(2023, 9, 20, 6, 12),
    "2023-09-20T06:12:00": local(2023, 9, 20, 6, 12),
    "2023-09-20 06:12": local(2023, 9, 20, 6, 12),
    "2023-09-20t24:00:00z": utc(2023, 9, 21),
    "20230920T061200Z": utc(2023, 9, 20, 6, 12),
    "2023-09-20": local(2023, 9, 20),
    "2003-335": local(2003, 12, 1),
    "  2023-09-20T06:12+07  ": utc(2023, 9, 19, 23, 12),
    "1695168720": utc(2023, 9, 20, 0, 12),
    "1695168720123": utc(2023, 9, 20, 0, 12),
    # relative
    "17 jam lalu": NOW - timedelta(hours=17),
    "1 hari yang lalu": NOW - timedelta(days=1),
    "sejam lalu": NOW - timedelta(hours=1),
    "2 pekan lalu": NOW - timedelta(days=14),
    "5 minutes ago": NOW - timedelta(minutes=5),
    "an hour ago": NOW - timedelta(hours=1),
    "Baru saja": NOW,
    "Kemarin, 07:40": local(2024, 11, 28, 7, 40),
    "Hari ini, 07.40 WIB": local(2024, 11, 29, 7, 40),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_what_portals_write_is_read(text: str) -> None:
    """Every form seen in the wild, each the instant that a reader would take it for."""
    assert parse_when(text, zone=JAKARTA, now=NOW) == WRITTEN[text]


ABSURD = [
    "",
    "   ",
    None,
    "kemarin",
    "tanggal",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "1970-01-01T00:00:00Z",
    "0",
    "0000-00-00 00:00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "31 Feb 2023 10:00",
    "99 Sep 2023",
    "20 Sep 2023 25:61",
    "Wed, 32 Dec 2023 10:00:00 +0700",
    "20 Sep 2023 10:00:00 +9999",
    "12:30",
    "Selasa",
    "99999 tahun lalu",
    "9" * 5000,
    "20230931",
]


@pytest.mark.parametrize("text", ABSURD)
def test_nonsense_is_no_time(text: str | None) -> None:
    """None, rather than 1970 or now."""
    assert parse_when(text, zone=JAKARTA, now=NOW) is None


def test_a_time_to_come_is_a_time() -> None:
    """What it means for a post is decided elsewhere."""
    assert parse_when("2026-01-01T00:00:00Z", zone=JAKARTA, now=NOW) == utc(2026, 1, 1)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_nothing_raises(text: str) -> None:
    """Any text at all: a plausible aware UTC time or None."""
    when = parse_when(text, zone=JAKARTA, now=NOW)
    assert when is None or (when.tzinfo is UTC and 1990 <= when.year <= 2034)


@settings(deadline=None)
@given(
    st.from_regex(
        r"[0-9]{1,4}[ ./:-]{0,2}[A-Za-z]{0,9}[ ./:-][0-9]{1,4}[ ,|T][0-9]{1,2}[:.][0-9]{2}( [+-]?[0-9]{4})?",
        fullmatch=True,
    )
)
def test_nothing_that_looks_like_a_date_raises(text: str) -> None:
    """Dates with the wrong numbers in them."""
    when = parse_when(text, zone=JAKARTA, now=NOW)
    assert when is None or 1990 <= when.year <= 2034


FIRST, LAST = datetime(1991, 1, 1), datetime(2033, 1, 1)  # noqa: DTZ001
MOMENTS = st.datetimes(FIRST, LAST).map(lambda when: when.replace(microsecond=0))
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DAYS = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]
MONTH_NAMES = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()  # noqa: SIM905


@settings(deadline=None)
@given(MOMENTS, OFFSETS)
def test_every_instant_survives_rfc_822_and_iso_8601(when: datetime, offset: timezone) -> None:
    """Written with any offset, read back exactly."""
    moment = when.replace(tzinfo=offset)
    assert parse_when(moment.isoformat(), zone=JAKARTA, now=NOW) == moment
    english = f"{moment:%a, %d %b %Y %H:%M:%S %z}"
    assert parse_when(english, zone=JAKARTA, now=NOW) == moment


@settings(deadline=None)
@given(MOMENTS, st.sampled_from([" | ", ", ", " "]), st.sampled_from([":", "."]))
def test_every_minute_survives_an_indonesian_dateline(when: datetime, between: str, colon: str) -> None:
    """Whatever stands between day and time."""
    minute = when.replace(second=0, tzinfo=JAKARTA)
    day = f"{DAYS[when.weekday()]}, {when.day:02} {MONTH_NAMES[when.month - 1]} {when.year}"
    assert parse_when(f"{day}{between}{when:%H}{colon}{when:%M} WIB", zone=JAKARTA, now=NOW) == minute


def test_month_names_are_words_of_their_own() -> None:
    """No name stands for two months."""
    assert set(MONTHS.values()) == set(range(1, 13))
    assert (MONTHS["mei"], MONTHS["agt"], MONTHS["des"], MONTHS["okt"]) == (5, 8, 12, 10)
    assert fold("Février") == "fevrier"
