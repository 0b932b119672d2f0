"""JSON Feed 1.0 and 1.1 (jsonfeed.org) into documents. Runs in the parsing child."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from bot.domain.dates import parse_when
from bot.domain.headlines import Document, Item
from bot.domain.links import absolute, base_of
from bot.domain.text import clean_lead, clean_title
from bot.errors import ParseError
from bot.sources.feeds import MOST_ITEMS, short_guid, too_many

_MOST_CATEGORIES = 30


def read_json_feed(text: str, *, url: str, zone: tzinfo, now: datetime) -> Document:
    """The items of a JSON Feed, in its order; what has the wrong type counts as absent.

    Raises:
        ParseError: no JSON, or JSON that is no feed.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError("this begins like JSON and is none") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise ParseError("this is JSON, but no JSON Feed: it has no items")
    base = base_of(_text(feed, "home_page_url"), url)
    return Document(
        items=tuple(_item(item, base, zone, now) for item in items[:MOST_ITEMS] if isinstance(item, dict)),
        title=clean_title(_text(feed, "title")),
        hub=absolute(_hub(feed), url),
        self_url=absolute(_text(feed, "feed_url"), url),
        flaw=too_many(len(items) > MOST_ITEMS),
    )


def _item(item: Mapping[str, Any], base: str, zone: tzinfo, now: datetime) -> Item:
    guid = _text(item, "id")
    lead = _text(item, "summary") or _text(item, "content_text") or _text(item, "content_html")
    link = _text(item, "url") or _text(item, "external_url")
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    dates = (
        parse_when(_text(item, name), zone=zone, now=now) for name in ("date_published", "date_modified")
    )
    return Item(
        title=clean_title(_text(item, "title")),
        link=absolute(link, base),
        guid=short_guid(guid) or None,
        published=next(filter(None, dates), None),
        categories=tuple(
            clean_title(tag) for tag in _list(item, "tags")[:_MOST_CATEGORIES] if isinstance(tag, str)
        ),
        author=_author(item),
        lead=clean_lead(lead),
        image=absolute(_image(item), base),
    )


def _text(source: Mapping[str, Any], name: str) -> str:
    """The text under `name`; a number is read as its digits (ids often are numbers)."""
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "ignore").decode().strip()


def _list(source: Mapping[str, Any], name: str) -> list[Any]:
    value = source.get(name)
    return value if isinstance(value, list) else []


def _author(item: Mapping[str, Any]) -> str | None:
    for author in (*_list(item, "authors"), item.get("author")):
        if isinstance(author, dict) and (name := clean_title(_text(author, "name"))):
            return name
    return None


def _image(item: Mapping[str, Any]) -> str:
    attached = (
        _text(part, "url")
        for part in _list(item, "attachments")
        if isinstance(part, dict) and _text(part, "mime_type").startswith("image/")
    )
    return _text(item, "image") or _text(item, "banner_image") or next(attached, "")


def _hub(feed: Mapping[str, Any]) -> str:
    hubs = (hub for hub in _list(feed, "hubs") if isinstance(hub, dict))
    return next((_text(hub, "url") for hub in hubs if _text(hub, "type").lower() == "websub"), "")
