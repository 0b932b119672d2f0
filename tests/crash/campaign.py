"""A crash campaign: publish, kill, start again, until everything is settled; then the server's journal judges.

    start ─▶ headlines, other people, faults ─▶ dead at some event or moment ─▶ start …  ─▶ all settled ─▶ verdict

A campaign knows what was published and what the server truly accepted, nothing else; it never asks the bot
whether it did well. What one campaign is about is a `Scenario` (see `scenarios.py`).
"""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.sandbox.world import Chat, User
from tests.crash.audience import Audience
from tests.crash.births import Births, Life
from tests.crash.judge import KEY_LENGTH, Story, Tally, judge
from tests.support_world import World, until, world

#: Where a bot may die while a post goes out, and while one of unknown outcome is settled.
ON_THE_WAY = ("HeadlinesRecorded", "Claimed", "Sending", "Answered", "Delivered", "BecameUncertain")
IN_DOUBT = ("Asking", "Resending", "Sending", "Answered", "Delivered", "TwinSought")
#: And while posts are edited.
EDITING = ("HeadlinesRecorded", "Claimed", "Answered", "Delivered", "Corrected", "PostEdited")
EDITS = ("editMessageText",)
STEPS = tuple(dict.fromkeys((*ON_THE_WAY, *IN_DOUBT)))
#: Calls that a bot may die in the middle of: the first while a post goes out, all while one is settled.
CALLS = ("sendMessage", "editMessageReplyMarkup", "deleteMessage")
#: How many of the deaths are amid a call.
_UNDER_WAY = 0.25
#: Real seconds for which the server keeps a call; nobody lives to see the end of them.
_KEPT = 5.0
#: A life without a death by then is ended from outside.
LONGEST_LIFE = 7.0
_LAST_LIFE = 240.0
_TICK = 0.03

Act = Callable[["Campaign", Chat], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens besides the kills. `fault` hits every fifth send to a channel."""

    name: str
    ops: bool = True
    fault: Mapping[str, Any] | None = None
    acts: Sequence[Act] = ()
    #: False: the channels never had a post when the killing begins; it begins amid the first.
    settled_first: bool = True
    steps: Sequence[str] = STEPS
    calls: Sequence[str] = CALLS
    kind: Literal["channel", "supergroup"] = "channel"
    #: The channels are forums, and posts belong into one topic of each.
    topics: bool = False
    #: Subscribers and asking editors are there; bots die while they are told things, too.
    audience: bool = False
    #: How the lives end that begin with the first post ever; what never comes: in peace.
    opening: Sequence[str] = ("Answered:1",)
    #: A twin may stand only where §6 cannot tell, and the desk was told of it.
    may_leave_twins: bool = False
    #: Seconds that the last life may take to settle everything.
    patience: float = _LAST_LIFE
    #: Posts above the free rate are paid for, so another event loop runs.
    paid: bool = False
    #: The acts happen before every start, and never else.
    act_at_starts: bool = False


@dataclass(slots=True)
class Campaign:
    """One database, one portal, one server, and a row of short lives."""

    scenario: Scenario
    world: World
    births: Births
    dice: random.Random
    environment: dict[str, str]
    #: Where editors give orders, and who does; none without `OPS_CHAT`.
    desk: tuple[Chat, User] | None = None
    audience: Audience | None = None
    stories: list[Story] = field(default_factory=list)
    life: Life | None = None
    kills: int = 0
    said: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    #: Told after every death how many there were.
    died: Callable[[int], None] = lambda _kills: None

    @property
    def log(self) -> Path:
        return self.world.folder / "bot.log"

    @property
    def now(self) -> int:
        """Microseconds since 1970 by the bots' own clock."""
        origin, speed = (float(self.environment[name]) for name in ("ORIGIN", "SPEED"))
        return round((origin + (time.time() - origin) * speed) * 1e6)

    async def fight(self, kills: int) -> Tally:
        """All of it: `kills` deaths, then peace, then the verdict."""
        await self._begin()
        if not self.scenario.settled_first:
            self._publish(1)
            for kill_at in self.scenario.opening:
                await self._live(kill_at, _LAST_LIFE)
        while self.kills < kills:
            # A death while all is at rest would prove little.
            self._publish(self.dice.choice((0, 1, 2) if self.world.in_doubt() else (1, 1, 2)))
            await self._live(self._way_to_die())
            self.died(self.kills)
        await self._make_peace()
        tally = judge(self.scenario.name, self.world, self.stories)
        if self.audience is not None:
            tally += self.audience.judge(self.scenario.name, self.stories)
        if not self._at_rest():
            tally.notes.append(f"{self.scenario.name}: the last life was still at it: {self.world.states()}")
        tally.kills, tally.deaths = self.kills, self.deaths
        return tally

    async def _begin(self) -> None:
        if self.scenario.settled_first:
            newest = self.world.portal.newest(1)[0]
            self.stories.append(Story(newest.title[:KEY_LENGTH], newest.title, newest.id))
        await self._start("")
        done = self._at_rest if self.scenario.settled_first else self._feed_known
        await until(done, "the first look")
        if self.audience is not None:
            await self.audience.subscribe()
        await self._die()
        self.kills = 0
        for chat in self.world.channels:
            if self.scenario.fault is not None:
                self.world.sandbox.state.faults.add(
                    **{"method": "sendMessage", "chat": chat.id, "every": 5, **self.scenario.fault}
                )

    def _feed_known(self) -> bool:
        states = self.world.states()
        return bool(states) and "HELD" not in states

    def _publish(self, count: int) -> None:
        for _ in range(count):
            # A number makes every headline its own.
            key = f"Berita {len(self.stories):04d}"
            title = f"{key} {self.dice.choice(('pagi', 'siang', 'sore', 'malam'))}"
            self.stories.append(Story(key, title, self.world.portal.publish(title).id))

    def _way_to_die(self) -> str:
        """A call that it is in the middle of; an event and which one of its kind; or empty: at a moment of its own."""
        calls, steps = self.scenario.calls, self.scenario.steps
        if calls and self.dice.random() < _UNDER_WAY:
            return self.dice.choice(calls if self.world.in_doubt() else calls[:1])
        if steps != STEPS:
            return f"{self.dice.choice(steps)}:1"
        if self.dice.random() < 0.2:
            return ""
        steps = IN_DOUBT if self.world.in_doubt() else ON_THE_WAY
        return f"{self.dice.choice(steps)}:{self.dice.choice((1, 1, 1, 2))}"

    async def _live(self, kill_at: str, most: float = LONGEST_LIFE) -> None:
        self._act(certainly=self.scenario.act_at_starts)
        snare = self._snare(kill_at) if kill_at in self.scenario.calls else 0
        await self._start("" if snare else kill_at)
        end = time.monotonic() + (most if kill_at else self.dice.uniform(0.05, 2.0))
        next_act = time.monotonic() + self.dice.uniform(0.1, 0.8)
        while not (self.over or self._caught(snare)) and time.monotonic() < end:
            if kill_at and self._at_rest():
                break
            if time.monotonic() > next_act and not self.scenario.act_at_starts:
                self._act()
                next_act += self.dice.uniform(0.2, 1.0)
            await asyncio.sleep(_TICK)
        self.deaths[self._how(kill_at, snare)] += 1
        await self._die()
        self.world.sandbox.state.faults.remove(snare)

    def _how(self, kill_at: str, snare: int) -> str:
        """What a life that is about to end dies of."""
        if self._caught(snare):
            return f"amid {kill_at}"
        if self.over:
            return kill_at.partition(":")[0]
        return "at rest" if self._at_rest() else "at some moment"

    def _snare(self, method: str) -> int:
        """Have the server keep a call that is to come, heard only or carried out; the fault's number."""
        return self.world.sandbox.state.faults.add(
            method=method,
            kind=self.dice.choice(("hang_before", "hang_after")),
            chat=self.dice.choice(self.audience.chats if self.audience else self.world.channels).id,
            nth=self.dice.choice((1, 2, 5)) if method == "editMessageReplyMarkup" else 1,
            seconds=_KEPT,
        )

    def _caught(self, snare: int) -> bool:
        """Whether the server keeps the call: its fault is spent."""
        return bool(snare) and all(fault.id != snare for fault in self.world.sandbox.state.faults.rules)

    def _act(self, *, certainly: bool = False) -> None:
        for act in self.scenario.acts:
            if certainly or self.dice.random() < 0.4:
                act(self, self.dice.choice(self.world.channels))

    @property
    def over(self) -> bool:
        """Whether no bot runs."""
        return self.life is None or self.life.over

    def _at_rest(self) -> bool:
        """Nothing is left to die in the middle of."""
        told = self.audience is None or self.audience.at_rest
        return self._all_posted() and bool(self.world.states()) and not self.world.open_rows() and told

    def _all_posted(self) -> bool:
        for chat in self.world.channels:
            standing = [post.text for post in self.world.posts(chat)]
            if not all(story.right(standing) for story in self.stories):
                return False
        return True

    async def _start(self, kill_at: str) -> None:
        self.life = await self.births.bear(
            self.world.settings | self.environment | {"KILL_AT": kill_at}, self.log
        )

    async def _die(self) -> None:
        assert self.life is not None
        if self.life.over and self.life.died.result() != -signal.SIGKILL:
            raise AssertionError(
                f"a bot ended by itself with {self.life.died.result()}:\n{self.last_words()}"
            )
        await self.life.kill()
        self.kills += 1
        if self.audience is not None:
            self.audience.note_death()

    async def _make_peace(self) -> None:
        self.world.sandbox.state.faults.clear()
        for chat in self.world.channels:
            if chat.me.status != "administrator":
                self.world.moderators.set_rights(chat, "administrator")
        calls = self.world.calls("getUpdates")
        await self._start("")
        await until(lambda: self.over or self.world.calls("getUpdates") > calls, "the last start")
        end = time.monotonic() + self.scenario.patience
        while not self._at_rest() and time.monotonic() < end and not self.over:  # noqa: ASYNC110 - a database is polled
            await asyncio.sleep(_TICK)
        assert self.life is not None
        self.life.send(signal.SIGTERM)
        async with asyncio.timeout(10):
            status = await self.life.died
        assert status == 0, f"after SIGTERM the bot ended with {status}:\n{self.last_words()}"

    def change(self, sql: str, *values: object) -> None:
        """Meddle with the database of a bot that is dead."""
        with closing(sqlite3.connect(self.world.database)) as database, database:
            database.execute(sql, values)

    def last_words(self) -> str:
        return self.log.read_text("utf-8", "replace")[-5000:]


async def campaign(
    scenario: Scenario,
    births: Births,
    folder: Path,
    *,
    kills: int,
    seed: str,
    channels: int = 2,
    speed: float = 1.0,
    died: Callable[[int], None] = lambda _kills: None,
) -> Tally:
    """Run one campaign in a world of its own; `died` hears after every death how many there were."""
    settings = {
        "FIRST_RUN_POSTS": "1" if scenario.settled_first else "0",
        "UNCERTAIN_WAIT": str(max(1, round(speed))),
        "CHANNEL_RATE": "100000",
        "LOG_LEVEL": "debug",
    }
    if scenario.paid:
        settings |= {"PAID_STARS_A_DAY": "100000", "BROADCAST_RATE": "1000"}
    async with world(folder, channels=channels, kind=scenario.kind) as place:
        place.settings.update(settings)
        if scenario.topics:
            place.settings.update(_open_topics(place))
        newsroom = None
        if scenario.ops:
            desk = place.moderators.add_chat("supergroup", "Meja redaksi")
            place.settings["OPS_CHAT"] = str(desk.id)
            newsroom = desk, place.reader("Rina")[1]
        environment = {"SPEED": str(speed), "ORIGIN": str(time.time())}
        fighting = Campaign(scenario, place, births, random.Random(seed), environment)  # noqa: S311 - reproducible
        fighting.desk = newsroom
        if scenario.audience and newsroom is not None:
            fighting.audience = Audience(place, newsroom)
        fighting.died = died
        try:
            return await fighting.fight(kills)
        finally:
            if fighting.life is not None:
                await fighting.life.kill()


def _open_topics(place: World) -> dict[str, str]:
    """A topic in every channel, which becomes a forum by it; the settings that send posts there."""
    table = '[[channels]]\nchat = "@{}"\ntopic = {}\n'
    topics = [(chat.username, place.moderators.add_topic(chat, "Berita").id) for chat in place.channels]
    file = place.folder / "kabarbot.toml"
    file.write_text("".join(table.format(*topic) for topic in topics), "utf-8")
    return {"CHANNELS": "", "CONFIG_FILE": str(file)}
