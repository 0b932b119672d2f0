"""What happened to channels: paused, moved, slowed down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.events.root import Event


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
class SlowedDown(Event):
    """Telegram answered 429."""

    chat_id: int | None
    retry_after: timedelta
