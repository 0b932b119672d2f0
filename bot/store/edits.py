"""Posts that do not show the newest words of their headline yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.delivery import FrozenRequest, Post
from bot.domain.desk import may_delete
from bot.store.connection import Database, Row
from bot.store.rows import MARKS, TARGET, WORDS, marks_of, target_of, words_of
from bot.store.values import freeze, maybe_moment, moment, thaw, ticks

#: An edit that waited this long goes before new posts.
PATIENCE = timedelta(minutes=5)

# Behind new posts, but none waits longer than five minutes (product.md §4.4). A post that stands in a group
# that has moved since cannot be edited any more.
_DUE = f"""
SELECT d.id, d.headline_id, d.chat_id, d.message_id, d.request, d.edits, d.edit_at, h.revision, h.corrected_at,
    d.sent_at, {MARKS},
    h.ordered_revision > ifnull(d.shown_revision, 0) AS ordered,
    {TARGET}, {WORDS}
FROM deliveries d CROSS JOIN channels c ON c.id = d.channel_id CROSS JOIN headlines h ON h.id = d.headline_id
LEFT JOIN chats t ON t.chat_id = d.chat_id
WHERE d.edit_at <= :now AND d.state = 'SENT' AND d.chat_id = c.chat_id
    AND c.removed_at IS NULL AND c.paused_at IS NULL AND ifnull(t.blocked_until, 0) <= :now
    -- a twin is sought beside the post: it may not go before
    AND (d.twin_open = 0 OR h.withdrawn_at IS NULL)
    AND (h.ordered_revision > ifnull(d.shown_revision, 0) OR d.edit_at < :patience OR h.corrected_at < :patience OR c.halted_at IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM deliveries q
            WHERE q.channel_id = d.channel_id AND q.state IN ('PENDING', 'RETRY') AND q.next_at <= :now))
ORDER BY ordered DESC, d.edit_at LIMIT :limit
"""  # noqa: S608 - constants of ours
_EDITED = """
UPDATE deliveries SET request = :request, shown_revision = :revision, detail = '',
    -- what an editor ordered does not make the portal's next correction wait
    edits = iif(:ordered, edits, edits + 1), edited_at = iif(:ordered, edited_at, :now),
    edit_at = (SELECT CASE WHEN h.ordered_revision > :revision THEN :now WHEN h.revision > :revision THEN :next_at END
        FROM headlines h WHERE h.id = headline_id)
WHERE id = :id
"""
_REMOVED = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'withdrawn', detail = 'deleted', at = :now, edited_at = :now,
    edit_at = NULL
WHERE id = :id AND state = 'SENT'
"""
_LATER = "UPDATE deliveries SET edit_at = :at, detail = :detail WHERE id = :id"
_GONE = "UPDATE deliveries SET edit_at = NULL, detail = :detail WHERE id = :id"


class Edits:
    """Implements `ports.EditStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def edits_due(self, now: datetime, limit: int) -> Sequence[Post]:
        """Posts whose edit is due, the one that waits longest first."""
        rows = await self._database.read(
            _DUE, {"now": ticks(now), "patience": ticks(now - PATIENCE), "limit": limit}
        )
        return [_post(row, now) for row in rows]

    async def edited(self, post: Post, request: FrozenRequest, next_at: datetime, now: datetime) -> None:
        """The post shows `post.revision`; where there is a newer one already, it is due at `next_at`."""
        await self._run(
            _EDITED,
            {
                "id": post.delivery_id,
                "request": freeze(request),
                "revision": post.revision,
                "next_at": ticks(next_at),
                "ordered": post.ordered,
                "now": ticks(now),
            },
        )

    async def removed(self, post: Post, now: datetime) -> None:
        """The post is gone, as an editor ordered."""
        await self._run(_REMOVED, {"id": post.delivery_id, "now": ticks(now)})

    async def edit_later(self, post: Post, at: datetime, detail: str) -> None:
        """Not now: again at `at`."""
        await self._run(_LATER, {"id": post.delivery_id, "at": ticks(at), "detail": detail})

    async def edit_gone(self, post: Post, detail: str, now: datetime) -> None:
        """The message is not there any more, or can never be edited; `detail` says which."""
        await self._run(_GONE, {"id": post.delivery_id, "detail": detail, "now": ticks(now)})

    async def _run(self, sql: str, values: dict[str, object]) -> None:
        async with self._database.transaction() as tx:
            await tx.run(sql, values)


def _post(row: Row, now: datetime) -> Post:
    withdrawn = row["withdrawn_at"] is not None
    deletes = withdrawn and not row["withdrawn_reason"] and may_delete(moment(row["sent_at"]), now)
    return Post(
        delivery_id=row["id"],
        target=target_of(row),
        headline_id=row["headline_id"],
        message_id=row["message_id"],
        request=thaw(row["request"]),
        words=words_of(row),
        revision=row["revision"],
        edits=row["edits"],
        corrected_at=maybe_moment(row["corrected_at"]),
        edit_due=maybe_moment(row["edit_at"]),
        struck=withdrawn,
        marks=marks_of(row),
        ordered=bool(row["ordered"]),
        deletes=deletes,
    )
