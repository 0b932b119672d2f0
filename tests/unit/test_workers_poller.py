"""Looks at feeds: each in its own time, recorded once, politely when they fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import current_thread
from typing import ClassVar

import pytest

from bot.domain.decide import Rules
from bot.domain.headlines import Document, Item
from bot.domain.polling import PollIntent, Recorded, Wording
from bot.errors import FetchError, Gone, ParseError
from bot.events import (
    Corrected,
    HeadlinesRecorded,
    ImportBegan,
    ItemsIgnored,
    Polled,
    StoreTrouble,
    Surge,
    WorkerFailed,
)
from bot.workers.poller import MOST_LOOKS, Poller, phase_of
from tests.fakes import Newsroom
from tests.support_store import MINUTE, NOW, channel, feed, link, look

SATU = -1001
FAIL = FetchError("the portal does not answer")


def item(number: int, title: str = "", **fields: str) -> Item:
    return Item(
        title or f"Kabar nomor {number}",
        fields.get("link", link(number)),
        fields.get("guid", f"guid-{number}"),
        NOW - MINUTE + timedelta(seconds=number),
    )


@dataclass
class Bench:
    room: Newsroom
    woken: list[float]

    def build(self, *, surge_limit: int = 30, has_editor: bool = False) -> Poller:
        return Poller(
            self.room.portal,
            self.room.stores.polls,
            rules=Rules(surge_limit=surge_limit, has_editor=has_editor),
            first_run_posts=1,
            wake_delivery=lambda: self.woken.append(self.since()),
            **self.room.told,
        )

    def since(self) -> float:
        return (self.room.clock.now() - NOW).total_seconds()

    def times(self, url: str) -> list[float]:
        return [(at - NOW).total_seconds() for at in self.room.portal.times(url)]

    async def stop_and_count(self) -> int:
        await self.room.stop()
        return len(await self.room.stores.database.read("SELECT id FROM headlines"))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """One channel that has met the feeds 1 and 2, on two hosts, looked at every 30 s."""
    async with Newsroom() as room:
        two = feed(2, url="https://lain.example/rss")
        await room.settle([channel("@satu")], [feed(), two])
        await room.stores.channels.resolved(room.channels[0], SATU, "Satu", "channel", NOW)
        for one in room.feeds:
            await room.record(feed_id=one, at=NOW - 2 * MINUTE)
        await room.stores.polls.release_first_looks(NOW, 1)
        await room.sql("UPDATE feeds SET next_at = ?", NOW.timestamp() * 1_000_000)
        yield Bench(room, [])


ONE, TWO = feed().url, "https://lain.example/rss"


async def test_what_is_new_is_due_and_delivery_is_woken(bench: Bench) -> None:
    """Once, however often the feed says it."""
    bench.room.portal.says(ONE, look(item(1), item(2)))

    await bench.room.run(bench.build(), seconds=100)

    assert await bench.room.titles(bench.room.clock.now()) == ["Kabar nomor 1"]
    assert await bench.room.states() == ["PENDING", "PENDING"]
    (told,) = bench.room.heard.of(HeadlinesRecorded)
    assert (told.feed, len(told.headline_ids), told.queued) == ("rss-1", 2, 2)
    assert len(bench.woken) == 1
    assert {event.outcome for event in bench.room.heard.of(Polled)} == {"ok", "not_modified"}


async def test_a_large_import_is_announced_before_it_is_recorded(bench: Bench) -> None:
    """An operator who starts the bot on a large feed sees what it is at; everyday news make no such line."""
    bench.room.portal.says(ONE, look(*(item(number) for number in range(250))))
    bench.room.portal.says(TWO, look(item(900), item(901)))

    await bench.room.run(bench.build(), seconds=100)

    (told,) = bench.room.heard.of(ImportBegan)
    assert (told.feed, told.headlines) == ("rss-1", 250)
    began = bench.room.heard.index(told)
    ended = [isinstance(one, HeadlinesRecorded) and one.feed == "rss-1" for one in bench.room.heard].index(
        True
    )
    assert began < ended


async def test_a_feed_keeps_its_grid(bench: Bench) -> None:
    """Every 30 s on its own phase, without drift."""
    await bench.room.run(bench.build(), seconds=300)

    times = bench.times(ONE)
    phase = phase_of(ONE) * 30
    assert len(times) == 11
    assert all(
        (at + NOW.timestamp() - phase) % 30 == pytest.approx(0, abs=0.3)
        or (at + NOW.timestamp() - phase) % 30 > 29.9
        for at in times[1:]
    )


async def test_a_slow_feed_holds_up_no_other(bench: Bench) -> None:
    """Its look hangs; the other host's feed is looked at in its time."""
    bench.room.portal.hold(ONE)

    await bench.room.run(bench.build(), seconds=300)

    assert len(bench.times(ONE)) == 1
    assert len(bench.times(TWO)) in {10, 11}
    assert await bench.room.stop() < 2.5


async def test_many_feeds_of_a_slow_host_leave_room_for_others(bench: Bench) -> None:
    """One look a host at a time; its other feeds get their turn when it has ended."""
    slow = [feed(number) for number in range(1, MOST_LOOKS + 5)]
    await bench.room.settle([channel("@satu")], [*slow, feed(99, url=TWO)])
    bench.room.portal.hold(ONE)
    await bench.room.run(bench.build(), seconds=20)
    assert [len(bench.times(one.url)) for one in slow] == [1] + [0] * (len(slow) - 1)
    assert bench.times(TWO) == pytest.approx([0], abs=0.1)

    bench.room.portal.let_go(ONE)
    await bench.room.clock.advance(5)
    assert all(len(bench.times(one.url)) == 1 for one in slow)


async def test_no_more_than_some_looks_at_once(bench: Bench) -> None:
    """However many hosts there are."""
    many = [feed(number, url=f"https://h{number}.example/rss") for number in range(MOST_LOOKS + 5)]
    for one in many:
        bench.room.portal.hold(one.url)
    await bench.room.settle([channel("@satu")], many)
    await bench.room.run(bench.build(), seconds=5)
    assert len(bench.room.portal.asked) == MOST_LOOKS
    bench.room.portal.let_go(bench.room.portal.asked[0][1].url)
    await bench.room.clock.advance(2)
    assert len(bench.room.portal.asked) == MOST_LOOKS + 1


async def test_a_failing_feed_is_asked_less_and_less_and_then_as_ever(bench: Bench) -> None:
    """30, 60, 120 s …; back at full pace the moment it recovers."""
    bench.room.portal.says(ONE, FAIL, ParseError("no headline"), FAIL, look(item(1)))

    await bench.room.run(bench.build(), seconds=400)

    times = bench.times(ONE)
    assert [times[1] - times[0], times[2] - times[1], times[3] - times[2]] == pytest.approx(
        [30, 60, 120], abs=1
    )
    assert times[5] - times[4] == pytest.approx(30, abs=1)
    failed = [event for event in bench.room.heard.of(Polled) if event.outcome == "failed"]
    assert [event.detail for event in failed] == [str(FAIL), "no headline", str(FAIL)]
    assert {event.failing_since for event in failed} == {failed[0].at}


async def test_the_portals_wish_is_obeyed(bench: Bench) -> None:
    """`Retry-After`."""
    bench.room.portal.says(ONE, FetchError("busy", status=503, retry_after=timedelta(seconds=200)), look())
    await bench.room.run(bench.build(), seconds=199)
    assert len(bench.times(ONE)) == 1
    await bench.room.clock.advance(3)
    assert len(bench.times(ONE)) == 2


async def test_a_feed_that_is_gone_is_not_looked_at_again(bench: Bench) -> None:
    """410, until the next start; the desk reads it from its row."""
    bench.room.portal.says(ONE, Gone("410", status=410))

    await bench.room.run(bench.build(), seconds=3600)

    assert len(bench.times(ONE)) == 1
    kinds = [trouble.kind for trouble in await bench.room.stores.alerts.troubles_now(bench.room.clock.now())]
    assert kinds == ["feed_gone"]


async def test_a_look_that_cannot_be_recorded_does_not_hammer_the_portal(bench: Bench) -> None:
    """The disk is full: one look an interval, few rounds, one word of trouble a minute; then all is as ever."""
    bench.room.portal.says(ONE, look(item(1)))
    bench.room.database.full = True
    await bench.room.run(bench.build(), seconds=95)
    assert len(bench.times(ONE)) == 4
    assert len(bench.room.heard.of(StoreTrouble)) == 2
    assert bench.room.database.reads < 95 * 2 * 2 + 80

    bench.room.database.full = False
    await bench.room.clock.advance(35)
    assert await bench.room.states() == ["PENDING"]


async def test_a_look_that_dies_is_not_repeated_at_once(bench: Bench) -> None:
    """Something nobody foresaw in a document: next in an interval, and the other feeds go on."""
    bench.room.portal.says(ONE, ValueError("bug"), look(item(1)))
    await bench.room.run(bench.build(), seconds=29)
    assert len(bench.times(ONE)) == 1
    assert len(bench.room.heard.of(WorkerFailed)) == 1
    await bench.room.clock.advance(3)
    assert await bench.room.states() == ["PENDING"]


async def test_one_story_in_two_feeds_at_the_same_moment_is_one_headline(bench: Bench) -> None:
    """Two looks never decide at once."""
    story = item(1, link="https://kabar.example/read/2023/09/20/1/kabar")
    bench.room.portal.hold(ONE)
    bench.room.portal.hold(TWO)
    bench.room.portal.says(ONE, look(story))
    bench.room.portal.says(TWO, look(story))
    await bench.room.run(bench.build(), seconds=1)
    bench.room.portal.let_go(ONE)
    bench.room.portal.let_go(TWO)
    await bench.room.clock.advance(5)

    assert await bench.stop_and_count() == 1
    assert await bench.room.states() == ["PENDING"]


async def test_first_looks_are_released_when_each_feed_was_looked_at() -> None:
    """The newest of all; a feed that failed at its first look brings none when it answers."""
    async with Newsroom() as room:
        await room.settle([channel("@satu")], [feed(), feed(2, url=TWO)])
        room.portal.says(ONE, look(item(1), item(2), item(3)))
        room.portal.says(TWO, FAIL, look(item(7), item(8)))
        room.portal.hold(TWO)
        bench = Bench(room, [])
        await room.run(bench.build(), seconds=10)
        assert set(await room.states()) == {"HELD"}
        assert bench.woken == []

        room.portal.let_go(TWO)
        await room.clock.advance(100)
        fates = list((await room.fates()).values())
        assert fates == ["first_look", "first_look", "PENDING", "first_look", "first_look"]
        assert len(bench.woken) == 1


async def test_a_correction_is_told_and_wakes_delivery(bench: Bench) -> None:
    """Once; going back and forth is told once too."""
    first, second = look(item(1, "Judul satu")), look(item(1, "Judul dua"))
    bench.room.portal.says(ONE, first, second, first, second, first)

    await bench.room.run(bench.build(), seconds=200)

    told = bench.room.heard.of(Corrected)
    assert [event.new_title for event in told] == ["Judul dua", "Judul satu", "Judul dua", "Judul satu"]
    assert [event.wording for event in told] == [Wording.NEW, Wording.BACK, Wording.AGAIN, Wording.AGAIN]
    assert len(bench.woken) == 5


async def test_a_surge_is_told(bench: Bench) -> None:
    """With what is held of it."""
    bench.room.portal.says(ONE, look(*(item(number) for number in range(1, 6))))
    await bench.room.run(bench.build(surge_limit=3, has_editor=True), seconds=5)
    (told,) = bench.room.heard.of(Surge)
    assert (told.headlines, told.held) == (5, 5)


async def test_a_feed_that_moved_is_asked_where_it_is(bench: Bench) -> None:
    """And at its own address when it does not answer there; what answers is remembered."""
    new = "https://baru.example/rss"
    bench.room.portal.says(ONE, look(item(1), moved_to=new), look(item(1), item(2)))
    bench.room.portal.says(new, look(item(1)), FAIL)

    await bench.room.run(bench.build(), seconds=300)

    assert len(bench.times(new)) == 2
    assert len(bench.times(ONE)) >= 6
    home = [address for _, address in bench.room.portal.asked if address.url == ONE]
    assert home[1].validators.etag is None
    assert home[1].body_hash == ""
    assert await bench.room.states() == ["PENDING", "PENDING"]


async def test_without_feeds_there_is_nothing_to_do() -> None:
    """A loop that stays alive and asks next to nothing."""
    async with Newsroom() as room:
        worker = Bench(room, []).build()
        await room.run(worker, seconds=60)
        assert worker.loop.alive(room.clock.now(), timedelta(seconds=6))
        assert room.database.reads <= 30


def test_feeds_spread_over_their_interval() -> None:
    """Each at its own phase, the same at every start."""
    phases = [phase_of(f"https://kabar.example/rss/{number}") for number in range(100)]
    assert phases == [phase_of(f"https://kabar.example/rss/{number}") for number in range(100)]
    assert all(0 <= phase < 1 for phase in phases)
    assert len({int(phase * 10) for phase in phases}) == 10


class SpiedItems(tuple[Item, ...]):
    """Items that tell in which threads they were gone through."""

    __slots__ = ()
    threads: ClassVar[set[str]] = set()

    def __iter__(self) -> Iterator[Item]:
        self.threads.add(current_thread().name)
        return super().__iter__()


@pytest.mark.parametrize(("count", "in_the_loop"), [(2000, False), (30, True)])
async def test_a_long_document_is_decided_upon_beside_the_loop(
    bench: Bench, count: int, in_the_loop: bool
) -> None:
    """Two thousand items take half a second to think over, and readers are answered meanwhile."""
    (one, *_) = await bench.room.stores.polls.feeds_due(NOW)
    document = Document(SpiedItems(item(number) for number in range(count)))
    SpiedItems.threads.clear()

    async def record(intent: PollIntent) -> Recorded:
        return await bench.room.stores.polls.record(intent, look(), NOW + MINUTE)

    assert await bench.build(surge_limit=0).take_in(one, document, record) == count
    assert (current_thread().name in SpiedItems.threads) is in_the_loop
    assert await bench.stop_and_count() == count


async def test_what_is_no_headline_is_told_when_it_is_first_seen(bench: Bench) -> None:
    """Not at every look; what else goes wrong later is told by itself."""
    nameless, bomb = Item("", link(8)), Item("Uang &bom; rakyat", link(9), flaw="needs an entity")
    cut = replace(look(item(1), nameless, item(2)).document or Document(()), flaw="the document breaks off")
    bench.room.portal.says(
        ONE,
        *(replace(look(item(1), nameless), body_hash=f"{n}") for n in range(3)),
        replace(look(), document=cut),
        look(bomb, nameless, item(1)),
    )
    await bench.room.run(bench.build(), seconds=200)
    assert [event.items for event in bench.room.heard.of(ItemsIgnored)] == [
        (f"{link(8)}: neither title nor lead",),
        ("the document breaks off",),
        ("Uang &bom; rakyat: needs an entity",),
    ]
