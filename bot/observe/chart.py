"""The chart of headlines and posts by hour, as numbers for inline SVG: two rows of bars over one time axis.

Two rows because one headline may be hundreds of posts: each has a scale of its own, and says its peak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.status import Hour
from bot.observe.words import Clockface

#: The drawing's own units; the page scales it.
WIDTH, ROW, GAP, AXIS = 480.0, 48.0, 24.0, 17.0
_BAR = 0.72  # of an hour's width
_LABEL_EVERY = 6
_EDGE = 19.0  # half a label's width


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of one row; `now` is the hour that is not over."""

    x: float
    y: float
    width: float
    height: float
    tip: str
    now: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row of bars with its name, its total and its peak in words; `base` is where the bars stand."""

    name: str
    total: int
    peak: str
    top: float
    base: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time under the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the drawing needs; `words` say the same to those who cannot see it."""

    width: float
    height: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    words: str


def chart(hours: Sequence[Hour], face: Clockface) -> Chart | None:
    """The drawing of `hours`, oldest first, the last one under way; None where there are none."""
    if not hours:
        return None
    rows = (
        _row("headlines", [hour.headlines for hour in hours], hours, GAP, face),
        _row("posts", [hour.posts for hour in hours], hours, 2 * GAP + ROW, face),
    )
    step = WIDTH / len(hours)
    ticks = [
        Tick(round(min(max((index + 0.5) * step, _EDGE), WIDTH - _EDGE), 1), face.hour(hour.start))
        for index, hour in enumerate(hours)
        if int(face.hour(hour.start)[:2]) % _LABEL_EVERY == 0
    ]
    words = "; ".join(f"{row.total:,} {row.name}, {row.peak}" for row in rows)
    return Chart(WIDTH, 2 * (GAP + ROW) + AXIS, rows, tuple(ticks), f"Past {len(hours)} hours: {words}")


def _row(name: str, values: Sequence[int], hours: Sequence[Hour], top: float, face: Clockface) -> Row:
    most, step = max(values), WIDTH / len(hours)
    bars = []
    for index, (value, hour) in enumerate(zip(values, hours, strict=True)):
        # Even a single one must be seen beside hundreds.
        height = max(ROW * value / most, 2.0) if value else 0.0
        tip = f"{face.hour(hour.start)} {value:,} {name}"
        x = round((index + (1 - _BAR) / 2) * step, 1)
        bar = Bar(
            x, round(top + ROW - height, 1), round(step * _BAR, 1), round(height, 1), tip, hour is hours[-1]
        )
        bars.append(bar)
    peak = f"most {most:,} in the hour from {face.hour(hours[values.index(most)].start)}" if most else "none"
    return Row(name, sum(values), peak, top, top + ROW, tuple(bars))
