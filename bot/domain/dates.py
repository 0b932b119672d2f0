"""Publication times as portals write them, into aware UTC. Reads only; the clock is a parameter, never asked.

Understood: RFC 822/5322, ISO 8601 (RFC 3339, W3CDTF), month names of the languages in `months`, numeric dates,
``17 jam lalu``. A text in which no plausible time can be read gives None; nothing here raises or guesses a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from bot.domain.months import MONTHS, fold

#: Years that a headline may claim: not before the Web, not far beyond the clock.
_FIRST_YEAR, _YEARS_AHEAD = 1990, 10
_LONGEST = 400

_ISO = re.compile(
    r"(?P<y>\d{4})(?:-?(?P<m>\d{2})(?:-?(?P<d>\d{2}))?)?"
    r"(?:(?:[t_ ]|\s+)(?P<H>\d{2})(?::?(?P<M>\d{2})(?::?(?P<S>\d{2})(?:[.,]\d+)?)?)?)?"
    r"\s*(?P<zone>z|utc|gmt|wib|wita|wit|[+-]\d{1,2}(?::?\d{2})?)?",
)
_ORDINAL = re.compile(r"(?P<y>\d{4})-?(?P<n>\d{3})(?!\d)")
_NAMED = re.compile(r"(?<!\d)(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s\-/,]*(?:de\s+|of\s+)?(?P<m>[^\W\d_]+)\.?"
                    r"[\s\-/,]*(?:de\s+|del\s+)?'?(?P<y>\d{4}|\d{2})(?!\d)(?![:.]\d)")  # fmt: skip
_NAMED_US = re.compile(r"(?P<m>[^\W\d_]+)\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?(?:,|\s)\s*(?P<y>\d{4})(?!\d)")
#: ``Thu Jan  1 00:00:00 GMT 2004`` (asctime): the year stands last.
_ASCTIME = re.compile(r"(?P<m>[^\W\d_]+)\s+(?P<d>\d{1,2})\s+(?=\d{1,2}:).*?(?P<y>(?:19|20)\d{2})\s*$")
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<y>\d{4})[/.\-年](?P<m>\d{1,2})[/.\-月](?P<d>\d{1,2})日?(?!\d)")
_YEAR_LAST = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})(?P<sep>[/.\-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})(?!\d)(?!:)"
)
_CLOCK = re.compile(
    r"(?<![\d.:+\-])(?P<H>\d{1,2})\s?[:.]\s?(?P<M>\d{2})(?:[:.](?P<S>\d{2}))?(?:[.,]\d+)?(?!\d)"
    r"\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>(?:gmt|utc)?\s?[+-]\s?\d{1,2}(?::?\d{2})?(?!\d)|\(?[a-z]{1,5}\b)?"
)
_EPOCH = re.compile(r"(\d{10})(?:\d{3})?")
_ATTRIBUTE = re.compile(r"""datetime\s*=\s*["']?([^"'>]+)""", re.IGNORECASE)

_UNITS = {
    "detik": 1, "dtk": 1, "second": 1, "sec": 1, "menit": 60, "mnt": 60, "minute": 60, "min": 60,
    "jam": 3600, "hour": 3600, "hr": 3600, "hari": 86400, "day": 86400, "minggu": 604800, "pekan": 604800,
    "week": 604800, "bulan": 2592000, "month": 2592000, "tahun": 31536000, "year": 31536000,
}  # fmt: skip
_AGO = re.compile(
    rf"(?:(\d{{1,4}})|\b(?:an?|one|satu)|\bse)\s*({'|'.join(_UNITS)})s?\s+(?:yang\s+|yg\s+)?(?:lalu|ago)\b"
)
_DAYS_BACK = {"hari ini": 0, "today": 0, "kemarin": 1, "yesterday": 1}
_NOW = re.compile(r"\b(?:baru saja|barusan|just now)\b")

_HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "wib": 7, "wita": 8, "wit": 9, "sgt": 8, "myt": 8, "hkt": 8,
    "ict": 7, "jst": 9, "kst": 9, "ist": 5.5, "msk": 3, "eet": 2, "eest": 3, "cet": 1, "cest": 2, "mez": 1,
    "mesz": 2, "bst": 1, "west": 1, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7, "akst": -9, "hst": -10, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3, "et": -5,
    "ct": -6, "mt": -7, "pt": -8,
}  # fmt: skip


def parse_when(text: str | None, *, zone: tzinfo, now: datetime) -> datetime | None:
    """The instant that `text` names, aware, in UTC; None where it names none that is plausible.

    `zone` is where a time without one is read; `now` (aware) is what ``17 jam lalu`` counts back from.
    A weekday is not believed, only skipped; a day without an hour is its first minute.
    """
    words = _tidy(text or "")
    if not words:
        return None
    try:
        found = _relative(words, zone, now) or _iso(words, zone) or _written(words, zone) or _epoch(words)
        return plausible(found.astimezone(UTC), now) if found else None
    except (ValueError, OverflowError):
        return None


def _tidy(text: str) -> str:
    if "<" in text and (attribute := _ATTRIBUTE.search(text[:_LONGEST])):
        text = attribute[1]
    text = re.sub(r"<[^>]*>", " ", text[:_LONGEST]).replace("&nbsp;", " ").replace("’", "'")
    return " ".join(fold(text).replace("jum'at", "jumat").split())


def plausible(when: datetime, now: datetime) -> datetime | None:
    """`when`, or None where no headline can claim that year (a clock at 1970 is a fault, not a date)."""
    return when if _FIRST_YEAR <= when.year <= now.year + _YEARS_AHEAD else None


def _relative(words: str, zone: tzinfo, now: datetime) -> datetime | None:
    if match := _AGO.search(words):
        return now - timedelta(seconds=int(match[1] or 1) * _UNITS[match[2]])
    if _NOW.search(words):
        return now
    for name, days in _DAYS_BACK.items():
        clock = _CLOCK.search(words)
        if words.startswith(name) and clock:
            day = now.astimezone(_zone_of(clock["zone"], zone)) - timedelta(days=days)
            hour, minute = _hours(clock)
            return day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return None


def _iso(words: str, zone: tzinfo) -> datetime | None:
    if match := _ORDINAL.fullmatch(words):
        return datetime(int(match["y"]), 1, 1, tzinfo=zone) + timedelta(days=_ordinal_day(match["n"]) - 1)
    match = _ISO.fullmatch(words)
    if not match or (words.isdigit() and len(words) not in {4, 8}):
        return None
    year, month, day = (int(match[name] or 1) for name in "ymd")
    hour, minute, second = (int(match[name] or 0) for name in "HMS")
    return _build((year, month, day), (hour, minute, second), _zone_of(match["zone"], zone))


def _ordinal_day(text: str) -> int:
    if not 1 <= int(text) <= 366:
        raise ValueError(text)
    return int(text)


def _written(words: str, zone: tzinfo) -> datetime | None:
    found = _day(words)
    if found is None:
        return None
    day, (start, end) = found
    clock = _CLOCK.search(words, end) or _CLOCK.search(words[:start]) or _CLOCK.search(words[start:end])
    if clock is None:
        return _build(day, (0, 0, 0), zone)
    return _build(day, (*_hours(clock), int(clock["S"] or 0)), _zone_of(clock["zone"], zone))


def _day(words: str) -> tuple[tuple[int, int, int], tuple[int, int]] | None:
    """Year, month, day, and where in the text they stand."""
    for form in (_NAMED, _NAMED_US, _ASCTIME):
        for match in _overlapping(form, words):
            if month := MONTHS.get(match["m"]):
                return (_year(match["y"]), month, int(match["d"])), match.span()
    numeric = _YEAR_FIRST.search(words) or _YEAR_LAST.search(words)
    if numeric is None:
        return None
    month, day = int(numeric["m"]), int(numeric["d"])
    if month > 12 >= day:  # written as Americans do
        month, day = day, month
    return (_year(numeric["y"]), month, day), numeric.span()


def _overlapping(form: re.Pattern[str], words: str) -> Iterator[re.Match[str]]:
    """Every place where `form` begins: in ``06:12 WIB, 20 September`` the first is none."""
    match = form.search(words)
    while match:
        yield match
        match = form.search(words, match.start() + 1)


def _year(text: str) -> int:
    """Two digits as in RFC 5322 §4.3, but the century of the Web."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _hours(clock: re.Match[str]) -> tuple[int, int]:
    hour, half = int(clock["H"]), (clock["half"] or "")[:1]
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(clock["M"])


def _build(day: tuple[int, int, int], time: tuple[int, int, int], zone: tzinfo) -> datetime:
    """Midnight may be written 24:00 (ISO 8601), a leap second 60."""
    hour, minute, second = time
    late = timedelta(days=1 if (hour, minute, second) == (24, 0, 0) else 0)
    hour, second = (0 if late else hour), min(second, 59) if second <= 60 else second
    return datetime(*day, hour, minute, second, tzinfo=zone) + late


def _zone_of(text: str | None, default: tzinfo) -> tzinfo:
    """The zone as written; a name that is none (``LAPORAN``) leaves the portal's own."""
    name = (text or "").strip(" ()").replace(" ", "")
    number = name.removeprefix("gmt").removeprefix("utc")
    if number[:1] in {"+", "-"}:
        return _offset(number)
    hours = _HOURS.get(name)
    return default if hours is None else timezone(timedelta(hours=hours))


def _offset(text: str) -> tzinfo:
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if text[0] == "-" else ahead)


def _epoch(words: str) -> datetime | None:
    match = _EPOCH.fullmatch(words)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None
