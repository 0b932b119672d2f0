"""Who ordered what: one line for each order, in the order's own transaction. It carries nothing out."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.desk import Order
from bot.store.connection import Transaction
from bot.store.values import ticks

_KEEP = """
INSERT INTO orders (at, verb, who, chat_id, message_id, words)
VALUES (:at, :verb, :who, :chat, :message, :words)
ON CONFLICT (chat_id, message_id) WHERE message_id IS NOT NULL DO NOTHING RETURNING id
"""
_ABOUT = "INSERT OR IGNORE INTO order_headlines (headline_id, order_id) VALUES (?, ?)"


async def keep(tx: Transaction, order: Order, headlines: Iterable[int] = ()) -> bool:
    """Write it down with the headlines that it is about; False where the same message was kept before."""
    row = await tx.one(
        _KEEP,
        {
            "at": ticks(order.at),
            "verb": order.verb.value,
            "who": order.who,
            "chat": order.chat_id,
            "message": order.message_id,
            "words": order.words,
        },
    )
    if row is None:
        return False
    await tx.many(_ABOUT, [(headline, row["id"]) for headline in headlines])
    return True
