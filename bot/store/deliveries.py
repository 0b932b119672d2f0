"""Rows of the queues as they come to be, and when the posts of a headline are to be edited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from bot.domain.delivery import HoldReason, State
from bot.domain.polling import NewDelivery
from bot.domain.schedule import next_edit
from bot.store.connection import Transaction
from bot.store.sequence import next_sequence
from bot.store.values import maybe_moment, ticks

_ADD = """
INSERT INTO deliveries (headline_id, channel_id, state, reason, rule, lane, loud, at, due_at, seq)
VALUES (:headline, :channel, :state, :reason, :rule, :lane, :loud, :now,
    iif(:state = 'PENDING', :now, NULL), :seq)
-- another feed's category may route a headline further than the first feed's did
ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason, rule = excluded.rule,
    lane = excluded.lane, loud = excluded.loud, at = excluded.at, due_at = excluded.due_at, seq = excluded.seq
WHERE state = 'SKIPPED' AND reason = 'filtered'
"""
_MAKE_DUE = """
UPDATE deliveries SET state = 'PENDING', reason = NULL, detail = '', at = :now, due_at = :now, seq = :seq,
    loud = :loud, ignores_age = :by_editor
WHERE id = :id
"""
_PUT_ON_HOLD = "UPDATE deliveries SET state = 'HELD', reason = 'hold', detail = '', at = ? WHERE id = ?"
_HIDDEN = "SELECT hidden FROM headlines WHERE id = ?"
# What stands in a group that has moved since cannot be edited any more.
_POSTS = """
SELECT d.id, d.edits, d.edited_at FROM deliveries d JOIN channels c ON c.id = d.channel_id
WHERE d.headline_id = :id AND d.state = 'SENT' AND d.chat_id = c.chat_id AND (:at_once OR d.edit_at IS NULL)
"""
_EDIT_AT = "UPDATE deliveries SET edit_at = ? WHERE id = ?"


async def add_deliveries(tx: Transaction, rows: Sequence[tuple[int, NewDelivery]], now: datetime) -> None:
    """Rows of headlines, (headline id, row) in posting order; those that are due get the next places."""
    due = sum(row.state is State.PENDING for _, row in rows)
    places = count(await next_sequence(tx, due) if due else 0)
    await tx.many(
        _ADD,
        (
            _values(headline, row, next(places) if row.state is State.PENDING else None, now)
            for headline, row in rows
        ),
    )


async def make_due(
    tx: Transaction,
    ids: Sequence[int],
    now: datetime,
    *,
    loud: Collection[int] = (),
    by_editor: bool = False,
) -> None:
    """Rows that were held, or skipped by mistake, get the next places in this order.

    `loud` are those that make a sound; an editor's release ignores age.
    """
    seq = await next_sequence(tx, len(ids))
    rows = [
        {"id": row, "seq": seq + place, "loud": row in loud, "by_editor": by_editor, "now": ticks(now)}
        for place, row in enumerate(ids)
    ]
    await tx.many(_MAKE_DUE, rows)


async def put_on_hold(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Rows of a channel with the rule `hold`: an editor releases each."""
    await tx.many(_PUT_ON_HOLD, [(ticks(now), row) for row in ids])


async def as_held(tx: Transaction, headline_id: int, rows: Sequence[NewDelivery]) -> Sequence[NewDelivery]:
    """`rows` of a known headline; while a surge holds it, what would be due is held with it."""
    hidden = await tx.one(_HIDDEN, (headline_id,))
    if hidden is None or not hidden["hidden"]:
        return rows
    return [
        replace(row, state=State.HELD, reason=HoldReason.SURGE) if row.state is State.PENDING else row
        for row in rows
    ]


async def schedule_edits(tx: Transaction, headline_id: int, now: datetime, *, at_once: bool = False) -> None:
    """Every post of the headline is to show its newest words, as often as promise 4 allows.

    `at_once`: an editor said so.
    """
    rows = await tx.all(_POSTS, {"id": headline_id, "at_once": at_once})
    due = [
        (ticks(now if at_once else next_edit(row["edits"], maybe_moment(row["edited_at"]), now)), row["id"])
        for row in rows
    ]
    await tx.many(_EDIT_AT, due)


def _values(headline_id: int, row: NewDelivery, place: int | None, now: datetime) -> dict[str, object]:
    return {
        "headline": headline_id,
        "channel": row.channel_id,
        "state": row.state.value,
        "reason": None if row.reason is None else row.reason.value,
        "rule": row.rule,
        "lane": int(row.lane),
        "loud": row.loud,
        "now": ticks(now),
        "seq": place,
    }
