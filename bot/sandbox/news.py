"""The sample portal's news: the headlines of the page that Kabarbot was born on, and an endless supply of others.

The seed is data: titles and times of that page, nothing else of it. The generator is deterministic by its seed.
This module neither publishes nor keeps anything; `bot.sandbox.portal_archive` does.
"""

import random
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from bot.sandbox.news_patterns import PARAGRAPHS, PATTERNS
from bot.sandbox.news_words import NUMBERS, REPORTERS, SECTIONS, WORDS

WIB = timezone(timedelta(hours=7), "WIB")
"""Asia/Jakarta, which knows no summer time."""


@dataclass(frozen=True, slots=True)
class Story:
    """What a newsroom writes, before the portal gives it an address, an id and a time."""

    section: str
    title: str
    lead: str
    reporter: str
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedHeadline:
    """A headline of the seed page: its title to the character and its time (aware, UTC)."""

    section: str
    title: str
    published: datetime


def _seed(when: str, section: str, title: str) -> SeedHeadline:
    moment = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=WIB).astimezone(UTC)
    return SeedHeadline(section, title, moment)


def seed_popular() -> tuple[SeedHeadline, ...]:
    """The seven of the list *Populer*, in the page's order."""
    return (
        _seed(
            "2024-11-21 08:14",
            "hukum",
            "Jaksa Agung Tidak Jujur, Jam Tangan Breitling Limited Edition Tidak Masuk LHKPN",
        ),
        _seed(
            "2024-11-22 09:27", "politik", "MUI Imbau Umat Islam Tak Pilih Pemimpin Pendukung Dinasti Politik"
        ),
        _seed("2024-11-26 00:21", "hukum", "Kejagung Periksa OC Kaligis serta Anak-Istri Zarof Ricar"),
        _seed(
            "2024-11-23 07:41",
            "dunia",
            "Rusia Siap Bombardir Ukraina dengan Rudal Hipersonik Oreshnik, Harga Minyak Langsung Naik",
        ),
        _seed("2024-11-24 16:14", "hukum", "Ini Identitas 8 Orang yang Terjaring OTT KPK di Bengkulu"),
        _seed(
            "2024-11-25 18:57",
            "politik",
            "Sikap Jokowi Munculkan Potensi konflik di Pilkada Jateng dan Jakarta",
        ),
        _seed(
            "2024-11-20 13:30", "politik", "Legislator PKS Soroti Deindustrialisasi Jadi Mimpi Buruk Industri"
        ),
    )


def seed_update() -> tuple[SeedHeadline, ...]:
    """The ten of the list *UPDATE*, newest first as on the page."""
    return (
        _seed("2024-11-29 08:08", "politik", "Jokowi Tak Serius Dukung RK-Suswono"),
        _seed("2024-11-29 06:52", "olahraga", "Ferdian Dwi Purwoko Tetap jadi Kesatria"),
        _seed(
            "2024-11-29 06:36",
            "olahraga",
            "Pergantian Manajer Bikin Kantong Man United Terkuras Rp430 Miliar",
        ),
        _seed(
            "2024-11-29 06:18", "politik", "Perolehan Suara Tak Sesuai Harapan, Andika-Hendi: Kami Mohon Maaf"
        ),
        _seed("2024-11-29 06:12", "publika", "Kita Bangsa Dermawan"),
        _seed(
            "2024-11-29 05:59",
            "bisnis",
            "Pemerintah Beri Sinyal Lanjutkan Subsidi, Harga EV Diprediksi Tetap Kompetitif",
        ),
        _seed(
            "2024-11-29 05:46",
            "politik",
            "PDIP Akan Gugat Hasil Pilgub Banten, Tim Andra Soni: Enggak Masalah",
        ),
        _seed(
            "2024-11-29 05:31",
            "nusantara",
            "Sejumlah Petahana Tumbang di Pilkada Lampung, Pengamat: Masyarakat Ingin Perubahan",
        ),
        _seed(
            "2024-11-29 05:15", "nusantara", "Tim Hukum Mualem-Dek Fadh Tak Gentar dengan Gugatan Paslon 01"
        ),
        _seed(
            "2024-11-29 04:56",
            "nusantara",
            "Partisipasi Pemilih Hanya 55 Persen, KPU Kota Bekasi Dinilai Gagal",
        ),
    )


def seed_article() -> SeedHeadline:
    """The article that the seed page shows (its reporter is `SEED_REPORTER`)."""
    title = "Rusia Desak Armenia dan Azerbaijan Hentikan Permusuhan di Nagorno-Karabakh"
    return _seed("2023-09-20 06:12", "dunia", title)


SEED_REPORTER = "Reni Erina"

_SLOT = re.compile(r"\{([a-z]+)(\d?)\}")
_PARTICLES = frozenset(
    {"agar", "atau", "bagi", "dalam", "dan", "dari", "dengan", "di", "hingga", "karena", "ke", "km", "oleh", "pada", "sebagai", "serta", "untuk", "yang"}
)  # fmt: skip
_REMEMBERED = 20_000
_ATTEMPTS = 500


def headline_case(text: str) -> str:
    """`text` set as an Indonesian headline: every word capital but particles; capitals inside stay."""
    words = text.split(" ")
    return " ".join(word if n and _stays_small(word) else _capital(word) for n, word in enumerate(words))


def _stays_small(word: str) -> bool:
    return word in _PARTICLES or word.startswith("ke-")


def _capital(word: str) -> str:
    return "-".join(re.sub(r"^(\W*)(\w)", lambda m: m[1] + m[2].upper(), part) for part in word.split("-"))


class Headlines:
    """An endless supply of invented stories, the same for the same seed.

    A title is not repeated while it is among the last 20,000. Two supplies share nothing.
    """

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made-up news, nothing to guess
        self._told: OrderedDict[str, None] = OrderedDict()

    def next(self, section: str | None = None) -> Story:
        """The next story, of `section` if one is named (a key of `SECTIONS`, else KeyError)."""
        story = self._compose(section)
        for _ in range(_ATTEMPTS):
            if story.title not in self._told:
                break
            story = self._compose(section)
        else:
            # A section told to its end begins anew: endless is promised, and memory is bounded.
            self._told.clear()
        self._remember(story.title)
        return story

    def _remember(self, title: str) -> None:
        self._told[title] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    def _compose(self, wanted: str | None) -> Story:
        section = wanted or self._random.choice(tuple(SECTIONS))
        pattern = self._random.choice(PATTERNS[section])
        values: dict[str, str] = {}
        title = headline_case(self._fill(pattern.title, values))
        lead = _sentence(self._fill(pattern.lead, values))
        body = tuple(_sentence(self._fill(text, values)) for text in self._random.sample(PARAGRAPHS, 3))
        return Story(section, title, lead, self._random.choice(REPORTERS), body)

    def _fill(self, pattern: str, values: dict[str, str]) -> str:
        return _SLOT.sub(lambda slot: self._value(slot[1], slot[0], values), pattern)

    def _value(self, kind: str, slot: str, values: dict[str, str]) -> str:
        if slot not in values:
            values[slot] = self._draw(kind, frozenset(values.values()))
        return values[slot]

    def _draw(self, kind: str, taken: frozenset[str]) -> str:
        if kind in NUMBERS:
            return str(self._random.randint(*NUMBERS[kind]))
        return self._random.choice([word for word in WORDS[kind] if word not in taken])


def _sentence(text: str) -> str:
    return re.sub(r"(^|[.!?] )(\W*)(\w)", lambda m: m[1] + m[2] + m[3].upper(), text)


def section_name(section: str) -> str:
    """The section's name for readers; a section that the portal does not have is shown as it is."""
    return SECTIONS.get(section, section.title())
