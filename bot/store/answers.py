"""Answers on their way to chats where posts of ours stand: until its id is known, an own id there may be one.

Implements `ports.AnswerStore`. Kept in the database, since a process that ends amid an answer knows nothing of it
afterwards, and neither does the one after the next.
"""

from __future__ import annotations

from datetime import datetime

from bot.store.connection import Database
from bot.store.doubts import SAW
from bot.store.outbox import KNOW_ID
from bot.store.values import ticks

_OPEN = """
INSERT INTO open_answers (chat_id, at)
SELECT :chat, :now WHERE EXISTS (SELECT 1 FROM channels WHERE chat_id = :chat AND removed_at IS NULL)
RETURNING id
"""
_CLOSE = "DELETE FROM open_answers WHERE id = ? RETURNING chat_id"


class OpenAnswers:
    """What was begun and what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer_begins(self, chat_id: int, now: datetime) -> int | None:
        """An answer is about to leave; None where no post of ours can be mistaken for it."""
        async with self._database.transaction() as tx:
            row = await tx.one(_OPEN, {"chat": chat_id, "now": ticks(now)})
        return None if row is None else int(row["id"])

    async def answer_ends(self, answer_id: int, message_id: int | None, now: datetime) -> None:
        """It stands under `message_id`, or surely nowhere."""
        async with self._database.transaction() as tx:
            row = await tx.one(_CLOSE, (answer_id,))
            if row is not None and message_id is not None:
                await tx.run(KNOW_ID, {"chat": row["chat_id"], "message": message_id})
                await tx.run(SAW, (row["chat_id"], message_id, 1, ticks(now)))
