"""What an event says in the log: its name, its level, its keys and values. Stable: scripts read them.

A quiet night is nearly silent at `info`, and a trouble that repeats itself is told once an hour.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot import events as told
from bot.events import Event

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

#: The logger of everything that the bot itself says.
NAME = "kabarbot"

_LINES: dict[type[Event], tuple[str, str]] = {
    told.Polled: ("feed_polled", "debug"),
    told.Pushed: ("feed_pushed", "debug"),
    told.HubAnswered: ("hub_answered", "info"),
    told.ImportBegan: ("import_began", "info"),
    told.HeadlinesRecorded: ("headlines_recorded", "info"),
    told.Surge: ("surge", "warning"),
    told.ItemsIgnored: ("items_ignored", "warning"),
    told.HeadlinesMissed: ("headlines_missed", "warning"),
    told.Corrected: ("headline_corrected", "info"),
    told.StoryTakenDown: ("story_taken_down", "warning"),
    told.StoryPutBack: ("story_put_back", "info"),
    told.Claimed: ("posts_claimed", "debug"),
    told.Sending: ("post_sending", "debug"),
    told.Answered: ("post_answered", "debug"),
    told.Delivered: ("posted", "info"),
    told.DeliveryFailed: ("post_refused", "error"),
    told.MadePlainer: ("post_made_plainer", "info"),
    told.TemplateFailed: ("template_failed", "warning"),
    told.BecameUncertain: ("post_uncertain", "warning"),
    told.Asking: ("post_asked_about", "info"),
    told.Resending: ("post_resending", "warning"),
    told.TwinSought: ("twin_sought", "info"),
    told.ChannelPaused: ("channel_paused", "warning"),
    told.ChannelResumed: ("channel_resumed", "info"),
    told.ChannelMoved: ("channel_moved", "info"),
    told.PostEdited: ("post_edited", "info"),
    told.OrderRefused: ("order_refused", "warning"),
    told.SlowedDown: ("slowed_down", "warning"),
    told.UpdatesTrouble: ("updates_trouble", "warning"),
    told.UpdatesRecovered: ("updates_recovered", "info"),
    told.UpdateSetAside: ("update_set_aside", "error"),
    told.CommandAnswered: ("command_answered", "debug"),
    told.Unanswered: ("unanswered", "info"),
    told.PictureFailed: ("picture_failed", "warning"),
    told.NewsRepeated: ("news_repeated", "warning"),
    told.NewsTooLate: ("news_too_late", "warning"),
    told.SubscriberGone: ("subscriber_gone", "info"),
    told.CopyFound: ("database_is_a_copy", "warning"),
    told.StoreTrouble: ("store_trouble", "error"),
    told.StoreRecovered: ("store_recovered", "info"),
    told.WorkerFailed: ("worker_failed", "error"),
}
_NAMES = {
    "headline_id": "headline",
    "headline_ids": "headlines",
    "delivery_id": "delivery",
    "delivery_ids": "deliveries",
    "chat_id": "chat",
    "message_id": "message",
    "update_id": "update",
    "took": "took_s",
    "delay": "delay_s",
    "retry_after": "retry_after_s",
}
_LEFT_OUT = frozenset({"at", "error"})
#: Events of which every single one counts; the others are told once an hour while they say the same.
_EVERY_ONE = (
    *(told.DeliveryFailed, told.BecameUncertain, told.Resending, told.TwinSought, told.UpdateSetAside),
    told.NewsRepeated,
)
_AGAIN_AFTER = timedelta(hours=1)
_MOST_REMEMBERED = 1000
_MOST_IDS = 20


class LogListener:
    """Turns events into log lines. `logger` is structlog's; None: the bot's own."""

    def __init__(self, logger: BoundLogger | None = None) -> None:
        self._logger = logger or _own_logger()
        self._repeats = _Repeats()
        self._failing: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Log `event`."""
        name, level = _line(event)
        if level in {"warning", "error"} and not isinstance(event, _EVERY_ONE) and self._repeats(event):
            level = "debug"
        values = values_of(event)
        error = getattr(event, "error", None)
        if error is not None and level != "debug":
            values["exc_info"] = error
        getattr(self._logger, level)(name, **values)
        if isinstance(event, told.Polled):
            self._notice_recovery(event)
        elif isinstance(event, told.StoreRecovered):
            self._repeats.forget(told.StoreTrouble)

    def _notice_recovery(self, event: told.Polled) -> None:
        if event.outcome == "failed":
            self._failing.add(event.feed)
        elif event.feed in self._failing:
            self._failing.discard(event.feed)
            self._repeats.forget(told.Polled, event.feed)
            self._logger.info("feed_recovered", feed=event.feed)


def values_of(event: Event) -> dict[str, Any]:
    """The keys and values of a line: durations in seconds, what is empty left out."""
    values = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name not in _LEFT_OUT and value not in (None, "", (), False):
            values[_NAMES.get(field.name, field.name)] = _plain(value)
    return values


class _Repeats:
    """Remembers which troubles were told lately; bounded."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[object, ...], datetime] = OrderedDict()

    def __call__(self, event: Event) -> bool:
        """Whether the same was told within the last hour; if not, it counts as told now."""
        key = _sameness(event)
        last = self._last.get(key)
        if last is not None and timedelta() <= event.at - last < _AGAIN_AFTER:
            return True
        self._last[key] = event.at
        self._last.move_to_end(key)
        if len(self._last) > _MOST_REMEMBERED:
            self._last.popitem(last=False)
        return False

    def forget(self, *beginning: object) -> None:
        """That trouble is over (keys that begin so): the next of its kind is news."""
        for key in [key for key in self._last if key[: len(beginning)] == beginning]:
            del self._last[key]


def _line(event: Event) -> tuple[str, str]:
    name, level = _LINES.get(type(event)) or (_snake(type(event).__name__), "info")
    failed_look = isinstance(event, told.Polled) and event.outcome == "failed"
    found_twin = isinstance(event, told.TwinSought) and event.found
    return name, "warning" if failed_look or found_twin else level


def _sameness(event: Event) -> tuple[object, ...]:
    if isinstance(event, told.Polled):
        return (type(event), event.feed, event.detail)
    if isinstance(event, told.SlowedDown):
        return (type(event), event.chat_id)
    return (type(event), *(f"{value}" for value in values_of(event).values()))


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 3)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, tuple):
        more = [f"and {len(value) - _MOST_IDS} more"] if len(value) > _MOST_IDS else []
        return [*value[:_MOST_IDS], *more]
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _own_logger() -> BoundLogger:
    import structlog

    logger: BoundLogger = structlog.stdlib.get_logger(NAME)
    return logger
