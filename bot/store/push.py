"""WebSub: where hubs bring news to, what they were asked, and what they brought. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.domain.push import Named, Subscription
from bot.store.connection import Database, Row
from bot.store.feeds import Feeds
from bot.store.meta import made_up
from bot.store.polls import keep_news
from bot.store.values import dump, maybe_moment, ticks

#: A restart asks hubs again that were asked longer ago: they may have forgotten us meanwhile.
_FRESH = timedelta(hours=1)

# Another hub gets another secret: what the first one knows must not sign news any more.
_NAMED = """
INSERT INTO pushes (feed_id, path, secret, hub, topic, found_on, next_at)
VALUES (:feed, :path, :secret, :hub, :topic, :found_on, :now)
ON CONFLICT (feed_id) DO UPDATE SET
    secret = iif(hub IS excluded.hub, secret, excluded.secret),
    hub = excluded.hub, topic = excluded.topic, found_on = excluded.found_on,
    asks = 0, lease_until = NULL, next_at = excluded.next_at, detail = ''
WHERE hub IS NOT excluded.hub OR topic <> excluded.topic
RETURNING feed_id
"""
_UNNAMED = (
    "UPDATE pushes SET hub = NULL, lease_until = NULL WHERE feed_id = ? AND hub IS NOT NULL RETURNING feed_id"
)
_BEGIN = """
UPDATE pushes SET next_at = :now, asks = 0
WHERE hub IS NOT NULL AND (asked_from <> :root OR ifnull(asked_at, 0) < :before)
"""
_WITH_HUB = "SELECT feed_id FROM pushes WHERE hub IS NOT NULL"
_SELECT = """
SELECT p.*, f.removed_at FROM pushes p JOIN feeds f ON f.id = p.feed_id
"""
_DUE = f"{_SELECT} WHERE p.hub IS NOT NULL AND f.removed_at IS NULL AND p.next_at <= ? ORDER BY p.next_at LIMIT ?"
_NEXT = """
SELECT min(p.next_at) AS at FROM pushes p JOIN feeds f ON f.id = p.feed_id
WHERE p.hub IS NOT NULL AND f.removed_at IS NULL
"""
_AT = f"{_SELECT} WHERE p.path = ?"
_ASKING = """
UPDATE pushes SET asks = asks + 1, asked_at = :now, asked_from = :root, next_at = :next_at WHERE feed_id = :feed
"""
_CONFIRMED = "UPDATE pushes SET asks = 0, lease_until = ?, next_at = ?, detail = '' WHERE feed_id = ?"
_DENIED = "UPDATE pushes SET lease_until = NULL, next_at = ?, detail = ? WHERE feed_id = ?"
_FAILED = "UPDATE pushes SET detail = ? WHERE feed_id = ?"
_LOOK_NOW = """
UPDATE feeds SET next_at = min(next_at, ?) WHERE id = ? AND removed_at IS NULL AND paused = 0 AND failures = 0
"""
_NEWS = "UPDATE feeds SET last_new_at = iif(:new, :now, last_new_at), void = coalesce(:void, void) WHERE id = :feed"


class Pushes:
    """Implements `ports.PushStore`. `follow_edits` as in `Polls`."""

    def __init__(self, database: Database, *, follow_edits: bool = True) -> None:
        self._database = database
        self._feeds = Feeds(database)
        self._follow_edits = follow_edits

    async def begin_pushes(self, root: str, now: datetime) -> Collection[int]:
        """A new start under the public address `root`: who was asked from another, or long ago, is asked again.

        Returns the ids of the feeds that name a hub.
        """
        async with self._database.transaction() as tx:
            await tx.run(_BEGIN, {"root": root, "now": ticks(now), "before": ticks(now - _FRESH)})
            return {row["feed_id"] for row in await tx.all(_WITH_HUB)}

    async def hub_named(self, feed_id: int, named: Named | None, found_on: str, now: datetime) -> bool:
        """What the feed's last document says of a hub; True where it is something new."""
        async with self._database.transaction() as tx:
            if named is None:
                return await tx.one(_UNNAMED, (feed_id,)) is not None
            values = {"hub": named.hub, "topic": named.topic, "found_on": found_on, "now": ticks(now)}
            new = {"feed": feed_id, "path": made_up(), "secret": made_up()}
            return await tx.one(_NAMED, {**values, **new}) is not None

    async def pushes_due(self, now: datetime, limit: int) -> Sequence[Subscription]:
        """Whom to ask now, longest due first."""
        return [_subscription(row) for row in await self._database.read(_DUE, (ticks(now), limit))]

    async def next_push(self) -> datetime | None:
        """When the next hub is to be asked; None where there is none."""
        return maybe_moment((await self._database.read(_NEXT))[0]["at"])

    async def push_at(self, path: str) -> Subscription | None:
        """Whose place this is; its `named` is None where nothing is wanted there any more."""
        rows = await self._database.read(_AT, (path,))
        return _subscription(rows[0]) if rows else None

    async def push_asking(self, feed_id: int, root: str, next_at: datetime, now: datetime) -> None:
        """A request is about to leave; without confirmation it is repeated at `next_at`."""
        values = {"feed": feed_id, "root": root, "now": ticks(now), "next_at": ticks(next_at)}
        async with self._database.transaction() as tx:
            await tx.run(_ASKING, values)

    async def push_failed(self, feed_id: int, detail: str) -> None:
        """The hub could not be asked, or said no at once."""
        async with self._database.transaction() as tx:
            await tx.run(_FAILED, (detail, feed_id))

    async def push_confirmed(self, feed_id: int, lease_until: datetime, next_at: datetime) -> None:
        """The hub made sure of us, and keeps us until `lease_until`; asked again at `next_at`."""
        async with self._database.transaction() as tx:
            await tx.run(_CONFIRMED, (ticks(lease_until), ticks(next_at), feed_id))

    async def push_denied(self, feed_id: int, reason: str, next_at: datetime) -> None:
        """The hub will not, or no longer."""
        async with self._database.transaction() as tx:
            await tx.run(_DENIED, (ticks(next_at), reason, feed_id))

    async def feed_of_push(self, feed_id: int) -> FeedForPoll | None:
        """The feed that news came for; None where only a whole look may be taken in.

        What a hub brings may be a part of the document, and so is no first look.
        """
        feed = await self._feeds.one(feed_id)
        return feed if feed is not None and feed.looked is not None and feed.body_hash is not None else None

    async def look_now(self, feed_id: int, now: datetime) -> None:
        """Have the feed looked at now, unless it fails: a portal in trouble is left its time."""
        async with self._database.transaction() as tx:
            await tx.run(_LOOK_NOW, (ticks(now), feed_id))

    async def record_pushed(self, intent: PollIntent) -> Recorded:
        """All of `intent` in one transaction; the feed's own looks, validators and failures stay as they are."""
        void = dump(intent.void) if intent.void else None
        values = {"feed": intent.feed_id, "new": bool(intent.new), "now": ticks(intent.at), "void": void}
        async with self._database.transaction() as tx:
            recorded = await keep_news(tx, intent, follow=self._follow_edits)
            await tx.run(_NEWS, values)
        return recorded


def _subscription(row: Row) -> Subscription:
    wanted = row["hub"] is not None and row["removed_at"] is None
    return Subscription(
        feed_id=row["feed_id"],
        path=row["path"],
        secret=row["secret"],
        named=Named(row["hub"], row["topic"]) if wanted else None,
        found_on=row["found_on"],
        asks=row["asks"],
        lease_until=maybe_moment(row["lease_until"]),
    )
