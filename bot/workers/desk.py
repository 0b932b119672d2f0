"""Tells the desk (`OPS_CHAT`) of troubles, once, and of their end, once. Never tells a channel or a reader.

What is wrong with channels and feeds is read from their own rows, so that a restart repeats and forgets
nothing; what only happens is heard as an event and queued at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta

from bot.domain.alerts import alert
from bot.domain.delivery import FrozenRequest, Target, Verdict
from bot.domain.retry import UNNAMED_WAIT, probe_delay
from bot.events import (
    ChannelPaused,
    ChannelResumed,
    Corrected,
    DeliveryFailed,
    Event,
    Events,
    MadePlainer,
    Resending,
    Surge,
    TwinSought,
    UpdateSetAside,
    UpdatesRecovered,
    UpdatesTrouble,
)
from bot.ports import Alert, Clock, DeskStore, Network, Pace, Trouble
from bot.workers.loop import Loop, Tasks

_EVERY = 3.0
_ONE = 1
_GRACE = 1.0
_HORIZON = timedelta(milliseconds=100)
#: Events that may wait to be queued; a flood says nothing more after these.
_MOST_WAITING = 200


class Desk:
    """The loop of alerts. `ops_chat` None: troubles are logged by others, nobody is told."""

    def __init__(
        self,
        store: DeskStore,
        network: Network,
        *,
        pace: Pace,
        clock: Clock,
        events: Events,
        ops_chat: int | None,
        language: str,
    ) -> None:
        self._store = store
        self._network = network
        self._pace = pace
        self._clock = clock
        self._ops_chat = ops_chat
        self._language = language
        self._heard: deque[Event] = deque(maxlen=_MOST_WAITING)
        self._tasks = Tasks("desk", clock, events)
        self.loop = Loop("desk", self._round, clock, events)
        events.listen(self._hear)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        await self.loop.run()
        await self._tasks.finish(_GRACE)

    def _hear(self, event: Event) -> None:
        if self._ops_chat is None:
            return
        if isinstance(event, ChannelPaused | ChannelResumed):
            self.loop.wake()
        elif said(event) is not None or isinstance(event, UpdatesTrouble | UpdatesRecovered):
            self._heard.append(event)
            self.loop.wake()

    async def _round(self) -> float:
        if self._ops_chat is None:
            return _EVERY
        await self._queue_heard()
        await self._compare()
        if _ONE not in self._tasks:
            await self._start_sending(self._ops_chat)
        return _EVERY

    async def _queue_heard(self) -> None:
        while self._heard:
            event, now = self._heard[0], self._clock.now()
            if isinstance(event, UpdatesTrouble):
                values = {"detail": event.detail}
                await self._store.trouble(
                    Trouble("updates", "updates", values), self._say("updates", values), now
                )
            elif isinstance(event, UpdatesRecovered):
                await self._store.over("updates", self._say("updates_over", {}), now)
            elif (line := said(event)) is not None:
                await self._store.say(self._say(*line), now)
            self._heard.popleft()  # only now: a database that said no is asked again

    async def _compare(self) -> None:
        now = self._clock.now()
        wrong = {trouble.key: trouble for trouble in await self._store.troubles_now(now)}
        told = {trouble.key: trouble for trouble in await self._store.troubles_told()}
        for key, trouble in wrong.items():
            if key not in told:
                await self._store.trouble(trouble, self._say(trouble.kind, trouble.values), now)
        for key, trouble in told.items():
            if key not in wrong and trouble.kind != "updates":
                await self._store.over(key, self._say(f"{trouble.kind}_over", trouble.values), now)

    async def _start_sending(self, ops_chat: int) -> None:
        now = self._clock.now()
        waiting = await self._store.next_alert(now)
        if waiting is not None and self._pace.reserve(ops_chat, now, _HORIZON) is not None:
            self._tasks.start(_ONE, self._send(waiting, ops_chat))

    async def _send(self, waiting: Alert, ops_chat: int) -> None:
        request = FrozenRequest("sendMessage", {"text": waiting.text})
        outcome = await self._network.send(Target(0, ops_chat, name="OPS_CHAT"), request)
        now = self._clock.now()
        if outcome.verdict in {Verdict.DONE, Verdict.UNKNOWN, Verdict.CONTENT, Verdict.REFUSED}:
            await self._store.alert_sent(waiting, now)
        else:
            unnamed = (
                UNNAMED_WAIT if outcome.verdict is Verdict.TOO_FAST else probe_delay(waiting.attempts + 1)
            )
            await self._store.alert_later(waiting, now + (outcome.retry_after or unnamed))
        self.loop.wake()

    def _say(self, kind: str, values: Mapping[str, str]) -> str:
        return alert(kind, values, self._language)


def said(event: Event) -> tuple[str, Mapping[str, str]] | None:
    """The kind and values of the line that an event is told in; None for those that the desk need not hear."""
    match event:
        case DeliveryFailed():
            return "failed", {"detail": event.detail}
        case MadePlainer():
            return "plainer", {"detail": event.detail}
        case Resending():
            return "resent", {"channel": str(event.chat_id)}
        case TwinSought() if event.deleted is not None:
            return "twin_deleted", {"chat": str(event.chat_id), "ids": str(event.deleted)}
        case TwinSought() if event.found:
            ids = ", ".join(map(str, event.found))
            return "twin_left", {"chat": str(event.chat_id), "ids": ids}
        case Surge():
            return "surge", {"feed": event.feed, "count": str(event.headlines), "held": str(event.held)}
        case Corrected() if event.flapping:
            return "flapping", {"title": event.new_title}
        case Corrected() if event.by_desk:
            return "by_desk", {"title": event.new_title}
        case UpdateSetAside():
            return "set_aside", {"update": str(event.update_id)}
        case _:
            return None
