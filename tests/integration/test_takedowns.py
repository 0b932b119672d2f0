"""The lookout against a real portal over HTTP: what is taken down is told once; trouble is no takedown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from bot.domain.decide import Rules
from bot.domain.looks import FeedAddress, Look
from bot.domain.polling import FeedForPoll
from bot.domain.takedowns import AFTER_TROUBLE, AGAIN, CONFIRM_AFTER, WATCHED, Page, PageAnswer
from bot.events import StoryPutBack, StoryTakenDown
from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_archive import Article
from bot.sources.fetch import Fetcher
from bot.sources.parser import ParserProcess
from bot.sources.portal import Portal
from bot.workers.lookout import PACE, ROUND, Lookout
from bot.workers.poller import Poller
from tests.fakes import Newsroom
from tests.support_store import channel

CONFIRMED = CONFIRM_AFTER + 3 * PACE


class Fragile(SamplePortal):
    """A sample portal of which single articles answer as they should not; `asked` counts requests for pages."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.answers: dict[int, type[web.HTTPException]] = {}
        self.unlisted: set[int] = set()
        self.asked: list[str] = []
        self.no_head = False

    def feed_items(self, section: str | None) -> list[Article]:
        return [article for article in super().feed_items(section) if article.id not in self.unlisted]

    def take_down(self, article: Article, answer: type[web.HTTPException] = web.HTTPNotFound) -> None:
        """The article leaves the feed, and its page answers so."""
        self.unlisted.add(article.id)
        self.answers[article.id] = answer
        self.archive.touch(self.now())

    def restore(self, article: Article) -> None:
        """It is back."""
        self.unlisted.discard(article.id)
        del self.answers[article.id]
        self.archive.touch(self.now())

    def _found(self, request: web.Request) -> Article:
        self.asked.append(request.method)
        if self.no_head and request.method == "HEAD":
            raise web.HTTPMethodNotAllowed("HEAD", ["GET"])
        answer = self.answers.get(int(request.match_info["id"]))
        if answer is web.HTTPFound:
            raise web.HTTPFound("/")
        if answer is not None:
            raise answer
        return super()._found(request)


class Watching:
    """`ports.PagePortal` and `ports.Portal` that tell while a request is under way."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.pages: list[str] = []
        self.under_way = 0

    async def page(self, url: str, *, found_on: str) -> PageAnswer:
        self.pages.append(url)
        with self._busy():
            return await self._portal.page(url, found_on=found_on)

    async def look(self, feed: FeedAddress) -> Look:
        with self._busy():
            return await self._portal.look(feed)

    async def popular(self, feed: FeedAddress) -> Look:
        return await self.look(feed)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1


class Room(Newsroom):
    """Six stories were posted an hour ago and later; the lookout has just begun."""

    site: Fragile
    watching: Watching
    stories: list[Article]

    async def open(self, stack: AsyncExitStack) -> None:
        self.clock.time = datetime(2024, 12, 2, 3, 0, tzinfo=UTC)  # after all of the sample portal's old news
        self.site = await stack.enter_async_context(Fragile(clock=self.clock.now))
        fetcher, parser = Fetcher(allowed=[self.site.feed_url], clock=self.clock.now), ParserProcess()
        stack.push_async_callback(fetcher.aclose)
        stack.push_async_callback(parser.aclose)
        self.watching = Watching(Portal(fetcher, parser, zone=UTC, clock=self.clock))
        feed = FeedForPoll(0, self.site.feed_url, name="utama", interval=timedelta(seconds=60))
        await self.settle([channel()], [feed], self.clock.now())
        for one, _ in await self.stores.channels.unresolved():
            await self.stores.channels.resolved(one, -1001, "Kanal", "channel", self.clock.now())
        self.begin_again()
        await self.look()
        self.stories = []
        for number in range(6):
            await self.wait(10)
            self.stories.append(self.site.publish(f"Berita nomor {number} hari ini"))
        await self.look()
        await self.post()

    def begin_again(self) -> None:
        """The workers, as a new process has them."""
        rules = Rules(timedelta(days=3650), 0, has_editor=True)
        self.poller = Poller(
            self.watching,
            self.stores.polls,
            self.clock,
            self.heard.events,
            rules=rules,
            first_run_posts=0,
            wake_delivery=lambda: None,
        )
        lookout = Lookout(self.stores.takedowns, self.watching, language="id", **self.told)
        self.poller.when_looked(lookout.hear)
        self.start(self.poller, lookout)

    async def wait(self, seconds: float) -> None:
        """Time passes; requests over HTTP end meanwhile."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            await self.clock.advance(min(5.0, (end - self.clock.now()).total_seconds()))
            while self.watching.under_way:
                await asyncio.sleep(0.002)
                await self.clock.settle()

    async def look(self) -> None:
        """At the feed."""
        await self.wait(65)

    async def post(self) -> None:
        """All that waits is posted."""
        for first in range(100, 200, 10):
            await self.deliver(first, self.clock.now())

    def link(self, article: Article) -> str:
        return self.site.link(article)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack, Room() as opened:
        await opened.open(stack)
        yield opened


@pytest.mark.parametrize(
    ("answer", "said"), [(web.HTTPNotFound, "404"), (web.HTTPGone, "410"), (web.HTTPFound, "→ /")]
)
async def test_a_story_that_is_taken_down(room: Room, answer: type[web.HTTPException], said: str) -> None:
    """Its feed drops it and its page is gone: the desk hears once, with the way to withdraw it; the post stays."""
    story = room.stories[2]
    room.site.take_down(story, answer)
    await room.look()
    assert not await room.alerts()
    await room.wait(CONFIRMED.total_seconds())
    (alert,) = await room.alerts()
    await room.wait(2 * ROUND.total_seconds())

    assert story.title in alert
    assert f"menjawab {said})" in alert
    assert f"/tarik {room.link(story)} alasan" in alert
    assert await room.alerts() == [alert]
    assert [event.link for event in room.heard.of(StoryTakenDown)] == [room.link(story)]
    assert set(await room.states()) <= {"SENT", "SKIPPED"}
    assert not await room.database.read("SELECT 1 FROM headlines WHERE withdrawn_at IS NOT NULL")


async def test_a_feed_that_still_lists_it(room: Room) -> None:
    """The slow round finds it too, and a restart tells it no second time."""
    room.site.answers[room.stories[0].id] = web.HTTPNotFound
    await room.wait((2 * ROUND).total_seconds())
    assert len(await room.alerts()) == 1
    await room.stop()
    room.begin_again()
    await room.wait((2 * ROUND).total_seconds())

    assert len(await room.alerts()) == 1


async def test_a_suspicion_lasts_through_a_restart(room: Room) -> None:
    """Missing once before a restart and once after it is twice."""
    room.site.take_down(room.stories[1])
    await room.look()
    await room.wait(2 * PACE.total_seconds())
    assert await room.database.read("SELECT 1 FROM takedowns WHERE misses = 1")
    await room.stop()
    room.begin_again()
    await room.wait(CONFIRMED.total_seconds())

    assert len(await room.alerts()) == 1


async def test_a_page_that_is_back(room: Room) -> None:
    """Missing once and back five minutes later is no alarm."""
    room.site.take_down(room.stories[2])
    await room.look()
    await room.wait(2 * PACE.total_seconds())
    assert await room.database.read("SELECT 1 FROM takedowns")
    room.site.restore(room.stories[2])
    await room.wait((CONFIRMED + ROUND).total_seconds())

    assert not await room.alerts()
    assert not await room.database.read("SELECT 1 FROM takedowns")


async def told(room: Room) -> Article:
    """A story that was taken down, and the desk knows."""
    story = room.stories[2]
    room.site.take_down(story)
    await room.look()
    await room.wait(CONFIRMED.total_seconds())
    assert len(await room.alerts()) == 1
    return story


async def test_a_story_that_is_put_back(room: Room) -> None:
    """The desk hears once, through a restart; taken down anew it is news again."""
    story = await told(room)
    room.site.restore(story)
    await room.stop()
    room.begin_again()
    await room.wait((AGAIN + 2 * PACE).total_seconds())
    assert len(await room.alerts()) == 1  # it may have been an answer of one server among many
    await room.stop()
    room.begin_again()
    await room.wait((CONFIRMED + 2 * ROUND).total_seconds())
    _, back = await room.alerts()

    assert back == f"✅ Portal memuat lagi berita yang tadinya diturunkan: {story.title} {room.link(story)}"
    assert [event.link for event in room.heard.of(StoryPutBack)] == [room.link(story)]
    room.site.take_down(story)
    await room.wait(
        (2 * ROUND).total_seconds()
    )  # a feed that has not changed since the restart is no witness
    assert len(await room.alerts()) == 3


async def test_a_story_that_an_editor_withdrew_meanwhile(room: Room) -> None:
    """What the portal does with it is nobody's concern any more."""
    story = await told(room)
    await room.sql("UPDATE headlines SET withdrawn_at = 1 WHERE title = ?", story.title)
    room.site.restore(story)
    room.watching.pages.clear()
    await room.wait((2 * AGAIN).total_seconds())

    assert len(await room.alerts()) == 1
    assert room.link(story) not in room.watching.pages


async def test_withdrawn_while_its_page_is_asked_for(room: Room) -> None:
    """The order counts, not the page."""
    story = await told(room)
    ((headline,),) = await room.database.read("SELECT headline_id FROM takedowns WHERE told_at IS NOT NULL")
    await room.sql("UPDATE headlines SET withdrawn_at = 1 WHERE title = ?", story.title)

    assert not await room.stores.takedowns.put_back(headline, "back", room.clock.now())
    assert len(await room.alerts()) == 1


async def test_a_page_that_stays_gone_is_asked_for_politely(room: Room) -> None:
    """Every half an hour, by itself, and no longer than stories are looked after."""
    story = await told(room)
    room.watching.pages.clear()
    await room.wait((2 * AGAIN).total_seconds())
    assert room.watching.pages.count(room.link(story)) in {1, 2}
    room.clock.time += WATCHED
    room.watching.pages.clear()
    await room.wait((2 * AGAIN).total_seconds())

    assert not room.watching.pages
    assert len(await room.alerts()) == 1


async def test_a_page_that_breaks(room: Room) -> None:
    """A 500 says nothing of the story, however long."""
    room.site.take_down(room.stories[2], web.HTTPInternalServerError)
    await room.wait((2 * ROUND).total_seconds())

    assert not await room.alerts()


@pytest.mark.parametrize("trouble", ["missing", "gone", "break", "unavailable", "forbid"])
async def test_a_portal_in_trouble(room: Room, trouble: str) -> None:
    """Everything answers 404 (or 410, 500, …): that is no takedown, and the portal is left alone meanwhile."""
    room.site.cause(trouble)
    before = len(room.watching.pages)
    await room.wait(ROUND.total_seconds())

    assert not await room.alerts()
    assert len(room.watching.pages) - before <= 5 * (ROUND / AFTER_TROUBLE)


async def test_all_articles_broken_but_not_the_feed(room: Room) -> None:
    """A release that broke every article's address: no story can vouch for the portal."""
    for article in room.site.archive.newest(50):
        room.site.answers[article.id] = web.HTTPNotFound
    await room.wait((2 * ROUND).total_seconds())

    assert not await room.alerts()


async def test_a_portal_that_is_down(room: Room) -> None:
    """Nobody answers at all."""
    await room.site.stop()
    await room.wait(ROUND.total_seconds())

    assert not await room.alerts()


async def test_politely(room: Room) -> None:
    """One HEAD in half a minute, each story once in a round, and nothing between rounds."""
    room.watching.pages.clear()
    room.site.asked.clear()
    await room.wait(ROUND.total_seconds())

    assert 0 < len(room.watching.pages) <= 2 * len(room.stories)
    assert set(room.site.asked) == {"HEAD"}


async def test_a_portal_that_does_not_know_head(room: Room) -> None:
    """Its pages are asked for by GET, whose body is not read."""
    room.site.no_head = True
    room.site.take_down(room.stories[2])
    await room.look()
    await room.wait(CONFIRMED.total_seconds())

    assert len(await room.alerts()) == 1
    assert {"HEAD", "GET"} == set(room.site.asked)


async def test_a_story_in_a_private_network_is_not_asked_for(room: Room) -> None:
    """A feed must not have the bot knock at a machine beside it."""
    async with AsyncExitStack() as stack:
        fetcher, parser = Fetcher(allowed=["https://kabar.example/rss"]), ParserProcess()
        stack.push_async_callback(fetcher.aclose)
        portal = Portal(fetcher, parser, zone=UTC, clock=room.clock)
        room.site.asked.clear()
        answer = await portal.page(room.link(room.stories[0]), found_on="https://kabar.example/rss")

    assert answer.page is Page.TROUBLE
    assert "private network" in answer.detail
    assert not room.site.asked
