"""The seed case: the lists of the page that Kabarbot was born on, as answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from bot.domain.headlines import Headline
from tests.support_commands import POPULAR_URL, MemoryHeadlines, answers, ask, headline, titles

WIB = timezone(timedelta(hours=7))

POPULER = """\
2024-11-21 08:14 Jaksa Agung Tidak Jujur, Jam Tangan Breitling Limited Edition Tidak Masuk LHKPN
2024-11-22 09:27 MUI Imbau Umat Islam Tak Pilih Pemimpin Pendukung Dinasti Politik
2024-11-26 00:21 Kejagung Periksa OC Kaligis serta Anak-Istri Zarof Ricar
2024-11-23 07:41 Rusia Siap Bombardir Ukraina dengan Rudal Hipersonik Oreshnik, Harga Minyak Langsung Naik
2024-11-24 16:14 Ini Identitas 8 Orang yang Terjaring OTT KPK di Bengkulu
2024-11-25 18:57 Sikap Jokowi Munculkan Potensi konflik di Pilkada Jateng dan Jakarta
2024-11-20 13:30 Legislator PKS Soroti Deindustrialisasi Jadi Mimpi Buruk Industri
"""
UPDATE = """\
2024-11-29 08:08 Jokowi Tak Serius Dukung RK-Suswono
2024-11-29 06:52 Ferdian Dwi Purwoko Tetap jadi Kesatria
2024-11-29 06:36 Pergantian Manajer Bikin Kantong Man United Terkuras Rp430 Miliar
2024-11-29 06:18 Perolehan Suara Tak Sesuai Harapan, Andika-Hendi: Kami Mohon Maaf
2024-11-29 06:12 Kita Bangsa Dermawan
2024-11-29 05:59 Pemerintah Beri Sinyal Lanjutkan Subsidi, Harga EV Diprediksi Tetap Kompetitif
2024-11-29 05:46 PDIP Akan Gugat Hasil Pilgub Banten, Tim Andra Soni: Enggak Masalah
2024-11-29 05:31 Sejumlah Petahana Tumbang di Pilkada Lampung, Pengamat: Masyarakat Ingin Perubahan
2024-11-29 05:15 Tim Hukum Mualem-Dek Fadh Tak Gentar dengan Gugatan Paslon 01
2024-11-29 04:56 Partisipasi Pemilih Hanya 55 Persen, KPU Kota Bekasi Dinilai Gagal
"""


def read_list(text: str, first_id: int) -> list[Headline]:
    """The headlines of one of the page's lists, in its order."""
    return [
        headline(
            first_id + place, title=line[17:], published=datetime.fromisoformat(line[:16]).replace(tzinfo=WIB)
        )
        for place, line in enumerate(text.splitlines())
    ]


@pytest.fixture
def store() -> MemoryHeadlines:
    """All headlines of the page's lists, and the popular ones as the portal's own list."""
    popular = read_list(POPULER, 1)
    return MemoryHeadlines(popular + read_list(UPDATE, 8), {POPULAR_URL: tuple(popular)})


async def test_terbaru_lists_the_ten_of_update_in_order(store: MemoryHeadlines) -> None:
    """UPDATE, as the portal's readers see it."""
    reply = await answers(store, popular_url=POPULAR_URL).answer(ask("/terbaru"))
    assert titles(reply) == [line[17:] for line in UPDATE.splitlines()]
    assert [button.text for row in reply.buttons for button in row] == ["Selengkapnya ›"]


async def test_populer_lists_the_seven_in_the_portals_order(store: MemoryHeadlines) -> None:
    """Populer, which is not sorted by time."""
    reply = await answers(store, popular_url=POPULAR_URL).answer(ask("/populer"))
    assert titles(reply) == [line[17:] for line in POPULER.splitlines()]
