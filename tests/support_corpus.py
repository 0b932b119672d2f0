"""The corpus of real feeds beside the checkout: where it lies, and what its own suites expect of a file."""

from __future__ import annotations

import ast
import calendar
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
HARD = CORPUS / "hard"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a suite expects of one item; None where it says nothing."""

    place: int
    title: str | None = None
    link: str | None = None
    when: datetime | None = None
    guid: str | None = None


def expectations() -> Iterator[tuple[Path, list[Expected], str]]:
    """File, what is expected of its items, and the character set that its HTTP header claimed."""
    yield from _beside("fastfeedparser", "*.json", ".xml", _fastfeedparser)
    yield from _beside("gofeed", "*.json", ".xml", _gofeed)
    yield from _beside("feed-rs", "*.serde.json", ".xml", _feed_rs)
    yield from _beside("podcastparser", "*.json", ".rss", _podcastparser)
    yield from _beside("feedsmith/feeds", "*.json", ".xml", _feedsmith)
    for path in sorted((HARD / "rss-parser" / "output").glob("*.json")):
        for source in (HARD / "rss-parser" / "input").glob(f"{path.stem}.*"):
            yield source, _rss_parser(_load(path)), ""
    for path in sorted((HARD / "feedparser").rglob("*.xml")):
        found, charset = _comment(path)
        if found:
            yield path, found, charset


def _beside(
    folder: str, pattern: str, suffix: str, reading: Any
) -> Iterator[tuple[Path, list[Expected], str]]:
    for path in sorted((HARD / folder).rglob(pattern)):
        name = path.name.removesuffix(".serde.json").removesuffix(".json").removesuffix("_expected")
        source = path.with_name(name + suffix)
        if not source.exists() and path.name.endswith("_expected.json"):
            source = path.with_name(name + ".json")
        if source.exists() and source != path:
            yield source, reading(_load(path)), ""


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8", errors="replace"))


def _fastfeedparser(data: Any) -> list[Expected]:
    return [
        Expected(place, entry.get("title"), entry.get("link"), _iso(entry.get("published")), None)
        for place, entry in enumerate(data.get("entries", []))
    ]


def _gofeed(data: Any) -> list[Expected]:
    items = (data.get("items") or data.get("entries") or []) if isinstance(data, dict) else []
    found = []
    for place, item in enumerate(items):
        links = [
            link.get("href")
            for link in item.get("links") or []
            if isinstance(link, dict) and link.get("rel") in {"alternate", None}
        ]
        when = item.get("publishedParsed") or item.get("pubDateParsed") or item.get("updatedParsed")
        guid = item.get("guid")
        found.append(
            Expected(
                place,
                item.get("title"),
                item.get("link") or item.get("url") or (links[0] if links else None),
                _iso(when or item.get("date_published")),
                guid if isinstance(guid, str) else None,
            )
        )
    return found


def _feed_rs(data: Any) -> list[Expected]:
    found = []
    for place, entry in enumerate(data.get("entries", [])):
        links = [link["href"] for link in entry.get("links", []) if link.get("rel") in {"alternate", None}]
        title = (entry.get("title") or {}).get("content")
        when = _iso(entry.get("published") or entry.get("updated"))
        found.append(Expected(place, title, links[0] if links else None, when))
    return found


def _podcastparser(data: Any) -> list[Expected]:
    return [
        Expected(
            place,
            episode.get("title"),
            episode.get("link") or None,
            datetime.fromtimestamp(episode["published"], UTC) if episode.get("published") else None,
        )
        for place, episode in enumerate(data.get("episodes", []))
    ]


def _feedsmith(data: Any) -> list[Expected]:
    items = data.get("items") or data.get("entries") or []
    return [
        Expected(place, _text(item.get("title")), _text(item.get("link")), None)
        for place, item in enumerate(items)
    ]


def _rss_parser(data: Any) -> list[Expected]:
    return [
        Expected(
            place, item.get("title"), (item.get("link") or "").strip() or None, _iso(item.get("isoDate"))
        )
        for place, item in enumerate(data["feed"].get("items", []))
    ]


_ENTRY = re.compile(
    r"""entries\[(\d+)\]\[['"](title|title_detail|link|id|published_parsed|updated_parsed)['"]\](?:\[['"]value['"]\])?\s*==\s*(.+?)\s*(?: and |$)"""
)


def _comment(path: Path) -> tuple[list[Expected], str]:
    """What feedparser says of its own: ``Expect: not bozo and entries[0]['title'] == 'x'`` in the first comment."""
    head = _head(path)
    expect = re.search(r"Expect:\s*(.+)", head)
    charset = re.search(r"Header:\s*Content-type:.*?charset\s*=\s*[\"']?([\w.\-:]+)", head, re.IGNORECASE)
    found: dict[int, dict[str, Any]] = {}
    for place, name, value in _ENTRY.findall(expect[1]) if expect else ():
        try:
            found.setdefault(int(place), {})[name] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            continue
    return [_of_comment(place, names) for place, names in sorted(found.items())], charset[
        1
    ] if charset else ""


def _head(path: Path) -> str:
    raw = path.read_bytes()[:4000]
    for codec in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        if "Expect:".encode(codec) in raw:
            return raw.decode(codec, "ignore")
    return raw.decode("utf-8", "replace")


def _of_comment(place: int, names: dict[str, Any]) -> Expected:
    when = names.get("published_parsed") or names.get("updated_parsed")
    moment = datetime.fromtimestamp(calendar.timegm(when), UTC) if when else None
    return Expected(
        place, names.get("title") or names.get("title_detail"), names.get("link"), moment, names.get("id")
    )


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else None


def _iso(text: Any) -> datetime | None:
    try:
        when = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)
