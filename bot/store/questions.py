"""What is held until an editor decides: asked once in `OPS_CHAT`, decided once, whoever taps first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.desk import Decision, Order
from bot.ports import Question
from bot.store.alerts import queue
from bot.store.audit import keep
from bot.store.connection import Database, Row, Transaction
from bot.store.copies import as_copy, go_on
from bot.store.deliveries import make_due
from bot.store.surges import HELD_SURGES, pass_over, release
from bot.store.values import moment, ticks

_SURGES = f"""
SELECT * FROM ({HELD_SURGES})
WHERE 'surge:' || owner_feed || ':' || at NOT IN (SELECT key FROM questions)
"""  # noqa: S608 - a constant of ours
_SURGE = f"SELECT * FROM ({HELD_SURGES}) WHERE owner_feed = ? AND at = ?"  # noqa: S608 - a constant of ours
_HELD = """
SELECT d.id, c.ref, c.title AS channel, h.title, h.link FROM channels c
CROSS JOIN deliveries d ON d.channel_id = c.id CROSS JOIN headlines h ON h.id = d.headline_id
WHERE d.state = 'HELD' AND d.reason = 'hold' AND c.removed_at IS NULL
"""
_HOLDS = f"{_HELD} AND 'hold:' || d.id NOT IN (SELECT key FROM questions) ORDER BY d.id LIMIT 50"  # noqa: S608 - a constant of ours
_HOLD = f"{_HELD} AND d.id = ?"
_HEADLINES_OF_SURGE = """
SELECT DISTINCT d.headline_id AS id FROM deliveries d CROSS JOIN headlines h ON h.id = d.headline_id
WHERE d.state = 'HELD' AND d.reason = 'surge' AND h.owner_feed = ? AND h.first_seen_at = ?
"""
_COPY = "SELECT value FROM meta WHERE key = 'copy_asked' AND value = ?"
_COPY_UNASKED = """
SELECT value FROM meta WHERE key = 'copy_asked' AND 'copy:' || value NOT IN (SELECT key FROM questions)
"""
_TAKE = "SELECT headline_id FROM deliveries WHERE id = ? AND state = 'HELD' AND reason = 'hold'"
_SKIP = "UPDATE deliveries SET state = 'SKIPPED', reason = 'passed_over', at = ? WHERE id = ?"
_ASKED = "INSERT OR IGNORE INTO questions (key, at) VALUES (?, ?) RETURNING key"


class Questions:
    """Implements `ports.QuestionStore` and `ports.DecisionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unasked(self) -> Sequence[Question]:
        """What is held and was not put before the desk yet."""
        copy = [_of_copy(row["value"]) for row in await self._database.read(_COPY_UNASKED)]
        surges = [_of_surge(row) for row in await self._database.read(_SURGES)]
        return [*copy, *surges, *(_of_hold(row) for row in await self._database.read(_HOLDS))]

    async def ask(self, question: Question, text: str, buttons: str, now: datetime) -> None:
        """Queue it for `OPS_CHAT`, once. `buttons` as `Alert.buttons` is stored."""
        async with self._database.transaction() as tx:
            if await tx.one(_ASKED, (question.key, ticks(now))) is not None:
                await queue(tx, text, now, buttons)

    async def subject(self, decision: Decision) -> tuple[str, dict[str, str]] | None:
        """Kind and values of the question that a decision answers; None where nothing is held any more."""
        if decision.copy:
            rows = await self._database.read(_COPY, (str(decision.at),))
            question = _of_copy(rows[0]["value"]) if rows else None
        elif decision.delivery_id:
            rows = await self._database.read(_HOLD, (decision.delivery_id,))
            question = _of_hold(rows[0]) if rows else None
        else:
            rows = await self._database.read(_SURGE, (decision.feed_id, decision.at))
            question = _of_surge(rows[0]) if rows else None
        return (question.kind, question.values) if question else None

    async def decide(self, order: Order, decision: Decision) -> int:
        """Release or pass over; how many rows, 0 where it is decided already."""
        async with self._database.transaction() as tx:
            if decision.copy:
                return await _decide_copy(tx, order, decision)
            take = _decide_hold if decision.delivery_id else _decide_surge
            return await take(tx, order, decision)


async def _decide_surge(tx: Transaction, order: Order, decision: Decision) -> int:
    at = moment(decision.at)
    about = await tx.all(_HEADLINES_OF_SURGE, (decision.feed_id, decision.at))
    act = release if decision.publish else pass_over
    count = await act(tx, decision.feed_id, at, order.at)
    if count:
        await keep(tx, order, [row["id"] for row in about])
    return count


async def _decide_copy(tx: Transaction, order: Order, decision: Decision) -> int:
    if await tx.one(_COPY, (str(decision.at),)) is None:
        return 0
    if decision.publish:
        await go_on(tx)
    else:
        await as_copy(tx, order.at)
    await keep(tx, order)
    return 1


async def _decide_hold(tx: Transaction, order: Order, decision: Decision) -> int:
    held = await tx.one(_TAKE, (decision.delivery_id,))
    if held is None:
        return 0
    if decision.publish:
        row = decision.delivery_id
        await make_due(tx, [row], order.at, loud=[row], by_editor=True)
    else:
        await tx.run(_SKIP, (ticks(order.at), decision.delivery_id))
    await keep(tx, order, (held["headline_id"],))
    return 1


def _of_surge(row: Row) -> Question:
    feed, at = row["owner_feed"], row["at"]
    values = {
        "feed": row["name"] or row["url"],
        "count": str(row["headlines"]),
        "held": str(row["posts"]),
    }
    return Question(
        f"surge:{feed}:{at}",
        "surge",
        values,
        Decision(publish=True, feed_id=feed, at=at),
        Decision(publish=False, feed_id=feed, at=at),
    )


def _of_copy(asked: str) -> Question:
    at = int(asked)
    decisions = (Decision(publish=publish, at=at, copy=True) for publish in (True, False))
    return Question(f"copy:{at}", "copy", {}, *decisions)


def _of_hold(row: Row) -> Question:
    channel = row["ref"] if row["ref"].startswith("@") else row["channel"] or row["ref"]
    values = {"channel": channel, "title": row["title"], "link": row["link"] or ""}
    return Question(
        f"hold:{row['id']}",
        "hold",
        values,
        Decision(publish=True, delivery_id=row["id"]),
        Decision(publish=False, delivery_id=row["id"]),
    )
