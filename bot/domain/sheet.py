"""A picture as data: words and numbers in their places, in the language of whoever asked. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number in large type, with its unit in `value`; `name` stands above it, `note` under it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars, the last of an hour that is not over; `labels` stand under them (some empty), `most` at the height of the highest."""

    name: str
    note: str
    values: tuple[int, ...]
    labels: tuple[str, ...]
    most: str


@dataclass(frozen=True, slots=True)
class Share:
    """A line of a ranking. `spare` stands in for a name in letters that cannot be drawn."""

    name: str
    value: int
    label: str
    spare: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Shares in their order; `note` may be all there is to say."""

    name: str
    note: str
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One picture, from top to bottom."""

    title: str
    time: str
    figures: tuple[Figure, ...]
    charts: tuple[Bars, ...]
    ranking: Ranking
