"""Posts that people made by hand: a headline that stands in a channel already is not posted again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.headlines import Key, KeyKind
from bot.domain.links import article_key, canonical, parts_of
from bot.store.connection import Database
from bot.store.headlines import key_hash
from bot.store.values import ticks

_KNOW = """
INSERT INTO hand_posts (chat_id, hash, message_id, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET message_id = excluded.message_id, at = excluded.at
"""
_SKIP = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'by_hand', at = :now, detail = :detail
WHERE headline_id = (SELECT headline_id FROM keys WHERE hash = :hash) AND state IN ('PENDING', 'RETRY', 'HELD')
    AND channel_id IN (SELECT id FROM channels WHERE chat_id = :chat AND removed_at IS NULL)
RETURNING id
"""
_FORGET = "DELETE FROM hand_posts WHERE at < ?"


class ByHand:
    """Ends rows whose story somebody else has posted. Never touches that post."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def posted(
        self, chat_id: int, links: Sequence[str], message_id: int, now: datetime
    ) -> Sequence[int]:
        """A post with these links stands in the chat; returns the delivery rows that it spares.

        It is remembered: the feed may tell of the story only later (`endings`).
        """
        hashes = {key_hash(key) for link in links for key in _keys(link)}
        scope = {"chat": chat_id, "detail": f"message {message_id}", "now": ticks(now)}
        async with self._database.transaction() as tx:
            await tx.many(_KNOW, [(chat_id, value, message_id, ticks(now)) for value in hashes])
            rows = [row for value in hashes for row in await tx.all(_SKIP, {**scope, "hash": value})]
        return [row["id"] for row in rows]

    async def forget_hand_posts(self, before: datetime) -> None:
        """What no feed will tell of any more."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET, (ticks(before),))


def _keys(link: str) -> Sequence[Key]:
    """What `link` says about a story; a home page is no story."""
    article, page = article_key(link), canonical(link)
    keys = [] if article is None else [Key(KeyKind.ARTICLE, article)]
    parts = parts_of(page)
    return [*keys, Key(KeyKind.LINK, page)] if parts and (parts.path or parts.query) else keys
