"""RSS, RDF and Atom into documents, by feedparser. Runs in the parsing child; knows no clock and no network."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
from typing import Any

from bot.domain.dates import parse_when, plausible
from bot.domain.headlines import Document, Item
from bot.domain.links import absolute, parts_of, site
from bot.domain.text import clean_lead, clean_title, shorten
from bot.errors import ParseError
from bot.sources.mending import MARK, Mended
from bot.sources.sparing import Plan, Spare

#: Items of one document that are looked at (product.md §4.6).
MOST_ITEMS = 2000
_MOST_CATEGORIES = 30
_LONGEST_NAME = 100
_LONGEST_GUID = 1000
#: The last one is a news sitemap's (schemas/sitemap-news/0.9), which some portals put into their feeds' items.
_DATES = ("published", "updated", "created", "news_publication_date")
_MAIL = re.compile(r"[^\s()<>,;]+@[^\s()<>,;]+")
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)
_IMAGE_TAG = re.compile(r"<img\b[^>]{0,2000}?\bsrc\s*=\s*[\"']?([^\"'\s>]+)([^>]{0,500})>", re.IGNORECASE)
_BEACON = re.compile(
    r"feedsportal|feedburner\.com/~|doubleclick|/pixel|1x1|beacon|stats\.wordpress|\b(?:width|height)\s*=\s*[\"']?[01][\"'\s]",
    re.IGNORECASE,
)
#: A redirector that is gone for good: what the GUID says behind it is the article's address.
_DEAD_REDIRECTOR = "feedsportal.com"
_BREAKS_OFF = "the document breaks off: it is read up to its last whole item"
_OWN_ENTITY = "an entity that the document defines itself stands in it"

Entry = Mapping[str, Any]


def read_feed(
    mended: Mended, *, url: str, zone: tzinfo, now: datetime, spare: Spare | None = None
) -> Document:
    """The whole items of an RSS, RDF or Atom document that was mended, in its order, at most `MOST_ITEMS`.

    With `spare`, items that it has seen at the last reading are not parsed again.

    Raises:
        ParseError: no feed, or one that breaks off before its first whole item.
    """
    if mended.cut_off and not mended.items:
        raise ParseError("the feed breaks off before the end of its first item")
    reading = _Reading(url, zone, now)
    plan = spare.plan(mended.body, url, zone, now) if spare else None
    if plan is None or plan.is_whole or not reading.goes_through(plan):
        reading = _Reading(url, zone, now)
        well_formed = reading.take(mended.body)
        if plan and not (well_formed and len(reading.items) == len(plan.fresh) == len(plan.digests)):
            plan = None
    items = tuple(reading.items[:MOST_ITEMS])
    if not items and not plan and (mended.items or not mended.is_feed):
        raise ParseError("this is no feed that can be read: neither RSS nor Atom")
    channel = reading.channel
    return Document(
        items=spare.fill(plan, items) if spare and plan else items,
        title=clean_title(_raw(channel, "title")),
        hub=absolute(_link(channel, "hub"), url),
        self_url=absolute(_link(channel, "self"), url),
        built=reading.reader.when(channel, ("updated", "published")),
        flaw=too_many(mended.more) or (_BREAKS_OFF if mended.cut_off else ""),
    )


class _Reading:
    """What was read of one feed: its `channel` as the first of its pieces says it, and the `items` of all."""

    def __init__(self, url: str, zone: tzinfo, now: datetime) -> None:
        self._url = url
        self.channel: Entry = {}
        self.items: list[Item] = []
        self.reader = _Reader(url, zone, now)

    def take(self, body: bytes) -> bool:
        """Read a document; whether it was well-formed: else feedparser guesses where an element ends."""
        parsed = _parse(body)
        if not self.channel:
            self.channel = parsed["feed"]
            base = absolute(_raw(self.channel, "link"), self._url) or self._url
            self.reader.base = _base(base, self._url)
        self.items += [self.reader.item(entry) for entry in parsed["entries"][:MOST_ITEMS]]
        return not parsed["bozo"]

    def goes_through(self, plan: Plan) -> bool:
        """Whether every piece of `plan` is read as it was cut: else one item may colour the next."""
        wanted = 0
        for body, count in plan.pieces():
            wanted += count
            if not self.take(body) or len(self.items) != wanted:
                return False
        return True


def too_many(more: bool) -> str:
    """What is said of a document that has `more` items than are read."""
    return f"the document has more than {MOST_ITEMS:,} items: only the first ones are read" if more else ""


def _parse(body: bytes) -> dict[str, Any]:
    """feedparser, told everything that it would guess: charset known, markup untouched, links left alone."""
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        return dict(
            feedparser.parse(
                io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
            )
        )
    except (ValueError, AssertionError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise ParseError("this feed is too broken to be read") from error


def _base(channel_link: str, url: str) -> str:
    """What relative links are relative to: the channel's own link, if it is an address of the Web."""
    return channel_link if parts_of(channel_link) else url


class _Reader:
    """Turns entries of one feed into items; holds what they share."""

    def __init__(self, base: str, zone: tzinfo, now: datetime) -> None:
        self.base = base
        self._zone = zone
        self._now = now

    def item(self, entry: Entry) -> Item:
        raw_title = _raw(entry, "title") or _raw(entry, "news_title")
        guid, link = _guid(entry), self._link(entry)
        lead = _raw(entry, "summary") or _first_content(entry)
        own_entity = any(MARK in part for part in (raw_title, guid or "", link or ""))
        return Item(
            title=clean_title(raw_title),
            link=link.replace(MARK, "") if link else None,
            guid=guid.replace(MARK, "") if guid else None,
            published=self.when(entry, _DATES),
            categories=tuple(_categories(entry)),
            author=_author(entry),
            lead=clean_lead(lead),
            image=absolute(_image(entry, lead), self.base),
            flaw=_OWN_ENTITY if own_entity else "",
        )

    def when(self, entry: Entry, names: Iterable[str]) -> datetime | None:
        """The first of the entry's dates that can be read; feedparser's reading only where ours has none."""
        for name in names:
            text = _raw(entry, name)
            if not text:
                continue
            found = parse_when(text, zone=self._zone, now=self._now) or self._exotic(entry, name)
            if found:
                return found
        return None

    def _exotic(self, entry: Entry, name: str) -> datetime | None:
        parsed = dict.get(entry, f"{name}_parsed") if isinstance(entry, dict) else None
        try:
            return (
                plausible(datetime.fromtimestamp(calendar.timegm(parsed), UTC), self._now) if parsed else None
            )
        except (ValueError, OverflowError, TypeError):
            return None

    def _link(self, entry: Entry) -> str | None:
        """The article's own address, also where only the GUID has it."""
        link = absolute(_raw(entry, "link"), self.base) or absolute(_link(entry, "alternate"), self.base)
        guid = _guid(entry) or ""
        if guid.startswith(("http://", "https://")) and (
            link is None or site(link).endswith(_DEAD_REDIRECTOR)
        ):
            return absolute(guid, self.base)
        return link


def _raw(entry: Entry, name: str) -> str:
    """The entry's own text under `name`: feedparser would answer with another element's."""
    value = dict.get(entry, name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _guid(entry: Entry) -> str | None:
    return short_guid(" ".join(_raw(entry, "id").split())) or None


def short_guid(guid: str) -> str:
    """`guid`; of one that is as long as an article its beginning and what tells it from others."""
    if len(guid) <= _LONGEST_GUID:
        return guid
    return f"{guid[:80]}…{blake2b(guid.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"


def _link(entry: Entry, rel: str) -> str | None:
    return next((link.get("href") for link in entry.get("links", ()) if link.get("rel") == rel), None)


def _first_content(entry: Entry) -> str:
    contents = entry.get("content") or [{}]
    return str(contents[0].get("value") or "")


def _author(entry: Entry) -> str | None:
    """The reporter's name; mail and web addresses are none (RSS writes ``a@b.id (Name)``)."""
    name = _MAIL.sub("", clean_title(_raw(entry, "author"))).strip(" ()<>[],;")
    return None if "://" in name else shorten(name, _LONGEST_NAME) or None


def _categories(entry: Entry) -> Iterable[str]:
    tags = entry.get("tags") or ()
    names = (clean_title(str(tag.get("label") or tag.get("term") or "")) for tag in tags[:_MOST_CATEGORIES])
    return dict.fromkeys(shorten(name, _LONGEST_NAME) for name in names if name)


def _image(entry: Entry, lead: str) -> str | None:
    """The article's picture: the feed's media elements, else the first one in its text that is no beacon."""
    for link in (*_media(entry), *_enclosures(entry)):
        if link:
            return link
    for html in (lead, _first_content(entry)):
        for match in _IMAGE_TAG.finditer(html[:100_000]):
            if not _BEACON.search(match[0]):
                return match[1].replace("&amp;", "&")
    return None


def _media(entry: Entry) -> Iterable[str | None]:
    for media in entry.get("media_content") or ():
        kind = f"{media.get('medium', '')} {media.get('type', '')}"
        if "image" in kind or (not kind.strip() and _IMAGE_FILE.search(media.get("url") or "")):
            yield media.get("url")
    for media in entry.get("media_thumbnail") or ():
        yield media.get("url")


def _enclosures(entry: Entry) -> Iterable[str | None]:
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure":
            href = link.get("href") or ""
            if "image" in str(link.get("type") or "") or _IMAGE_FILE.search(href):
                yield href
    image = entry.get("image")
    yield image.get("href") if isinstance(image, dict) else None
