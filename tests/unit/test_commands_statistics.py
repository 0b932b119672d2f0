"""`/statistik` as data: what the words and the picture say of given figures, in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands.desk.statistics import Statistics
from bot.domain.replies import Reply
from bot.domain.sheet import Sheet
from bot.domain.statistics import ChannelReactions, Figures
from bot.domain.status import Delays, Hour
from bot.locale import load
from bot.telegram.answers import render_reply
from bot.telegram.markup import MAX_CAPTION, fits
from tests.support_commands import ask

NOW = datetime(2026, 11, 25, 2, 17, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
HOURS = tuple(Hour(datetime(2026, 11, 24, 3, tzinfo=UTC) + timedelta(hours=n), n, n * 50) for n in range(24))
NONE = tuple(Hour(hour.start) for hour in HOURS)
DAY = Delays(1000, NOW - timedelta(days=1), timedelta(seconds=8.4), timedelta(seconds=190))
FIGURES = Figures(
    NOW,
    HOURS,
    DAY,
    (
        ChannelReactions("@satu", 1482, "@satu"),
        ChannelReactions("Dua", 1, "-1002"),
        ChannelReactions("@tiga", 0),
    ),
    others=497,
    other_reactions=17,
)


@dataclass
class Newsroom:
    """Both ports of the command: given figures, and a painter that keeps what it is asked for."""

    said: Figures
    picture: bytes | None = b"png"
    sheets: list[Sheet] = field(default_factory=list)

    async def figures(self, now: datetime) -> Figures:
        assert now == NOW
        return self.said

    async def paint(self, sheet: Sheet) -> bytes | None:
        self.sheets.append(sheet)
        return self.picture

    async def answer(self, language: str = "id") -> Reply:
        request = ask("/statistik", language=language, at=NOW)
        return await Statistics(self, self, ZONE).answer(request, load().speaker(language))


async def sheet_of(figures: Figures, language: str = "id") -> Sheet:
    """The picture of `figures`."""
    room = Newsroom(figures)
    await room.answer(language)
    return room.sheets[0]


async def test_the_words_say_what_the_picture_shows() -> None:
    """Every number with its unit, and when it was true."""
    reply = await Newsroom(FIGURES).answer()
    assert reply.picture == b"png"
    assert reply.text.split("\n") == [
        "Rabu, 25 November 2026 | 09:17 WIB, sejak Selasa 10:00",
        "",
        "Berita terbit: 276 judul",
        "Terkirim: 13.800 kiriman",
        "Dari terbit sampai terkirim: 8 detik untuk separuh kiriman, 3 menit untuk 95 dari 100, dari 1.000 kiriman terakhir",
        "Reaksi: 1.500 reaksi",
        "· @satu: 1.482 reaksi",
        "· Dua: 1 reaksi",
    ]


async def test_in_english() -> None:
    """Numbers and single ones too as they are said there."""
    text = (await Newsroom(FIGURES).answer("en")).text
    assert text.startswith("Wednesday, 25 November 2026 | 09:17 WIB, since Tuesday 10:00\n")
    assert "\nSent: 13,800 posts\n" in text
    assert (await sheet_of(FIGURES, "en")).ranking.shares[1].label == "1 reaction"


async def test_the_picture() -> None:
    """Four figures, two charts with every sixth hour named, the channels and the rest of them."""
    sheet = await sheet_of(FIGURES)
    assert [(one.value, one.note) for one in sheet.figures] == [
        ("276 judul", "sejak Selasa 10:00"),
        ("13.800 kiriman", "sejak Selasa 10:00"),
        ("8 detik", "separuh kiriman lebih cepat"),
        ("3 menit", "95 dari 100 lebih cepat"),
    ]
    headlines, posts = sheet.charts
    assert headlines.values == tuple(range(24))
    assert [label for label in headlines.labels if label] == ["12:00", "18:00", "00:00", "06:00"]
    assert (posts.note, posts.most) == ("terbanyak 1.150 kiriman, pukul 09:00", "1.150")
    assert [share.name for share in sheet.ranking.shares][-2:] == ["@tiga", "lain-lain (497 kanal)"]
    assert [share.label for share in sheet.ranking.shares][-2:] == ["0 reaksi", "17 reaksi"]
    assert sheet.ranking.shares[1].spare == "-1002"


async def test_nothing_known_yet_is_said_without_a_picture() -> None:
    """An empty chart says less than a sentence."""
    room = Newsroom(Figures(NOW, NONE, Delays(0, NOW), FIGURES.channels[2:]))
    reply = await room.answer()
    assert not room.sheets
    assert not reply.picture
    assert "Belum ada" in reply.text
    assert "09:17 WIB" in reply.note


async def test_headlines_without_a_post() -> None:
    """A bot whose channels all wait: no delay is known, and that is said."""
    figures = replace(FIGURES, hours=tuple(replace(hour, posts=0) for hour in HOURS), delays=Delays(0, NOW))
    sheet = await sheet_of(figures)
    assert [one.note for one in sheet.figures][2:] == ["belum ada kiriman"] * 2
    assert sheet.charts[1].note == "tidak ada"
    assert "belum ada kiriman" in (await Newsroom(figures).answer()).text


async def test_the_words_come_alone_where_no_picture_can_be_drawn() -> None:
    """All of them, and that one was meant to be there."""
    drawn = await Newsroom(FIGURES).answer()
    alone = await Newsroom(FIGURES, picture=None).answer()
    assert (alone.text, alone.picture) == (drawn.text, b"")
    assert "gambar" in alone.note.lower()


async def test_long_names_leave_a_caption_that_telegram_takes() -> None:
    """128 characters are what a channel's title may have; a caption takes 1,024."""
    long = tuple(ChannelReactions("Kanal & " * 40, 9_999_999, "-100") for _ in range(6))
    reply = await Newsroom(replace(FIGURES, channels=long)).answer()
    body: dict[str, Any] = render_reply(reply, ZONE, "id").body()
    assert fits(body["text"], MAX_CAPTION)
    assert "9.999.999" in body["text"]


async def test_delays_of_minutes_and_hours() -> None:
    """One unit each: a day's glance needs no more."""
    slow = replace(DAY, p50=timedelta(minutes=99), p95=timedelta(hours=30))
    assert [one.value for one in (await sheet_of(replace(FIGURES, delays=slow))).figures][2:] == [
        "99 menit",
        "30 jam",
    ]
