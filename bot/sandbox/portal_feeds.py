"""The portal's feeds: RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1, from the same articles.

Only text is made here; how it is served, and which articles, is the caller's business.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import jinja2

from bot.sandbox.news import section_name
from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_dates import iso
from bot.sandbox.portal_pictures import picture
from bot.sandbox.portal_view import View

RSS_TYPE = "application/rss+xml"
ATOM_TYPE = "application/atom+xml"
JSON_TYPE = "application/feed+json"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed to be written: `base` is the portal's root, `path` the feed's own, `changed` aware UTC.

    `hub` is the WebSub hub that it names; empty: none.
    """

    base: str
    path: str
    title: str
    articles: Sequence[Article]
    view: View
    changed: datetime
    hub: str = ""

    def link(self, article: Article) -> str:
        return self.view.feed_link(self.base, article)

    def image(self, article: Article) -> str:
        return f"{self.base}/gambar/{article.id}.png"

    def image_size(self, article: Article) -> int:
        """Bytes, which an enclosure has to tell."""
        return len(picture(article.section, article.id))


def rss(env: jinja2.Environment, feed: Feed) -> str:
    return env.get_template("rss.xml").render(feed=feed)


def atom(env: jinja2.Environment, feed: Feed) -> str:
    return env.get_template("atom.xml").render(feed=feed)


def json_feed(feed: Feed) -> str:
    """JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{feed.base}/",
        "feed_url": f"{feed.base}{feed.path}",
        "language": "id",
        **({"hubs": [{"type": "WebSub", "url": feed.hub}]} if feed.hub else {}),
        "items": [_json_item(feed, article) for article in feed.articles],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(feed: Feed, article: Article) -> dict[str, object]:
    return {
        "id": article.guid,
        "url": feed.link(article),
        "title": article.title,
        "content_text": article.lead,
        "image": feed.image(article),
        "date_published": iso(article.published),
        "date_modified": iso(max(article.modified, article.published)),
        "authors": [{"name": article.reporter}],
        "tags": [section_name(article.section)],
    }
