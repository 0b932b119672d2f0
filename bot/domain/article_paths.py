"""How portals write the path of an article: where its id stands, and where its section.

Every pattern is named after the portals it was seen at; what no pattern knows has no id. These are facts
about paths: hosts are already folded and percent-encoding is already undone by `bot.domain.links`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple


class _Pattern(NamedTuple):
    """A form of path; `sites` are the domains (with their sub-domains) it holds for, none: all."""

    name: str
    form: re.Pattern[str]
    sites: tuple[str, ...] = ()


def _pattern(name: str, form: str, *sites: str) -> _Pattern:
    return _Pattern(name, re.compile(form), sites)


_DATE = r"(?P<y>(?:19|20)\d\d)/(?P<m>\d\d?)/(?P<d>\d\d?)"
#: rmol `/dunia/read/Y/M/D/ID/slug`, `/amp/Y/M/D/ID/slug`, `/foto/…`; detik `/read/Y/M/D/HHMMSS/ID/PAGE/slug`;
#: okezone `/read/Y/M/D/CHANNEL/ID/slug`; tempo 2017 `/read/news/Y/M/D/ID/slug`; kompas `/read/Y/M/D/HHMMSSxx/slug`.
_DATED = re.compile(
    rf"/(?:read|readfoto|readvideo|amp|foto|video)(?:/[a-z]+)?/{_DATE}/(?P<run>\d+(?:/\d+)*)(?:/|$)"
)
_PATTERNS = (
    _pattern("detik", r"/d-(\d{5,})(?:/|$)"),
    _pattern("cnnindonesia, cnbcindonesia", r"/\d{14}-\d+-(\d{4,})(?:/|$)"),
    _pattern("tempo, liputan6, sindonews, inews", r"/read/(\d{5,})(?:/|$)"),
    _pattern("wartaekonomi", r"/read(\d{5,})(?:/|$)"),
    _pattern("bisnis.com", r"/read/20\d{6}/\d+/(\d{5,})(?:/|$)"),
    _pattern("merdeka", r"-(\d{5,})-mvk\.html$"),
    _pattern("antara", r"/(?:berita|foto|video|infografik|rilis-pers|slide)/(\d{5,})(?:/|$)"),
    _pattern("viva", r"/(\d{5,})-[a-z0-9][a-z0-9-]{5,}$", "viva.co.id"),
    _pattern("republika, dated", r"/\d\d/\d\d/\d\d/([a-z0-9]{6,12})-", "republika.co.id"),
    _pattern("republika", r"/berita/([a-z0-9]{9})(?:/|$)", "republika.co.id"),
    _pattern("jawapos network", r"/(\d{6,})/[a-z0-9-]{8,}$", "jawapos.com", "pikiran-rakyat.com"),
    _pattern("mediaindonesia, beritasatu", r"/(\d{5,})/[^/]{8,}$", "mediaindonesia.com", "beritasatu.com"),
    _pattern("tempo", r"-(\d{6,})$", "tempo.co"),
    _pattern("philstar", r"/(?:19|20)\d\d/\d\d?/\d\d?/(\d{7,})/[^/]{8,}$", "philstar.com"),
    _pattern("bbc", r"[/-](\d{8})$|/articles/(c[a-z0-9]{10,})$", "bbc.com", "bbc.co.uk"),
)

_SEPARATOR_WORDS = (
    "amp artikel article articles baca berita content detail en id index news p post posts read readfoto readvideo"
    " story www"
)
_LABEL_WORDS = "category categories kategori kanal rubrik section channel topik"
_OTHER_WORDS = (
    "tag tags author authors user users page search cari cdn feed feeds rss static media images img api app blog"
    " web portal dev test beta old new mobile m home beranda sitemap archive arsip uploads wp-content out go"
    " redirect share"
)
_SEPARATORS = frozenset(_SEPARATOR_WORDS.split())
_LABELS = frozenset(_LABEL_WORDS.split())
_NO_SECTION = _SEPARATORS | _LABELS | frozenset(_OTHER_WORDS.split())
_SMALL = frozenset({"dan", "di", "ke", "of", "and", "the"})
_CAPITALS = frozenset(
    {"umkm", "tni", "dpr", "kpk", "ikn", "bumn", "ump", "dki", "diy", "ntb", "ntt", "uk", "us"}
)
_NAME = re.compile(r"[^\W\d_]{2,}(?:-[^\W\d_]+){0,3}")
_SLUG = re.compile(r".*[-_].*[-_]|.{16,}|.*\.html?$|.*\d{5,}")


def find_id(host: str, path: str) -> str | None:
    """The article's id in `path`, or None."""
    if dated := _DATED.search(path):
        return _id_after_date(dated)
    for pattern in _PATTERNS:
        if _holds_for(pattern, host) and (match := pattern.form.search(path)):
            found = next(group for group in match.groups() if group)
            return None if _is_day(found) else found
    return None


def find_section(host: str, path: str) -> str | None:
    """The section that `path`, else the sub-domain, names; titled, or None."""
    segments = [segment for segment in path.split("/") if segment]
    for index, segment in enumerate(segments[:-1]):
        word = segment.lower()
        if word in _SEPARATORS or word in _LABELS:
            continue
        if word in _NO_SECTION or not _NAME.fullmatch(word) or len(word) > 30:
            break
        return titled(word) if _leads_to_article(segments[index + 1 :]) else None
    return _section_of_host(host) if find_id(host, path) else None


def titled(words: str) -> str:
    """A section's name as a newsroom prints it: ``politik-dan-hukum`` is *Politik dan Hukum*."""
    found = re.split(r"[\s\-]+", words.strip())
    return " ".join(_titled_word(word, first=index == 0) for index, word in enumerate(found))


def _titled_word(word: str, *, first: bool) -> str:
    lower = word.lower()
    if lower in _CAPITALS:
        return lower.upper()
    return lower if lower in _SMALL and not first else lower[:1].upper() + lower[1:]


def _holds_for(pattern: _Pattern, host: str) -> bool:
    return not pattern.sites or any(host == site or host.endswith(f".{site}") for site in pattern.sites)


def _id_after_date(match: re.Match[str]) -> str | None:
    """Of the numbers after the date: the id, with the day before it where it might be a clock time."""
    run = match["run"].split("/")
    if len(run) > 1 and len(run[1]) >= 5 and (_is_clock(run[0]) or len(run[1]) > len(run[0])):
        return run[1]
    number = run[0]
    if len(number) < 3 or (_is_clock(number) and number.startswith("0") and len(number) <= 6):
        return None
    return f"{match['y']}{match['m']:0>2}{match['d']:0>2}-{number}" if _is_clock(number) else number


def _is_clock(number: str) -> bool:
    """HHMM, HHMMSS, or HHMMSS with a counter of two digits (kompas): unique within its day at best."""
    if len(number) not in {4, 6, 8}:
        return False
    hour, minute, second = number[:2], number[2:4], number[4:6] or "00"
    return hour < "24" and minute < "60" and second < "60"


def _is_day(number: str) -> bool:
    try:
        date(int(number[:4]), int(number[4:6]), int(number[6:8]))
    except ValueError:
        return False
    return len(number) == 8


def _leads_to_article(rest: list[str]) -> bool:
    """Whether what follows a section's name looks like an article: a marker, a number or a slug."""
    head = rest[0].lower()
    return head in _SEPARATORS or head[:1].isdigit() or bool(_SLUG.match(rest[-1]))


def _section_of_host(host: str) -> str | None:
    labels = host.partition(":")[0].split(".")
    enough = 3 if len(labels[-1]) != 2 or len(labels[-2:][0]) > 3 else 4
    word = labels[0]
    named = len(labels) >= enough and word not in _NO_SECTION and _NAME.fullmatch(word)
    return titled(word) if named else None
