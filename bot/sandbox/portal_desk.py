"""The portal's desk: publishes, corrects and withdraws stories, and brings trouble about and ends it.

It is the portal without its web server: `bot.sandbox.portal` serves what the desk shows.
"""

import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.sandbox.news import Headlines, Story
from bot.sandbox.news_words import REPORTERS, SECTIONS
from bot.sandbox.portal_archive import Archive, Article
from bot.sandbox.portal_troubles import TROUBLES, Affair
from bot.sandbox.portal_view import CHANGES, FEED_ITEMS, View

TITLE_LIMIT = 2_000
FLOOD_LIMIT = 1_000

# XML 1.0 section 2.2 has no way to write these, so a portal cannot publish them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class DeskError(Exception):
    """The desk was asked for something that it cannot do; the text says what."""


class Desk:
    """Decides what the portal shows. `clock` gives aware UTC; `url` is the root without a final slash."""

    def __init__(self, *, clock: Callable[[], datetime], seed: int) -> None:
        self.now = clock
        self.url = ""
        self.archive = Archive()
        self.view = View()
        self.affair: Affair | None = None
        self._seeded = self.archive.last_id
        self._headlines = Headlines(seed)
        self._random = random.Random(seed)  # noqa: S311 - who reads what, in a demo

    def publish(
        self,
        title: str | None = None,
        *,
        section: str | None = None,
        lead: str | None = None,
        reporter: str | None = None,
    ) -> Article:
        """Publishes one story now; what is not given is made up. DeskError for no title or section."""
        if section is not None and section not in SECTIONS:
            raise DeskError(f"no such section: {section}; there are {', '.join(SECTIONS)}")
        story = self._headlines.next(section) if title is None else _own_words(title, section)
        story = Story(
            story.section,
            story.title,
            story.lead if lead is None else _printable(lead, "lead"),
            story.reporter if reporter is None else _printable(reporter, "reporter"),
            story.body,
        )
        return self.archive.add(story, self.now())

    def flood(self, count: int = 40) -> list[Article]:
        """Publishes `count` invented stories at once."""
        if not 1 <= count <= FLOOD_LIMIT:
            raise DeskError(f"a flood is 1 to {FLOOD_LIMIT} articles, not {count}")
        return [self.publish() for _ in range(count)]

    def correct(self, number: int | None = None, title: str | None = None) -> Article:
        """Gives an article (by default the newest) another headline; id, GUID and address stay."""
        article = self._wanted(number)
        words = f"{article.title}, Begini Penjelasannya" if title is None else _printable(title, "title")
        return self.archive.correct(article.id, words, self.now())

    def withdraw(self, number: int | None = None) -> Article:
        """Takes an article (by default the newest) off every page and feed. DeskError for the last one left."""
        if len(self.archive) == 1:
            raise DeskError("a portal without any article is none")
        return self.archive.withdraw(self._wanted(number).id, self.now())

    def cause(self, name: str, *, times: int | None = None, **options: float) -> None:
        """Brings about a trouble (in place of another) or a change of view, by name.

        A trouble lasts until it is mended or has answered `times` requests. DeskError for an unknown name
        or option.
        """
        if change := next((one for one in CHANGES if one.name == name), None):
            self.view = change.make(self.view, self.archive, self.now())
        else:
            self._replace(_affair(name, times, options))
        self.archive.touch(self.now())

    def mend(self) -> None:
        """Ends every trouble and every change of view; what was published, corrected or withdrawn stays."""
        self.view = View()
        self._replace(None)
        self.archive.touch(self.now())

    def strike(self, *, feed: bool) -> Affair | None:
        """The trouble that answers this request, if one does; counts it."""
        affair = self.affair
        if affair is None or affair.spent or (affair.trouble.feeds_only and not feed):
            return None
        if affair.left is not None:
            affair.left -= 1
            self.archive.touch(self.now())
        return affair

    def lead(self) -> Article:
        """The front page's story: the newest published here, until then the seed page's own article."""
        newest = self.newest(1)[0]
        return newest if newest.id > self._seeded else self.article(self.archive.seed_article_id) or newest

    def newest(self, count: int, *, section: str | None = None, skip: int = 0) -> list[Article]:
        """Up to `count` articles as shown, newest first."""
        return [self.view.show(a) for a in self.archive.newest(count, section=section, skip=skip)]

    def popular(self, count: int) -> list[Article]:
        """Up to `count` articles as shown, most read first."""
        return [self.view.show(a) for a in self.archive.popular(count)]

    def article(self, number: int) -> Article | None:
        article = self.archive.get(number)
        return article and self.view.show(article)

    def feed_items(self, section: str | None) -> list[Article]:
        """What a feed lists: the newest 30 (with one that came back, if any), in the order it lists them."""
        items = self.newest(FEED_ITEMS, section=section)
        back = None if self.view.old is None else self.article(self.view.old)
        if back is not None and section in {None, back.section}:
            items = [back, *(item for item in items if item.id != back.id)][:FEED_ITEMS]
        return self.view.arrange(items)

    def crowd(self, readers: int = 4) -> None:
        """Lets some readers open articles, fresh and popular ones more often than others."""
        tempting = self.archive.newest(12) + self.archive.popular(7)
        for article in self._random.choices(tempting, k=readers):
            self.archive.read(article.id)

    def state(self) -> dict[str, object]:
        """What is wrong at the moment, and how much there is to read."""
        return {
            "trouble": None if self.affair is None or self.affair.spent else self.affair.trouble.name,
            "changes": [change.name for change in CHANGES if getattr(self.view, change.name)],
            "articles": len(self.archive),
            "newest": self.newest(1)[0].id,
        }

    def _wanted(self, number: int | None) -> Article:
        article = self.archive.newest(1)[0] if number is None else self.archive.get(number)
        if article is None:
            raise DeskError(f"no article has the id {number}")
        return article

    def _replace(self, affair: Affair | None) -> None:
        if self.affair is not None:
            self.affair.over.set()
        self.affair = affair


def _own_words(title: str, section: str | None) -> Story:
    words = _printable(title, "title")
    return Story(section or next(iter(SECTIONS)), words, f"{words.rstrip('.')}.", REPORTERS[0])


def _printable(text: str, what: str) -> str:
    words = _UNPRINTABLE.sub("", text).strip()
    if not words or len(words) > TITLE_LIMIT:
        raise DeskError(f"a {what} has 1 to {TITLE_LIMIT} characters")
    return words


def _affair(name: str, times: int | None, options: Mapping[str, float]) -> Affair:
    trouble = next((one for one in TROUBLES if one.name == name), None)
    if trouble is None:
        raise DeskError(f"no such trouble: {name}")
    if unknown := options.keys() - trouble.options.keys():
        raise DeskError(f"{name} has no option {', '.join(sorted(unknown))}")
    if times is not None and times < 1:
        raise DeskError(f"a trouble answers at least once, not {times} times")
    return Affair(trouble, {**trouble.options, **options}, times)
