"""What is asked of the parser, and what it answers; how documents are read is `parsing`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from bot.domain.headlines import Document

#: Bytes of a document after unpacking (product.md §4.6).
MOST_BYTES = 10 * 1024 * 1024


class Want(StrEnum):
    """What is sought in a document; but for an article it matters for pages only."""

    FEED = "feed"  # the feed that a page names, and the latest headlines
    ARTICLE = "article"  # the one article that the page is
    POPULAR = "popular"  # the list of most-read headlines, never the feed that the page names


@dataclass(frozen=True, slots=True)
class Task:
    """How to read a body: where it came from, what HTTP said of it, what is sought.

    `now` is aware; `zone` is where times without one are read.
    """

    url: str
    zone: tzinfo
    now: datetime
    want: Want = Want.FEED
    charset: str | None = None
    selectors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, and the feeds that it names where it is a page."""

    document: Document
    feeds: tuple[str, ...] = ()
