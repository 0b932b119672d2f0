"""The sample portal's news: the seed page's own lists, and invented headlines that never repeat."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.news import (
    WIB,
    Headlines,
    Story,
    headline_case,
    section_name,
    seed_article,
    seed_popular,
    seed_update,
)
from bot.sandbox.news_patterns import PARAGRAPHS, PATTERNS
from bot.sandbox.news_words import NUMBERS, SECTIONS, WORDS
from bot.sandbox.portal_archive import KEPT, Archive, slugify
from bot.sandbox.portal_dates import dateline, rfc822, stamp
from bot.sandbox.portal_pictures import HEIGHT, VARIANTS, WIDTH, picture

SEED_PAGE_UPDATE = """
Jokowi Tak Serius Dukung RK-Suswono
Jumat, 29 November 2024 | 08:08
Ferdian Dwi Purwoko Tetap jadi Kesatria
Jumat, 29 November 2024 | 06:52
Pergantian Manajer Bikin Kantong Man United Terkuras Rp430 Miliar
Jumat, 29 November 2024 | 06:36
Perolehan Suara Tak Sesuai Harapan, Andika-Hendi: Kami Mohon Maaf
Jumat, 29 November 2024 | 06:18
Kita Bangsa Dermawan
Jumat, 29 November 2024 | 06:12
Pemerintah Beri Sinyal Lanjutkan Subsidi, Harga EV Diprediksi Tetap Kompetitif
Jumat, 29 November 2024 | 05:59
PDIP Akan Gugat Hasil Pilgub Banten, Tim Andra Soni: Enggak Masalah
Jumat, 29 November 2024 | 05:46
Sejumlah Petahana Tumbang di Pilkada Lampung, Pengamat: Masyarakat Ingin Perubahan
Jumat, 29 November 2024 | 05:31
Tim Hukum Mualem-Dek Fadh Tak Gentar dengan Gugatan Paslon 01
Jumat, 29 November 2024 | 05:15
Partisipasi Pemilih Hanya 55 Persen, KPU Kota Bekasi Dinilai Gagal
Jumat, 29 November 2024 | 04:56
"""
SEED_PAGE_POPULAR = """
Jaksa Agung Tidak Jujur, Jam Tangan Breitling Limited Edition Tidak Masuk LHKPN
Kamis, 21 November 2024 | 08:14
MUI Imbau Umat Islam Tak Pilih Pemimpin Pendukung Dinasti Politik
Jumat, 22 November 2024 | 09:27
Kejagung Periksa OC Kaligis serta Anak-Istri Zarof Ricar
Selasa, 26 November 2024 | 00:21
Rusia Siap Bombardir Ukraina dengan Rudal Hipersonik Oreshnik, Harga Minyak Langsung Naik
Sabtu, 23 November 2024 | 07:41
Ini Identitas 8 Orang yang Terjaring OTT KPK di Bengkulu
Minggu, 24 November 2024 | 16:14
Sikap Jokowi Munculkan Potensi konflik di Pilkada Jateng dan Jakarta
Senin, 25 November 2024 | 18:57
Legislator PKS Soroti Deindustrialisasi Jadi Mimpi Buruk Industri
Rabu, 20 November 2024 | 13:30
"""
NOW = datetime(2024, 12, 2, 3, 4, 5, tzinfo=UTC)


def test_update_is_the_seed_pages_list() -> None:
    """The ten headlines of UPDATE stand as on the page, each with its time."""
    shown = [line for seed in seed_update() for line in (seed.title, stamp(seed.published))]
    assert shown == SEED_PAGE_UPDATE.strip().splitlines()


def test_popular_is_the_seed_pages_list() -> None:
    """The seven headlines of Populer stand as on the page, in its order."""
    shown = [line for seed in seed_popular() for line in (seed.title, stamp(seed.published))]
    assert shown == SEED_PAGE_POPULAR.strip().splitlines()


def test_seed_articles_dateline() -> None:
    """The seed page's article has the dateline of the page, to the character."""
    assert (
        dateline(seed_article().published, "Reni Erina")
        == "RABU, 20 SEPTEMBER 2023 | 06:12 WIB | LAPORAN: RENI ERINA"
    )


def test_seed_times_are_utc() -> None:
    """Times are aware and UTC inside; Jakarta is seven hours ahead."""
    first = seed_update()[0].published
    assert (first.tzinfo, first.hour, first.astimezone(WIB).hour) == (UTC, 1, 8)
    assert rfc822(first) == "Fri, 29 Nov 2024 08:08:00 +0700"


def test_ten_thousand_headlines_without_a_repeat() -> None:
    """Ten thousand invented headlines are ten thousand different ones, from every section."""
    supply = Headlines(11)
    stories = [supply.next() for _ in range(10_000)]
    assert len({story.title for story in stories}) == 10_000
    assert {story.section for story in stories} == set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_one_section_alone_lasts(section: str) -> None:
    """A single section has thousands of headlines of its own."""
    supply = Headlines(5)
    stories = [supply.next(section) for _ in range(3_000)]
    assert len({story.title for story in stories}) == 3_000
    assert {story.section for story in stories} == {section}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_same_seed_same_news(seed: int) -> None:
    """The supply is decided by its seed alone."""
    one, other = Headlines(seed), Headlines(seed)
    assert [one.next() for _ in range(20)] == [other.next() for _ in range(20)]


def test_another_seed_other_news() -> None:
    """Two seeds tell different news."""
    one, other = Headlines(1), Headlines(2)
    assert [one.next() for _ in range(20)] != [other.next() for _ in range(20)]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_stories_are_whole(seed: int) -> None:
    """No slot is left open, nothing is empty, sentences begin with a capital, leads fit 500 characters."""
    supply = Headlines(seed)
    for story in (supply.next() for _ in range(50)):
        text = " ".join([story.title, story.lead, *story.body])
        assert not re.search(r"[{}]|  ", text)
        assert 10 <= len(story.title) <= 140 or story.section == "publika"
        assert len(story.lead) <= 500
        assert len(story.body) == 3
        assert all(
            re.sub(r"^\W+", "", part)[0] not in "abcdefghijklmnopqrstuvwxyz"
            for part in (story.title, story.lead)
        )


def test_some_headlines_need_escaping() -> None:
    """Ampersands, quotes, less-than signs and emoji all turn up within a few hundred headlines."""
    supply = Headlines(1)
    titles = "\n".join(supply.next().title for _ in range(400))
    assert all(sign in titles for sign in ("&", "<", '"', "“"))
    assert any(ord(sign) > 0x1F000 for sign in titles)


def test_every_slot_has_values() -> None:
    """Every slot of every sentence is a list of words or a range of numbers."""
    sentences = [text for kinds in PATTERNS.values() for one in kinds for text in (one.title, one.lead)]
    slots = {slot for text in (*sentences, *PARAGRAPHS) for slot in re.findall(r"\{([a-z]+)\d?\}", text)}
    assert slots <= set(WORDS) | set(NUMBERS)
    assert set(PATTERNS) == set(SECTIONS)


class Parrot(Headlines):
    """A supply that knows a single story."""

    def _compose(self, wanted: str | None) -> Story:
        return Story(wanted or "politik", "Itu Lagi", "Itu lagi.", "Redaksi")


def test_a_section_told_to_its_end_begins_anew() -> None:
    """The supply is endless even when it runs out of new words."""
    supply = Parrot()
    assert [supply.next("publika").title for _ in range(3)] == ["Itu Lagi"] * 3


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("petani kopi di lembah dan pantai", "Petani Kopi di Lembah dan Pantai"),
        ("di balik layar", "Di Balik Layar"),
        ("“perlu dikaji,” kata DPRD", "“Perlu Dikaji,” Kata DPRD"),
        ("pekan ke-7 bagi anak-istri", "Pekan ke-7 bagi Anak-Istri"),
        ("suhu <20 derajat & angin", "Suhu <20 Derajat & Angin"),
        ("layanan e-KTP keliling", "Layanan E-KTP Keliling"),
    ],
)
def test_headline_case(plain: str, set_: str) -> None:
    """Headlines are set as an Indonesian desk sets them."""
    assert headline_case(plain) == set_


@given(st.text())
def test_slugs_are_plain(title: str) -> None:
    """Whatever the headline, the slug is short ASCII and never empty."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slugify(title))
    assert len(slugify(title)) <= 80


def test_slug_of_a_headline() -> None:
    """A slug is the headline's words."""
    assert slugify("PDIP Akan Gugat: “Enggak Masalah” & Café") == "pdip-akan-gugat-enggak-masalah-cafe"


def test_archive_keeps_a_bounded_number() -> None:
    """Beyond 2,000 articles the oldest is forgotten, with its reads; ids go on growing."""
    archive, supply = Archive(), Headlines(1)
    first = archive.newest(KEPT)[-1]
    ids = [archive.add(supply.next(), NOW).id for _ in range(KEPT + 5)]
    assert ids == sorted(set(ids))
    assert len(archive) == KEPT
    assert archive.get(first.id) is None
    assert archive.reads(first.id) == 0
    assert len(json.dumps([a.title for a in archive.popular(KEPT)])) < 1_000_000


def test_changes_never_look_alike() -> None:
    """Two changes within one second get two times, so If-Modified-Since can tell them apart."""
    archive, supply = Archive(), Headlines(1)
    archive.add(supply.next(), NOW)
    first = archive.changed
    archive.add(supply.next(), NOW)
    assert (first, archive.changed > first) == (NOW, True)


def test_section_names() -> None:
    """Sections have a name for readers."""
    assert (section_name("politik"), section_name("gaya")) == ("Politik", "Gaya")


def test_pictures_are_small_pngs() -> None:
    """Every picture is a PNG of the stated size, small, and the same every time."""
    data = picture("dunia", 3)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data[16:24] == WIDTH.to_bytes(4, "big") + HEIGHT.to_bytes(4, "big")
    assert len(data) < 20_000
    assert data == picture("dunia", 3 + VARIANTS)
    assert data != picture("dunia", 4)
    assert picture("tak-ada", 1) == picture("politik", 1)
