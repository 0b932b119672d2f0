"""What happened to posts: claimed, sent, in doubt, edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.events.root import Event


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
class PostEdited(Event):
    """A post was corrected in place (or was found gone: `verdict`)."""

    delivery_id: int
    headline_id: int
    chat_id: int
    verdict: str
    detail: str = ""
    channel: str = ""
