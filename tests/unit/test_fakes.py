"""The fakes themselves: what the tests of the workers rest on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.delivery import Doubt, Found, FrozenRequest, Settlement, Target
from bot.domain.looks import FeedAddress, Look
from bot.errors import DatabaseFull, FetchError
from bot.events import Delivered, SlowedDown
from bot.workers.loop import Loop
from tests.fakes import (
    DONE,
    NOT_SENT,
    UNKNOWN,
    FakeClock,
    FakeNetwork,
    FakePortal,
    FakeRenderer,
    Heard,
    Newsroom,
)
from tests.support_store import NOW, words

TARGET = Target(1, -1001, name="@satu")
TEXT = FrozenRequest("sendMessage", {"text": "Kabar", "rich": True})


async def test_the_clock_stands_until_it_is_advanced() -> None:
    """Sleepers wake in the order of their moments, each at its own time, and not a moment early."""
    clock, woken = FakeClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now() - NOW))

    tasks = [asyncio.ensure_future(sleeper(seconds)) for seconds in (3, 1, 2, 9, 0)]
    await clock.advance()
    assert woken == [(0, timedelta())]
    await clock.advance(3)
    assert woken[1:] == [(n, timedelta(seconds=n)) for n in (1, 2, 3)]
    assert clock.now() == NOW + timedelta(seconds=3)
    tasks[3].cancel()
    await clock.advance(10)
    assert len(woken) == 4


async def test_who_is_woken_does_all_before_the_next_is() -> None:
    """What follows from a moment, a new sleep included, happens before time goes on."""
    clock, order = FakeClock(), []

    async def again() -> None:
        for _ in range(3):
            await clock.sleep(1)
            order.append(clock.now())

    async def once() -> None:
        await clock.sleep(2.5)
        order.append(clock.now())

    both = asyncio.gather(again(), once())
    await clock.advance(5)
    await both
    assert [(at - NOW).total_seconds() for at in order] == [1, 2, 2.5, 3]


async def test_a_jump_wakes_the_overdue_once() -> None:
    """Somebody who sleeps a second again and again does not wake for every second of a week."""
    clock, woken = FakeClock(), []

    async def again() -> None:
        while True:
            await clock.sleep(1)
            woken.append(clock.now())

    task = asyncio.ensure_future(again())
    await clock.advance()
    await clock.jump(7 * 86_400)
    assert woken == [NOW + timedelta(days=7)]
    task.cancel()


async def test_the_network_is_friendly_unless_told_otherwise() -> None:
    """Ids count up in each chat; a script is used up, a rule stays, an exception is raised."""
    network = FakeNetwork(FakeClock())
    network.script("send", -1001, UNKNOWN, ValueError("bug"))

    assert await network.send(TARGET, TEXT) is UNKNOWN
    with pytest.raises(ValueError, match="bug"):
        await network.send(TARGET, TEXT)
    assert [(await network.send(TARGET, TEXT)).message_id for _ in range(2)] == [101, 102]
    network.rule("edit", -1001, NOT_SENT)
    assert [await network.edit(TARGET, 101, TEXT) for _ in range(2)] == [NOT_SENT, NOT_SENT]
    network.rule("edit", -1001, None)
    assert await network.edit(TARGET, 101, TEXT) is DONE
    assert await network.delete(TARGET, 101) is DONE
    assert await network.welcome(TARGET) is DONE
    assert network.texts(-1001) == ["Kabar"] * 4
    assert [call.verb for call in network.calls[-2:]] == ["delete", "welcome"]


async def test_the_network_answers_questions_and_names() -> None:
    """Absent, unless scripted; out of reach, unless named."""
    network = FakeNetwork(FakeClock())
    doubt = Doubt(1, 1, NOW, TARGET, TEXT, 100, 100)
    network.script("settle", -1001, Settlement(Found.ARRIVED, (101,)))
    network.names["@satu"] = (-1001, "Satu", "channel")

    assert (await network.settle(doubt)).ids == (101,)
    assert (await network.settle(doubt)).found is Found.ABSENT
    assert (await network.twins(doubt)).found is Found.ABSENT
    assert await network.resolve("@satu") == (-1001, "Satu", "channel")
    assert await network.resolve("@dua") is NOT_SENT


async def test_a_held_chat_waits() -> None:
    """Calls about it end only when it is let go; other chats go on."""
    network = FakeNetwork(FakeClock())
    network.hold(-1001)
    sending = asyncio.ensure_future(network.send(TARGET, TEXT))
    assert (await network.send(Target(2, -1002), TEXT)).message_id == 101
    assert not sending.done()
    network.let_go(-1001)
    assert (await sending).message_id == 101


async def test_the_portal_says_what_is_scripted() -> None:
    """The last look for ever; nothing new where there is no script; a held address waits."""
    clock = FakeClock()
    portal, address = FakePortal(clock), FeedAddress("https://kabar.example/rss")
    assert (await portal.look(address)).document is None
    portal.says(address.url, FetchError("no answer"), Look(None, status=304))
    with pytest.raises(FetchError):
        await portal.look(address)
    assert [(await portal.popular(address)).status for _ in range(2)] == [304, 304]
    portal.hold(address.url)
    looking = asyncio.ensure_future(portal.look(address))
    await clock.settle()
    assert not looking.done()
    portal.let_go(address.url)
    await looking
    assert portal.times(address.url) == [NOW] * 5


def test_the_renderer_has_three_forms() -> None:
    """Photo, rich text, plain text, nothing; and words that break it."""
    renderer = FakeRenderer(photos=True)
    photo = renderer.post(words(1), TARGET, loud=True)
    rich = renderer.plainer(photo)
    assert rich is not None
    plain = renderer.plainer(rich)
    assert plain is not None
    assert [photo.method, rich.method, plain.body["text"]] == [
        "sendPhoto",
        "sendMessage",
        "plain Kabar nomor 1",
    ]
    assert renderer.plainer(plain) is None
    bare = renderer.without_markup(photo)
    assert bare is not None
    assert (bare.method, bare.body["caption"]) == ("sendPhoto", "plain Kabar nomor 1")
    assert renderer.without_markup(bare) is None
    renderer.broken.add("nomor 1")
    with pytest.raises(RecursionError):
        renderer.post(words(1), TARGET, loud=True)


def test_what_was_heard_is_told_apart() -> None:
    """By kind, in order."""
    heard = Heard()
    heard.events.tell(SlowedDown(NOW, 1, timedelta()))
    assert heard.of(SlowedDown) == list(heard)
    assert heard.of(Delivered) == []


async def test_a_newsroom_stops_what_it_started() -> None:
    """In the time that it takes; a full disk says no to writers alone."""
    async with Newsroom() as room:
        await room.furnish()

        class Idle:
            loop = Loop("idle", lambda: asyncio.sleep(0, 5.0), room.clock, room.heard.events)

            async def run(self) -> None:
                await self.loop.run()
                await room.clock.sleep(2)

        await room.run(Idle(), seconds=1)
        assert 2 <= await room.stop() < 3
        room.database.full = True
        with pytest.raises(DatabaseFull):
            await room.news(1)
        assert await room.alerts() == []
        assert (await room.channel_row(room.channels[0]))["ref"] == "@satu"


async def test_a_worker_that_does_not_stop_is_found() -> None:
    """`stop` fails when it takes too long."""
    async with Newsroom() as room:

        class Deaf:
            loop = Loop("deaf", lambda: asyncio.sleep(0, 5.0), room.clock, room.heard.events)

            async def run(self) -> None:
                await room.clock.sleep(100)

        await room.run(Deaf())
        with pytest.raises(AssertionError):
            await room.stop()
