"""What happened at portals: looks, hubs, headlines, stories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.polling import Wording
from bot.events.root import Event


@dataclass(frozen=True, slots=True)
class Polled(Event):
    """A look at a feed ended. `outcome`: ok, not_modified, failed."""

    feed: str
    outcome: str
    detail: str = ""
    new: int = 0
    took: timedelta = timedelta()
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pushed(Event):
    """A hub brought news of a feed. `took` counts from its arrival until they were recorded."""

    feed: str
    new: int
    took: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class HubAnswered(Event):
    """What came of asking a hub. `outcome`: confirmed, denied, failed. Polling goes on whatever it is."""

    hub: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ImportBegan(Event):
    """A look brought so many new headlines that recording them takes a moment; `HeadlinesRecorded` ends it."""

    feed: str
    headlines: int


@dataclass(frozen=True, slots=True)
class HeadlinesRecorded(Event):
    """New headlines are in the database, their deliveries with them."""

    feed: str
    headline_ids: tuple[int, ...]
    queued: int


@dataclass(frozen=True, slots=True)
class Surge(Event):
    """More headlines in one look than `SURGE_LIMIT` allows; `held` wait for an editor."""

    feed: str
    headlines: int
    held: int


@dataclass(frozen=True, slots=True)
class ItemsIgnored(Event):
    """What a look showed that is no headline, a line each with its reason; told when it is first seen."""

    feed: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeadlinesMissed(Event):
    """A full feed shows nothing that was known: some may have been missed. `others` of its host are looked at now."""

    feed: str
    headlines: int
    others: int


@dataclass(frozen=True, slots=True)
class Corrected(Event):
    """The portal changed a headline; `by_desk`: whose words the desk had changed, so that it is not followed."""

    headline_id: int
    old_title: str
    new_title: str
    by_desk: bool = False
    wording: Wording = Wording.NEW


@dataclass(frozen=True, slots=True)
class StoryTakenDown(Event):
    """A portal has taken down a story that was posted; its page answers `detail`. The desk is told, nothing withdrawn."""

    headline_id: int
    link: str
    detail: str


@dataclass(frozen=True, slots=True)
class StoryPutBack(Event):
    """The page of a story that was told as taken down stands again; the desk is told."""

    headline_id: int
    link: str
