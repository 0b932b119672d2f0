"""What the operator's page and the metrics show: frozen values, and how they become words.

It does not judge (`bot.observe.verdict` does). Times are aware UTC, sizes bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Amount:
    """A count that stops counting somewhere: with `more`, there are at least `n`."""

    n: int = 0
    more: bool = False

    def __str__(self) -> str:
        return f"{self.n:,}+" if self.more else f"{self.n:,}"

    def __bool__(self) -> bool:
        return self.n > 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.n + other.n, self.more or other.more)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A feed. `looked` is the last good look, `tried` the last of any outcome; `failures` in a row."""

    name: str
    interval: timedelta
    looked: datetime | None = None
    tried: datetime | None = None
    last_new: datetime | None = None
    next_look: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    failure: str = ""
    paused: bool = False  # gone for good, says the portal: not looked at until the next start


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """A channel. `delay` is the last post's, from publication; `held` waits for an editor.

    `paused` since it refuses (`pause_detail` says why), `halted` since an editor's `/jeda`, `blocked`
    until the time that Telegram asked for, `uncertain` sends are of unknown outcome.
    """

    name: str
    known: bool = True  # its numeric id was learnt
    last_post: datetime | None = None
    delay: timedelta | None = None
    waiting: Amount = Amount()
    waiting_since: datetime | None = None
    held: Amount = Amount()
    uncertain: int = 0
    paused: datetime | None = None
    pause_detail: str = ""
    halted: datetime | None = None
    blocked: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it takes posts: neither it refuses nor an editor halted it."""
        return self.paused is None and self.halted is None


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the chart, from `start` on."""

    start: datetime
    headlines: int = 0
    posts: int = 0


@dataclass(frozen=True, slots=True)
class Delays:
    """From publication to post, over the last `posts` posts since `since`."""

    posts: int
    since: datetime
    p50: timedelta | None = None
    p95: timedelta | None = None


@dataclass(frozen=True, slots=True)
class LatestPost:
    """A headline that was posted; `sent` for the first time, in `channels` channels by now."""

    title: str
    link: str | None
    sent: datetime
    delay: timedelta
    channels: int
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class PopularHeadline:
    """A line of the portal's own popular list."""

    title: str
    link: str | None
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Popular:
    """The popular list as it was at `looked`; `looked` None: no list is set, or none was seen yet."""

    looked: datetime | None = None
    headlines: tuple[PopularHeadline, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """The database's size, and how much of its disk is free."""

    database: int
    free: int
    disk: int

    @property
    def scarce(self) -> bool:
        """Nearly full: less than a tenth of the disk, and less than a gigabyte, is free."""
        return self.free * 10 < self.disk and self.free < 1_000_000_000


@dataclass(frozen=True, slots=True)
class Vitals:
    """The numbers of the moment, all channels and feeds together; `beats` by loop.

    `waiting` posts stand in channels that take posts, `stuck` ones behind a pause.
    """

    at: datetime
    waiting: Amount = Amount()
    stuck: Amount = Amount()
    waiting_since: datetime | None = None
    held: Amount = Amount()  # headlines, each once
    held_since: datetime | None = None
    uncertain: int = 0
    channels: int = 0
    channels_paused: int = 0
    channels_halted: int = 0
    channels_unknown: int = 0  # their numeric id was not learnt yet
    feeds: int = 0
    feeds_failing: int = 0
    room: Room = Room(0, 0, 0)
    beats: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """All that the page shows. `feeds` and `channels` begin with those in trouble and may be cut short."""

    vitals: Vitals
    feeds: tuple[FeedStatus, ...] = ()
    channels: tuple[ChannelStatus, ...] = ()
    hours: tuple[Hour, ...] = ()
    delays: Delays | None = None
    latest: tuple[LatestPost, ...] = ()
    popular: Popular = Popular()


class StatusSource(Protocol):
    """Where the page and the metrics have it from. Reads only; raises `errors.StoreError`."""

    async def vitals(self, now: datetime) -> Vitals:
        """The numbers of the moment."""
        ...

    async def status(self, now: datetime) -> Status:
        """All that the page shows."""
        ...
