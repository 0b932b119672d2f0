"""The words of a portal: an item of a document, and the headline that is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: Characters; a longer headline is cut at a word (product.md §3).
MAX_TITLE = 300
#: Characters of the description that are kept as lead.
MAX_LEAD = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a document, cleaned, in the document's own order.

    It does not know whether it is new. `title` is plain text (entities decoded once, markup gone,
    at most `MAX_TITLE` characters; empty where the portal gave none), `link` absolute or None,
    `published` aware, in UTC. `flaw` says in plain words why it must not be posted
    (an entity that the document defines itself, say); empty when it may.
    """

    title: str
    link: str | None = None
    guid: str | None = None
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    author: str | None = None
    lead: str = ""
    image: str | None = None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What one look at a feed or page found.

    `kind` is ``feed`` or ``page``; `hub` and `self_url` are WebSub's (W3C), None where not named;
    `built` is the document's own date (``lastBuildDate``, ``updated``), aware UTC or None. `flaw` says in plain
    words what of it was not read (it breaks off, it has too many items); empty where all was.
    """

    items: tuple[Item, ...]
    title: str = ""
    kind: str = "feed"
    hub: str | None = None
    self_url: str | None = None
    built: datetime | None = None
    flaw: str = ""


class KeyKind(StrEnum):
    """What may identify a headline, in the order in which they decide (product.md §4.4)."""

    ARTICLE = "article"  # the article's id within its site
    GUID = "guid"  # the GUID within its feed
    LINK = "link"  # the canonical link
    TEXT = "text"  # link and title together, where there is no other


@dataclass(frozen=True, slots=True)
class Key:
    """One name under which a headline is known; `value` carries its own scope (site, feed)."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a headline: the part that a correction may change, and what templates show.

    `title` may be an editor's; `kicker` is the section (*Dunia*), empty when unknown; `published` is
    what the portal says, or the time first seen where it says nothing or a time to come (UTC).
    """

    title: str
    link: str | None
    kicker: str
    published: datetime
    reporter: str = ""
    lead: str = ""
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline as it is remembered. `revision` counts its wordings, from 1."""

    id: int
    words: Words
    first_seen: datetime
    revision: int = 1
    withdrawn: bool = False
