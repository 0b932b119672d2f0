"""The portal's pages, as a reader's browser gets them: text out, nothing served here.

Everything that a story brings is escaped by the templates; a page asks no other host for anything.
"""

from pathlib import Path

import jinja2

from bot.sandbox import portal_dates
from bot.sandbox.news import section_name
from bot.sandbox.news_words import SECTIONS
from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_desk import Desk

UPDATE_ITEMS = 10
POPULAR_ITEMS = 7
LIST_ITEMS = 30
FRONT_CARDS = 8

_TEMPLATES = Path(__file__).parent / "templates" / "portal"


def environment() -> jinja2.Environment:
    """Templates of pages and feeds: autoescaped, and a misspelt name is an error."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("day", "stamp", "dateline", "rfc822", "iso"):
        env.filters[name] = getattr(portal_dates, name)
    env.filters["section_name"] = section_name
    return env


class Pages:
    """Writes pages from what the desk shows at that moment."""

    def __init__(self, desk: Desk, env: jinja2.Environment) -> None:
        self._desk = desk
        self._env = env

    def front(self) -> str:
        """Lead story, *UPDATE*, *Populer*, and one story of each of a few other sections."""
        lead = self._desk.lead()
        return self._render("front.html", lead=lead, cards=self._cards(lead))

    def article(self, article: Article) -> str:
        return self._render("article.html", lead=article)

    def index(self, number: int, section: str | None = None) -> str:
        """Page `number` (from 1) of all articles, or of a section, newest first."""
        found = self._desk.newest(LIST_ITEMS + 1, section=section, skip=(number - 1) * LIST_ITEMS)
        return self._render(
            "index.html",
            articles=found[:LIST_ITEMS],
            here=section,
            number=number,
            more=len(found) > LIST_ITEMS,
        )

    def popular(self) -> str:
        return self._render("popular.html")

    def _cards(self, lead: Article) -> list[Article]:
        """The newest of every other section, but none that *UPDATE* already shows under the lead."""
        newest = (self._desk.newest(2, section=section) for section in SECTIONS)
        found = [next((a for a in articles if a.id != lead.id), None) for articles in newest]
        return sorted((a for a in found if a), key=lambda a: a.id, reverse=True)[:FRONT_CARDS]

    def _render(self, template: str, **context: object) -> str:
        return self._env.get_template(template).render(
            base=self._desk.url,
            sections=SECTIONS,
            now=self._desk.now(),
            update=self._desk.newest(UPDATE_ITEMS),
            popular=self._desk.popular(POPULAR_ITEMS),
            **context,
        )
