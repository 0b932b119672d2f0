"""One article's page: headline, time, section and the rest, as its own head says them. Runs in the parsing child.

What says so most carefully is believed first: schema.org's JSON-LD, Open Graph's ``meta`` (ogp.me), then what a
reader sees (``h1``, the dateline below it). A page that shows neither that it is an article nor a time is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import dropwhile
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.domain.headlines import Document, Item
from bot.domain.identity import folded
from bot.domain.links import absolute, site
from bot.domain.text import clean_lead, clean_title
from bot.errors import ParseError
from bot.sources.outline import outline
from bot.sources.page_context import PageContext
from bot.sources.pages import page_base, parsed_page

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_TITLES = ("og:title", "twitter:title", "title")
_TIMES = (
    *("article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate"),
    *("publish-date", "publish_date", "publication_date", "dc.date.issued"),
)
_LEADS = ("og:description", "description", "twitter:description")
_IMAGES = ("og:image", "twitter:image")
_SECTIONS = ("article:section", "section", "news_section")
_AUTHORS = ("author", "article:author", "dc.creator")
_ARTICLE = re.compile(r"(?:.*Article|.*BlogPosting|Report)$")
#: Between a headline and the portal's name in a title.
_BEFORE_NAME = re.compile(r"\s+[-–—|•·:»]+\s+")
#: Texts behind the headline among which a dateline is looked for, and the longest that is one.
_NEAR = 15
_LONGEST_DATELINE = 120
_WORDS_OF_HEADLINE = 4
#: JSON-LD is read so far, and nested so deep.
_MOST_DATA = 200_000
_DEEPEST = 5


def read_article(html: str, *, url: str, zone: tzinfo, now: datetime) -> Document:
    """The article at `url`: a document of one item, without a GUID.

    Raises:
        ParseError: it is no article, in plain words.
    """
    tree = parsed_page(html)
    context = PageContext(page_base(tree, url), zone, now)
    page = _Page(tree, context)
    title, published = page.title(), page.published()
    if not title or not (published or page.is_article):
        raise ParseError(
            "this page is no article: it shows neither a headline with a time, nor that it is one"
        )
    item = Item(
        title=title,
        link=page.link(url),
        published=published,
        categories=tuple(filter(None, [page.section()])),
        author=page.author(),
        lead=clean_lead(page.first(_LEADS) or page.data("description")),
        image=absolute(page.first(_IMAGES) or page.data("image"), context.base),
    )
    return Document((item,), title=clean_title(page.meta.get("og:site_name", "")), kind="page")


class _Page:
    """What a page says of itself: its ``meta`` by name, its JSON-LD, its first heading."""

    def __init__(self, tree: LexborHTMLParser, context: PageContext) -> None:
        self._tree = tree
        self._context = context
        self.meta = _meta(tree)
        self._data = next(_articles(tree), {})
        heading = tree.css_first("h1")
        self._heading = clean_title(heading.text(separator=" ")) if heading else ""

    @property
    def is_article(self) -> bool:
        """Whether its data says so; ``og:type`` is not asked, since lists call themselves articles too."""
        return bool(self._data)

    def first(self, names: Iterable[str]) -> str:
        """The first ``meta`` of these names that says something."""
        return next((self.meta[name] for name in names if self.meta.get(name)), "")

    def data(self, name: str) -> str:
        """A text of the JSON-LD, the first of several; of a thing its name or address."""
        return _text(self._data.get(name))

    def title(self) -> str:
        """The headline without the portal's name behind it."""
        node = self._tree.css_first("title")
        told = [self.first(_TITLES), self.data("headline"), node.text() if node else ""]
        titles = [title for title in map(clean_title, told) if title]
        if self._heading and (not titles or any(_begins(title, self._heading) for title in titles)):
            return self._heading
        return self._without_name(titles[0]) if titles else ""

    def published(self) -> datetime | None:
        """When it came out: as its data says, else as its dateline does."""
        told = (self.data("datePublished"), *(self.meta.get(name, "") for name in _TIMES))
        return next(filter(None, map(self._context.when, filter(None, told))), None) or self._dateline()

    def section(self) -> str:
        return clean_title(self.first(_SECTIONS) or self.data("articleSection"))

    def author(self) -> str | None:
        told = clean_title(self.data("author") or self.first(_AUTHORS))
        return None if not told or "://" in told else told

    def link(self, url: str) -> str:
        """The address that it calls its own, where that is one of an article on the same site."""
        node = self._tree.css_first("link[rel=canonical][href]")
        told = (node.attributes.get("href") if node else None) or self.meta.get("og:url")
        own = absolute(told, self._context.base)
        same = own is not None and site(own) == site(url) and len(urlsplit(own).path.strip("/")) > 0
        return own if same and own is not None else url

    def _without_name(self, title: str) -> str:
        names = {folded(clean_title(self.meta.get("og:site_name", ""))).casefold(), site(self._context.base)}
        for cut in reversed(list(_BEFORE_NAME.finditer(title))):
            if folded(title[cut.end() :]).casefold() in names:
                return title[: cut.start()]
        return title

    def _dateline(self) -> datetime | None:
        tokens = outline(self._tree.body).tokens if self._tree.body else []
        behind = list(dropwhile(lambda token: folded(token.text) != folded(self._heading), tokens))
        for token in behind[1:][:_NEAR] if self._heading else ():
            if token.href is not None and len(token.text.split()) >= _WORDS_OF_HEADLINE:
                return None  # a list, which begins with another headline
            text = token.when or (token.text if len(token.text) <= _LONGEST_DATELINE else "")
            if any(map(str.isdigit, text)) and (found := self._context.when(text)):
                return found
        return None


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    """Every ``meta`` with a name, the first of each; names as they are compared."""
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if name and (content := (attributes.get("content") or "").strip()):
            found.setdefault(name.strip().lower(), content)
    return found


def _articles(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            yield from _those_within(json.loads(node.text()[:_MOST_DATA], strict=False), _DEEPEST)
        except (ValueError, RecursionError):
            continue


def _those_within(data: object, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(data, list) and depth:
        for one in data:
            yield from _those_within(one, depth - 1)
    elif isinstance(data, dict) and depth:
        kinds = data.get("@type")
        if any(
            _ARTICLE.match(kind)
            for kind in (kinds if isinstance(kinds, list) else [kinds])
            if isinstance(kind, str)
        ):
            yield data
        yield from _those_within(data.get("@graph"), depth - 1)


def _text(value: object) -> str:
    if isinstance(value, list):
        return next(filter(None, map(_text, value[:_DEEPEST])), "")
    if isinstance(value, dict):
        return _text(value.get("name")) or _text(value.get("url"))
    return value if isinstance(value, str) else ""


def _begins(title: str, heading: str) -> bool:
    return folded(title).casefold().startswith(folded(heading).casefold())
