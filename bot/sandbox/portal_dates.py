"""Times as an Indonesian portal writes them. Takes aware datetimes, shows Asia/Jakarta."""

from datetime import datetime
from email.utils import format_datetime

from bot.sandbox.news import WIB

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)


def day(moment: datetime) -> str:
    """`Kamis, 21 November 2024`"""
    local = moment.astimezone(WIB)
    return f"{_DAYS[local.weekday()]}, {local:%d} {_MONTHS[local.month - 1]} {local.year}"


def stamp(moment: datetime) -> str:
    """`Kamis, 21 November 2024 | 08:14`, as under every headline of a list."""
    return f"{day(moment)} | {moment.astimezone(WIB):%H:%M}"


def dateline(moment: datetime, reporter: str) -> str:
    """`RABU, 20 SEPTEMBER 2023 | 06:12 WIB | LAPORAN: RENI ERINA`, as over an article."""
    return f"{stamp(moment)} WIB | Laporan: {reporter}".upper()


def rfc822(moment: datetime) -> str:
    """`Thu, 21 Nov 2024 08:14:00 +0700`, as RSS 2.0 asks (RFC 822 with a four-digit year)."""
    return format_datetime(moment.astimezone(WIB))


def iso(moment: datetime) -> str:
    """`2024-11-21T08:14:00+07:00` (RFC 3339), for Atom, JSON Feed and `<time datetime>`."""
    return moment.astimezone(WIB).isoformat(timespec="seconds")
