"""Words on a picture, in the one font that comes with Pillow: fitted into their place, in letters that it has."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from functools import cache
from unicodedata import combining, normalize

from PIL import ImageDraw, ImageFont

#: What Pillow's own font (Aileron) can write; a test looks each of them up.
KNOWN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ·…‹›“”‘’±")
#: Letters that do not come apart into one of ours and a mark.
_ALIKE = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "ı": "i", "–": "-", "—": "-", "×": "x"}
)


@dataclass(frozen=True, slots=True)
class Ink:
    """How words are written; `size` in pixels."""

    size: int
    colour: str
    bold: bool = False

    @property
    def stroke(self) -> float:
        """The font has one weight; a thin outline makes another."""
        return self.size / 64 if self.bold else 0


class Lettering:
    """Writes on one picture. Places are the upper corners of the words' line."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def left(self, x: float, y: float, text: str, ink: Ink, room: float, *, spare: str = "") -> int:
        """Write from `x` on, at most `room` pixels; returns how many were taken."""
        return self._write(x, y, fitted(written(text) or written(spare), ink, room), ink, "la")

    def whole(self, x: float, y: float, text: str, ink: Ink, room: float) -> int:
        """As `left`, in letters as small as it takes, down to half: for what must not lose its end."""
        line, fit = written(text), ink
        while _width(line, fit) > room and fit.size > ink.size // 2:
            fit = replace(fit, size=fit.size - 1)
        return self.left(x, y + (ink.size - fit.size) * 0.8, text, fit, room)

    def right(self, x: float, y: float, text: str, ink: Ink, room: float) -> int:
        """Write up to `x`, else as `left`."""
        return self._write(x, y, fitted(written(text), ink, room), ink, "ra")

    def middle(self, x: float, y: float, text: str, ink: Ink) -> int:
        """Write around `x`."""
        return self._write(x, y, written(text), ink, "ma")

    def _write(self, x: float, y: float, text: str, ink: Ink, anchor: str) -> int:
        self._draw.text((x, y), text, ink.colour, _font(ink.size), anchor, stroke_width=ink.stroke)
        return round(_width(text, ink))


def written(text: str) -> str:
    """`text` in letters that the font has: marks are dropped, other scripts and signs left out."""
    known = [char for char in normalize("NFKD", text.translate(_ALIKE)) if not combining(char)]
    return " ".join("".join(char if char in KNOWN else " " for char in known).split())


def fitted(text: str, ink: Ink, room: float) -> str:
    """`text`, or as much of its beginning as `room` pixels hold with ``…`` behind it."""
    if _width(text, ink) <= room:
        return text
    kept = len(text)
    while kept and _width(text[:kept].rstrip() + "…", ink) > room:
        kept -= 1
    return text[:kept].rstrip() + "…"


def _width(text: str, ink: Ink) -> float:
    return _font(ink.size).getlength(text) + 2 * ink.stroke


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType")  # noqa: TRY004 - nobody passed a type
    return font
