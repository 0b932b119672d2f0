"""What is known before a look at a feed, and what a look makes: the values that `decide` maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.domain.delivery import HoldReason, Lane, SkipReason, State
from bot.domain.headlines import Key, KeyKind, Words
from bot.domain.looks import FeedAddress, Validators


@dataclass(frozen=True, slots=True)
class FeedForPoll:
    """A feed as the poller needs it.

    `interval` and times are aware UTC; `void` are the kinds of key that do not tell this feed's
    headlines apart; `looked` is the last good look (None: never), `failures` in a row. `kind` of its last
    document: ``feed``, ``page``, or ``turned``, a page where there was a feed; empty before the first.
    """

    id: int
    url: str
    name: str = ""
    category: str = ""
    interval: timedelta = timedelta(seconds=30)
    headers: Mapping[str, str] = field(default_factory=dict)
    selectors: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    moved_to: str | None = None
    void: frozenset[KeyKind] = frozenset()
    looked: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    kind: str = ""

    @property
    def address(self) -> FeedAddress:
        """What the portal is asked with: where it has moved to, and what the last good look left behind."""
        return FeedAddress(
            url=self.moved_to or self.url,
            name=self.name,
            category=self.category,
            headers=self.headers,
            selectors=self.selectors,
            validators=Validators(self.etag, self.last_modified),
            body_hash=self.body_hash or "",
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as routing sees it. `waiting` are the feeds whose first look it still awaits."""

    id: int
    feeds: frozenset[str] = frozenset()  # names; empty: every feed
    categories: frozenset[str] = frozenset()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()  # words or categories
    hold: bool = False
    waiting: frozenset[int] = frozenset()  # feed ids
    closed: frozenset[int] = frozenset()  # feed ids that failed at the first look: what they bring is seen


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """A channel as the settings describe it: `ref` is an ``@name`` or a numeric id, as it was written."""

    ref: str
    topic: int | None = None
    feeds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()
    template: str = ""
    silent: bool = False
    hold: bool = False
    utm: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A remembered headline as identity needs it."""

    headline_id: int
    title: str  # as the portal last said it, before any editor
    link: str | None
    published: datetime | None
    guid: str | None
    owner_feed: int
    owner_silent: bool
    edited_by_desk: bool
    withdrawn: bool
    first_seen: datetime
    categories: frozenset[str] = frozenset()
    channels: frozenset[int] = frozenset()  # channels that have a delivery row of it
    filtered: frozenset[int] = frozenset()  # of these, where a rule kept it out: a new category may let it in
    feeds: frozenset[int] = frozenset()  # feeds that have shown it (a `Sighting` adds the look's own)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery row to be: for one channel, with its state and the reason where it does not go out."""

    channel_id: int
    state: State
    reason: SkipReason | HoldReason | None = None
    rule: str = ""
    lane: Lane = Lane.NORMAL
    loud: bool = False


@dataclass(frozen=True, slots=True)
class NewHeadline:
    """A headline seen for the first time, with its keys and what becomes of it in each channel."""

    words: Words
    portal_published: datetime | None
    guid: str | None
    keys: tuple[Key, ...]
    category: str
    deliveries: tuple[NewDelivery, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """The owner changed headline or link. Where the desk's words win it is only reported."""

    headline_id: int
    words: Words
    old_title: str
    by_desk: bool = False


class Wording(Enum):
    """What a correction's words are to their headline, which may go to and fro between two of them."""

    NEW = auto()
    BACK = auto()  # it had them before, and goes back for the first time
    AGAIN = auto()  # it had them before, and that it goes back was told


@dataclass(frozen=True, slots=True)
class Sighting:
    """A known headline seen again: keys, a category or a feed it did not have, channels it now reaches.

    Its keys belong to nobody yet. `guid` and `published` are set where the owner's own have changed.
    """

    headline_id: int
    keys: tuple[Key, ...] = ()
    category: str = ""
    guid: str | None = None
    published: datetime | None = None
    deliveries: tuple[NewDelivery, ...] = ()


@dataclass(frozen=True, slots=True)
class PollIntent:
    """All that one good look asks the store to record, in one transaction.

    `new` is in posting order (oldest first), what `sightings` route further goes behind it. `surge`: more
    came at once than an editor would expect. `void`: all void kinds of the feed where this look found
    another one, else empty (nothing changed). `ignored`: what is no headline, and why, for the log.
    """

    feed_id: int
    at: datetime
    new: tuple[NewHeadline, ...] = ()
    corrections: tuple[Correction, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    void: frozenset[KeyKind] = frozenset()
    surge: bool = False
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store made of an intent: ids in the order of `PollIntent.new`."""

    headline_ids: tuple[int, ...] = ()
    queued: int = 0
    held: int = 0
