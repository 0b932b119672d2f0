"""Quiet hours: posts go out all the same, and make no sound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.telegram.render import PostRenderer
from bot.workers.deliverer import Deliverer
from bot.workers.sending import Sending
from tests.fakes import Newsroom
from tests.support_store import DAY, channel, due, headline


@pytest.mark.parametrize("quiet", [True, False])
async def test_the_first_post_of_a_look_makes_a_sound_only_by_day(quiet: bool) -> None:
    """At night it is sent at once, silently."""
    asked: list[datetime] = []

    def is_quiet(now: datetime) -> bool:
        asked.append(now)
        return quiet

    async with Newsroom() as room:
        await room.furnish(channel("@satu"))
        await room.record(headline(1, *due(*room.channels, loud=True)))
        renderer = PostRenderer(zone=UTC)
        wait = timedelta(seconds=60)
        sending = Sending(
            room.network,
            room.stores.outbox,
            channels=room.stores.channels,
            traffic=room.stores.traffic,
            renderer=renderer,
            pace=room.pace,
            uncertain_wait=wait,
            **room.told,
        )
        deliverer = Deliverer(
            room.stores.outbox,
            renderer=renderer,
            pace=room.pace,
            sending=sending,
            max_age=DAY,
            uncertain_wait=wait,
            quiet=is_quiet,
            **room.told,
        )
        await room.run(deliverer, seconds=5)
        (call,) = room.network.of("send")
        assert asked
        assert call.request is not None
        assert call.request.body.get("disable_notification", False) is quiet
