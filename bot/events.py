"""What happened, as frozen values: logs, metrics and alerts listen; those who tell know none of them.

A listener is called in the teller's own task and must be quick and must not raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.polling import Wording


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events; `at` is aware UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Polled(Event):
    """A look at a feed ended. `outcome`: ok, not_modified, failed."""

    feed: str
    outcome: str
    detail: str = ""
    new: int = 0
    took: timedelta = timedelta()
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pushed(Event):
    """A hub brought news of a feed. `took` counts from its arrival until they were recorded."""

    feed: str
    new: int
    took: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class HubAnswered(Event):
    """What came of asking a hub. `outcome`: confirmed, denied, failed. Polling goes on whatever it is."""

    hub: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ImportBegan(Event):
    """A look brought so many new headlines that recording them takes a moment; `HeadlinesRecorded` ends it."""

    feed: str
    headlines: int


@dataclass(frozen=True, slots=True)
class HeadlinesRecorded(Event):
    """New headlines are in the database, their deliveries with them."""

    feed: str
    headline_ids: tuple[int, ...]
    queued: int


@dataclass(frozen=True, slots=True)
class Surge(Event):
    """More headlines in one look than `SURGE_LIMIT` allows; `held` wait for an editor."""

    feed: str
    headlines: int
    held: int


@dataclass(frozen=True, slots=True)
class ItemsIgnored(Event):
    """What a look showed that is no headline, a line each with its reason; told when it is first seen."""

    feed: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeadlinesMissed(Event):
    """A full feed shows nothing that was known: some may have been missed. `others` of its host are looked at now."""

    feed: str
    headlines: int
    others: int


@dataclass(frozen=True, slots=True)
class Corrected(Event):
    """The portal changed a headline; `by_desk`: whose words the desk had changed, so that it is not followed."""

    headline_id: int
    old_title: str
    new_title: str
    by_desk: bool = False
    wording: Wording = Wording.NEW


@dataclass(frozen=True, slots=True)
class StoryTakenDown(Event):
    """A portal has taken down a story that was posted; its page answers `detail`. The desk is told, nothing withdrawn."""

    headline_id: int
    link: str
    detail: str


@dataclass(frozen=True, slots=True)
class StoryPutBack(Event):
    """The page of a story that was told as taken down stands again; the desk is told."""

    headline_id: int
    link: str


@dataclass(frozen=True, slots=True)
class Claimed(Event):
    """Rows are stored as SENDING with their exact requests; nothing has left yet."""

    delivery_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sending(Event):
    """The request of a claimed row is about to leave."""

    delivery_id: int
    headline_id: int
    chat_id: int
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The network answered, or failed to; the outcome is not saved yet."""

    delivery_id: int
    headline_id: int
    chat_id: int
    verdict: str
    detail: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Delivered(Event):
    """A post stands in its channel and the database knows it. `delay` counts from publication."""

    delivery_id: int
    headline_id: int
    chat_id: int
    channel: str
    message_id: int
    delay: timedelta
    asked: bool = False  # it was of unknown outcome, and Telegram was asked


@dataclass(frozen=True, slots=True)
class DeliveryFailed(Event):
    """Telegram refused a post for good, in its plainest form too; nothing behind it waits."""

    delivery_id: int
    headline_id: int
    chat_id: int
    detail: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class OrderRefused(Event):
    """Telegram does not let a post be changed as an editor ordered, though it stands: somebody must do it by hand."""

    delivery_id: int
    headline_id: int
    chat_id: int
    title: str
    detail: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class MadePlainer(Event):
    """Telegram refused a post for what it says; it goes out in a plainer form."""

    delivery_id: int
    headline_id: int
    chat_id: int
    detail: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class BecameUncertain(Event):
    """Nobody knows whether a post arrived; its channel waits until Telegram is asked."""

    delivery_id: int
    headline_id: int
    chat_id: int
    detail: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Asking(Event):
    """Telegram is being asked about a send of unknown outcome."""

    delivery_id: int
    headline_id: int
    chat_id: int
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Resending(Event):
    """A post was shown to be absent and goes out again."""

    delivery_id: int
    headline_id: int
    chat_id: int
    channel: str = ""


@dataclass(frozen=True, slots=True)
class TwinSought(Event):
    """After a resend the ids before it were asked. `found` are ids of ours; `deleted` one of them or None."""

    delivery_id: int
    headline_id: int
    chat_id: int
    found: tuple[int, ...]
    deleted: int | None
    detail: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class ChannelPaused(Event):
    """A channel refuses; it is left alone until it lets the bot in again."""

    channel_id: int
    channel: str
    detail: str


@dataclass(frozen=True, slots=True)
class ChannelResumed(Event):
    """A channel takes posts again."""

    channel_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class ChannelMoved(Event):
    """A group became a supergroup; its new id is kept."""

    old_chat_id: int
    new_chat_id: int


@dataclass(frozen=True, slots=True)
class PostEdited(Event):
    """A post was corrected in place (or was found gone: `verdict`)."""

    delivery_id: int
    headline_id: int
    chat_id: int
    verdict: str
    detail: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class SlowedDown(Event):
    """Telegram answered 429."""

    chat_id: int | None
    retry_after: timedelta


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


@dataclass(frozen=True, slots=True)
class CopyFound(Event):
    """The database is a copy. `held`: one made by hand, and the desk is asked; else what was open in it has ended."""

    held: bool


@dataclass(frozen=True, slots=True)
class StoreTrouble(Event):
    """The database cannot be written (full, read-only); the loops wait and try again."""

    detail: str


@dataclass(frozen=True, slots=True)
class StoreRecovered(Event):
    """The database can be written again."""


@dataclass(frozen=True, slots=True)
class TemplateFailed(Event):
    """A channel's own template cannot be used; its posts go out in the usual form. Told once a template."""

    detail: str


@dataclass(frozen=True, slots=True)
class WorkerFailed(Event):
    """A loop met something nobody foresaw; it goes on after a pause. `detail` holds no secret."""

    worker: str
    detail: str
    error: BaseException | None = None


Listener = Callable[[Event], None]


class Events:
    """Hands every event to every listener, in order. Knows none of them."""

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        self._listeners = list(listeners)

    def listen(self, listener: Listener) -> None:
        """Add a listener; it hears what happens from now on."""
        self._listeners.append(listener)

    def tell(self, event: Event) -> None:
        """Hand `event` to all listeners at once."""
        for listener in self._listeners:
            listener(event)
