"""Whatever happens to sends, in whatever order: once, in order, and one at a time. Found by chance, kept for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.delivery import Claim, Lane, State
from bot.domain.polling import NewDelivery
from tests.support_store import HOUR, MEMORY, MINUTE, NOW, SECOND, Home, channel, headline, open_home, request

#: Two topics of one group, and a channel of its own.
SETUP = (channel("-1001", topic=1), channel("-1001", topic=2), channel("-1002"))
STEPS = ["news", "urgent", "claim", "sent", "retry", "plainer", "requeue", "uncertain", "failed"]
STEPS += ["settled", "absent", "lost", "pause", "resume", "correct"]


class Story:
    """What happens, and what has been seen of it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.at = NOW
        self.stories = 0
        self.messages = 100
        self.flying: dict[int, Claim] = {}
        self.arrived: list[tuple[int, int]] = []

    async def step(self, name: str, choice: int) -> None:
        """One thing happens; then what must always hold is looked at."""
        self.at += timedelta(seconds=7)
        await getattr(self, f"_{name}")(choice)
        await self.check()

    async def check(self) -> None:
        """Never two unsettled in a chat, never a row twice in a queue."""
        rows = await self.home.stores.database.read(
            "SELECT chat_id, count(*) AS n FROM deliveries WHERE state IN ('SENDING', 'UNCERTAIN') GROUP BY chat_id"
        )
        assert all(row["n"] == 1 for row in rows)
        assert len(set(self.arrived)) == len(self.arrived)

    async def drain(self) -> None:
        """In the end everything is settled and sent."""
        await self._resume(0)
        for _ in range(4 * self.stories + 4):
            self.at += HOUR
            await self._lost(0)
            for doubt in await self.home.stores.doubts.doubts(self.at + HOUR):
                if doubt.message_id is None:
                    await self.home.stores.doubts.absent(doubt, self.at)
            await self._claim(0)
            for claim in list(self.flying.values()):
                await self._arrive(claim)

    async def _arrive(self, claim: Claim) -> None:
        self.messages += 1
        await self.home.stores.outbox.sent([(claim, self.messages)], self.at)
        self.arrived.append((claim.target.channel_id, claim.headline_id))
        self.flying.pop(claim.id)

    def _one(self, choice: int) -> Claim | None:
        claims = list(self.flying.values())
        return claims[choice % len(claims)] if claims else None

    async def _news(self, choice: int, lane: Lane = Lane.NORMAL) -> None:
        self.stories += 1
        rows = [NewDelivery(c, State.PENDING, lane=lane) for c in self.home.channels]
        await self.home.record(headline(self.stories, *rows[choice % 3 :]), at=self.at)

    async def _urgent(self, choice: int) -> None:
        await self._news(choice, Lane.BREAKING)

    async def _claim(self, choice: int) -> None:
        for claim in await self.home.claim(self.at):
            assert claim.id not in self.flying
            self.flying[claim.id] = claim

    async def _sent(self, choice: int) -> None:
        if claim := self._one(choice):
            await self._arrive(claim)

    async def _retry(self, choice: int) -> None:
        if claim := self._one(choice):
            await self.home.stores.outbox.retry(claim, self.at + MINUTE, "no route", None, self.at)
            self.flying.pop(claim.id)

    async def _plainer(self, choice: int) -> None:
        if claim := self._one(choice):
            await self.home.stores.outbox.retry(
                claim, self.at, "too long", request("plain", level=1), self.at
            )
            self.flying.pop(claim.id)

    async def _requeue(self, choice: int) -> None:
        if claim := self._one(choice):
            await self.home.stores.outbox.requeue(claim, "kicked", self.at)
            self.flying.pop(claim.id)

    async def _uncertain(self, choice: int) -> None:
        if claim := self._one(choice):
            await self.home.stores.outbox.uncertain(claim, self.at + SECOND, "timed out", self.at)
            self.flying.pop(claim.id)

    async def _failed(self, choice: int) -> None:
        if claim := self._one(choice):
            await self.home.stores.outbox.failed(claim, "refused", self.at)
            self.flying.pop(claim.id)
            self.arrived.append((claim.target.channel_id, claim.headline_id))

    async def _settled(self, choice: int) -> None:
        for doubt in await self.home.stores.doubts.doubts(self.at):
            if doubt.message_id is None:
                self.messages += 1
                await self.home.stores.doubts.settled(doubt, self.messages, self.at)
                self.arrived.append((doubt.target.channel_id, doubt.headline_id))

    async def _absent(self, choice: int) -> None:
        for doubt in await self.home.stores.doubts.doubts(self.at):
            if doubt.message_id is None:
                await self.home.stores.doubts.absent(doubt, self.at)

    async def _lost(self, choice: int) -> None:
        """A restart: no task is left."""
        await self.home.stores.outbox.orphans(set(), self.at, self.at)
        self.flying.clear()

    async def _pause(self, choice: int) -> None:
        here = self.home.channels[choice % 3]
        await self.home.stores.channels.pause(here, "kicked", self.at, self.at)

    async def _resume(self, choice: int) -> None:
        for chat in (-1001, -1002):
            await self.home.stores.channels.resume_chat(chat, self.at)

    async def _correct(self, choice: int) -> None:
        if self.stories:
            await self.home.correct(choice % self.stories + 1, f"Words {self.at}", self.at)


async def _play(steps: Sequence[tuple[str, int]]) -> None:
    async with open_home(MEMORY, Path()) as home:
        await home.furnish(*SETUP)
        story = Story(home)
        for name, choice in steps:
            await story.step(name, choice)
        await story.drain()
        await story.check()
        rows = await home.stores.database.read("SELECT channel_id, headline_id, state FROM deliveries")
        assert {row["state"] for row in rows} <= {"SENT", "FAILED"}
        assert sorted(story.arrived) == sorted((row["channel_id"], row["headline_id"]) for row in rows)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 20)), max_size=40))
def test_once_and_one_at_a_time(steps: Sequence[tuple[str, int]]) -> None:
    """Every row ends once, whatever became of its sends; no chat ever has two that are unsettled."""
    asyncio.run(_play(steps))


async def _order(lanes: Sequence[bool], troubles: Sequence[str]) -> list[int]:
    async with open_home(MEMORY, Path()) as home:
        await home.furnish()
        story = Story(home)
        for urgent in lanes:
            await (story._urgent(0) if urgent else story._news(0))
        for trouble in troubles:
            await story._claim(0)
            await story.step(trouble, 0)
            story.at += HOUR
            await story._absent(0)
        await story.drain()
        return [headline_id for _, headline_id in story.arrived]


@settings(max_examples=30)
@given(
    st.lists(st.booleans(), min_size=1, max_size=6),
    st.lists(st.sampled_from(["sent", "retry", "requeue", "uncertain", "lost", "plainer"]), max_size=8),
)
def test_in_order_whatever_happens(lanes: Sequence[bool], troubles: Sequence[str]) -> None:
    """By lane, then as recorded: retries, doubts and restarts let nothing overtake."""
    seen = asyncio.run(_order(lanes, troubles))

    assert seen == sorted(range(1, len(lanes) + 1), key=lambda story: (not lanes[story - 1], story))
