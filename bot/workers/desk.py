"""Tells the desk (`OPS_CHAT`) of troubles, once, and of their end, once. Never tells a channel or a reader.

What is wrong with channels and feeds is read from their own rows, so that a restart repeats and forgets
nothing; what only happens is heard as an event and queued at once.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.domain.alerts import alert
from bot.domain.delivery import FrozenRequest, Outcome, Target, Verdict
from bot.domain.desk import DECISION_TAG, payload_of
from bot.domain.retry import UNNAMED_WAIT, backoff, probe_delay
from bot.events import (
    ChannelPaused,
    ChannelResumed,
    Delivered,
    Event,
    Events,
    UpdatesRecovered,
    UpdatesTrouble,
)
from bot.ports import Alert, Clock, DeskChat, DeskStore, Network, Pace, Question, QuestionStore, Trouble
from bot.workers.lines import Line, said
from bot.workers.loop import Loop, Tasks
from bot.workers.saving import Saver

_EVERY = 3.0
_ONE = 1
_GRACE = 1.0
_HORIZON = timedelta(milliseconds=100)
#: Events that may wait to be queued; of a flood the latest are told.
_MOST_WAITING = 200
#: Names of channels and lines said lately that are remembered.
_MOST_KNOWN = 1000
#: A channel that lets the bot in and refuses its posts all the same is still in trouble: only a post, or so
#: much peace, ends it.
_PEACE = timedelta(seconds=10)
#: A trouble with updates that the last process told of, and this one has not met within this time, is over.
_UPDATES_PEACE = timedelta(minutes=2)
#: A post that goes out plainer is told once in this time, if the reason is the same.
_SAME_LINE = timedelta(hours=1)


#: What the buttons under a question say (product.md §5), in Indonesian and English.
_ANSWERS = {"id": ("Terbitkan", "Lewati"), "en": ("Publish", "Pass over")}


class Desk:
    """The loop of alerts. Without an `ops_chat` troubles are logged by others, nobody is told."""

    def __init__(
        self,
        store: DeskStore,
        network: Network,
        *,
        questions: QuestionStore,
        pace: Pace,
        clock: Clock,
        events: Events,
        ops_chat: DeskChat,
        language: str,
    ) -> None:
        self._store = store
        self._questions = questions
        self._network = network
        self._pace = pace
        self._clock = clock
        self._ops_chat = ops_chat
        self._language = language
        self._heard: deque[UpdatesTrouble | UpdatesRecovered | Line] = deque(maxlen=_MOST_WAITING)
        self._names: dict[int, str] = {}
        self._said: dict[str, datetime] = {}
        self._serves: set[str] = set()  # channels in trouble that took a post meanwhile
        self._gone_since: dict[str, datetime] = {}
        self._told: Mapping[str, Trouble] = {}
        self._updates_fail = False
        self._started = clock.now()
        self._saved = Saver(clock, events)
        self._refusals = 0
        self._quiet_until = clock.now()
        self._tasks = Tasks("desk", clock, events)
        self.loop = Loop("desk", self._round, clock, events)
        events.listen(self._hear)

    async def run(self) -> None:
        """Until `loop.stop()`."""
        try:
            await self.loop.run()
        finally:
            await self._tasks.finish(_GRACE)

    def _hear(self, event: Event) -> None:
        if self._ops_chat.id is None:
            return
        if isinstance(event, Delivered):
            self._learn(event)
        elif isinstance(event, UpdatesTrouble | UpdatesRecovered):
            self._updates_fail = isinstance(event, UpdatesTrouble)
            self._queue(event)
        elif isinstance(event, ChannelPaused | ChannelResumed):
            self.loop.nudge()
        elif (line := said(event, self._names)) is not None:
            self._queue(line)

    def _queue(self, heard: UpdatesTrouble | UpdatesRecovered | Line) -> None:
        self._heard.append(heard)
        self.loop.nudge()

    def _learn(self, event: Delivered) -> None:
        if event.channel and len(self._names) < _MOST_KNOWN:
            self._names[event.chat_id] = event.channel
        if any(trouble.values.get("channel") == event.channel for trouble in self._told.values()):
            self._serves.add(event.channel)
            self.loop.nudge()

    async def _round(self) -> float:
        if self._ops_chat.id is None:
            return _EVERY
        await self._queue_heard()
        await self._ask_editors()
        await self._compare()
        if _ONE not in self._tasks and self._clock.now() >= self._quiet_until:
            await self._start_sending(self._ops_chat.id)
        return _EVERY

    async def _queue_heard(self) -> None:
        while self._heard:
            heard = self._heard.popleft()
            try:
                await self._note(heard)
            except BaseException:
                self._heard.appendleft(heard)  # a database that said no is asked again
                raise

    async def _note(self, heard: UpdatesTrouble | UpdatesRecovered | Line) -> None:
        now = self._clock.now()
        if isinstance(heard, UpdatesTrouble):
            values = {"detail": heard.detail}
            await self._store.trouble(
                Trouble("updates", "updates", values), self._say("updates", values), now
            )
        elif isinstance(heard, UpdatesRecovered):
            await self._store.over("updates", self._say("updates_over", {}), now)
        else:
            text = self._say(*heard)
            if heard[0] != "plainer" or self._is_news(text, now):
                await self._store.say(text, now)

    def _is_news(self, text: str, now: datetime) -> bool:
        self._said = {line: at for line, at in self._said.items() if now - at < _SAME_LINE}
        if text in self._said or len(self._said) >= _MOST_KNOWN:
            return False
        self._said[text] = now
        return True

    async def _ask_editors(self) -> None:
        for question in await self._questions.unasked():
            text = self._say(question.kind, question.values)
            await self._questions.ask(question, text, _buttons(question, self._language), self._clock.now())

    async def _compare(self) -> None:
        now = self._clock.now()
        wrong = {trouble.key: trouble for trouble in await self._store.troubles_now(now)}
        told = {trouble.key: trouble for trouble in await self._store.troubles_told()}
        for key, trouble in wrong.items():
            self._gone_since.pop(key, None)
            self._serves.discard(trouble.values.get("channel", ""))
            if key not in told:
                await self._store.trouble(trouble, self._say(trouble.kind, trouble.values), now)
        for key, trouble in told.items():
            if key not in wrong and self._is_over(trouble, now):
                await self._store.over(key, self._say(f"{trouble.kind}_over", trouble.values), now)
                self._gone_since.pop(key, None)
        self._told = told | wrong

    def _is_over(self, trouble: Trouble, now: datetime) -> bool:
        """Whether a trouble that was told, and does not show now, has ended."""
        if trouble.kind == "updates":
            return not self._updates_fail and now - self._started >= _UPDATES_PEACE
        if trouble.kind != "channel" or trouble.values.get("channel") in self._serves:
            return True
        return now - self._gone_since.setdefault(trouble.key, now) >= _PEACE

    async def _start_sending(self, ops_chat: int) -> None:
        now = self._clock.now()
        waiting = await self._store.next_alert(now)
        if waiting is None:
            return
        at = self._pace.reserve(ops_chat, now, _HORIZON)
        if at is not None:
            self._tasks.start(_ONE, self._send(waiting, ops_chat, at))

    async def _send(self, waiting: Alert, ops_chat: int, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        body: dict[str, Any] = {"text": waiting.text, "link_preview_options": {"is_disabled": True}}
        if waiting.buttons:
            row = [{"text": text, "callback_data": data} for text, data in waiting.buttons]
            body["reply_markup"] = {"inline_keyboard": [row]}
        outcome = await self._network.send(
            Target(0, ops_chat, name="OPS_CHAT"), FrozenRequest("sendMessage", body)
        )
        now = self._clock.now()
        if outcome.moved_to is not None:
            await self._saved(partial(self._ops_chat.follow, ops_chat, outcome.moved_to))
        again = self._again(waiting, outcome, ops_chat, now)
        if again is None:
            self._refusals = 0
            await self._saved(lambda: self._store.alert_sent(waiting, now))
        else:
            # The others wait too: they would be refused as well, or overtake this one.
            self._quiet_until = again
            await self._saved(lambda: self._store.alert_later(waiting, again))
        self.loop.nudge()

    def _again(self, waiting: Alert, outcome: Outcome, ops_chat: int, now: datetime) -> datetime | None:
        """When to try an alert again; None when it stands in `OPS_CHAT`, or never will."""
        self._refusals += 1
        match outcome.verdict:
            case Verdict.UNKNOWN if not waiting.attempts:
                return now + UNNAMED_WAIT  # once: an alert that comes twice is better than none
            case Verdict.TOO_FAST:
                until = now + (outcome.retry_after or UNNAMED_WAIT)
                self._pace.refuse(ops_chat, until, now)
                return until
            case Verdict.MOVED if outcome.moved_to is not None:
                return now
            case Verdict.NOT_SENT:
                return now + backoff(self._refusals)
            case Verdict.CHANNEL:
                return now + probe_delay(self._refusals)
        return None

    def _say(self, kind: str, values: Mapping[str, str]) -> str:
        return alert(kind, values, self._language)


def _buttons(question: Question, language: str) -> str:
    """One pair, as the alert keeps them; the callback data is what `bot.commands.buttons` reads."""
    decisions = (question.publish, question.pass_over)
    data = [f"1:{DECISION_TAG}:{payload_of(decision)}" for decision in decisions]
    return json.dumps(list(zip(_ANSWERS.get(language) or _ANSWERS["id"], data, strict=True)))
