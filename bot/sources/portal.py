"""One look at a portal: fetch, see whether anything changed, parse. Keeps nothing between looks.

What a look learnt (validators, the body's hash, the feed that a page named) goes back to the caller in the
`Look`, and comes again with the next `FeedAddress`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from bot.aside import aside
from bot.domain.headlines import Document, Item
from bot.domain.looks import FeedAddress, Look, Validators
from bot.domain.takedowns import Page, PageAnswer, page_answer, sent_home
from bot.errors import FetchError, ParseError, SourceError
from bot.sources.addresses import host_and_port
from bot.sources.fetch import Fetched, Fetcher, NotModified
from bot.sources.linkheader import HubLinks
from bot.sources.tasks import MOST_BYTES, Parsed, Task, Want

_MOST_NAMED_FEEDS = 3
#: Bytes of a body that take longer to hash than readers should wait.
_LARGE = 1024 * 1024
#: In place of a named feed: the page names only what is none, so its list is read at once.
_NO_FEED = "-"


class Parser(Protocol):
    """Reads a body; `ParserProcess` does it in a child."""

    async def parse(self, body: bytes, task: Task) -> Parsed:
        """Raises `errors.ParseError` where nothing can be read."""
        ...


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class _Memory:
    """What `FeedAddress.body_hash` says: the last body's hash, and the feed that a page named, if it did."""

    digest: str = ""
    feed: str = ""

    @classmethod
    def of(cls, text: str) -> _Memory:
        digest, _, feed = text.partition(" ")
        return cls(digest, feed)

    def __str__(self) -> str:
        """Nothing without a digest: a body that broke off must be read again."""
        return f"{self.digest} {self.feed}".rstrip() if self.digest or self.feed not in {"", _NO_FEED} else ""


class Portal:
    """Looks at feeds, pages and popular lists. `zone` is where times without a zone are read."""

    def __init__(self, fetcher: Fetcher, parser: Parser, *, zone: tzinfo, clock: Clock) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._zone = zone
        self._clock = clock

    async def look(self, feed: FeedAddress) -> Look:
        """What the feed, or the feed that the page names, or else the page's own list says now.

        Raises:
            SourceError: it could not be had or not be read, in plain words.
        """
        memory = _Memory.of(feed.body_hash)
        if memory.feed in {"", _NO_FEED}:
            return _not_sent_home(feed.url, await self._look_at(feed, Want.FEED))
        try:
            return await self._look_at_named(feed, memory.feed)
        except SourceError as error:
            if not _says_that_there_is_none(error):
                raise
        anew = replace(feed, validators=Validators(), body_hash="")
        return _not_sent_home(feed.url, await self._look_at(anew, Want.FEED))

    async def popular(self, feed: FeedAddress) -> Look:
        """The portal's own popular list: a feed, or a page's list under *Populer*, never the feed it names.

        Raises:
            SourceError: as `look`.
        """
        return await self._look_at(feed, Want.POPULAR)

    async def read_pushed(self, url: str, body: bytes, charset: str | None) -> Document:
        """The document of the feed at `url` as a hub brought it, with the charset of its label.

        Raises:
            ParseError: as `look`.
        """
        task = replace(self._task(url, Want.FEED), charset=charset)
        return (await self._parser.parse(body, task)).document

    async def submit(self, url: str, form: Mapping[str, str], *, found_on: str) -> None:
        """Ask the hub at `url`, which the feed at `found_on` named; returns when it is accepted.

        Raises:
            FetchError: it is not, or nobody answers; Forbidden: it lies in a private network.
        """
        await self._fetcher.submit(url, form, found_on=found_on)

    async def article(self, url: str, *, found_on: str) -> Item:
        """The article at `url`, which an editor named; it may be where the feed at `found_on` may lead.

        Raises:
            FetchError, Forbidden: it could not be had; ParseError: it is no article.
        """
        fetched = await self._fetcher.fetch(url, found_on=found_on)
        if isinstance(fetched, NotModified):  # only an answer to validators
            raise FetchError("there is nothing to show")
        parsed = await self._parser.parse(fetched.body, self._task(fetched.url, Want.ARTICLE, fetched))
        return parsed.document.items[0]

    async def page(self, url: str, *, found_on: str) -> PageAnswer:
        """What the page of a story answers, which the feed at `found_on` named; raises nothing."""
        try:
            found = await self._fetcher.standing(url, found_on=found_on)
        except SourceError as error:
            wish = error.retry_after if isinstance(error, FetchError) else None
            return PageAnswer(Page.TROUBLE, str(error), wish)
        return page_answer(url, found.status, found.ended, found.retry_after)

    async def preview(self, url: str) -> Document:
        """What is at an address that an operator typed: http, https, or ``file://`` on this machine.

        Raises:
            SourceError: as `look`.
        """
        if not url.lower().startswith("file:"):
            look = await self.look(FeedAddress(url))
            if look.document is None:  # only a look with validators can find nothing new
                raise FetchError("there is nothing to show")
            return look.document
        body = await asyncio.to_thread(_read_file, url)
        parsed = await self._parser.parse(body, self._task(url, Want.FEED))
        if parsed.document.items or parsed.document.kind == "feed":
            return parsed.document
        look = await self._look_at_first(FeedAddress(url), parsed, Look(None))
        return look.document or parsed.document

    async def _look_at(self, feed: FeedAddress, want: Want) -> Look:
        fetched = await self._fetch(feed, feed.url)
        if isinstance(fetched, NotModified):
            return Look(None, fetched.validators, feed.body_hash, fetched.moved_to, 304, age=fetched.age)
        known = _Memory.of(feed.body_hash)
        look = _look(fetched, replace(known, digest=await _digest(fetched)))
        if known.digest and look.body_hash == feed.body_hash:
            return look
        parsed = await self._parser.parse(fetched.body, self._task(fetched.url, want, fetched, feed))
        if parsed.feeds and not (known.feed == _NO_FEED and parsed.document.items):
            return await self._look_at_first(replace(feed, url=fetched.url), parsed, look)
        return replace(look, document=_with_hub(parsed.document, fetched))

    async def _look_at_first(self, feed: FeedAddress, parsed: Parsed, page: Look) -> Look:
        """The first of the feeds that a page names which can be read; the page's own list where none can."""
        feed = replace(feed, validators=Validators(), body_hash="")
        troubles: list[SourceError] = []
        for url in parsed.feeds[:_MOST_NAMED_FEEDS]:
            try:
                return await self._look_at_named(feed, url)
            except SourceError as error:
                troubles.append(error)
        if not parsed.document.items:
            raise troubles[0]
        if page.body_hash and all(_says_that_there_is_none(trouble) for trouble in troubles):
            page = replace(page, body_hash=str(replace(_Memory.of(page.body_hash), feed=_NO_FEED)))
        return replace(page, document=parsed.document)

    async def _look_at_named(self, feed: FeedAddress, url: str) -> Look:
        """The feed at `url`, which the page at `feed.url` named; validators and hash are the feed's own."""
        fetched = await self._fetch(feed, url)
        if isinstance(fetched, NotModified):
            return Look(None, fetched.validators, feed.body_hash, None, 304, feed.url, fetched.age)
        memory = _Memory(await _digest(fetched), url)
        look = replace(_look(fetched, memory), moved_to=None, discovered_from=feed.url)
        if memory.digest and str(memory) == feed.body_hash:
            return look
        parsed = await self._parser.parse(fetched.body, self._task(fetched.url, Want.FEED, fetched))
        if parsed.document.kind != "feed":
            raise ParseError("the page names a feed that is a page itself")
        return replace(look, document=_with_hub(parsed.document, fetched))

    async def _fetch(self, feed: FeedAddress, url: str) -> Fetched | NotModified:
        """Validators are only good together with the hash of the body they came with."""
        named = url != feed.url
        if feed.url.lower().startswith("file:"):
            return await self._fetcher.fetch(url, found_on="http://file.invalid/")
        same_house = not named or host_and_port(url) == host_and_port(feed.url)
        return await self._fetcher.fetch(
            url,
            validators=feed.validators if feed.body_hash else None,
            headers=feed.headers if same_house else {},
            found_on=feed.url if named else None,
        )

    def _task(
        self, url: str, want: Want, fetched: Fetched | None = None, feed: FeedAddress | None = None
    ) -> Task:
        return Task(
            url=url,
            zone=self._zone,
            now=self._clock.now(),
            want=want,
            charset=fetched.charset if fetched else None,
            selectors=feed.selectors if feed else {},
        )


def _not_sent_home(url: str, look: Look) -> Look:
    """A feed whose address leads to the front page has not moved there, whatever the portal calls it: it is away."""
    is_feed = look.document is not None and look.document.kind == "feed"
    away = look.moved_to is not None and not is_feed and sent_home(url, look.moved_to)
    return replace(look, moved_to=None) if away else look


def _with_hub(document: Document, fetched: Fetched) -> Document:
    """What the answer's headers say of a hub goes before what the feed says (WebSub §4)."""
    links = fetched.links
    if document.kind != "feed" or links == HubLinks():
        return document
    return replace(document, hub=links.hub or document.hub, self_url=links.self_url or document.self_url)


def _says_that_there_is_none(error: SourceError) -> bool:
    return isinstance(error, ParseError) or (
        isinstance(error, FetchError) and error.status in {403, 404, 410}
    )


async def _digest(fetched: Fetched) -> str:
    """Empty for a body that broke off: the next look must read it again."""
    if not fetched.whole:
        return ""
    digest = await aside(partial(hashlib.sha256, fetched.body), when=len(fetched.body) > _LARGE)
    return digest.hexdigest()


def _look(fetched: Fetched, memory: _Memory) -> Look:
    return Look(None, fetched.validators, str(memory), fetched.moved_to, fetched.status, age=fetched.age)


def _read_file(url: str) -> bytes:
    try:
        path = Path(unquote(urlsplit(url).path))
        body = _beginning(path)
    except ValueError as error:
        raise FetchError("this is no address of a file") from error
    if len(body) > MOST_BYTES:
        raise FetchError(f"{path} is larger than {MOST_BYTES // 1024 // 1024} MiB")
    return body


def _beginning(path: Path) -> bytes:
    """As much as a document may have, and one byte more."""
    try:
        if path.is_fifo():  # opening it waits for somebody who writes
            raise FetchError(f"{path} is no file but a pipe")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror or 'no such file'}") from error
