"""Knocking: ids are learnt once, a refusing chat is tried ever less often, nobody waits for anybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.delivery import Outcome, Verdict
from bot.events import ChannelPaused, ChannelResumed
from bot.workers.doorkeeper import AT_ONCE, Doorkeeper
from tests.fakes import CHANNEL, UNKNOWN, Newsroom
from tests.support_store import NOW, channel, feed

SATU, DUA = -1001, -1002


@pytest.fixture
async def room() -> AsyncIterator[Newsroom]:
    async with Newsroom() as made:
        yield made


class Woken(list[float]):
    """When delivery was woken."""


def build(room: Newsroom, woken: list[float] | None = None) -> Doorkeeper:
    said: list[float] = Woken() if woken is None else woken
    return Doorkeeper(
        room.stores.channels,
        room.network,
        wake_delivery=lambda: said.append((room.clock.now() - NOW).total_seconds()),
        **room.told,
    )


def seconds(room: Newsroom, verb: str) -> list[float]:
    return [(call.at - NOW).total_seconds() for call in room.network.of(verb)]


async def test_ids_are_learnt_at_start(room: Newsroom) -> None:
    """Delivery is woken for each; then nobody is asked again."""
    await room.settle([channel("@satu"), channel("@dua")], [feed()])
    room.network.names = {"@satu": (SATU, "Satu", "channel"), "@dua": (DUA, "Dua", "supergroup")}
    woken: list[float] = []

    await room.run(build(room, woken), seconds=30)

    assert [(await room.channel_row(one))["chat_id"] for one in room.channels] == [SATU, DUA]
    assert len(room.network.of("resolve")) == len(woken) == 2


async def test_a_network_out_of_reach_is_waited_for(room: Newsroom) -> None:
    """1, 2, 4, … s, at most a minute; it is no trouble of the channel."""
    await room.settle([channel("@satu")], [feed()])

    await room.run(build(room), seconds=200)

    assert seconds(room, "resolve") == pytest.approx([0, 1, 3, 7, 15, 31, 63, 123, 183], abs=15)
    assert 7 <= len(room.network.of("resolve")) <= 9
    assert room.heard.of(ChannelPaused) == []


async def test_a_wish_of_the_network_is_obeyed(room: Newsroom) -> None:
    """A 429 to the question who somebody is."""
    await room.settle([channel("@satu")], [feed()])
    room.network.names["@satu"] = Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=100))
    await room.run(build(room), seconds=99)
    assert len(room.network.of("resolve")) == 1


async def test_a_name_that_nobody_has_is_told_once_and_tried_ever_less(room: Newsroom) -> None:
    """After 1, 2, 4 minutes; when it is there it is learnt, and the channel goes on."""
    await room.settle([channel("@satu"), channel("@dua")], [feed()])
    room.network.names = {"@satu": CHANNEL, "@dua": (DUA, "Dua", "channel")}
    worker = build(room)

    await room.run(worker, seconds=500)

    tries = [call.at for call in room.network.of("resolve") if call.text == "@satu"]
    assert [(at - NOW).total_seconds() for at in tries] == pytest.approx([0, 60, 180, 420], abs=5)
    assert [event.channel for event in room.heard.of(ChannelPaused)] == ["@satu"]
    assert (await room.channel_row(room.channels[1]))["chat_id"] == DUA

    room.network.names["@satu"] = (SATU, "Satu", "channel")
    await room.clock.advance(500)
    row = await room.channel_row(room.channels[0])
    assert (row["chat_id"], row["paused_at"]) == (SATU, None)


async def test_a_removed_channels_rows_end_when_all_names_are_known(room: Newsroom) -> None:
    """Not before: a new name may turn out to be the same chat."""
    await room.furnish(channel("@satu"), channel("@dua"))
    await room.news(1)
    removed = room.channels[1]
    await room.settle([channel("@satu"), channel("@baru")], [feed()])
    room.network.names["@satu"] = (SATU, "Satu", "channel")

    await room.run(build(room), seconds=10)
    assert await room.states(removed) == ["PENDING"]
    room.network.names["@baru"] = (-1009, "Baru", "channel")
    await room.clock.advance(20)
    assert await room.fate(1, removed) == ("SKIPPED", "channel_removed")


async def test_a_paused_channel_is_tried_ever_less_often(room: Newsroom) -> None:
    """1, 2, 4, … minutes, at most an hour."""
    await room.furnish(channel("@satu"))
    room.network.rule("welcome", SATU, CHANNEL)
    await room.stores.channels.pause(room.channels[0], "kicked", NOW + timedelta(minutes=1), NOW)

    await room.run(build(room), seconds=4 * 3600)

    minutes = [at / 60 for at in seconds(room, "welcome")]
    assert minutes == pytest.approx([1, 3, 7, 15, 31, 63, 123, 183], abs=0.5)


async def test_a_channel_that_lets_us_in_goes_on(room: Newsroom) -> None:
    """All topics of the chat, each told by its name."""
    await room.furnish(channel("-1001", topic=1), channel("-1001", topic=2))
    for one in room.channels:
        await room.stores.channels.pause(one, "closed", NOW, NOW)
    woken: list[float] = []

    await room.run(build(room, woken), seconds=3)

    assert [event.channel for event in room.heard.of(ChannelResumed)] == ["-1001", "-1001"]
    assert {event.channel_id for event in room.heard.of(ChannelResumed)} == set(room.channels)
    assert woken


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [(UNKNOWN, 60), (Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=90)), 90)],
    ids=["no answer", "429"],
)
async def test_a_knock_without_an_answer_counts_as_none(room: Newsroom, outcome: Outcome, wait: int) -> None:
    """Telegram is out of reach: the channel is tried again in a minute, or when Telegram says."""
    await room.furnish(channel("@satu"))
    room.network.rule("welcome", SATU, outcome)
    await room.stores.channels.pause(room.channels[0], "kicked", NOW, NOW)

    await room.run(build(room), seconds=wait + 4)

    assert seconds(room, "welcome") == pytest.approx([0, wait], abs=2.5)


async def test_a_door_that_hangs_holds_up_nobody(room: Newsroom) -> None:
    """More paused channels than are tried at once, and one whose knock gets no answer."""
    await room.furnish(*(channel(f"@k{number}") for number in range(AT_ONCE + 5)))
    for one in room.channels:
        await room.stores.channels.pause(one, "kicked", NOW, NOW)
    room.network.hold(SATU)

    await room.run(build(room), seconds=5)

    assert len(room.heard.of(ChannelResumed)) == AT_ONCE + 4
    assert await room.stop() < 2.5


async def test_no_more_names_than_some_are_asked_for_at_once(room: Newsroom) -> None:
    """Hundreds of channels are learnt in turn."""
    refs = [f"@k{number}" for number in range(30)]
    await room.settle([channel(ref) for ref in refs], [feed()])
    room.network.names = {ref: (-2000 - number, ref, "channel") for number, ref in enumerate(refs)}

    await room.run(build(room))
    assert len(room.network.of("resolve")) <= AT_ONCE
    await room.clock.advance(5)
    assert len(room.network.of("resolve")) == 30
