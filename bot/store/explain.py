"""The life of a headline, as `kabarbot explain` tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.headlines import Key, KeyKind
from bot.domain.links import article_key, canonical
from bot.store.connection import Database, Row, Transaction
from bot.store.headlines import key_hash
from bot.store.values import moment

_BY_KEYS = "SELECT DISTINCT headline_id AS id FROM keys WHERE hash IN (?, ?)"
_BY_LINK = "SELECT id FROM headlines WHERE link = ? OR portal_link = ? ORDER BY id DESC LIMIT 20"
_BY_WORDS = r"""
SELECT id FROM headlines WHERE title LIKE ? ESCAPE '\' OR portal_title LIKE ? ESCAPE '\' ORDER BY id DESC LIMIT 20
"""
_HEADLINE = "SELECT * FROM headlines WHERE id = ?"
_EDITS = "SELECT title, link, at FROM revisions WHERE headline_id = ? AND revision > 1 ORDER BY revision"
_DELIVERIES = """
SELECT d.*, c.ref FROM deliveries d JOIN channels c ON c.id = d.channel_id WHERE d.headline_id = ? ORDER BY d.id
"""
_ORDERS = """
SELECT o.* FROM order_headlines a CROSS JOIN orders o ON o.id = a.order_id WHERE a.headline_id = ? ORDER BY o.id
"""


@dataclass(frozen=True, slots=True)
class EditTold:
    """A wording that the portal gave later."""

    title: str
    link: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryTold:
    """What became of a headline in one channel; `reason` is empty where it was posted."""

    channel: str
    message_id: int | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderTold:
    """What an editor ordered; `who` is a numeric id, the group's for an administrator who hides."""

    verb: str
    who: int
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The life of one headline."""

    title: str
    link: str | None
    first_seen: datetime
    edits: tuple[EditTold, ...]
    deliveries: tuple[DeliveryTold, ...]
    orders: tuple[OrderTold, ...] = ()


class Explainer:
    """Finds headlines by link or words and tells their lives. Changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def explain(self, words: str) -> Sequence[Explanation]:
        """Every headline (20 at most, newest first) that `words`, a link or part of a headline, may mean."""
        async with self._database.reading() as tx:
            ids = await _find(tx, words.strip())
            return [await _tell(tx, headline) for headline in ids]


async def _find(tx: Transaction, words: str) -> Sequence[int]:
    if "://" in words:
        link = key_hash(Key(KeyKind.LINK, canonical(words)))
        article = article_key(words)
        keys = (link, link if article is None else key_hash(Key(KeyKind.ARTICLE, article)))
        found = await tx.all(_BY_KEYS, keys) or await tx.all(_BY_LINK, (words, words))
    else:
        safe = words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        found = await tx.all(_BY_WORDS, (f"%{safe}%", f"%{safe}%")) if words else []
    return [row["id"] for row in found]


async def _tell(tx: Transaction, headline: int) -> Explanation:
    row = await tx.one(_HEADLINE, (headline,))
    assert row is not None  # noqa: S101 - found a statement ago
    return Explanation(
        title=row["title"],
        link=row["link"],
        first_seen=moment(row["first_seen_at"]),
        edits=tuple(
            EditTold(edit["title"], edit["link"], moment(edit["at"]))
            for edit in await tx.all(_EDITS, (headline,))
        ),
        deliveries=tuple(_delivery(told) for told in await tx.all(_DELIVERIES, (headline,))),
        orders=tuple(
            OrderTold(told["verb"], told["who"], moment(told["at"]), told["words"])
            for told in await tx.all(_ORDERS, (headline,))
        ),
    )


def _delivery(row: Row) -> DeliveryTold:
    """Why it is where it is; of a post only the rule that chose it is left to tell."""
    parts = (row["rule"],) if row["state"] == "SENT" else (row["reason"] or "", row["rule"], row["detail"])
    return DeliveryTold(row["ref"], row["message_id"], row["state"], ": ".join(filter(None, parts)))
