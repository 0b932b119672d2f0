"""Who subscribed to what. Sends nothing, and decides nothing about who may."""

from __future__ import annotations

import json
from datetime import datetime, time

from bot.domain.subscriptions import Wish
from bot.store.connection import Database
from bot.store.values import dump, ticks

# Whoever had the news at once so far and now wants a digest has read what went round before.
_SUBSCRIBE = """
INSERT INTO subscribers (id, wish, digest_at, since, topic) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET wish = excluded.wish, digest_at = excluded.digest_at, topic = excluded.topic,
    digest_next = iif(digest_at IS excluded.digest_at, digest_next, NULL),
    since = iif(digest_at IS NULL AND excluded.digest_at IS NOT NULL,
        max(since, ifnull((SELECT min(at) - 1 FROM fanouts), excluded.since)), since)
"""
_FIND = "SELECT wish, digest_at FROM subscribers WHERE id = ?"
_STOP = "DELETE FROM subscribers WHERE id = ?"


class Subscriptions:
    """Implements `ports.SubscriptionStore`: one subscription a chat, a reader's own or a group's (below zero)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def subscribe(
        self, chat_id: int, wish: Wish, digest_at: time | None, now: datetime, *, topic: int | None = None
    ) -> None:
        """From now on `chat_id` gets what it wishes for; `digest_at` is a local time, None: at once.

        In a forum it comes to `topic`, None: to the group itself.
        """
        minute = None if digest_at is None else digest_at.hour * 60 + digest_at.minute
        async with self._database.transaction() as tx:
            await tx.run(_SUBSCRIBE, (chat_id, wish_text(wish), minute, ticks(now), topic))

    async def subscription(self, chat_id: int) -> tuple[Wish, time | None] | None:
        """What the chat wishes for, and when its digest comes (None: at once); None if it is no subscriber."""
        rows = await self._database.read(_FIND, (chat_id,))
        if not rows:
            return None
        minute = rows[0]["digest_at"]
        return wish_of(rows[0]["wish"]), None if minute is None else time(*divmod(minute, 60))

    async def stop(self, chat_id: int) -> None:
        """Forget the subscription and all that waits for it, at once; whoever has none is forgotten already."""
        async with self._database.transaction() as tx:
            await tx.run(_STOP, (chat_id,))


def wish_text(wish: Wish) -> str:
    """A wish as it is stored: equal wishes are equal texts."""
    return dump([list(wish.categories), list(wish.include), list(wish.exclude)])


def wish_of(text: str) -> Wish:
    """A stored wish."""
    categories, include, exclude = json.loads(text)
    return Wish(tuple(categories), tuple(include), tuple(exclude))
