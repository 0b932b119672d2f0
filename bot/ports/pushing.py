"""WebSub: what is kept of hubs, and what they say to us."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.domain.push import Named, Subscription


class PushStore(Protocol):
    """WebSub: where hubs bring news to, what they were asked, and what they brought."""

    async def begin_pushes(self, root: str, now: datetime) -> Collection[int]:
        """A new start under the public address `root`: hubs are asked again where that is due to it.

        Returns the ids of the feeds that name a hub, as far as is known.
        """
        ...

    async def hub_named(self, feed_id: int, named: Named | None, found_on: str, now: datetime) -> bool:
        """What a feed's last document says of a hub; True where it is something new."""
        ...

    async def pushes_due(self, now: datetime, limit: int) -> Sequence[Subscription]:
        """Whom to ask now."""
        ...

    async def next_push(self) -> datetime | None:
        """When the next hub is to be asked."""
        ...

    async def push_at(self, path: str) -> Subscription | None:
        """Whose place this secret path is; `named` is None where nothing is wanted there any more."""
        ...

    async def push_asking(self, feed_id: int, root: str, next_at: datetime, now: datetime) -> None:
        """A request is about to leave; without confirmation it is repeated at `next_at`."""
        ...

    async def push_failed(self, feed_id: int, detail: str) -> None:
        """The hub could not be asked, or said no at once."""
        ...

    async def push_confirmed(self, feed_id: int, lease_until: datetime, next_at: datetime) -> None:
        """The hub keeps us until `lease_until`."""
        ...

    async def push_denied(self, feed_id: int, reason: str, next_at: datetime) -> None:
        """The hub will not, or no longer."""
        ...

    async def feed_of_push(self, feed_id: int) -> FeedForPoll | None:
        """The feed that news came for; None where only a whole look may be taken in."""
        ...

    async def look_now(self, feed_id: int, now: datetime) -> None:
        """Have a feed that does not fail looked at now."""
        ...

    async def record_pushed(self, intent: PollIntent) -> Recorded:
        """As `PollStore.record`, without what a look means for the feed itself."""
        ...


class PushDesk(Protocol):
    """What hubs say to us, as the webhooks' room passes it on. Raises `errors.StoreError`."""

    async def at(self, path: str) -> Subscription | None:
        """Whose place this secret path is."""
        ...

    async def verify(self, subscription: Subscription, mode: str, topic: str, lease_seconds: str) -> bool:
        """Whether what the hub asks us to confirm is what we asked it (WebSub §5.3)."""
        ...

    async def deny(self, subscription: Subscription, topic: str, reason: str) -> bool:
        """The hub will not (§5.2); False where it speaks of something else."""
        ...

    def bring(self, subscription: Subscription, body: bytes | None, charset: str | None) -> None:
        """News whose signature is valid (§7); None for a body that is too long. Returns at once."""
        ...
