"""Between Python's values and SQLite's: times are integers (microseconds since 1970, UTC), the rest JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.delivery import FrozenRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def ticks(when: datetime) -> int:
    """Microseconds since 1970 of an aware time; exact both ways, before 1970 too."""
    return (when - _EPOCH) // _TICK


def maybe_ticks(when: datetime | None) -> int | None:
    """As `ticks`, None stays None."""
    return None if when is None else ticks(when)


def moment(value: int) -> datetime:
    """The aware UTC time of `ticks`."""
    return _EPOCH + value * _TICK


def maybe_moment(value: int | None) -> datetime | None:
    """As `moment`, None stays None."""
    return None if value is None else moment(value)


def hour(when: datetime) -> int:
    """Whole hours since 1970."""
    return ticks(when) // 3_600_000_000


def dump(value: Any) -> str:  # noqa: ANN401 - anything that JSON can say
    """Compact JSON; sets become sorted lists. ASCII, for half a surrogate pair cannot be stored as UTF-8."""
    return _ENCODE(value)


def _plain(value: object) -> object:
    if isinstance(value, Iterable):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


# `json.dumps` with arguments makes an encoder at every call.
_ENCODE = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def freeze(request: FrozenRequest) -> str:
    """A request as it is stored."""
    paid = {"paid": True} if request.paid else {}
    return dump({"method": request.method, "body": dict(request.body), "level": request.level, **paid})


def thaw(text: str) -> FrozenRequest:
    """A stored request, as it was."""
    raw = json.loads(text)
    return FrozenRequest(raw["method"], raw["body"], raw["level"], raw.get("paid", False))
