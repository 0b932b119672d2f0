"""The portal's memory: articles by id, how often each was read, and when anything last changed.

It knows nothing of HTTP, of pages or of trouble, and it never asks the time: callers pass it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from bot.sandbox.news import (
    SEED_REPORTER,
    WIB,
    SeedHeadline,
    Story,
    section_name,
    seed_article,
    seed_popular,
    seed_update,
)

KEPT = 2_000
"""Articles kept; older ones are forgotten."""

_FIRST_ID = 646_001
_SEED_READS = 3
_SEED_DESK = "Redaksi"
_SEED_BODY = (
    "Judul dan waktu terbit halaman ini berasal dari halaman tempat Kabarbot bermula.",
    "Isi beritanya tidak disertakan di portal contoh.",
)
_SEED_ARTICLE_LEAD = (
    "Moskow meminta Armenia dan Azerbaijan menghentikan pertempuran di Karabakh"
    " dan kembali ke jalur perundingan."
)


@dataclass(frozen=True, slots=True)
class Article:
    """A published story. Times are aware UTC; `day` is the Jakarta day in its address and never changes."""

    id: int
    section: str
    title: str
    lead: str
    body: tuple[str, ...]
    reporter: str
    published: datetime
    modified: datetime
    day: date
    slug: str
    guid: str

    @property
    def path(self) -> str:
        """The address within the portal: `/section/read/YYYY/MM/DD/id/slug`."""
        return f"/{self.section}/read/{self.day:%Y/%m/%d}/{self.id}/{self.slug}"


def slugify(title: str) -> str:
    """`title` as the last segment of an address: ASCII letters, digits and hyphens, at most 80."""
    ascii_text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:80].strip("-") or "berita"


class Archive:
    """Everything the portal has published and still keeps, newest last in publication order."""

    def __init__(self) -> None:
        self._articles: dict[int, Article] = {}
        self._reads: Counter[int] = Counter()
        self._seed_rank: dict[int, int] = {}
        self._next_id = _FIRST_ID
        self.changed = datetime(2000, 1, 1, tzinfo=UTC)
        self._seed()

    def add(self, story: Story, now: datetime) -> Article:
        """Publishes `story` at `now`; the oldest article is forgotten when there are too many."""
        day = now.astimezone(WIB).date()
        moment = now.replace(microsecond=0)
        number, self._next_id = self._next_id, self._next_id + 1
        article = Article(
            id=number,
            section=story.section,
            title=story.title,
            lead=story.lead,
            body=story.body,
            reporter=story.reporter,
            published=moment,
            modified=moment,
            day=day,
            slug=slugify(story.title),
            guid=f"urn:wartacontoh:{number}",
        )
        self._articles[number] = article
        if len(self._articles) > KEPT:
            self._forget(next(iter(self._articles)))
        self.touch(moment)
        return article

    def correct(self, number: int, title: str, now: datetime) -> Article:
        """Gives an article new words under the same id, GUID and address. KeyError if it is unknown."""
        moment = now.replace(microsecond=0)
        self._articles[number] = replace(self._articles[number], title=title, modified=moment)
        self.touch(moment)
        return self._articles[number]

    def withdraw(self, number: int, now: datetime) -> Article:
        """Takes an article back. KeyError if it is unknown."""
        article = self._articles[number]
        self._forget(number)
        self.touch(now)
        return article

    def touch(self, now: datetime) -> None:
        """Notes a change. `changed` has whole seconds and grows with every one, so that no two look alike."""
        self.changed = max(now.replace(microsecond=0), self.changed + timedelta(seconds=1))

    def get(self, number: int) -> Article | None:
        return self._articles.get(number)

    def read(self, number: int) -> None:
        """Counts one view of an article."""
        if number in self._articles:
            self._reads[number] += 1

    def reads(self, number: int) -> int:
        return self._reads[number]

    @property
    def seed_article_id(self) -> int:
        """The article that the seed page shows, the oldest of all."""
        return _FIRST_ID

    @property
    def last_id(self) -> int:
        """The id given last."""
        return self._next_id - 1

    def __len__(self) -> int:
        return len(self._articles)

    def newest(self, count: int, *, section: str | None = None, skip: int = 0) -> list[Article]:
        """Up to `count` articles, newest first, after leaving out the first `skip`."""
        wanted = [a for a in reversed(self._articles.values()) if section in {None, a.section}]
        return wanted[skip : skip + count]

    def popular(self, count: int) -> list[Article]:
        """The most read, the seed's list in its own order first among equals, then the newest."""
        last = len(self._seed_rank)
        ranked = sorted(
            self._articles.values(),
            key=lambda a: (-self._reads[a.id], self._seed_rank.get(a.id, last), -a.id),
        )
        return ranked[:count]

    def _forget(self, number: int) -> None:
        del self._articles[number]
        self._reads.pop(number, None)
        self._seed_rank.pop(number, None)

    def _seed(self) -> None:
        popular = seed_popular()
        rank = {seed: n for n, seed in enumerate(popular)}
        everything: Sequence[SeedHeadline] = (seed_article(), *popular, *seed_update())
        for seed in sorted(everything, key=lambda one: one.published):
            article = self.add(_seed_story(seed), seed.published)
            if seed in rank:
                self._seed_rank[article.id] = rank[seed]
                self._reads[article.id] = _SEED_READS * (len(popular) - rank[seed])


def _seed_story(seed: SeedHeadline) -> Story:
    if seed == seed_article():
        return Story(seed.section, seed.title, _SEED_ARTICLE_LEAD, SEED_REPORTER, _SEED_BODY)
    lead = f"Kabar {section_name(seed.section)}: {seed.title}."
    return Story(seed.section, seed.title, lead, _SEED_DESK, _SEED_BODY)
