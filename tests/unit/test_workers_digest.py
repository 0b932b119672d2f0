"""Digests: at their hour, once a day, the popular before the new; over the real store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.delivery import FrozenRequest
from bot.domain.subscriptions import DigestDue, Told, Wish, choose_digest, next_digest
from bot.workers.digest import DigestWorker
from tests.fakes import Newsroom
from tests.support_commands import headline as told_headline
from tests.support_store import NOW, headline

ZONE = ZoneInfo("Asia/Jakarta")
HOUR = timedelta(hours=1)


class Desk:
    """A newsroom with subscribers and the worker of digests; `popular` are ids, best first."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        self.popular: Sequence[int] = ()

    def worker(self) -> DigestWorker:
        """As the bot builds it."""

        async def popular(now: datetime) -> Sequence[int]:
            return self.popular

        return DigestWorker(
            self.room.stores.digests,
            popular=popular,
            zone=ZONE,
            clock=self.room.clock,
            events=self.room.heard.events,
        )

    async def subscribe(self, reader: int, minutes: int, wish: Wish | None = None) -> None:
        """A digest that many minutes from now."""
        at = (self.room.clock.now() + timedelta(minutes=minutes)).astimezone(ZONE)
        await self.room.stores.subscriptions.subscribe(
            reader, wish or Wish(), time(at.hour, at.minute), self.room.clock.now()
        )

    async def publish(self, *numbers: int) -> None:
        """Headlines of this moment."""
        now = self.room.clock.now()
        await self.room.record(*(headline(one, published=now) for one in numbers), at=now)

    async def waiting(self) -> dict[int, tuple[bool, list[str]]]:
        """Whether it is a digest, and its titles, by reader; it counts as sent then."""
        store, now = self.room.stores.news, self.room.clock.now() + HOUR / 60
        heads = await store.heads(now, 99)
        for news in heads:
            await store.claim([(news, FrozenRequest("sendMessage", {}))], now)
            await store.sent(news.reader)
        return {news.reader: (news.digest, [row.words.title for row in news.headlines]) for news in heads}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A feed that was looked at before, and no channel."""
    async with Newsroom() as room:
        await room.furnish()
        await room.sql("UPDATE feeds SET looked_at = 1")
        yield Desk(room)


def title(number: int) -> str:
    """What headline `number` says."""
    return headline(number).words.title


async def test_a_digest_comes_once_a_day_with_what_is_new(desk: Desk) -> None:
    """At its hour, not before; the next day only what came since."""
    await desk.subscribe(1, minutes=60)
    await desk.room.run(desk.worker(), seconds=10)
    await desk.publish(1, 2)
    await desk.room.clock.advance(60)
    assert await desk.waiting() == {}
    await desk.room.clock.jump(3600)
    await desk.room.clock.advance(10)
    assert await desk.waiting() == {1: (True, [title(2), title(1)])}
    await desk.room.clock.advance(30)
    assert await desk.waiting() == {}
    await desk.publish(3)
    await desk.room.clock.jump(24 * 3600 - 60)
    await desk.room.clock.advance(120)
    assert await desk.waiting() == {1: (True, [title(3)])}


async def test_many_are_served_a_few_at_a_time(desk: Desk) -> None:
    """While enough waits no other sets out."""
    for reader in range(1, 31):
        await desk.subscribe(reader, minutes=1)
    await desk.room.run(desk.worker(), seconds=5)
    await desk.publish(*range(1, 11))
    await desk.room.clock.advance(120)
    first = await desk.waiting()
    assert len(first) == 10
    await desk.room.clock.advance(30)
    second = await desk.waiting()
    assert len(second) == 10
    assert not set(first) & set(second)


async def test_a_digest_that_is_hours_late_is_left_out(desk: Desk) -> None:
    """The bot was down; the next one comes."""
    await desk.subscribe(1, minutes=1)
    worker = desk.worker()
    await desk.room.run(worker, seconds=5)
    await desk.publish(1)
    await desk.room.clock.jump(3 * 3600)
    await desk.room.clock.advance(10)
    assert await desk.waiting() == {}
    assert await desk.room.stores.digests.unplanned(9) == []


async def test_what_was_late_for_a_digest_is_in_the_next(desk: Desk) -> None:
    """It waited two hours for a reader who let nothing in; a digest that is late itself does not bring it."""
    await desk.subscribe(1, minutes=1)
    worker = desk.worker()
    await desk.room.run(worker, seconds=5)
    await desk.publish(1)
    await desk.room.clock.advance(120)
    await desk.room.clock.jump(3 * 3600)
    assert await desk.room.stores.news.skip_late(desk.room.clock.now()) == 1
    await desk.room.clock.jump(24 * 3600)
    await desk.room.clock.advance(60)
    assert await desk.waiting() == {}
    await desk.room.clock.jump(21 * 3600)
    await desk.room.clock.advance(60)
    assert await desk.waiting() == {1: (True, [title(1)])}


async def test_news_that_came_too_late_is_offered_at_seven(desk: Desk) -> None:
    """To a reader who gets it at once; not before, once, and by a bot that starts anew at that hour too."""
    await desk.room.stores.subscriptions.subscribe(1, Wish(), None, desk.room.clock.now())
    await desk.publish(1)
    seven = next_digest(time(7), ZONE, desk.room.clock.now() + 3 * HOUR)
    await desk.room.clock.jump((seven - desk.room.clock.now()).total_seconds() - 60)
    await desk.room.stores.news.expand(desk.room.clock.now(), 999 * HOUR)
    await desk.room.run(desk.worker(), seconds=30)
    await desk.room.stores.news.expand(desk.room.clock.now(), 999 * HOUR)
    assert await desk.waiting() == {}
    await desk.room.clock.advance(60)
    await desk.room.run(desk.worker(), seconds=30)
    await desk.room.stores.news.expand(desk.room.clock.now(), 999 * HOUR)
    assert await desk.waiting() == {1: (True, [title(1)])}
    await desk.room.clock.advance(60)
    assert not await desk.room.stores.news.busy()


@pytest.mark.parametrize("reached", [True, False])
async def test_what_came_at_once_is_in_no_digest(desk: Desk, *, reached: bool) -> None:
    """Whoever now wants a digest has read it; but what still went round, and had not come to them, is."""
    room = desk.room
    await room.run(desk.worker(), seconds=10)
    await room.stores.subscriptions.subscribe(1, Wish(), None, room.clock.now())
    await room.clock.advance(60)
    await desk.publish(1)
    if reached:
        while await room.stores.news.busy():
            await room.stores.news.expand(room.clock.now(), 24 * HOUR)
            assert await desk.waiting() in ({1: (False, [title(1)])}, {})
    await room.clock.advance(60)
    await desk.subscribe(1, minutes=60)
    await room.clock.advance(60)
    await desk.publish(2)
    await room.clock.jump(3600)
    await room.clock.advance(10)

    assert await desk.waiting() == {1: (True, [title(2)] if reached else [title(2), title(1)])}


async def test_another_hour_is_reckoned_anew(desk: Desk) -> None:
    """And who goes over to news at once has no digest."""
    await desk.subscribe(1, minutes=60)
    await desk.room.run(desk.worker(), seconds=5)
    await desk.subscribe(1, minutes=5)
    await desk.subscribe(2, minutes=5)
    await desk.room.clock.advance(5)
    await desk.room.stores.subscriptions.subscribe(2, Wish(), None, desk.room.clock.now())
    await desk.room.stores.news.expand(desk.room.clock.now(), 24 * HOUR)
    await desk.publish(1)
    await desk.room.clock.advance(600)
    assert await desk.waiting() == {1: (True, [title(1)])}


def due(wish: Wish | None = None, since: datetime = datetime(2020, 1, 1, tzinfo=UTC)) -> DigestDue:
    """Somebody's digest."""
    return DigestDue(1, wish or Wish(), time(7), NOW, since)


def day(*kickers: str) -> list[Told]:
    """Headlines 1, 2, … of these categories, newest first."""
    made = [Told(told_headline(number, kicker=kicker)) for number, kicker in enumerate(kickers, 1)]
    return made[::-1]


def test_the_popular_come_first_and_the_newest_after_them() -> None:
    """Three and seven; nothing twice."""
    chosen = choose_digest(due(), day(*["Dunia"] * 20), popular=(4, 2, 9, 1, 20))
    assert chosen == (4, 2, 9, 20, 19, 18, 17, 16, 15, 14)


def test_only_what_is_wished_for_is_told() -> None:
    """Of the popular, too; without any there is no digest."""
    news = day("Dunia", "Bisnis", "Dunia", "Bisnis")
    assert choose_digest(due(Wish(("dunia",))), news, popular=(2, 1)) == (1, 3)
    assert choose_digest(due(Wish(("Hukum",))), news, popular=(2, 1)) == ()
    assert choose_digest(due(since=NOW + 999_999 * HOUR), news, popular=()) == ()
