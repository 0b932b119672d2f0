"""Sends of unknown outcome, and what is known of the message ids in our chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.delivery import Doubt
from bot.store.connection import Database, Row, Transaction
from bot.store.copies import NOT_ASKED
from bot.store.endings import OVER
from bot.store.outbox import KNOW_ID, SENT
from bot.store.rows import TARGET, target_of
from bot.store.values import maybe_moment, maybe_ticks, moment, thaw, ticks

# An answer that left longer ago than this stands, if anywhere, before the post (microseconds).
_LATE = 3_600_000_000
_COLUMNS = f"""
SELECT d.id, d.headline_id, d.chat_id, d.request, d.known_before, d.resent_at, d.message_id, d.asks, d.claimed_at,
    {TARGET}, h.published_at, t.highest_id,
    EXISTS (SELECT 1 FROM open_answers a WHERE a.chat_id = d.chat_id AND a.at > d.claimed_at - {_LATE}) AS answers_open
FROM deliveries d JOIN channels c ON c.id = d.channel_id JOIN headlines h ON h.id = d.headline_id
LEFT JOIN chats t ON t.chat_id = d.chat_id
"""  # noqa: S608 - TARGET is a constant of ours
_DOUBTS = f"""
{_COLUMNS} WHERE d.state = 'UNCERTAIN' AND d.next_at <= :now AND {NOT_ASKED}
UNION ALL
{_COLUMNS} WHERE d.twin_open = 1 AND d.state = 'SENT' AND d.next_at <= :now AND {NOT_ASKED}
"""
# Ids of ours that are not this post: other posts, and answers to readers.
_OURS = """
SELECT message_id FROM deliveries WHERE chat_id = :chat AND message_id > :floor AND id <> :id
UNION SELECT message_id FROM seen_messages WHERE chat_id = :chat AND message_id > :floor AND ours = 1
"""
_THEIRS = "SELECT message_id FROM seen_messages WHERE chat_id = :chat AND message_id > :floor AND ours = 0"
# What was asked of an earlier send says nothing of one that left since: its answer is too late.
_STILL = "id = :id AND claimed_at IS :claimed"
_IN_DOUBT = f"SELECT 1 FROM deliveries WHERE {_STILL} AND state = 'UNCERTAIN'"  # noqa: S608 - a constant of ours
_ABSENT = f"""
UPDATE deliveries SET state = iif({OVER} IS NULL, 'RETRY', 'SKIPPED'), reason = {OVER}, at = :now, next_at = :now,
    resend = 1, keep_request = 1, detail = 'was not there'
WHERE {_STILL} AND state = 'UNCERTAIN'
"""  # noqa: S608 - OVER is a constant of ours
_ASK_LATER = f"UPDATE deliveries SET next_at = :at, asks = asks + 1, detail = :detail WHERE {_STILL}"  # noqa: S608
_TWIN_SOUGHT = f"UPDATE deliveries SET twin_open = 0, next_at = 0, detail = '' WHERE {_STILL}"  # noqa: S608
SAW = "INSERT OR IGNORE INTO seen_messages (chat_id, message_id, ours, at) VALUES (?, ?, ?, ?)"
_HIGHEST = "SELECT highest_id FROM chats WHERE chat_id = ?"
_FORGET_SEEN = "DELETE FROM seen_messages WHERE at < ?"
_FORGET_ANSWERS = "DELETE FROM open_answers WHERE at < ?"


class Doubts:
    """Implements `ports.DoubtStore`."""

    def __init__(self, database: Database, *, follow_edits: bool = True) -> None:
        self._database = database
        self._follow = follow_edits

    async def doubts(self, now: datetime) -> Sequence[Doubt]:
        """UNCERTAIN rows whose time to ask has come, and resent rows whose twin was not sought yet."""
        async with self._database.reading() as tx:
            rows = await tx.all(_DOUBTS, {"now": ticks(now)})
            return [await _doubt(tx, row) for row in rows]

    async def settled(self, doubt: Doubt, message_id: int, now: datetime) -> None:
        """It arrived under `message_id`."""
        async with self._database.transaction() as tx:
            if await tx.one(_IN_DOUBT, _which(doubt)):
                values = {"message": message_id, "now": ticks(now), "follow": self._follow}
                await tx.run(SENT, {**values, "id": doubt.delivery_id})
            await tx.run(KNOW_ID, {"chat": doubt.target.chat_id, "message": message_id})

    async def absent(self, doubt: Doubt, now: datetime) -> None:
        """It is not there: the same request goes out again."""
        async with self._database.transaction() as tx:
            await tx.run(_ABSENT, {**_which(doubt), "now": ticks(now)})

    async def ask_later(self, doubt: Doubt, at: datetime, detail: str) -> None:
        """No answer: ask again at `at`."""
        async with self._database.transaction() as tx:
            await tx.run(_ASK_LATER, {**_which(doubt), "at": ticks(at), "detail": detail})

    async def twin_sought(
        self, doubt: Doubt, found: Sequence[int], deleted: int | None, now: datetime
    ) -> None:
        """The search for a twin ended; what stands besides the post is known as ours from now on."""
        standing = [message for message in found if message != deleted]
        async with self._database.transaction() as tx:
            await tx.run(_TWIN_SOUGHT, _which(doubt))
            await tx.many(SAW, [(doubt.target.chat_id, message, 1, ticks(now)) for message in standing])

    async def saw_message(self, chat_id: int, message_id: int, *, theirs: bool, now: datetime) -> None:
        """A message id is known to exist in one of our chats; `theirs`: surely not the bot's."""
        async with self._database.transaction() as tx:
            await tx.run(KNOW_ID, {"chat": chat_id, "message": message_id})
            if theirs:
                await tx.run(SAW, (chat_id, message_id, 0, ticks(now)))

    async def highest(self, chat_id: int) -> int | None:
        """The highest message id known of a chat."""
        rows = await self._database.read(_HIGHEST, (chat_id,))
        return rows[0]["highest_id"] if rows else None

    async def forget_seen(self, before: datetime) -> None:
        """Messages that no doubt can reach any more."""
        async with self._database.transaction() as tx:
            await tx.run(_FORGET_SEEN, (ticks(before),))
            await tx.run(_FORGET_ANSWERS, (ticks(before),))


def _which(doubt: Doubt) -> dict[str, int | None]:
    return {"id": doubt.delivery_id, "claimed": maybe_ticks(doubt.claimed_at)}


async def _doubt(tx: Transaction, row: Row) -> Doubt:
    # Twenty before the known id: where none is known, that many are asked before the resent post.
    floor = max(0, (row["known_before"] or (row["message_id"] or 0)) - 21)
    scope = {"chat": row["chat_id"], "floor": floor, "id": row["id"]}
    return Doubt(
        delivery_id=row["id"],
        headline_id=row["headline_id"],
        published=moment(row["published_at"]),
        target=target_of(row),
        request=thaw(row["request"]),
        known_before=row["known_before"],
        highest=row["highest_id"],
        ours=frozenset(r["message_id"] for r in await tx.all(_OURS, scope)),
        theirs=frozenset(r["message_id"] for r in await tx.all(_THEIRS, scope)),
        answers_open=bool(row["answers_open"]),
        resent_at=maybe_moment(row["resent_at"]),
        message_id=row["message_id"],
        attempts=row["asks"],
        claimed_at=maybe_moment(row["claimed_at"]),
    )
