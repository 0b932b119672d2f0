"""Paid broadcasts with the whole program: what the free rate would hold up goes out at once, and is counted."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.support_world import World, world

_CHANNELS = 60


def _loads_uvloop(place: World) -> bool:
    return "uvloop" in Path(f"/proc/{place.bot.pid}/maps").read_text("utf-8")


async def test_what_is_above_the_free_rate_is_paid_for(tmp_path: Path) -> None:
    """One headline for sixty channels under Telegram's limits: none twice, no 429, some paid, and a clean end."""
    async with world(
        tmp_path,
        channels=_CHANNELS,
        limits=True,
        CHANNEL_RATE="20",
        PAID_STARS_A_DAY="100",
        BROADCAST_RATE="1000",
    ) as place:
        await place.start()
        for chat in place.channels:
            await place.until_posted(1, chat=chat)
        code = await place.bot.terminate(signal.SIGTERM)

        posted = [len(place.accepted(chat)) for chat in place.channels]
        refused = [call for call in place.sandbox.gateway.calls if call[3] == 429]
        assert (posted, refused, code) == ([1] * _CHANNELS, [], 0)
        assert 0 < place.sandbox.state.limiter.stars <= _CHANNELS / 10


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has loaded is read from /proc")
@pytest.mark.parametrize(("stars", "loaded"), [("0", False), ("100", True)])
async def test_only_paid_broadcasts_have_the_other_event_loop(
    tmp_path: Path, stars: str, *, loaded: bool
) -> None:
    """At the free rate uvloop would cost memory and save nothing."""
    async with world(tmp_path, PAID_STARS_A_DAY=stars) as place:
        await place.start()
        await place.until_posted(1)

        assert _loads_uvloop(place) is loaded
