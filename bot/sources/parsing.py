"""Any document of a portal into headlines: what kind it is, is told by its content and not by its label.

Runs in the parsing child (`bot.sources.child`); tests may call it in their own process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.errors import ParseError
from bot.sources.decoding import decode, gunzip
from bot.sources.mending import mend, root_name
from bot.sources.tasks import MOST_BYTES, Parsed, Task, Want

if TYPE_CHECKING:
    from bot.sources.sparing import Spare

_BLANK = "\ufeff\0 \t\r\n"
_NOT_BLANK = re.compile(f"[^{_BLANK}]")
_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel", "item"})
_OTHER_XML = {
    "opml": "a list of feeds (OPML)",
    "urlset": "a sitemap",
    "sitemapindex": "an index of sitemaps",
    "error": "an error message in XML",
}


def parse(body: bytes, task: Task, spare: Spare | None = None) -> Parsed:
    """The headlines of `body`; `spare` remembers those of the last reading.

    Raises:
        ParseError: no headline can be read in it, and no feed is named; says in plain words why.
    """
    text = decode(gunzip(body, MOST_BYTES), task.charset)
    del body  # what is not needed any more goes at once: all of a document's forms together would be too much
    begin = _NOT_BLANK.search(text)
    if begin is None:
        raise ParseError("the document is empty")
    if task.want is Want.ARTICLE:
        from bot.sources.articles import read_article

        return Parsed(read_article(text, url=task.url, zone=task.zone, now=task.now))
    if begin[0] in "{[":
        from bot.sources.jsonfeed import read_json_feed

        return Parsed(read_json_feed(text.strip(_BLANK), url=task.url, zone=task.zone, now=task.now))
    root = root_name(text)
    if root in _FEED_ROOTS or (root != "html" and _looks_like_feed(text)):
        from bot.sources.feeds import MOST_ITEMS, read_feed

        mended = mend(text, MOST_ITEMS)
        del text
        return Parsed(read_feed(mended, url=task.url, zone=task.zone, now=task.now, spare=spare))
    if root in _OTHER_XML:
        raise ParseError(f"this is {_OTHER_XML[root]}, no feed")
    if not root or "<" not in text:
        raise ParseError("this is plain text: neither a feed nor a page")
    return _parse_other(text, root, task)


def _parse_other(text: str, root: str, task: Task) -> Parsed:
    try:
        return _parse_page(text, task)
    except ParseError as error:
        begin = _NOT_BLANK.search(text)
        if root == "html" or begin is None or not text.startswith("<?xml", begin.start()):
            raise
        raise ParseError(f"this is XML, but no feed: its root is <{root[:40]}>") from error


def _looks_like_feed(text: str) -> bool:
    """A feed whose beginning is broken: a feed's element stands before any of a page's."""
    head = text[:20_000].lower()
    places = [
        place
        for name in ("<rss", "<rdf:rdf", "<feed", "<channel", "<item>")
        if (place := head.find(name)) >= 0
    ]
    page = head.find("<html")
    return bool(places) and (page < 0 or min(places) < page)


def _parse_page(text: str, task: Task) -> Parsed:
    from bot.sources.pages import named_feeds, read_page

    popular = task.want is Want.POPULAR
    document = read_page(
        text, url=task.url, zone=task.zone, now=task.now, popular=popular, selectors=task.selectors
    )
    feeds = () if popular or task.selectors else named_feeds(text, task.url)
    if not document.items and not feeds:
        raise ParseError(_no_headlines(popular=popular, selected=bool(task.selectors)))
    return Parsed(document, feeds)


def _no_headlines(*, popular: bool, selected: bool) -> str:
    if selected:
        return "this page has no headline where its selectors point"
    if popular:
        return "this page has no list under a heading like Populer or Terpopuler"
    return "this is a page that names no feed and lists no headlines"
