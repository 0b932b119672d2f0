"""A `Sheet` as a PNG, made for a telephone: 1080 pixels wide, on its own background, for light and dark chats.

Only the child imports this: it is what knows Pillow. It chooses no words and no numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from bot.domain.sheet import Bars, Figure, Ranking, Share, Sheet
from bot.pictures.lettering import Ink, Lettering

#: Pixels. A telephone shows a third of each: 36 is a caption's size there, 45 a headline's.
WIDTH = 1080
_EDGE, _GAP, _PAD = 48, 24, 36
_HEAD, _FIGURE, _TITLE, _CHART, _LINE, _FOOT = 180, 188, 116, 156, 84, 26
_RADIUS = 24

# The colours of the operator's page.
_PAPER, _CARD, _INK, _SOFT, _RULE = "#f6f4ef", "#fffefb", "#1c1b19", "#64615a", "#e2ded4"
_FIRST, _SECOND, _THIRD = "#2b5f96", "#1f7a4d", "#c27a1a"
#: Of what is not over yet.
_PALER = {_FIRST: "#95afcb", _SECOND: "#8fbda6"}

_LARGE, _TEXT, _SMALL = 64, 38, 32
_BIG = Ink(_LARGE, _INK, bold=True)
_HEADING = Ink(44, _INK, bold=True)
_PLAIN = Ink(_TEXT, _INK)
_NOTE = Ink(_SMALL, _SOFT)


def sheet_from(document: bytes) -> Sheet:
    """The sheet that the parent wrote as JSON."""
    plain: dict[str, Any] = json.loads(document)
    ranking = plain["ranking"]
    return Sheet(
        plain["title"],
        plain["time"],
        tuple(Figure(**figure) for figure in plain["figures"]),
        tuple(Bars(**chart) for chart in plain["charts"]),
        Ranking(ranking["name"], ranking["note"], tuple(Share(**share) for share in ranking["shares"])),
    )


def draw(sheet: Sheet) -> bytes:
    """The picture: `WIDTH` pixels wide, as high as what it shows."""
    image = Image.new("RGB", (WIDTH, _height(sheet)), _PAPER)
    _Drawing(image).sheet(sheet)
    png = BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _height(sheet: Sheet) -> int:
    figures = -(-len(sheet.figures) // 2) * (_FIGURE + _GAP)
    charts = len(sheet.charts) * (_chart_height() + _GAP)
    return _HEAD + figures + charts + _ranking_height(sheet.ranking) + _EDGE


def _chart_height() -> int:
    return _TITLE + _CHART + _SMALL + 14 + _FOOT


def _ranking_height(ranking: Ranking) -> int:
    return _TITLE + len(ranking.shares) * _LINE + _FOOT


class _Drawing:
    """One picture in the making; each part is given its upper left corner."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image)
        self._letters = Lettering(self._draw)

    def sheet(self, sheet: Sheet) -> None:
        """Everything, from top to bottom."""
        self._letters.left(_EDGE, 36, sheet.title, Ink(60, _INK, bold=True), WIDTH - 2 * _EDGE)
        self._letters.whole(_EDGE, 113, sheet.time, Ink(_SMALL + 2, _SOFT), WIDTH - 2 * _EDGE)
        top = self._figures(sheet.figures, _HEAD)
        for chart, colour in zip(sheet.charts, (_FIRST, _SECOND), strict=False):
            self._chart(chart, top, colour)
            top += _chart_height() + _GAP
        self._ranking(sheet.ranking, top)

    def _figures(self, figures: Sequence[Figure], top: int) -> int:
        width = (WIDTH - 2 * _EDGE - _GAP) // 2
        for place, figure in enumerate(figures):
            row, column = divmod(place, 2)
            x, y = _EDGE + column * (width + _GAP), top + row * (_FIGURE + _GAP)
            room = width - 2 * _PAD
            self._card(x, y, width, _FIGURE)
            self._letters.left(x + _PAD, y + 22, figure.name, _NOTE, room)
            self._letters.whole(x + _PAD, y + 60, figure.value, _BIG, room)
            self._letters.left(x + _PAD, y + 134, figure.note, _NOTE, room)
        return top + -(-len(figures) // 2) * (_FIGURE + _GAP)

    def _chart(self, chart: Bars, top: int, colour: str) -> None:
        self._headed(chart.name, chart.note, top, _chart_height())
        left, width = _EDGE + _PAD, WIDTH - 2 * (_EDGE + _PAD)
        highest, base = top + _TITLE, top + _TITLE + _CHART
        most, step = max(chart.values, default=0), width / max(len(chart.values), 1)
        self._letters.right(left + width, highest - 36, chart.most, Ink(_SMALL - 4, _SOFT), width)
        self._draw.line((left, highest, left + width, highest), _RULE, 2)
        self._draw.line((left, base, left + width, base), _SOFT, 3)
        for place, (value, label) in enumerate(zip(chart.values, chart.labels, strict=True)):
            x = left + place * step
            if value:
                # Even a single one must be seen beside thousands.
                height = max(_CHART * value / most, 6)
                shade = _PALER[colour] if place == len(chart.values) - 1 else colour
                self._draw.rectangle((x + step * 0.14, base - height, x + step * 0.86, base - 2), shade)
            if label:
                self._letters.middle(x + step / 2, base + 12, label, _NOTE)

    def _ranking(self, ranking: Ranking, top: int) -> None:
        self._headed(ranking.name, ranking.note, top, _ranking_height(ranking))
        most = max((share.value for share in ranking.shares), default=0)
        left, width = _EDGE + _PAD, WIDTH - 2 * (_EDGE + _PAD)
        for place, share in enumerate(ranking.shares):
            y = top + _TITLE + place * _LINE
            label = self._letters.right(left + width, y, share.label, _NOTE, width // 2)
            self._letters.left(left, y - 5, share.name, _PLAIN, width - label - _GAP, spare=share.spare)
            self._draw.rounded_rectangle((left, y + 46, left + width, y + 60), 7, _PAPER)
            if share.value and most:
                length = max(width * share.value / most, 14)
                self._draw.rounded_rectangle((left, y + 46, left + length, y + 60), 7, _THIRD)

    def _headed(self, name: str, note: str, top: int, height: int) -> None:
        self._card(_EDGE, top, WIDTH - 2 * _EDGE, height)
        room = WIDTH - 2 * (_EDGE + _PAD)
        taken = self._letters.left(_EDGE + _PAD, top + 24, name, _HEADING, room)
        self._letters.right(_EDGE + _PAD + room, top + 35, note, _NOTE, room - taken - _GAP)

    def _card(self, x: int, y: int, width: int, height: int) -> None:
        self._draw.rounded_rectangle((x, y, x + width, y + height), _RADIUS, _CARD, _RULE, 2)
