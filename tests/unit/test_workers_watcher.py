"""The watcher between poller and desk: each trouble told once, and once when it is over, through restarts too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from bot.domain.decide import Rules
from bot.domain.headlines import Document, Item
from bot.domain.looks import Look, Validators
from bot.domain.polling import ChannelSetup, FeedForPoll
from bot.errors import FetchError
from bot.events import HeadlinesMissed
from bot.store.ops_chat import OpsChat
from bot.workers.desk import Desk
from bot.workers.poller import Poller
from bot.workers.watcher import Watcher
from tests.fakes import Newsroom

HOUR = timedelta(hours=1)
URL = "https://kabar.example/rss"
OPS = -999


class Watched(Newsroom):
    """A newsroom with feeds of two portals, one of them on two hosts, looked at every ten minutes, and a desk that is told."""

    async def open(self) -> None:
        urls = (URL, "https://www.kabar.example/dunia", "https://lain.example/rss")
        feeds = [
            FeedForPoll(0, url, name=f"feed{n}", interval=timedelta(minutes=10)) for n, url in enumerate(urls)
        ]
        await self.settle([ChannelSetup("@satu")], feeds, self.clock.now())
        self.begin_again()
        await self.clock.advance(900)  # from here on every ten minutes have one look

    def begin_again(self) -> None:
        """The workers, as a new process has them."""
        poller = Poller(
            self.portal,
            self.stores.polls,
            self.clock,
            self.heard.events,
            rules=Rules(timedelta(days=3650), 0, has_editor=True),
            first_run_posts=1,
            wake_delivery=lambda: None,
        )
        watcher = Watcher(self.stores.watch, wake_poller=poller.loop.wake, **self.told)
        poller.when_looked(watcher.hear)
        desk = Desk(
            self.stores.alerts,
            self.network,
            questions=self.stores.questions,
            pace=self.pace,
            ops_chat=OpsChat(self.stores.database, OPS, OPS),
            language="en",
            **self.told,
        )
        self.start(poller, watcher, desk)

    async def looks(self, *answers: Look) -> None:
        """The next looks at the first feed find this, and a last one what the last did."""
        for answer in answers:
            self.portal.says(URL, answer)
            await self.clock.advance(600)

    async def remember_days(self, count: int) -> None:
        """News came to the first feed in every half hour of the last days."""
        today = int(self.clock.now().timestamp() // 86_400)
        for day in range(today - count, today):
            await self.sql("INSERT INTO arrivals VALUES (?, ?, ?)", self.feeds[0], day, 2**48 - 1)

    def said(self) -> Sequence[str]:
        return self.network.texts(OPS)


@pytest.fixture
async def room() -> AsyncIterator[Watched]:
    async with Watched() as opened:
        await opened.open()
        yield opened


def look(
    *numbers: int,
    kind: str = "feed",
    ahead: timedelta | None = None,
    room: Watched,
    age: timedelta = timedelta(),
) -> Look:
    """A good look at these stories, written now or `ahead` of it."""
    published = room.clock.now() + (ahead or -timedelta(minutes=5))
    items = tuple(
        Item(f"Kabar nomor {n}", f"https://kabar.example/kabar-nomor-{n}", f"g{n}", published)
        for n in numbers
    )
    return Look(Document(items, kind=kind), Validators(), f"hash {numbers}", age=age)


def same(age: timedelta = timedelta()) -> Look:
    """Nothing has changed."""
    return Look(None, Validators(), "hash", status=304, age=age)


async def test_a_portal_that_falls_silent_is_told_once_and_once_when_it_is_back(room: Watched) -> None:
    """News came around the clock, then none: two hours later the desk hears of it, restart or not."""
    await room.remember_days(14)
    await room.looks(look(1, room=room), *[same()] * 5)
    assert not room.said()
    await room.looks(*[same()] * 8)
    assert len(room.said()) == 1
    assert "nothing new for" in room.said()[0]
    await room.stop()
    room.begin_again()
    await room.looks(same(), same())
    assert len(room.said()) == 1
    await room.looks(look(2, room=room))
    await room.clock.advance(10)
    assert len(room.said()) == 2
    assert "brings news again" in room.said()[1]


async def test_a_feed_that_fails_is_not_called_silent(room: Watched) -> None:
    """The failure is told, and nothing else."""
    await room.remember_days(14)
    await room.looks(look(1, room=room))
    room.portal.says(URL, FetchError("no answer"))
    await room.clock.advance(3 * 3600)
    assert len(room.said()) == 1
    assert "could not be read" in room.said()[0]


async def test_a_page_in_place_of_a_feed_is_told_after_three_looks(room: Watched) -> None:
    """Once is a slip; a feed again ends it."""
    await room.looks(look(1, 2, room=room), look(3, kind="page", room=room), look(1, 2, room=room))
    await room.looks(look(1, 2, room=room), look(3, kind="page", room=room), same())
    assert not room.said()
    await room.looks(same())
    await room.clock.advance(10)
    assert len(room.said()) == 1
    assert "HTML page" in room.said()[0]
    await room.looks(look(1, 2, room=room))
    await room.clock.advance(10)
    assert "answers with a feed again" in room.said()[1]


async def test_a_feed_that_became_a_page_while_the_bot_was_down_is_told(room: Watched) -> None:
    """That there was a feed is known through restarts."""
    await room.looks(look(1, 2, room=room))
    await room.stop()
    room.begin_again()
    await room.looks(look(3, kind="page", room=room), look(4, kind="page", room=room))
    assert not room.said()
    await room.looks(look(5, kind="page", room=room))
    await room.clock.advance(10)
    assert len(room.said()) == 1
    assert "HTML page" in room.said()[0]


async def test_a_page_that_stays_the_same_through_a_restart_is_told(room: Watched) -> None:
    """What was seen of it before the restart is not read again: it has not changed."""
    await room.looks(look(1, 2, room=room), look(3, kind="page", room=room))
    await room.stop()
    room.begin_again()
    await room.looks(same(), same())
    assert not room.said()
    await room.looks(same())
    await room.clock.advance(10)
    assert len(room.said()) == 1


async def test_a_page_that_always_was_one_is_none_of_our_business(room: Watched) -> None:
    """FEED_URL may be a page that lists its headlines."""
    await room.looks(*[look(n, n + 1, kind="page", room=room) for n in range(6)])
    assert not room.said()


async def test_a_cache_that_keeps_the_feed_from_us_is_told(room: Watched) -> None:
    """Its answers are hours old, three times in a row; a restart meanwhile tells nothing a second time."""
    await room.looks(look(1, 2, room=room), same(2 * HOUR), same(), same(2 * HOUR), same(2 * HOUR))
    assert not room.said()
    await room.looks(same(2 * HOUR))
    await room.clock.advance(10)
    assert len(room.said()) == 1
    assert "2:00 h old" in room.said()[0]
    await room.stop()
    room.begin_again()
    await room.looks(same(2 * HOUR), same(2 * HOUR), same(2 * HOUR), same(2 * HOUR))
    assert len(room.said()) == 1
    await room.looks(same())
    await room.clock.advance(10)
    assert "fresh again" in room.said()[1]
    assert len(room.said()) == 2


async def test_a_clock_that_runs_ahead_is_told(room: Watched) -> None:
    """Three new items of five; five right ones end it."""
    await room.looks(
        look(0, room=room), *[look(n, ahead=7 * HOUR + 30 * timedelta(minutes=1), room=room) for n in (1, 2)]
    )
    assert not room.said()
    await room.looks(look(3, ahead=8 * HOUR, room=room))
    await room.clock.advance(10)
    assert len(room.said()) == 1
    assert "in the future" in room.said()[0]
    await room.looks(*[look(n, room=room) for n in range(4, 9)])
    await room.clock.advance(10)
    assert "right again" in room.said()[1]


async def test_a_full_feed_of_strangers_has_the_portals_other_feeds_looked_at(room: Watched) -> None:
    """The desk hears that some may have been missed; another portal's feed is left alone."""
    await room.looks(look(*range(9), room=room), look(*range(12), room=room))
    assert not room.heard.of(HeadlinesMissed)
    await room.clock.advance(60)
    before = (
        len(room.portal.times("https://www.kabar.example/dunia")),
        len(room.portal.times("https://lain.example/rss")),
    )
    room.portal.says(URL, look(*range(100, 112), room=room))
    while not room.heard.of(HeadlinesMissed):
        await room.clock.advance(1)
    await room.clock.advance(5)
    after = (
        len(room.portal.times("https://www.kabar.example/dunia")),
        len(room.portal.times("https://lain.example/rss")),
    )
    assert after[0] - before[0] >= 1
    assert after[1] - before[1] <= 1
    (missed,) = room.heard.of(HeadlinesMissed)
    assert (missed.headlines, missed.others) == (12, 1)
    assert "none of its 12 headlines was known" in room.said()[0]


async def test_a_database_that_says_no_loses_no_trouble(room: Watched) -> None:
    """What was found is written when it can be."""
    await room.looks(look(1, room=room), same(2 * HOUR), same(2 * HOUR))
    room.portal.says(URL, same(2 * HOUR))
    await room.clock.advance(590)
    room.database.full = True
    await room.clock.advance(60)
    room.database.full = False
    await room.clock.advance(1200)
    assert len([line for line in room.said() if "cache" in line]) == 1
