"""The drawing itself: a PNG of the size that was said, in letters that the font has, whatever is to be drawn."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from bot.domain.sheet import Bars, Figure, Ranking, Share, Sheet
from bot.pictures.drawing import WIDTH, draw, sheet_from
from bot.pictures.lettering import KNOWN, Ink, Lettering, fitted, written

HOURS = tuple(f"{hour:02d}:00" if hour % 6 == 0 else "" for hour in range(24))


def sheet(*shares: Share, values: tuple[int, ...] = tuple(range(24)), title: str = "Statistik") -> Sheet:
    """A picture of two charts."""
    figures = tuple(Figure(name, "1.234 judul", "sejak Selasa 10:00") for name in "abcd")
    charts = (Bars("Berita per jam", "terbanyak 23 judul", values, HOURS, "23"),) * 2
    return Sheet(title, "Rabu, 25 November 2026 | 09:17 WIB", figures, charts, Ranking("Reaksi", "", shares))


def image(drawn: bytes) -> Image.Image:
    """The picture, read through to its end."""
    opened = Image.open(BytesIO(drawn))
    opened.load()
    return opened


def test_a_png_as_wide_as_a_telephone_wants_it() -> None:
    """With its own background from corner to corner: a dark chat does not shine through."""
    drawn = image(draw(sheet(Share("@satu", 3, "3 reaksi"))))
    assert (drawn.format, drawn.width, drawn.mode) == ("PNG", WIDTH, "RGB")
    assert {drawn.getpixel((x, y)) for x in (0, WIDTH - 1) for y in (0, drawn.height - 1)} == {
        (246, 244, 239)
    }


def test_each_channel_makes_it_higher_and_telegram_takes_it_still() -> None:
    """Bot API, sendPhoto: width and height together at most 10,000."""
    shares = [Share(f"Kanal {n}", n, f"{n} reaksi") for n in range(7)]
    heights = [image(draw(sheet(*shares[:many]))).height for many in range(8)]
    assert len({later - before for before, later in itertools.pairwise(heights)}) == 1
    assert WIDTH + heights[-1] < 10_000


def test_bars_are_as_high_as_their_numbers_and_one_is_seen_beside_thousands() -> None:
    """Counted in blue pixels over the middle of each hour."""
    drawn = image(draw(sheet(values=(0, 1, 1500, 3000, *[0] * 20))))
    blue = [
        sum(drawn.getpixel((84 + int(38 * (place + 0.5)), y)) == (43, 95, 150) for y in range(drawn.height))
        for place in range(4)
    ]
    assert blue[0] == 0
    assert 4 <= blue[1] <= 8
    assert blue[2] * 2 == pytest.approx(blue[3], abs=3)


def test_every_letter_that_counts_as_known_is_in_the_font() -> None:
    """The others would be boxes."""
    for size in (32, 64):
        font = ImageFont.load_default(size)
        box = bytes(font.getmask("–"))
        assert not [char for char in KNOWN - {" "} if bytes(font.getmask(char)) == box]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café Économie", "Cafe Economie"),
        ("Kabar – Utama", "Kabar - Utama"),
        ("Kabar 🔥 Kini", "Kabar Kini"),
        ("a\u202eb\nc", "a b c"),
        ("أخبار", ""),
    ],
)
def test_letters_that_the_font_lacks(text: str, shown: str) -> None:
    """Marks are dropped, other scripts left out; nothing becomes a box."""
    assert written(text) == shown


def test_a_name_in_another_script_is_told_by_its_number() -> None:
    """Else its line would have no name."""
    named, blank, spared = (
        draw(sheet(share))
        for share in (Share("-100123", 1, "1"), Share("أخبار", 1, "1"), Share("أخبار", 1, "1", "-100123"))
    )
    assert spared == named != blank


@given(st.text(max_size=300), st.integers(0, 1200))
def test_words_stay_in_their_place(text: str, room: int) -> None:
    """Whatever a channel is called, its name leaves room for its number, and loses its end first."""
    ink = Ink(32, "#000000")
    shown = fitted(written(text), ink, room)
    width = ImageFont.load_default(32).getlength(shown)
    assert width <= room or shown == "…"
    assert written(text).startswith(shown.removesuffix("…").rstrip())


def test_a_figure_keeps_its_unit_however_large_it_is() -> None:
    """The letters shrink; a number that lost its end would be another number."""
    room = 408
    drawing = Lettering(ImageDraw.Draw(Image.new("RGB", (WIDTH, 200))))
    for text in ("9 judul", "128.568 kiriman", "1.128.568.000 kiriman"):
        taken = drawing.whole(0, 0, text, Ink(64, "#ffffff", bold=True), room)
        full = ImageFont.load_default(32).getlength(text)
        assert full <= taken <= room + 1


def test_a_sheet_goes_through_json_unharmed() -> None:
    """What the parent writes is what the child reads."""
    meant = sheet(Share("@satu", 3, "3 reaksi", "-1"), title='"x"\n')
    assert draw(sheet_from(json.dumps(asdict(meant)).encode())) == draw(meant)


def test_nothing_to_draw_is_drawn() -> None:
    """No figures, no charts, no channels."""
    assert image(draw(Sheet("", "", (), (), Ranking("", "")))).width == WIDTH
