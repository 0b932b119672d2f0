"""The desk and the machine room: troubles, alerts, upkeep."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Alert:
    """A line for the desk that waits to be sent; a question has `buttons`, (text, callback data)."""

    id: int
    text: str
    attempts: int
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now: `key` names it, `kind` and `values` say it in words (`domain.alerts`)."""

    key: str
    kind: str
    values: Mapping[str, str]


class DeskChat(Protocol):
    """`OPS_CHAT`, which gets another id when it becomes a supergroup; kept, so that restarts know it too."""

    @property
    def id(self) -> int | None:
        """Where the desk is now; None where there is none."""
        ...

    async def follow(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup; nothing happens if it is not the desk's."""
        ...

    async def moved(self) -> None:
        """Wait until the desk has another id than when this was last asked."""
        ...


class DeskStore(Protocol):
    """Troubles that were told, and the lines that wait for `OPS_CHAT`."""

    async def troubles_now(self, now: datetime) -> Sequence[Trouble]:
        """What is wrong with channels and feeds, read from their own rows."""
        ...

    async def troubles_told(self) -> Sequence[Trouble]:
        """What was told and is not over yet."""
        ...

    async def trouble(self, trouble: Trouble, text: str, now: datetime) -> bool:
        """Queue `text` unless this trouble was told already. True when it is new."""
        ...

    async def over(self, key: str, text: str, now: datetime) -> bool:
        """The trouble has ended: queue `text` if its beginning was told."""
        ...

    async def say(self, text: str, now: datetime) -> None:
        """Queue a line that has no end of its own."""
        ...

    async def next_alert(self, now: datetime) -> Alert | None:
        """The oldest line that waits."""
        ...

    async def alert_sent(self, alert: Alert, now: datetime) -> None:
        """It stands in `OPS_CHAT`."""
        ...

    async def alert_later(self, alert: Alert, at: datetime) -> None:
        """`OPS_CHAT` refused or is out of reach."""
        ...


class Upkeep(Protocol):
    """What the store asks for now and then."""

    async def beat(self, loops: Collection[str], now: datetime) -> None:
        """These loops are alive; for `kabarbot health`."""
        ...

    async def forget(self, now: datetime) -> None:
        """Drop what nothing looks back to any more."""
        ...

    async def tidy(self) -> bool:
        """Give back to the disk what is not needed any more; False where more is left, and it should be asked again."""
        ...


class Painter(Protocol):
    """Draws pictures."""

    async def paint(self, sheet: Sheet) -> bytes | None:
        """A PNG of it; None where it cannot be drawn: then words must do."""
        ...
