"""The portals: looking at feeds, and being called by their hubs. Raise `errors.SourceError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.headlines import Document
from bot.domain.looks import FeedAddress, Look


class Portal(Protocol):
    """Looks at a feed or page. Raises `errors.SourceError`; never touches the store."""

    async def look(self, feed: FeedAddress) -> Look:
        """One polite look: `Look.document` is None where nothing changed."""
        ...

    async def popular(self, feed: FeedAddress) -> Look:
        """The portal's own popular list: a feed, or a page with a list of that name."""
        ...


class PushPortal(Protocol):
    """What pushing needs of the portal's room. Raises `errors.SourceError`."""

    async def read_pushed(self, url: str, body: bytes, charset: str | None) -> Document:
        """The document of the feed at `url`, as a hub brought it."""
        ...

    async def submit(self, url: str, form: Mapping[str, str], *, found_on: str) -> None:
        """POST a form to a hub that the feed at `found_on` named; returns when it is accepted."""
        ...
