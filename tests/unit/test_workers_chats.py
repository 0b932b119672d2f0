"""What updates tell about our channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.domain.subscriptions import Wish
from bot.events import ChannelMoved, ChannelPaused, ChannelResumed
from bot.store.ops_chat import OpsChat
from bot.workers.chats import Chats
from tests.fakes import Newsroom
from tests.support_store import NOW, channel, link

SATU, DUA, STRANGE, DESK = -1001, -1002, -9999, -77


@dataclass
class Bench:
    room: Newsroom
    chats: Chats
    woken: list[bool]
    desk: OpsChat


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Newsroom() as room:
        await room.furnish(channel("@satu"), channel("@dua"))
        woken: list[bool] = []
        desk = await OpsChat.find(room.stores.database, DESK)
        chats = Chats(
            room.stores.channels,
            room.stores.doubts,
            room.stores.by_hand,
            groups=room.stores.readers,
            desk=desk,
            wake_delivery=lambda: woken.append(True),
            **room.told,
        )
        yield Bench(room, chats, woken, desk)


async def test_ids_in_our_chats_are_known_from_then_on(bench: Bench) -> None:
    """Those of strangers' chats are none of our business."""
    await bench.chats.message_seen(SATU, 55, theirs=True)
    await bench.chats.message_seen(STRANGE, 77, theirs=False)

    assert await bench.room.stores.doubts.highest(SATU) == 55
    assert await bench.room.stores.doubts.highest(STRANGE) is None


async def test_a_post_by_hand_spares_ours(bench: Bench) -> None:
    """In that channel alone; delivery hears of it if anything changed."""
    await bench.room.news(1)
    await bench.chats.posted_by_hand(SATU, [], 54)
    await bench.chats.posted_by_hand(STRANGE, [link(1)], 54)
    await bench.chats.posted_by_hand(SATU, [link(7)], 54)
    assert bench.woken == []

    await bench.chats.posted_by_hand(SATU, [link(1)], 55)

    assert await bench.room.fate(1) == ("SKIPPED", "by_hand")
    assert await bench.room.states(bench.room.channels[1]) == ["PENDING"]
    assert bench.woken == [True]


async def test_a_bot_that_is_thrown_out_is_told_at_once(bench: Bench) -> None:
    """Once, and when it is let back in, at once too."""
    await bench.chats.membership(SATU, may_post=False, detail="kicked")
    await bench.chats.membership(SATU, may_post=False, detail="kicked")
    assert [(event.channel, event.detail) for event in bench.room.heard.of(ChannelPaused)] == [
        ("@satu", "kicked")
    ]
    row = await bench.room.channel_row(bench.room.channels[0])
    assert row["probe_at"] == (NOW.timestamp() + 60) * 1_000_000

    await bench.chats.membership(SATU, may_post=True, detail="")
    assert [event.channel for event in bench.room.heard.of(ChannelResumed)] == ["@satu"]
    assert bench.woken == [True]
    await bench.chats.membership(SATU, may_post=True, detail="")
    assert len(bench.room.heard.of(ChannelResumed)) == 1


async def test_rights_in_a_strange_chat_are_nobodys_business(bench: Bench) -> None:
    """Nothing is written, nobody is woken."""
    before = bench.room.database.writes
    await bench.chats.membership(STRANGE, may_post=True, detail="")
    await bench.chats.membership(STRANGE, may_post=False, detail="kicked")
    await bench.chats.migrated(STRANGE, -5)
    assert (bench.room.database.writes, bench.woken, list(bench.room.heard)) == (before, [], [])


async def test_a_group_that_moved_is_followed(bench: Bench) -> None:
    """And delivery goes on there."""
    await bench.chats.migrated(DUA, -2002)
    assert (await bench.room.channel_row(bench.room.channels[1]))["chat_id"] == -2002
    assert len(bench.room.heard.of(ChannelMoved)) == 1
    assert bench.woken == [True]


async def test_the_desk_is_followed_and_found_again(bench: Bench) -> None:
    """Whoever waits for its new id hears of it; after a restart it is known, whatever the setting says."""
    await bench.chats.migrated(STRANGE, -8)
    assert bench.desk.id == DESK
    await bench.chats.migrated(DESK, -10077)
    await asyncio.wait_for(bench.desk.moved(), 1)
    assert bench.desk.id == -10077
    assert (await OpsChat.find(bench.room.stores.database, DESK)).id == -10077
    assert (await OpsChat.find(bench.room.stores.database, -10077)).id == -10077
    assert (await OpsChat.find(bench.room.stores.database, None)).id is None


async def test_what_a_group_chose_goes_along(bench: Bench) -> None:
    """Subscription and language; told twice, as Telegram does, it is the same."""
    stores = bench.room.stores
    await stores.subscriptions.subscribe(STRANGE, Wish(("Dunia",)), None, NOW)
    await stores.readers.choose_language(STRANGE, "en", NOW)
    for _twice in range(2):
        await bench.chats.migrated(STRANGE, -10099)
    assert await stores.subscriptions.subscription(-10099) == (Wish(("Dunia",)), None)
    assert await stores.readers.language(-10099) == "en"
    assert await stores.subscriptions.subscription(STRANGE) is None
    assert await stores.readers.language(STRANGE) is None
