"""Readers' subscriptions: who asked for what, and the news on its way to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Protocol

from bot.domain.delivery import FrozenRequest, Outcome
from bot.domain.headlines import Headline
from bot.domain.subscriptions import DigestDue, ReaderNews, Told, Wish


class SubscriptionStore(Protocol):
    """Who subscribed to what: one subscription a private chat or group."""

    async def subscribe(
        self, chat_id: int, wish: Wish, digest_at: time | None, now: datetime, *, topic: int | None = None
    ) -> None:
        """From now on `chat_id` gets what it wishes for; `digest_at` is a local time, None: at once.

        In a forum it comes to `topic`, None: to the group itself.
        """
        ...

    async def subscription(self, chat_id: int) -> tuple[Wish, time | None] | None:
        """What the chat wishes for, and when its digest comes (None: at once); None if it is no subscriber."""
        ...

    async def stop(self, chat_id: int) -> None:
        """Forget the subscription and all that waits for it, at once."""
        ...


class NewsStore(Protocol):
    """News on its way to subscribers: who is to get it, claims and outcomes."""

    async def busy(self) -> bool:
        """Whether anything is on its way to readers."""
        ...

    async def expand(self, now: datetime, max_age: timedelta) -> bool:
        """Ask the next readers about every headline on its way, unless enough waits already; whether it did."""
        ...

    async def heads(self, now: datetime, limit: int, *, beside: Collection[int] = ()) -> Sequence[ReaderNews]:
        """The next message of each reader with nothing unsettled, longest waiting first; of none `beside`."""
        ...

    async def claim(self, chosen: Iterable[tuple[ReaderNews, FrozenRequest]], now: datetime) -> Sequence[int]:
        """Store requests and make their rows SENDING; returns the readers of whose rows none has changed."""
        ...

    async def claimed(self, reader: int) -> bool:
        """Whether a claimed message may still leave: its reader has not stopped meanwhile."""
        ...

    async def sent(self, reader: int) -> None:
        """The message arrived, or never will."""
        ...

    async def retry(self, reader: int, at: datetime) -> None:
        """Surely not sent: again from `at` on."""
        ...

    async def doubt(self, reader: int, at: datetime) -> None:
        """Nobody knows whether it arrived: exactly so once more from `at` on, but not a third time."""
        ...

    async def orphans(self, running: Collection[int], at: datetime) -> None:
        """What is SENDING to readers that are not `running` is in doubt until `at`."""
        ...

    async def again(self, now: datetime) -> int:
        """Doubts whose wait is over go out once more: how many readers may get a message twice."""
        ...

    async def skip_late(self, now: datetime) -> int:
        """What waited too long for its reader is left out; returns how many rows."""
        ...

    async def stop(self, reader: int) -> None:
        """The reader lets nothing in: forget the subscription."""
        ...

    async def moved(self, reader: int, chat_id: int, now: datetime) -> None:
        """A group became a supergroup."""
        ...


class DigestStore(Protocol):
    """Digests: who is due, and what there was to tell."""

    async def unplanned(self, limit: int) -> Sequence[tuple[int, time]]:
        """Subscribers whose next digest has no moment yet, and the local time that they chose."""
        ...

    async def plan(self, moments: Sequence[tuple[int, datetime]]) -> None:
        """When the next digest of each subscriber is due."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[DigestDue]:
        """Whose digest is due; none while enough waits already."""
        ...

    async def day(self, now: datetime, span: timedelta) -> Sequence[Told]:
        """What was published within `span` before `now` and readers may see, newest first; bounded."""
        ...

    async def set_out(
        self, reader: int, headline_ids: Sequence[int], next_at: datetime, now: datetime
    ) -> None:
        """The digest of `reader` is on its way, with what came too late before; the next is due at `next_at`."""
        ...

    async def offer_late(self, hour: datetime, now: datetime) -> None:
        """What was too late at `hour` for readers who get their news at once sets out as a digest; once."""
        ...


class NewsRenderer(Protocol):
    """Makes the one message that brings several headlines. Pure."""

    def news(
        self, headlines: Sequence[Headline], language: str | None, *, digest: bool = False
    ) -> FrozenRequest:
        """Every headline linked, its list stamp under it; `language` None: the posts' own."""
        ...


class GroupMessages(Protocol):
    """Messages to groups that are no posts, so that the recovery of posts never mistakes them."""

    async def begin(self, chat_id: int) -> int | None:
        """A message is about to leave; what to `end` it by. Raises `StoreError`: then it must not leave."""
        ...

    async def end(self, chat_id: int, answer_id: int | None, outcome: Outcome | None) -> None:
        """What came of it; None where its sending was cut off."""
        ...
