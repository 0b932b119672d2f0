"""What happened between readers and the bot: updates, answers, news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.events.root import Event


@dataclass(frozen=True, slots=True)
class UpdatesTrouble(Event):
    """Updates cannot be had: another program uses the token, a webhook stands, no network."""

    kind: str  # conflict, webhook, network
    detail: str


@dataclass(frozen=True, slots=True)
class UpdatesRecovered(Event):
    """Updates come again."""


@dataclass(frozen=True, slots=True)
class UpdateSetAside(Event):
    """An update was begun three times and never finished."""

    update_id: int


@dataclass(frozen=True, slots=True)
class CommandAnswered(Event):
    """A reader was answered; `took` is the bot's own time."""

    command: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class Unanswered(Event):
    """An answer was refused, or nobody knows whether it arrived (`verdict`); it is not said again.

    `chat_id` is a group's; a reader's own is not told.
    """

    verdict: str
    detail: str
    chat_id: int | None = None


@dataclass(frozen=True, slots=True)
class PictureFailed(Event):
    """An answer goes out without its picture, which could not be drawn."""

    detail: str


@dataclass(frozen=True, slots=True)
class NewsRepeated(Event):
    """Nobody knows whether their news arrived: it goes once more to so many subscribers, and may come twice."""

    subscribers: int


@dataclass(frozen=True, slots=True)
class NewsTooLate(Event):
    """So many messages' headlines waited too long for their subscribers and were left out."""

    rows: int


@dataclass(frozen=True, slots=True)
class SubscriberGone(Event):
    """A subscriber lets nothing in any more, and is forgotten."""

    detail: str
