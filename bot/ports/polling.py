"""What the poller, the list keeper and the watcher read and record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.headlines import Key
from bot.domain.looks import FeedAddress, Look
from bot.domain.polling import Channel, Correction, FeedForPoll, Known, PollIntent, Recorded, Wording


class PollStore(Protocol):
    """What the poller reads and records."""

    async def feeds_due(self, now: datetime) -> Sequence[FeedForPoll]:
        """Feeds whose next look is due."""
        ...

    async def next_look(self) -> datetime | None:
        """When the next feed is due; None where there is none."""
        ...

    async def channels_for_routing(self) -> Sequence[Channel]:
        """Every channel of the settings."""
        ...

    async def known(self, keys: Collection[Key], now: datetime) -> Mapping[Key, Known]:
        """The headlines that own any of `keys`."""
        ...

    async def record(self, intent: PollIntent, look: Look, next_at: datetime) -> Recorded:
        """One transaction: headlines, keys, revisions, deliveries, and the feed's own new state.

        An intent without news is recorded too: it was a good look.
        """
        ...

    async def record_failure(
        self, feed_id: int, detail: str, now: datetime, next_at: datetime | None
    ) -> None:
        """A look that failed; `next_at` None pauses the feed."""
        ...

    async def wording(self, correction: Correction) -> Wording:
        """What the words of a correction that was recorded are to their headline; BACK once a headline."""
        ...

    async def release_first_looks(self, now: datetime, limit: int) -> int:
        """Where every new feed of a channel was looked at or has failed once: the newest `limit` of what
        they brought become due, the rest SKIPPED(first_look). Returns how many became due.
        """
        ...


class PopularStore(Protocol):
    """The portal's own popular list as last seen."""

    async def popular_address(self, url: str) -> FeedAddress:
        """The list's address, with what the last good look left behind."""
        ...

    async def record_popular(self, url: str, look: Look, now: datetime) -> None:
        """Keep the list in its order; items known as headlines point to them."""
        ...


@dataclass(frozen=True, slots=True)
class WatchedFeed:
    """A feed that brought nothing since `last_new`, though `looked` at well; `slots` are half hours with news."""

    id: int
    interval: timedelta
    last_new: datetime
    looked: datetime
    slots: Sequence[int]


class WatchStore(Protocol):
    """What the watcher reads of feeds, and what it found wrong with them."""

    async def silent_feeds(self, after: int, limit: int, now: datetime) -> Sequence[WatchedFeed]:
        """Up to `limit` feeds with an id above `after`, in order, that brought nothing at their last look."""
        ...

    async def found_wrong(self) -> Collection[tuple[int, str]]:
        """(feed id, kind) of every trouble that lasts."""
        ...

    async def wrong(self, feed_id: int, kind: str, values: Mapping[str, str], now: datetime) -> None:
        """A trouble of this kind begins, unless it lasts already."""
        ...

    async def right(self, feed_id: int, kind: str) -> None:
        """It is over."""
        ...

    async def other_feeds(self, feed_id: int) -> Sequence[tuple[int, str]]:
        """Id and address of every feed but this one."""
        ...

    async def look_at(self, feed_ids: Collection[int], now: datetime) -> None:
        """Have these looked at now, but for those that fail."""
        ...

    async def forget_arrivals(self, now: datetime) -> None:
        """Drop what nothing looks back to any more."""
        ...
