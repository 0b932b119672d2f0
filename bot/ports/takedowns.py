"""What whoever looks after posted stories reads, keeps and asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.takedowns import PageAnswer, Suspicion


@dataclass(frozen=True, slots=True)
class PostedStory:
    """A story that stands in a channel; `found_on` is the address of the feed that gave its `link`.

    `suspicion` has no time to look again where there is none.
    """

    id: int
    feed_id: int
    title: str
    link: str
    found_on: str
    published: datetime
    suspicion: Suspicion


class PagePortal(Protocol):
    """Asks for a story's page, politely and without its body."""

    async def page(self, url: str, *, found_on: str) -> PageAnswer:
        """What it answers; raises nothing."""
        ...


class TakedownStore(Protocol):
    """Posted stories, and what is suspected of them. A portal whose feed fails has none."""

    async def posted_before(
        self, place: tuple[datetime, int], since: datetime, limit: int
    ) -> Sequence[PostedStory]:
        """Those published before `place` (a time, and an id for equal ones), newest first; none suspected."""
        ...

    async def posted_from(self, feed_id: int, since: datetime, limit: int) -> Sequence[PostedStory]:
        """The newest that a feed owns and of which nothing is suspected."""
        ...

    async def suspects_due(self, now: datetime, since: datetime, limit: int) -> Sequence[PostedStory]:
        """Those that are to be looked at again now."""
        ...

    async def suspect(self, headline_id: int, suspicion: Suspicion) -> None:
        """Keep what is suspected; without a time to look again nothing is, any more."""
        ...

    async def taken_down(self, headline_id: int, suspicion: Suspicion, text: str, now: datetime) -> bool:
        """Queue `text` for the desk, once. False where it was told before, or is withdrawn by now."""
        ...

    async def put_back(self, headline_id: int, text: str, now: datetime) -> bool:
        """Queue `text` for the desk, once; nothing is suspected any more. False where it is withdrawn by now."""
        ...

    async def forget_suspicions(self, before: datetime) -> None:
        """Of stories published before then; those that were told stay, to be told once."""
        ...
