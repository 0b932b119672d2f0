"""Categories: which headlines stand under each. Kickers and added categories alike, case folded.

How many of them readers may see is counted by triggers (`schema`), so that asking costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.domain.identity import folded
from bot.store.connection import Transaction
from bot.store.values import dump

_ADD_CATEGORY = "INSERT OR IGNORE INTO categories (key, name) VALUES (?, ?)"
_PUT = """
INSERT OR IGNORE INTO shelf (category_id, published_at, headline_id)
SELECT c.id, h.published_at, h.id FROM categories c, headlines h WHERE c.key = ? AND h.id = ?
"""
_NAMES = """
SELECT kicker AS name FROM headlines WHERE id = :id
UNION SELECT category FROM headline_feeds WHERE headline_id = :id
"""
_TAKE_OUT = """
DELETE FROM shelf WHERE headline_id = :id
    AND category_id NOT IN (SELECT id FROM categories WHERE key IN (SELECT value FROM json_each(:keys)))
"""


def category_key(name: str) -> str:
    """The form in which two names of one category are equal (as `domain.routing` compares them)."""
    return folded(name).casefold()


async def put_on_shelf(tx: Transaction, headlines: Iterable[tuple[int, Collection[str]]]) -> None:
    """Headlines under the categories of these names; empty names are none."""
    places = [(name, headline) for headline, names in headlines for name in names]
    keys = {name: key for name in dict.fromkeys(name for name, _ in places) if (key := category_key(name))}
    if keys:
        await tx.many(_ADD_CATEGORY, [(key, name) for name, key in keys.items()])
        await tx.many(_PUT, ((keys[name], headline) for name, headline in places if name in keys))


async def rearrange(tx: Transaction, headline: int) -> None:
    """Its kicker or an added category has changed."""
    names = [row["name"] for row in await tx.all(_NAMES, {"id": headline})]
    await tx.run(_TAKE_OUT, {"id": headline, "keys": dump([category_key(name) for name in names])})
    await put_on_shelf(tx, [(headline, names)])
