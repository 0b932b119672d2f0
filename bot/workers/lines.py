"""Which line of `domain.alerts` tells the desk of an event. Says nothing itself."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.polling import Wording
from bot.events import (
    Corrected,
    DeliveryFailed,
    Event,
    HeadlinesMissed,
    MadePlainer,
    OrderRefused,
    Resending,
    TemplateFailed,
    TwinSought,
    UpdateSetAside,
)

Line = tuple[str, Mapping[str, str]]

_OfPost = DeliveryFailed | MadePlainer | OrderRefused | Resending | TwinSought


def said(event: Event, names: Mapping[int, str]) -> Line | None:
    """The kind and values of the line that an event is told in; None for those that the desk need not hear.

    `names` of channels by chat id; where one is not known the id stands for it.
    """
    if isinstance(event, _OfPost):
        return _of_post(event, names.get(event.chat_id) or str(event.chat_id))
    return _of_portal(event)


def _of_post(event: _OfPost, channel: str) -> Line | None:
    match event:
        case DeliveryFailed():
            return "failed", {"channel": channel, "detail": event.detail}
        case MadePlainer():
            return "plainer", {"channel": channel, "detail": event.detail}
        case OrderRefused():
            return "order_refused", {"channel": channel, "detail": event.detail, "title": event.title}
        case Resending():
            return "resent", {"channel": channel}
        case TwinSought() if event.deleted is not None:
            return "twin_deleted", {"channel": channel, "ids": str(event.deleted)}
        case TwinSought() if event.found:
            return "twin_left", {"channel": channel, "ids": ", ".join(map(str, event.found))}
    return None


def _of_portal(event: Event) -> Line | None:
    match event:
        case HeadlinesMissed():
            count, others = str(event.headlines), str(event.others)
            return "missed", {"feed": event.feed, "count": count, "others": others}
        case Corrected() if event.wording is Wording.BACK:
            return "flapping", {"title": event.new_title}
        case Corrected() if event.by_desk and event.wording is Wording.NEW:
            return "by_desk", {"title": event.new_title}
        case TemplateFailed():
            return "template", {"detail": event.detail}
        case UpdateSetAside():
            return "set_aside", {"update": str(event.update_id)}
    return None
