"""A story that an editor brings by its link: whose it may be, and that its feed brings it no second time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.decide import Rules
from bot.domain.headlines import Document, Item
from bot.domain.looks import Look, Validators
from bot.errors import FetchError
from bot.workers.bringer import Bringer
from bot.workers.poller import Poller
from tests.fakes import Newsroom
from tests.support_store import NOW, SITE, channel, feed

#: Without a number, so that only the address tells it apart.
PLAIN = f"{SITE}/dunia/kabar-yang-dibawa"
PAGE = Item(
    title="Kabar yang Dibawa",
    link=PLAIN,
    published=NOW - timedelta(hours=1),
    categories=("Dunia",),
    lead="Isi.",
)


class Pages:
    """`ports.ArticlePortal`: what is scripted for an address."""

    def __init__(self) -> None:
        self.found: dict[str, Item | FetchError] = {}
        self.asked: list[tuple[str, str]] = []

    async def article(self, url: str, *, found_on: str) -> Item:
        self.asked.append((url, found_on))
        found = self.found.get(url, FetchError("kabar.example answers 404 Not Found", status=404))
        if isinstance(found, FetchError):
            raise found
        return found


class Room(Newsroom):
    """Two channels, one of which wants other news; a feed that was looked at."""

    async def open(self) -> None:
        self.pages = Pages()
        self.feed = feed(category="Utama")
        self.portal.says(self.feed.url, self.look())
        await self.settle([channel(), channel("@ekonomi", categories=("Ekonomi",))], [self.feed])
        self.poller = Poller(
            self.portal,
            self.stores.polls,
            self.clock,
            self.heard.events,
            rules=Rules(timedelta(days=1), 30, has_editor=True),
            first_run_posts=1,
            wake_delivery=lambda: None,
        )
        self.bringer = Bringer(
            self.pages, self.stores.brought, self.stores.stories, take_in=self.poller.take_in
        )
        await self.run(self.poller, seconds=40)

    def look(self, *items: Item) -> Look:
        tag = f'"{len(items)}"'
        return Look(Document(items), Validators(tag, None), tag)

    async def headlines(self) -> list[tuple[str, str]]:
        rows = await self.database.read("SELECT title, kicker FROM headlines ORDER BY id")
        return [(row["title"], row["kicker"]) for row in rows]

    async def rows(self) -> list[str]:
        found = await self.database.read("SELECT ifnull(reason, state) AS fate FROM deliveries ORDER BY id")
        return [row["fate"] for row in found]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with Room() as opened:
        await opened.open()
        yield opened


async def test_read_and_recorded(room: Room) -> None:
    """As a new headline under the page's own section, with a row in every channel as its rules want."""
    room.pages.found[PLAIN] = PAGE
    brought = await room.bringer.bring(PLAIN)

    assert brought.story is not None
    assert (brought.story.words.title, brought.story.words.link) == (PAGE.title, PLAIN)
    assert await room.headlines() == [("Kabar yang Dibawa", "Dunia")]
    assert sorted(await room.rows()) == ["PENDING", "filtered"]
    assert room.pages.asked == [(PLAIN, room.feed.url)]


@pytest.mark.parametrize(
    "item",
    [
        replace(PAGE, guid="77"),
        replace(PAGE, guid="77", title="Kabar yang Dibawa ke Pembaca", published=NOW),
        replace(PAGE, guid="77", link=f"{PLAIN}?utm_source=rss", published=NOW - timedelta(minutes=59)),
    ],
)
async def test_its_feed_brings_nothing_new(room: Room, item: Item) -> None:
    """With a GUID now, another time, in other words even: it is the same story, and takes the feed's words."""
    room.pages.found[PLAIN] = PAGE
    await room.bringer.bring(PLAIN)
    room.portal.says(room.feed.url, room.look(item))
    await room.clock.advance(60)

    assert [title for title, _ in await room.headlines()] == [item.title]
    assert len(await room.rows()) == 2


async def test_a_page_whose_own_address_is_known(room: Room) -> None:
    """Is that story, in its feed's words."""
    room.portal.says(room.feed.url, room.look(replace(PAGE, title="Kata feed")))
    await room.clock.advance(60)
    other = f"{SITE}/amp-lama/kabar-yang-dibawa"
    room.pages.found[other] = PAGE
    brought = await room.bringer.bring(other)

    assert brought.story is not None
    assert [title for title, _ in await room.headlines()] == ["Kata feed"]


@pytest.mark.parametrize(
    "link", ["https://lain.example/a/b", "https://kabar.example.evil.test/x", "http://127.0.0.1:8080/x"]
)
async def test_a_strangers_link(room: Room, link: str) -> None:
    """Is not even asked for."""
    brought = await room.bringer.bring(link)

    assert brought.foreign
    assert not room.pages.asked


async def test_a_site_that_headlines_lead_to(room: Room) -> None:
    """A feed may lie elsewhere than its stories: where they stand is the portal's own."""
    room.portal.says(room.feed.url, room.look(replace(PAGE, link="https://berita.example/satu/kabar-satu")))
    await room.clock.advance(60)
    asked = "https://m.berita.example/dua/kabar-dua"
    room.pages.found[asked] = replace(PAGE, title="Kabar kedua", link=asked)

    assert (await room.bringer.bring(asked)).story is not None


async def test_a_redirect_that_leads_away(room: Room) -> None:
    """What a page of ours redirects to is judged by where it ends."""
    room.pages.found[PLAIN] = replace(PAGE, link="https://lain.example/x/y")

    assert (await room.bringer.bring(PLAIN)).foreign == "lain.example"
    assert not await room.headlines()


async def test_a_page_that_cannot_be_had(room: Room) -> None:
    """Says why in the portal's own words."""
    brought = await room.bringer.bring(PLAIN)

    assert brought.trouble == "kabar.example answers 404 Not Found"
    assert not await room.headlines()
