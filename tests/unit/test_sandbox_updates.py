"""The queue of updates: confirmed by offset, kept for a day, filtered by what was asked for."""

import asyncio

import pytest

from bot.sandbox.clock import Clock
from bot.sandbox.errors import ApiError
from bot.sandbox.ids import Ids
from bot.sandbox.updates import Updates


def queue(clock: Clock | None = None) -> Updates:
    return Updates(clock or Clock(), Ids())


async def numbers(updates: Updates, offset: int = 0, limit: int = 100, timeout: int = 0) -> list[int]:  # noqa: ASYNC109
    return [update.id for update in await updates.get(offset, limit, timeout)]


async def test_an_offset_confirms_what_is_below_it() -> None:
    """Unconfirmed updates come again; confirmed ones never."""
    updates = queue()
    first, second, third = (updates.add("message", {}) for _ in range(3))
    assert await numbers(updates) == [first, second, third]
    assert await numbers(updates, limit=2) == [first, second]
    assert await numbers(updates, offset=third) == [third]
    assert await numbers(updates) == [third]
    assert await numbers(updates, offset=third + 1) == []


async def test_a_negative_offset_keeps_the_newest() -> None:
    """-1 forgets all but the last."""
    updates = queue()
    *_, last = (updates.add("message", {}) for _ in range(5))
    assert await numbers(updates, offset=-1) == [last]
    assert updates.pending == 1


async def test_updates_are_forgotten_after_a_day() -> None:
    """What nobody fetched for 24 hours is gone."""
    clock = Clock()
    updates = queue(clock)
    updates.add("message", {})
    clock.advance(24 * 3600 - 5)
    fresh = updates.add("message", {})
    clock.advance(10)
    assert await numbers(updates) == [fresh]


async def test_the_list_of_kinds_stays_until_another_is_given() -> None:
    """Leaving it out keeps the last; an empty one is the default, without reactions."""
    updates = queue()
    assert updates.add("message_reaction_count", {}) == 0
    updates.allow(["message_reaction_count", "nonsense"])
    updates.allow(None)
    assert updates.add("message_reaction_count", {})
    assert updates.add("message", {}) == 0
    updates.allow([])
    assert updates.add("message", {})
    assert updates.add("message_reaction_count", {}) == 0


async def test_a_long_poll_ends_when_something_comes() -> None:
    """Waiting ends at once with the update."""
    updates = queue()
    poll = asyncio.create_task(numbers(updates, timeout=30))
    await asyncio.sleep(0.01)
    number = updates.add("message", {})
    assert await asyncio.wait_for(poll, 1) == [number]


async def test_a_second_poll_ends_the_first() -> None:
    """The first hears of the other; the second goes on waiting."""
    updates = queue()
    first = asyncio.create_task(numbers(updates, timeout=30))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(numbers(updates, timeout=30))
    with pytest.raises(ApiError, match="terminated by other getUpdates request"):
        await asyncio.wait_for(first, 1)
    number = updates.add("message", {})
    assert await asyncio.wait_for(second, 1) == [number]


async def test_a_webhook_ends_polling() -> None:
    """A waiting poll hears of setWebhook; the next one is refused while it is set."""
    updates = queue()
    poll = asyncio.create_task(numbers(updates, timeout=30))
    await asyncio.sleep(0.01)
    updates.webhook_active = True
    updates.end_poll_for_webhook()
    with pytest.raises(ApiError, match="terminated by setWebhook request"):
        await asyncio.wait_for(poll, 1)
    with pytest.raises(ApiError, match="while webhook is active"):
        await numbers(updates)
