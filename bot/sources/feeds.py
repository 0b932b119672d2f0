"""RSS, RDF and Atom into documents, by feedparser. Runs in the parsing child; knows no clock and no network."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.domain.dates import parse_when, plausible
from bot.domain.headlines import Document, Item
from bot.domain.links import absolute, site
from bot.domain.text import clean_lead, clean_title, shorten
from bot.errors import ParseError
from bot.sources.mending import MARK, is_feed_root, mend
from bot.sources.sparing import Spare

#: Items of one document that are looked at (product.md §4.6).
MOST_ITEMS = 2000
_MOST_CATEGORIES = 30
_LONGEST_NAME = 100
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


def read_feed(text: str, *, url: str, zone: tzinfo, now: datetime, spare: Spare | None = None) -> Document:
    """The whole items of an RSS, RDF or Atom document, in its order, at most `MOST_ITEMS`.

    With `spare`, items that it has seen at the last reading are not parsed again.

    Raises:
        ParseError: no feed, or one that breaks off before its first whole item.
    """
    mended = mend(text, MOST_ITEMS)
    if mended.cut_off and not mended.items:
        raise ParseError("the feed breaks off before the end of its first item")
    plan = spare.plan(mended.text, url, zone, now) if spare else None
    parsed = _parse(plan.text if plan else mended.text)
    if plan and len(parsed["entries"]) != plan.fresh:  # feedparser sees other items than we do
        plan, parsed = None, _parse(mended.text)
    channel, entries = parsed["feed"], parsed["entries"][:MOST_ITEMS]
    if not entries and not plan and (mended.items or not is_feed_root(mended.text)):
        raise ParseError("this is no feed that can be read: neither RSS nor Atom")
    base = absolute(_raw(channel, "link"), url) or url
    reader = _Reader(_base(base, url), zone, now)
    items = tuple(reader.item(entry) for entry in entries)
    return Document(
        items=spare.fill(plan, items) if spare and plan else items,
        title=clean_title(_raw(channel, "title")),
        hub=absolute(_link(channel, "hub"), url),
        self_url=absolute(_link(channel, "self"), url),
        built=reader.when(channel, ("updated", "published")),
        flaw=too_many(mended.more) or (_BREAKS_OFF if mended.cut_off else ""),
    )


def too_many(more: bool) -> str:
    """What is said of a document that has `more` items than are read."""
    return f"the document has more than {MOST_ITEMS:,} items: only the first ones are read" if more else ""


def _parse(text: str) -> dict[str, Any]:
    """feedparser, told everything that it would guess: charset known, markup untouched, links left alone."""
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8"}
    source = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        return dict(
            feedparser.parse(
                source, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
            )
        )
    except (ValueError, AssertionError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise ParseError("this feed is too broken to be read") from error


def _base(channel_link: str, url: str) -> str:
    """What relative links are relative to: the channel's own link, if it is an address of the Web."""
    return channel_link if channel_link.startswith(("http://", "https://")) else url


class _Reader:
    """Turns entries of one feed into items; holds what they share."""

    def __init__(self, base: str, zone: tzinfo, now: datetime) -> None:
        self._base = base
        self._zone = zone
        self._now = now

    def item(self, entry: Entry) -> Item:
        raw_title, guid, link = _raw(entry, "title"), _guid(entry), self._link(entry)
        lead = _raw(entry, "summary") or _first_content(entry)
        own_entity = any(MARK in part for part in (raw_title, guid or "", link or ""))
        return Item(
            title=clean_title(raw_title),
            link=link.replace(MARK, "") if link else None,
            guid=guid.replace(MARK, "") if guid else None,
            published=self.when(entry, ("published", "updated", "created")),
            categories=tuple(_categories(entry)),
            author=_author(entry),
            lead=clean_lead(lead),
            image=absolute(_image(entry, lead), self._base),
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
        link = absolute(_raw(entry, "link"), self._base) or absolute(_link(entry, "alternate"), self._base)
        guid = _guid(entry) or ""
        if guid.startswith(("http://", "https://")) and (
            link is None or site(link).endswith(_DEAD_REDIRECTOR)
        ):
            return absolute(guid, self._base)
        return link


def _raw(entry: Entry, name: str) -> str:
    """The entry's own text under `name`: feedparser would answer with another element's."""
    value = dict.get(entry, name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _guid(entry: Entry) -> str | None:
    return " ".join(_raw(entry, "id").split()) or None


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
