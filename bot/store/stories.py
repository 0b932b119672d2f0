"""The story that an editor points at: by link, by headline words, by the post that is replied to. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.headlines import Headline, Key, KeyKind
from bot.domain.links import article_key, canonical
from bot.domain.replies import Pointed
from bot.store.connection import Database, Row
from bot.store.headlines import key_hash
from bot.store.rows import HEADLINE, headline_of

_BY_KEY = f"SELECT {HEADLINE} FROM keys k CROSS JOIN headlines h ON h.id = k.headline_id WHERE k.hash = ?"  # noqa: S608
_BY_LINK = f"SELECT {HEADLINE} FROM headlines h WHERE h.link = :link OR h.portal_link = :link ORDER BY h.id DESC LIMIT 1"  # noqa: S608
_BY_WORDS = rf"""
SELECT {HEADLINE} FROM headlines h
WHERE h.title LIKE :like ESCAPE '\' OR h.portal_title LIKE :like ESCAPE '\' ORDER BY h.id DESC LIMIT :limit
"""  # noqa: S608 - HEADLINE is a constant of ours
_BY_POST = f"""
SELECT {HEADLINE} FROM deliveries d CROSS JOIN headlines h ON h.id = d.headline_id
WHERE d.chat_id = ? AND d.message_id = ? LIMIT 1
"""  # noqa: S608 - HEADLINE is a constant of ours


class Stories:
    """Implements `ports.StoryFinder`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_link(self, link: str) -> Sequence[Headline]:
        """The story of an address; at most one. The article's id decides before the address itself."""
        keys = [Key(KeyKind.LINK, canonical(link))]
        if (article := article_key(link)) is not None:
            keys.insert(0, Key(KeyKind.ARTICLE, article))
        for key in keys:
            if found := await self._database.read(_BY_KEY, (key_hash(key),)):
                return _headlines(found)
        return _headlines(await self._database.read(_BY_LINK, {"link": link}))

    async def by_words(self, words: str, limit: int) -> Sequence[Headline]:
        """Stories whose headline holds `words`, newest first; one that says exactly them stands alone."""
        safe = words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        found = _headlines(await self._database.read(_BY_WORDS, {"like": f"%{safe}%", "limit": limit}))
        exact = [one for one in found if one.words.title.casefold() == words.casefold()]
        return exact if len(exact) == 1 else found

    async def by_post(self, pointed: Pointed) -> Sequence[Headline]:
        """The story of a message that is replied to; at most one."""
        for post in pointed.posts:
            if found := await self._database.read(_BY_POST, post):
                return _headlines(found)
        for link in pointed.links:
            if known := await self.by_link(link):
                return known
        return ()


def _headlines(rows: Sequence[Row]) -> Sequence[Headline]:
    return [headline_of(row) for row in rows]
