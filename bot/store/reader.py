"""What readers' commands ask: lists of headlines, without what is withdrawn or held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.headlines import Headline
from bot.store.connection import Database
from bot.store.popular import Popular
from bot.store.rows import HEADLINE, headline_of
from bot.store.shelf import category_key
from bot.store.values import moment, ticks

_SHOWN = "h.withdrawn_at IS NULL AND h.hidden = 0"
_OF_CATEGORY = f"s.category_id = (SELECT id FROM categories WHERE key = :category) AND {_SHOWN}"  # noqa: S608 - constants
# (table, what scopes it, its anchor's columns): all headlines stand in one index, each category's in another.
_ALL = ("headlines h", _SHOWN, ("h.published_at", "h.id"))
_ONE_CATEGORY = (
    "shelf s CROSS JOIN headlines h ON h.id = s.headline_id",
    _OF_CATEGORY,
    ("s.published_at", "s.headline_id"),
)
_ANCHOR = "SELECT published_at, id FROM headlines WHERE id = ?"
_CATEGORIES = "SELECT name, headlines FROM categories WHERE headlines > 0 ORDER BY headlines DESC, name"


class HeadlineLists:
    """Implements `ports.HeadlineReader`; reads on a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._popular = Popular(database)

    async def latest(
        self,
        *,
        before: tuple[datetime, int] | None,
        after: tuple[datetime, int] | None,
        category: str,
        limit: int,
    ) -> Sequence[Headline]:
        """Newest first; `after` gives the page next to the anchor, still newest first."""
        anchor = before or after
        way = "" if anchor is None else "<" if before else ">"
        sql = latest_sql(in_category=bool(category), way=way)
        at, headline = anchor or (None, 0)
        values = {"at": at and ticks(at), "id": headline, "category": category_key(category), "limit": limit}
        rows = await self._database.read(sql, values)
        return [headline_of(row) for row in (reversed(rows) if before is None and after else rows)]

    async def anchor(self, headline_id: int) -> tuple[datetime, int] | None:
        """The anchor of a headline, None if it is not known."""
        rows = await self._database.read(_ANCHOR, (headline_id,))
        return (moment(rows[0]["published_at"]), rows[0]["id"]) if rows else None

    async def popular(self, url: str, limit: int) -> Sequence[Headline]:
        """The portal's own list in its order."""
        return await self._popular.popular(url, limit)

    async def categories(self) -> Sequence[tuple[str, int]]:
        """Kickers and added categories with the number of headlines, most first."""
        return [(row["name"], row["headlines"]) for row in await self._database.read(_CATEGORIES)]


def latest_sql(*, in_category: bool, way: str) -> str:
    """The statement of a page; `way` is ``<`` for older than the anchor, ``>`` for newer, or empty for the first."""
    table, scope, (at, headline) = _ONE_CATEGORY if in_category else _ALL
    side = f"AND ({at}, {headline}) {way} (:at, :id)" if way else ""
    order = "ASC" if way == ">" else "DESC"
    return (
        f"SELECT {HEADLINE} FROM {table} WHERE {scope} {side} "  # noqa: S608 - built of constants
        f"ORDER BY {at} {order}, {headline} {order} LIMIT :limit"
    )
