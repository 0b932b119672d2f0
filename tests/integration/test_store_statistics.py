"""The figures of `/statistik`, counted by the store: hours, delays, reactions by channel and hour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.statistics import ChannelReactions
from bot.store.statistics import StatisticsStore
from tests.support_store import DAY, HOUR, KINDS, MEMORY, NOW, SECOND, Home, channel, open_home


@pytest.fixture(params=KINDS)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """Two channels, chats -1001 and -1002, with two stories in each."""
    async with open_home(request.param, tmp_path) as opened:
        await opened.furnish(channel("@satu"), channel("-1002"))
        await opened.sql("UPDATE channels SET title = 'Kabar Dua' WHERE ref = '-1002'")
        await opened.news(1, 2)
        await opened.deliver(100, NOW + 5 * SECOND)
        await opened.deliver(200, NOW + 9 * SECOND)
        yield opened


def figures_of(home: Home) -> StatisticsStore:
    """The source over the open store."""
    return StatisticsStore(home.stores.database)


async def posts(home: Home) -> list[tuple[int, int]]:
    """(chat, message) of every post."""
    rows = await home.stores.database.read(
        "SELECT chat_id, message_id FROM deliveries WHERE message_id IS NOT NULL ORDER BY chat_id DESC, message_id"
    )
    return [(row["chat_id"], row["message_id"]) for row in rows]


async def test_headlines_posts_and_delays_of_a_day(home: Home) -> None:
    """As the operator's page counts them."""
    figures = await figures_of(home).figures(NOW + HOUR)
    assert figures.headlines == 2
    assert figures.posts == len(await posts(home)) == 4
    assert figures.delays.posts == 4
    assert len(figures.hours) == 24
    assert (await figures_of(home).figures(NOW + 2 * DAY)).posts == 0


async def test_reactions_by_channel(home: Home) -> None:
    """What was given less what was taken back, by the channel's name; the last word of each message counts."""
    (chat, first), (_, second), *_, (other, third) = await posts(home)
    log = home.stores.engagement
    await log.reacted(chat, first, 5, NOW)
    await log.reacted(chat, first, 3, NOW + HOUR)
    await log.reacted(chat, second, 4, NOW + HOUR)
    await log.reacted(other, third, 1, NOW + HOUR)
    await log.reacted(other, 999, 50, NOW + HOUR)  # no post of ours
    figures = await figures_of(home).figures(NOW + HOUR)

    assert figures.channels == (
        ChannelReactions("@satu", 7, "@satu"),
        ChannelReactions("Kabar Dua", 1, "-1002"),
    )
    assert figures.reactions == 8


async def test_only_the_last_day_counts_and_never_below_zero(home: Home) -> None:
    """Taking back yesterday's reactions today is no debt."""
    (chat, first), *_ = await posts(home)
    await home.stores.engagement.reacted(chat, first, 5, NOW)
    await home.stores.engagement.reacted(chat, first, 2, NOW + 26 * HOUR)
    figures = await figures_of(home).figures(NOW + 26 * HOUR)

    assert [one.reactions for one in figures.channels] == [0, 0]


async def test_reactions_survive_a_restart_and_are_forgotten_after_a_month(home: Home) -> None:
    """They are counted as they come, not read off every message again."""
    (chat, first), *_ = await posts(home)
    await home.stores.engagement.reacted(chat, first, 5, NOW)
    await home.again()
    assert (await figures_of(home).figures(NOW)).reactions == 5
    await home.stores.engagement.forget_deeds(NOW + 40 * DAY)
    assert not await home.stores.database.read("SELECT 1 FROM reactions_by_hour")


async def test_many_channels_are_summed_up(tmp_path: Path) -> None:
    """Six by name, those with the most first; the rest together."""
    async with open_home(MEMORY, tmp_path) as home:
        await home.furnish(*(channel(f"@k{number:03d}") for number in range(500)))
        await home.sql(
            "INSERT INTO reactions_by_hour SELECT ?, chat_id, id FROM channels", int(NOW.timestamp()) // 3600
        )
        figures = await figures_of(home).figures(NOW)

    assert [one.reactions for one in figures.channels] == [500, 499, 498, 497, 496, 495]
    assert (figures.others, figures.reactions) == (494, 500 * 501 // 2)


async def test_topics_of_one_chat_are_one_line(tmp_path: Path) -> None:
    """Reactions are told by chat; counted twice they would be invented."""
    async with open_home(MEMORY, tmp_path) as home:
        await home.furnish(channel("@grup", topic=1), channel("@grup", topic=2))
        await home.sql("UPDATE channels SET chat_id = -1001")
        await home.sql("INSERT INTO reactions_by_hour VALUES (?, -1001, 3)", int(NOW.timestamp()) // 3600)
        figures = await figures_of(home).figures(NOW)

    assert figures.channels == (ChannelReactions("@grup", 3, "@grup"),)
