"""The portal's own popular list: looked at in its time, kept in its order, no trouble to anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.headlines import Item
from bot.domain.looks import Look
from bot.errors import FetchError
from bot.events import Polled, StoreTrouble, WorkerFailed
from bot.workers.listkeeper import ListKeeper
from tests.fakes import Newsroom
from tests.support_store import NOW, look

URL = "https://kabar.example/populer"
FAIL = FetchError("no answer")


@pytest.fixture
async def room() -> AsyncIterator[Newsroom]:
    async with Newsroom() as made:
        yield made


def build(room: Newsroom) -> ListKeeper:
    return ListKeeper(URL, room.portal, room.stores.popular, interval=timedelta(seconds=30), **room.told)


def since(room: Newsroom) -> list[float]:
    return [(at - NOW).total_seconds() for at in room.portal.times(URL)]


async def titles(room: Newsroom) -> list[str]:
    rows = await room.database.read("SELECT title FROM popular ORDER BY position")
    return [row["title"] for row in rows]


async def test_the_list_is_kept_in_its_order(room: Newsroom) -> None:
    """Every interval; an unchanged list is left as it is."""
    room.portal.says(URL, look(Item("B"), Item("A")), Look(None))
    await room.run(build(room), seconds=100)

    assert await titles(room) == ["B", "A"]
    assert len(since(room)) == 4
    assert [event.outcome for event in room.heard.of(Polled)] == ["ok", *["not_modified"] * 3]


async def test_a_list_that_fails_is_asked_less_and_then_as_ever(room: Newsroom) -> None:
    """30, 60 s; a wish of the portal's is obeyed."""
    wish = FetchError("busy", retry_after=timedelta(seconds=200))
    room.portal.says(URL, FAIL, FAIL, wish, look(Item("A")))
    await room.run(build(room), seconds=330)

    times = since(room)
    assert [b - a for a, b in pairwise(times)] == pytest.approx([30, 60, 200, 30], abs=16)
    assert [event.detail for event in room.heard.of(Polled)][:3] == ["no answer", "no answer", "busy"]


async def test_a_look_that_hangs_is_not_begun_again(room: Newsroom) -> None:
    """And costs few rounds; the end does not wait for it."""
    room.portal.hold(URL)
    keeper = build(room)
    await room.run(keeper, seconds=300)
    assert len(since(room)) == 1
    assert await room.stop() < 2.5


@pytest.mark.parametrize("full", [True, False], ids=["full disk", "bug"])
async def test_what_goes_wrong_is_tried_again_in_an_interval(room: Newsroom, full: bool) -> None:
    """Not at once, and not never."""
    room.database.full = full
    room.portal.says(URL, *([] if full else [ValueError("bug")]), look(Item("A")))
    await room.run(build(room), seconds=29)
    assert len(since(room)) == 1
    assert len(room.heard.of(StoreTrouble if full else WorkerFailed)) == 1
    room.database.full = False
    await room.clock.advance(3)
    assert await titles(room) == ["A"]
