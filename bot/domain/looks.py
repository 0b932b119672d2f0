"""What one look at a portal is asked with and what it brings: plain values between rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.headlines import Document


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave so that it can be asked "anything new?" (RFC 9110 §8.8), as it was written."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """A feed as the settings describe it, with what the last good look left behind.

    `selectors` are CSS, for a page without a feed: ``item``, and within it ``title``, ``link``, ``date``,
    ``image``, ``lead``, ``category``, ``author``. `body_hash` is the last body's, to spare parsing it again.
    """

    url: str
    name: str = ""
    category: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    selectors: Mapping[str, str] = field(default_factory=dict)
    validators: Validators = Validators()
    body_hash: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look brought. `document` is None where nothing has changed (304, or the same body again).

    `validators` and `body_hash` belong into the next `FeedAddress`; `moved_to` is a permanent redirect's
    end (to be remembered, never followed blindly); `discovered_from` is the page that named the feed.
    `age` is how long a cache had kept the answer, as far as its headers tell.
    """

    document: Document | None
    validators: Validators = Validators()
    body_hash: str = ""
    moved_to: str | None = None
    status: int = 200
    discovered_from: str | None = None
    age: timedelta = timedelta()
