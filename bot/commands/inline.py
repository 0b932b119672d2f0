"""``@bot words`` in any chat: the latest headlines, or those that were looked for. Renders and sends nothing.

What was shown is kept nowhere: an offset says all that the next page needs.
"""

from __future__ import annotations

from bot.commands.words import readable
from bot.domain.inline import INLINE_PAGE, InlinePage, InlineQuery
from bot.domain.paging import Anchor, Direction, Turn, anchor_of, pack, unpack
from bot.domain.search import FoundTurn, Place, pack_turn, parse, top, unpack_turn
from bot.locale import Catalogues
from bot.ports import HeadlineFinder, HeadlineReader


class InlineAnswers:
    """Implements `ports.InlineAnswering`: one page after another, to the end; a forged offset is the end."""

    def __init__(self, headlines: HeadlineReader, finder: HeadlineFinder, catalogues: Catalogues) -> None:
        self._headlines = headlines
        self._finder = finder
        self._catalogues = catalogues

    async def inline(self, query: InlineQuery) -> InlinePage:
        """The page at `query.offset`."""
        page = await (self._found(query) if readable(query.words) else self._latest(query.offset))
        if page.headlines or query.offset:
            return page
        say = self._catalogues.speaker(query.language)
        return InlinePage((), hint=say("No headlines found"))

    async def _latest(self, offset: str) -> InlinePage:
        turn = unpack(offset)
        if offset and (turn is None or turn.scope):
            return InlinePage(())
        before: Anchor | None = turn.anchor if turn else None
        rows = await self._headlines.latest(before=before, after=None, category="", limit=INLINE_PAGE + 1)
        if len(rows) <= INLINE_PAGE:
            return InlinePage(tuple(rows))
        page = tuple(rows[:INLINE_PAGE])
        return InlinePage(page, pack(Turn(Direction.OLDER, anchor_of(page[-1]))))

    async def _found(self, query: InlineQuery) -> InlinePage:
        place = await self._place(query.offset)
        if place is None:
            return InlinePage(())
        found = await self._finder.older(parse(query.words), place, INLINE_PAGE + 1)
        page = tuple(match.headline for match in found[:INLINE_PAGE])
        if len(found) <= INLINE_PAGE:
            return InlinePage(page)
        return InlinePage(page, pack_turn(FoundTurn(Direction.OLDER, found[INLINE_PAGE - 1].place)))

    async def _place(self, offset: str) -> Place | None:
        if not offset:
            return top(await self._finder.newest_id())
        turn = unpack_turn(offset)
        return turn.place if turn else None
