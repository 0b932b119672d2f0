"""`preview URL…`: the posts that feeds, pages or files would make. Reads no settings, opens no database."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from bot.cli.posts import Preview, show
from bot.domain.headlines import Document, Item
from bot.errors import SourceError

#: Seconds for all addresses together; the promise is 60 for the whole call, the program's start included.
DEADLINE = 55.0
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")


class Source(Protocol):
    """The part of `bot.sources.portal.Portal` that is needed here. Raises `errors.SourceError`."""

    async def preview(self, url: str) -> Document: ...


def preview(urls: Sequence[str], *, as_json: bool) -> int:
    """Print what `urls` would bring, in the order given; 1 where one of them brought nothing."""
    from bot.cli.portal import open_portal

    previews = asyncio.run(fetch(urls, open_portal(), DEADLINE))
    if as_json:
        print("\n".join(map(json_line, previews)))
    else:
        show(previews, now=datetime.now(UTC))
    return 0 if all(one.error is None for one in previews) else 1


async def fetch(
    urls: Sequence[str], portal: AbstractAsyncContextManager[Source], seconds: float
) -> list[Preview]:
    """Look at all `urls` at once; one that takes longer than `seconds` is given up."""
    async with portal as source:
        return await asyncio.gather(*(_fetch(url, source, seconds) for url in urls))


async def _fetch(url: str, source: Source, seconds: float) -> Preview:
    if address(url).partition(":")[0].lower() not in {"http", "https", "file"}:
        return Preview(url, error="expected http://, https:// or file://, or the path of a file")
    try:
        async with asyncio.timeout(seconds):
            return Preview(url, await source.preview(address(url)))
    except TimeoutError:
        return Preview(url, error=f"no whole answer within {seconds:.0f} s")
    except SourceError as error:
        return Preview(url, error=str(error))


def address(url: str) -> str:
    """A plain path as a `file://` URL; anything with a scheme is left alone."""
    return url if _SCHEME.match(url) else Path(url).absolute().as_uri()


def json_line(one: Preview) -> str:
    """One address as product.md §1 writes it: every item of the document, in its order."""
    items = one.document.items if one.document else ()
    headlines = [_headline(item) for item in items]
    line = {"url": one.url, "ok": one.error is None, "error": one.error, "headlines": headlines}
    return json.dumps(line, ensure_ascii=False)


def _headline(item: Item) -> dict[str, str | None]:
    published = item.published.astimezone(UTC).isoformat().replace("+00:00", "Z") if item.published else None
    return {
        "title": item.title,
        "link": item.link,
        "published": published,
        "category": item.categories[0] if item.categories else None,
        "author": item.author,
        "guid": item.guid,
        "image": item.image,
    }
