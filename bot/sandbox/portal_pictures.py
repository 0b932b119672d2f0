"""The portal's pictures: small landscapes in the colours of a section, drawn row by row into PNG.

Standard library only. The same name always gives the same bytes, and there are `VARIANTS` for a section.
"""

import random
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

from bot.sandbox.news_words import SECTIONS

WIDTH, HEIGHT = 800, 450
VARIANTS = 6

Colour = tuple[int, int, int]

_SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((250, 214, 165), (203, 84, 73)),
    ((196, 214, 232), (67, 92, 138)),
    ((247, 233, 190), (52, 142, 120)),
    ((255, 201, 168), (92, 62, 124)),
    ((214, 240, 226), (40, 122, 94)),
    ((255, 226, 138), (224, 102, 48)),
    ((190, 224, 255), (36, 74, 168)),
    ((244, 216, 226), (138, 74, 106)),
)


_SKY = 240
"""Shades of the sky in the palette, before the sun and the ranges of hills."""
_SUN = _SKY


@lru_cache(maxsize=64)
def picture(section: str, number: int) -> bytes:
    """The PNG (800 × 450) of article `number` in `section`; an unknown section borrows the first one's sky."""
    sections = list(SECTIONS)
    place = sections.index(section) if section in SECTIONS else 0
    rows = b"".join(b"\0" + row for row in _landscape(place * VARIANTS + number % VARIANTS))
    palette = b"".join(bytes(colour) for colour in _palette(*_SKIES[place]))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _palette(light: Colour, dark: Colour) -> Iterator[Colour]:
    """Shades of the sky from above to below, the sun, then the ranges from far to near."""
    yield from (_mix(light, dark, shade / _SKY * 0.75) for shade in range(_SKY))
    yield _mix(light, (255, 255, 255), 0.7)
    yield from (_mix(dark, (18, 24, 38), depth * 0.26) for depth in (1, 2, 3))


def _landscape(seed: int) -> Iterator[bytes]:
    """Rows of palette numbers: a sky, a sun and three ranges of hills, each hill a parabola."""
    dice = random.Random(seed)  # noqa: S311 - a picture
    sun = dice.randint(140, 660), dice.randint(110, 190), dice.randint(38, 66)
    ranges = [
        [(dice.randint(-60, WIDTH + 60), HEIGHT - height + dice.randint(-40, 40)) for _ in range(hills)]
        for height, hills in ((235, 4), (165, 4), (95, 3))
    ]
    for y in range(HEIGHT):
        row = bytearray([y * _SKY // HEIGHT]) * WIDTH
        _paint(row, sun[0], _half_chord(y, sun), _SUN)
        for depth, peaks in enumerate(ranges, start=1):
            for x, top in peaks:
                _paint(row, x, _half_width(y, top, depth), _SUN + depth)
        yield bytes(row)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _half_chord(y: int, sun: tuple[int, int, int]) -> int:
    return int(max(0, sun[2] ** 2 - (y - sun[1]) ** 2) ** 0.5)


def _half_width(y: int, top: int, depth: int) -> int:
    return int((max(0, y - top) * (260 + 210 * depth)) ** 0.5)


def _paint(row: bytearray, middle: int, half: int, colour: int) -> None:
    left, right = max(0, middle - half), min(WIDTH, middle + half)
    if right > left:
        row[left:right] = bytes([colour]) * (right - left)
