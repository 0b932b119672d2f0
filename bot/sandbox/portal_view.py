"""How the portal shows its articles now: the changes that an editor's system makes to all of them at once.

A view never alters the archive, so ending a change shows everything as it was.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.sandbox.portal_archive import Archive, Article

FEED_ITEMS = 30
"""Items of a feed."""

UTM = "utm_source=rss&utm_medium=feed&utm_campaign=warta"


@dataclass(frozen=True, slots=True)
class View:
    """What is different from the archive, each field named as its change.

    Counts grow, so that a change said twice is another change.

    `dates` is the moment (aware UTC) that every article up to `dates_to` claims as its time.
    """

    guids: int = 0
    slugs: int = 0
    scheme: bool = False
    utm: bool = False
    reorder: bool = False
    dates: datetime | None = None
    dates_to: int = 0
    old: int | None = None

    def show(self, article: Article) -> Article:
        """`article` as pages and feeds show it."""
        return replace(
            article,
            guid=f"{article.guid}:v{self.guids + 1}" if self.guids else article.guid,
            slug=f"{article.slug}-{self.slugs + 1}" if self.slugs else article.slug,
            published=self._published(article),
        )

    def feed_link(self, base: str, article: Article) -> str:
        """The address of a shown article in a feed; `base` is the portal's root without a final slash."""
        root = base.replace("http://", "https://", 1) if self.scheme else base
        return f"{root}{article.path}" + (f"?{UTM}" if self.utm else "")

    def arrange(self, articles: Iterable[Article]) -> list[Article]:
        """The items of a feed in the order in which it lists them."""
        items = list(articles)
        if self.reorder:
            items.sort(key=lambda article: article.id * 2_654_435_761 % 2**32)
        return items

    def _published(self, article: Article) -> datetime:
        if self.dates is None or article.id > self.dates_to:
            return article.published
        return self.dates


@dataclass(frozen=True, slots=True)
class Change:
    """A change of view that can be asked for by name."""

    name: str
    about: str
    make: Callable[[View, Archive, datetime], View]


CHANGES: tuple[Change, ...] = (
    Change("guids", "Every item gets another GUID.", lambda view, *_: replace(view, guids=view.guids + 1)),
    Change("slugs", "Every address gets another slug.", lambda view, *_: replace(view, slugs=view.slugs + 1)),
    Change(
        "scheme", "The feed's links say https instead of http.", lambda view, *_: replace(view, scheme=True)
    ),
    Change("utm", "The feed's links carry utm_* parameters.", lambda view, *_: replace(view, utm=True)),
    Change(
        "reorder", "The feed lists its items in a mixed order.", lambda view, *_: replace(view, reorder=True)
    ),
    Change(
        "dates",
        "Every article so far claims to have been published just now.",
        lambda view, archive, now: replace(view, dates=now, dates_to=archive.last_id),
    ),
    Change(
        "old",
        "An article that had left the feed (or its oldest one) comes back on top.",
        lambda view, archive, _: replace(view, old=_left_the_feed(archive)),
    ),
)
"""Everything that an editor's system may do to all articles at once."""


def _left_the_feed(archive: Archive) -> int:
    return (archive.newest(1, skip=FEED_ITEMS) or archive.newest(FEED_ITEMS)[-1:])[0].id
