"""Pages of a portal: the feeds that they name, and the headlines that they list. Runs in the parsing child."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from bot.domain.headlines import Document, Item
from bot.domain.links import absolute, article_id, base_of, canonical, parts_of
from bot.domain.text import clean_lead, clean_title
from bot.errors import ParseError
from bot.sources.feeds import MOST_ITEMS, too_many
from bot.sources.lists import ListKind, find_lists, headlines_of
from bot.sources.mending import without_endless_tags
from bot.sources.outline import Outline, outline
from bot.sources.page_context import PageContext

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_FEED_TYPES = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|(?:text|application)/xml$")
_COMMENTS = re.compile(r"comment|komentar", re.IGNORECASE)
_FEED_FILE = re.compile(r"/(?:rss|feeds?|atom)(?:[/.]|$)|\.(?:rss|rdf|atom|xml)$", re.IGNORECASE)
_POPULAR_PATH = re.compile(r"populer|popular|most-?(?:read|viewed)", re.IGNORECASE)
_FEWEST = 3


def read_page(
    html: str, *, url: str, zone: tzinfo, now: datetime, popular: bool, selectors: Mapping[str, str]
) -> Document:
    """The headlines that a page lists; `popular`: those of its popular list only.

    `selectors` (CSS) say where they stand, otherwise headings tell. The document may be empty.

    Raises:
        ParseError: a selector that is no CSS.
    """
    tree = parsed_page(html)
    context = PageContext(page_base(tree, url), zone, now)
    title = tree.css_first("title")
    items = _selected(tree, selectors, context) if selectors else _listed(tree, context, popular=popular)
    return Document(
        items=tuple(items[:MOST_ITEMS]),
        title=clean_title(title.text()) if title else "",
        kind="page",
        flaw=too_many(len(items) > MOST_ITEMS),
    )


def named_feeds(html: str, url: str) -> tuple[str, ...]:
    """The feeds that a page names: its ``link rel=alternate`` (WHATWG HTML §4.6.7.1), else links to feeds."""
    tree = parsed_page(html)
    base = page_base(tree, url)
    found = tuple(_alternates(tree, base)) or tuple(_feed_links(tree, base))
    return tuple(filter(parts_of, found))


def parsed_page(html: str) -> LexborHTMLParser:
    """The page's tree."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(without_endless_tags(html))


def page_base(tree: LexborHTMLParser, url: str) -> str:
    """What links are relative to; a page saved to a file says of itself where it came from."""
    named = tree.css_first("base[href]")
    if named is None and url.startswith("file:"):
        named = tree.css_first("link[rel=canonical][href]")
    return base_of(named.attributes.get("href") if named else "", url)


def _alternates(tree: LexborHTMLParser, base: str) -> Iterable[str]:
    found: dict[str, None] = {}
    for node in tree.css("link[href][type]"):
        attributes = node.attributes
        rels = (attributes.get("rel") or "").lower().split()
        about = f"{attributes.get('title') or ''} {attributes.get('href')}"
        kind = (attributes.get("type") or "").strip().lower().partition(";")[0]
        named = {"alternate", "feed"} & {*rels} and _FEED_TYPES.match(kind) and not _COMMENTS.search(about)
        if named and (link := absolute(attributes.get("href"), base)):
            found[link] = None
    return found


def _feed_links(tree: LexborHTMLParser, base: str) -> Iterable[str]:
    links = (absolute(node.attributes.get("href"), base) for node in tree.css("a[href]"))
    return dict.fromkeys(link for link in links if link and _is_feed_file(link))


def _is_feed_file(link: str) -> bool:
    parts = parts_of(link)
    return parts is not None and bool(_FEED_FILE.search(parts.path)) and not _COMMENTS.search(parts.path)


def _listed(tree: LexborHTMLParser, context: PageContext, *, popular: bool) -> Sequence[Item]:
    """The lists that were asked for; of a page without any, the links that are surely articles."""
    page = outline(tree.body) if tree.body else Outline()
    lists = find_lists(page, context)
    if popular:
        found = next((items for kind, items in lists if kind is ListKind.POPULAR and len(items) > 1), None)
        return found or (_articles(page, context) if _POPULAR_PATH.search(context.base) else [])
    if any(kind is ListKind.LATEST and len(items) >= _FEWEST for kind, items in lists):
        return _merged(items for _, items in lists)
    return _merged([_articles(page, context), *(items for _, items in lists)])


def _articles(page: Outline, context: PageContext) -> list[Item]:
    """Links that are dated or numbered as articles are; too few are no list."""
    outside = [token for token in page.tokens if not any(f.tag in {"nav", "footer"} for f in token.frames)]
    items = headlines_of(outside, context)
    sure = [item for item in items if item.published or article_id(item.link or "")]
    return sure if len(sure) >= _FEWEST else []


def _merged(lists: Iterable[Iterable[Item]]) -> list[Item]:
    """Every article once, where it first stands; a later mention may bring its date."""
    found: dict[str, Item] = {}
    for item in (item for items in lists for item in items):
        key = canonical(item.link or item.title)
        if key not in found or (found[key].published is None and item.published is not None):
            found[key] = item
    return list(found.values())


def _selected(tree: LexborHTMLParser, selectors: Mapping[str, str], context: PageContext) -> list[Item]:
    from selectolax.lexbor import SelectolaxError

    try:
        nodes = tree.css(selectors.get("item") or "article")
        return [item for node in nodes if (item := _selected_item(node, selectors, context)).title]
    except SelectolaxError as error:
        raise ParseError(f"the selectors of this feed are not all CSS: {error}") from error


def _selected_item(node: LexborNode, selectors: Mapping[str, str], context: PageContext) -> Item:
    def part(name: str, fallback: str) -> LexborNode | None:
        return node.css_first(selectors.get(name) or fallback)

    def text(name: str, fallback: str = "") -> str:
        found = part(name, fallback) if selectors.get(name) or fallback else None
        return found.text(separator=" ") if found else ""

    link = part("link", "a[href]") if node.tag != "a" else node
    date, image = part("date", "time"), part("image", "img")
    category = clean_title(text("category"))
    dated = (date.attributes.get("datetime") or date.text(separator=" ")) if date else ""
    return Item(
        title=clean_title(text("title") or (link.text(separator=" ") if link else "")),
        link=absolute(link.attributes.get("href"), context.base) if link else None,
        published=context.when(" ".join(dated.split())),
        categories=(category,) if category else (),
        author=clean_title(text("author")) or None,
        lead=clean_lead(text("lead")),
        image=absolute(image.attributes.get("data-src") or image.attributes.get("src"), context.base)
        if image
        else None,
    )
