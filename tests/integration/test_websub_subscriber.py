"""WebSub from one end to the other in one process: a portal with a hub, the poller, the subscriber, the listener."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.decide import Rules
from bot.domain.polling import ChannelSetup, FeedForPoll
from bot.events import Event, Events, HubAnswered, Pushed, WorkerFailed
from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_hub import HubPortal, Manners
from bot.sources.fetch import Fetcher
from bot.sources.portal import Portal
from bot.store.connection import IN_MEMORY, Database
from bot.store.room import Stores
from bot.webhooks.listener import WebhookListener
from bot.webhooks.telegram import TelegramDoor
from bot.webhooks.websub import WebSubDoor
from bot.workers.poller import Poller
from bot.workers.pusher import Pusher
from tests.support_sources import JAKARTA, InProcessParser
from tests.support_world import until

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PUBLIC = "https://bot.example/kabar"


class Clock:
    """The real time, which a test can move on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


@dataclass
class Newsroom:
    """What tests hold; the portal is looked at only when `look` is called."""

    portal: HubPortal
    stores: Stores
    clock: Clock
    told: list[Event]
    pusher: Pusher
    poller: Poller

    async def row(self) -> dict[str, Any]:
        rows = await self.stores.database.read("SELECT * FROM pushes")
        return dict(rows[0]) if rows else {}

    async def titles(self) -> list[str]:
        rows = await self.stores.database.read("SELECT title FROM headlines ORDER BY id DESC LIMIT 3")
        return [row["title"] for row in rows]

    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.told if isinstance(event, HubAnswered)]

    def pushes(self) -> list[int]:
        return [event.new for event in self.told if isinstance(event, Pushed)]

    async def look(self) -> None:
        """Have the feed looked at, and wait until that has ended."""
        feed = await self.stores.feeds.one(1)
        assert feed
        await self.stores.pushes.look_now(1, self.clock.now())
        self.poller.loop.wake()
        await self.until(lambda one: one is not None and one.looked != feed.looked)

    async def until(self, condition: Callable[[FeedForPoll | None], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition(await self.stores.feeds.one(1)):  # noqa: ASYNC110 - it stands in the database
                await asyncio.sleep(0.01)

    async def until_confirmed(self, times: int = 1) -> dict[str, Any]:
        await until(lambda: self.outcomes().count("confirmed") >= times, "a confirmed subscription", 10)
        return await self.row()

    async def pass_time(self, by: timedelta) -> None:
        """Time goes by at once."""
        self.clock.ahead += by
        self.pusher.loop.wake()

    async def push(self, body: bytes, secret: str | None = None) -> int:
        """Bring `body` as the hub does."""
        row = await self.row()
        digest = hmac.new((secret or row["secret"]).encode(), body, "sha256").hexdigest()
        headers = {"X-Hub-Signature": f"sha256={digest}", "Content-Type": "application/rss+xml"}
        return await self.portal.hub.post(f"{PUBLIC}/websub/{row['path']}", body, headers)


def furnish(portal: HubPortal, database: Database, fetcher: Fetcher) -> Newsroom:
    """Every part, built and not started."""
    clock, told, stores = Clock(), list[Event](), Stores.over(database)
    events = Events([told.append])
    source = Portal(fetcher, InProcessParser(), zone=JAKARTA, clock=clock)
    poller = Poller(
        source,
        stores.polls,
        clock,
        events,
        rules=Rules(timedelta(days=36_500), 0, has_editor=False),
        first_run_posts=1,
        wake_delivery=lambda: None,
    )
    pusher = Pusher(
        stores.pushes,
        source,
        root=f"{PUBLIC}/websub/",
        take_in=poller.take_in,
        wake_poller=poller.loop.wake,
        clock=clock,
        events=events,
    )
    poller.when_looked(pusher.hear)
    return Newsroom(portal, stores, clock, told, pusher, poller)


@asynccontextmanager
async def listening(room: Newsroom) -> AsyncIterator[None]:
    """The hub reaches the newsroom."""
    door = TelegramDoor("/telegram/x", "x", _nothing)
    listener = WebhookListener(
        "127.0.0.1", 0, public_url=PUBLIC, telegram=door, websub=WebSubDoor(room.pusher)
    )
    await listener.start()
    host, port = listener.address
    room.portal.hub.deliver_to = f"http://{host}:{port}"
    try:
        yield
    finally:
        await listener.stop()


@asynccontextmanager
async def newsroom(**manners: Any) -> AsyncIterator[Newsroom]:
    """A running newsroom with one feed and one channel; `manners` are the hub's."""
    async with HubPortal() as portal, AsyncExitStack() as stack:
        portal.hub.manners = Manners(**manners)
        database = await Database.open(IN_MEMORY)
        stack.push_async_callback(database.close)
        fetcher = Fetcher(allowed=[portal.feed_url])
        stack.push_async_callback(fetcher.aclose)
        room = furnish(portal, database, fetcher)
        now = room.clock.now()
        await room.stores.feeds.configure([FeedForPoll(0, portal.feed_url, interval=HOUR)], now)
        await room.stores.channels.configure([ChannelSetup("@kabar")], now)
        await stack.enter_async_context(listening(room))
        workers = (room.poller, room.pusher)
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            yield room
        finally:
            for worker in workers:
                worker.loop.stop()
            await asyncio.gather(*tasks)
    assert not [event for event in room.told if isinstance(event, WorkerFailed)]


async def _nothing(update: Any) -> None:
    del update


async def test_a_feed_that_names_a_hub_is_subscribed_to_and_kept() -> None:
    """Asked once, verified, kept for the lease, renewed before its end; the place stays the same."""
    async with newsroom(lease=3600) as room:
        row = await room.until_confirmed()
        asked = room.portal.hub.asked[0]
        assert asked["hub.topic"] == room.portal.feed_url
        assert asked["hub.callback"] == f"{PUBLIC}/websub/{row['path']}"
        assert asked["hub.secret"] == row["secret"]
        assert len(row["path"]) == len(row["secret"]) == 43
        assert row["asks"] == 0

        await room.pass_time(timedelta(minutes=47))
        await asyncio.sleep(0.1)
        assert len(room.portal.hub.asked) == 1
        await room.pass_time(timedelta(minutes=2))
        renewed = await room.until_confirmed(times=2)
        assert renewed["lease_until"] > row["lease_until"]
        assert (renewed["path"], renewed["secret"]) == (row["path"], row["secret"])


async def test_news_is_recorded_at_once_and_does_not_count_as_a_look() -> None:
    """The next look is where it was, and finds nothing new; its validators are its own."""
    async with newsroom() as room:
        await room.until_confirmed()
        before = await room.stores.feeds.one(1)
        room.portal.publish("Kabar Dari Hub")
        await until(lambda: room.pushes() == [1], "the news", 10)
        assert (await room.titles())[0] == "Kabar Dari Hub"
        after = await room.stores.feeds.one(1)
        assert before == after
        await room.look()
        assert (await room.titles())[:1] == ["Kabar Dari Hub"]
        rows = await room.stores.database.read(
            "SELECT count(*) AS n FROM headlines WHERE title = 'Kabar Dari Hub'"
        )
        assert rows[0]["n"] == 1


async def test_a_correction_comes_by_hub_too() -> None:
    """News is decided like a look."""
    async with newsroom() as room:
        await room.until_confirmed()
        article = room.portal.publish("Judul Lama")
        await until(lambda: room.pushes() == [1], "the news", 10)
        room.portal.correct(article.id, "Judul Baru")
        room.portal.hub.distribute()
        await until(lambda: room.pushes() == [1, 0], "the correction", 10)
        assert (await room.titles())[0] == "Judul Baru"


async def test_a_part_of_the_feed_is_news_too() -> None:
    """Many hubs bring only what is new."""
    item = b"<item><title>Hanya Ini</title><link>https://portal.example/1</link><guid>g1</guid></item>"
    body = b"<rss version='2.0'><channel><title>x</title>" + item + b"</channel></rss>"
    async with newsroom() as room:
        await room.until_confirmed()
        assert await room.push(body) == 200
        await until(lambda: room.pushes() == [1], "the news", 10)
        assert (await room.titles())[0] == "Hanya Ini"


@pytest.mark.parametrize(
    "body", [b"ping", b"<html><h2>UPDATE</h2></html>", b"<rss><channel></channel></rss>", b""]
)
async def test_what_cannot_be_read_makes_us_look(body: bytes) -> None:
    """A hub that only says that there is news, or brings something odd."""
    async with newsroom() as room:
        await room.until_confirmed()
        SamplePortal.publish(room.portal)  # and the hub does not know
        before = await room.stores.feeds.one(1)
        assert await room.push(body) == 200
        await room.until(
            lambda feed: feed is not None and before is not None and feed.looked != before.looked
        )
        assert not room.pushes()


async def test_news_that_somebody_else_signed_changes_nothing() -> None:
    """Neither recorded nor a reason to look."""
    body = b"<rss version='2.0'><channel><item><title>Palsu</title><guid>1</guid></item></channel></rss>"
    async with newsroom() as room:
        await room.until_confirmed()
        before = await room.stores.feeds.one(1)
        assert await room.push(body, secret="tebakan") == 403
        assert await room.stores.feeds.one(1) == before
        assert "Palsu" not in await room.titles()


async def test_a_hub_that_denies_is_asked_again_tomorrow() -> None:
    """Its reason is kept; looks go on."""
    async with newsroom(denies="not  for\nyou") as room:
        await until(lambda: room.outcomes() == ["denied"], "the denial", 10)
        row = await room.row()
        assert (row["detail"], row["lease_until"]) == ("not for you", None)
        await room.pass_time(timedelta(hours=23))
        await asyncio.sleep(0.1)
        assert len(room.portal.hub.asked) == 1
        room.portal.hub.manners.denies = ""
        await room.pass_time(timedelta(hours=1))
        await room.until_confirmed()


@pytest.mark.parametrize(
    "manners", [{"refuses": 500}, {"silent": True}, {"topic_asked": "https://other.example/"}]
)
async def test_a_hub_that_fails_costs_no_headline(manners: dict[str, Any]) -> None:
    """Asked again after 5 and 10 minutes; the feed is looked at all the while."""
    async with newsroom(**manners) as room:
        await until(lambda: len(room.portal.hub.asked) == 1, "a request", 10)
        await room.pass_time(timedelta(minutes=5, seconds=1))
        await until(lambda: len(room.portal.hub.asked) == 2, "another", 10)
        await room.pass_time(timedelta(minutes=9))
        await asyncio.sleep(0.1)
        assert len(room.portal.hub.asked) == 2
        assert "confirmed" not in room.outcomes()
        room.portal.publish("Tetap Terbaca")
        await room.look()
        assert (await room.titles())[0] == "Tetap Terbaca"


async def test_a_hub_in_a_private_network_is_not_called() -> None:
    """It is on another port than the feed, and no setting names it."""
    async with newsroom() as room:
        await room.until_confirmed()
        async with HubPortal() as other:
            room.portal.names = other.hub_url
            room.portal.archive.touch(room.clock.now())
            await room.look()
            await until(lambda: "failed" in room.outcomes(), "the refusal", 10)
            assert not other.hub.asked
            assert "private" in (await room.row())["detail"]


async def test_another_public_address_is_told_to_the_hub_at_the_next_start() -> None:
    """And a start soon after another with the same address asks nobody."""
    async with newsroom() as room:
        row = await room.until_confirmed()
        now = room.clock.now()
        assert await room.stores.pushes.begin_pushes(f"{PUBLIC}/websub/", now) == {1}
        assert not await room.stores.pushes.pushes_due(now, 10)
        await room.stores.pushes.begin_pushes("https://lain.example/websub/", now)
        due = await room.stores.pushes.pushes_due(now, 10)
        assert [one.path for one in due] == [row["path"]]


async def test_a_feed_that_names_no_hub_any_more_ends_the_subscription() -> None:
    """410 to the hub; one that is named again gets another secret."""
    async with newsroom() as room:
        row = await room.until_confirmed()
        room.portal.names = ""
        room.portal.archive.touch(room.clock.now())
        await room.look()
        async with asyncio.timeout(10):
            while (await room.row())["hub"] is not None:  # noqa: ASYNC110 - it stands in the database
                await asyncio.sleep(0.01)
        assert await room.push(b"x") == 410
        assert not room.portal.hub.subscribers
        room.portal.names = None
        room.portal.archive.touch(room.clock.now())
        await room.look()
        again = await room.until_confirmed(times=2)
        assert again["path"] == row["path"]
        assert again["secret"] != row["secret"]


async def test_news_before_the_first_look_waits_for_it() -> None:
    """A part of the document is no first look, neither for a feed nor for a channel that is new."""
    async with newsroom() as room:
        await room.until_confirmed()
        await room.stores.channels.configure(
            [ChannelSetup("@kabar"), ChannelSetup("@baru")], room.clock.now()
        )
        assert await room.stores.pushes.feed_of_push(1) is None
        await room.look()
        assert await room.stores.pushes.feed_of_push(1) is not None
        assert await room.stores.pushes.feed_of_push(99) is None
