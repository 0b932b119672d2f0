"""What `/statistik` tells: frozen values of one day. It counts nothing and words nothing. Times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.status import Delays, Hour


@dataclass(frozen=True, slots=True)
class ChannelReactions:
    """What readers did in one channel: reactions given less those taken back, none below zero.

    `ref` is what the settings call it: an ``@name``, or a number where only its title says something.
    """

    name: str
    reactions: int
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of the hours in `hours`, oldest first, the last one not over at `at`.

    `channels` are those with the most reactions; `others` more channels have `other_reactions` together.
    """

    at: datetime
    hours: tuple[Hour, ...]
    delays: Delays
    channels: tuple[ChannelReactions, ...] = ()
    others: int = 0
    other_reactions: int = 0

    @property
    def headlines(self) -> int:
        """All that were published in these hours."""
        return sum(hour.headlines for hour in self.hours)

    @property
    def posts(self) -> int:
        """All that were sent in these hours, one for each channel."""
        return sum(hour.posts for hour in self.hours)

    @property
    def reactions(self) -> int:
        """Of all channels."""
        return sum(channel.reactions for channel in self.channels) + self.other_reactions


class FiguresSource(Protocol):
    """Where the figures come from. Reads only; raises `errors.StoreError`."""

    async def figures(self, now: datetime) -> Figures:
        """The figures of the last 24 hours."""
        ...
