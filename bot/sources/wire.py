"""What parent and parsing child say to each other: a length, then JSON; the body follows its request raw."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from bot.domain.headlines import Document, Item
from bot.sources.tasks import Parsed, Task, Want

#: Lengths of the JSON and of the body, in bytes, most significant first.
HEAD = struct.Struct(">II")
#: Bytes of address space that a document may take. Measured: a feed of 10 MiB takes 30 MiB, one with an emoji in it
#: 60 (text with four bytes a letter, and its bytes); together with the bot itself that stays below 200.
MEMORY = 72 * 1024 * 1024

# `dataclasses.asdict` copies every value deeply, which takes ten times as long.
_ITEM_FIELDS = tuple(field.name for field in fields(Item))
_DOCUMENT_FIELDS = tuple(field.name for field in fields(Document))


def pack(message: Mapping[str, Any], body_size: int = 0) -> bytes:
    """One message as it goes through the pipe, but for the body that follows it."""
    text = json.dumps(message, ensure_ascii=True).encode()
    return HEAD.pack(len(text), body_size) + text


def task_to_json(task: Task) -> dict[str, Any]:
    """A task as plain values; a zone by its name, or by its offset of the moment where it has none."""
    offset = task.zone.utcoffset(task.now)
    return {
        "url": task.url,
        "zone": getattr(task.zone, "key", None) or int((offset or timedelta()).total_seconds()),
        "now": task.now.isoformat(),
        "want": task.want,
        "charset": task.charset,
        "selectors": dict(task.selectors),
    }


def task_from_json(data: Mapping[str, Any]) -> Task:
    """The task that `task_to_json` wrote."""
    known = {name: data[name] for name in ("url", "charset", "selectors")}
    return Task(
        zone=_zone(data["zone"]), now=datetime.fromisoformat(data["now"]), want=Want(data["want"]), **known
    )


def parsed_to_json(parsed: Parsed) -> dict[str, Any]:
    """A document as plain values, times in ISO 8601."""
    found = parsed.document
    document = {name: getattr(found, name) for name in _DOCUMENT_FIELDS}
    document["built"] = _iso(found.built)
    document["items"] = [item_to_json(item) for item in found.items]
    return {"document": document, "feeds": parsed.feeds}


def parsed_from_json(data: Mapping[str, Any]) -> Parsed:
    """The document that `parsed_to_json` wrote."""
    document = data["document"]
    items = tuple(item_from_json(plain) for plain in document["items"])
    rest = {**document, "items": items, "built": _time(document["built"])}
    return Parsed(Document(**rest), tuple(data["feeds"]))


def item_to_json(item: Item) -> dict[str, Any]:
    """An item as plain values, times in ISO 8601."""
    plain = {name: getattr(item, name) for name in _ITEM_FIELDS}
    plain["published"] = _iso(item.published)
    return plain


def item_from_json(plain: Mapping[str, Any]) -> Item:
    """The item that `item_to_json` wrote."""
    return Item(**{**plain, "published": _time(plain["published"]), "categories": tuple(plain["categories"])})


def _zone(value: str | int) -> tzinfo:
    if isinstance(value, int):
        return timezone(timedelta(seconds=value)) if value else UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(value)


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
