"""`/cari kata …` (`/search`): headlines that hold a reader's words, page by page. How they are found is a port's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.commands.command import Handler
from bot.commands.pager import turn_buttons
from bot.commands.words import quotable
from bot.domain.paging import PAGE, Direction
from bot.domain.replies import Listing, Reply, Request
from bot.domain.search import FoundTurn, Match, Query, pack_turn, parse, top, unpack_turn
from bot.locale import Say
from bot.ports import HeadlineFinder, SearchMemory

SEARCH_TAG = "c"


@dataclass(frozen=True, slots=True)
class _Page:
    """Matches of one page, and whether there are more on either side."""

    matches: Sequence[Match]
    newer: bool
    older: bool


class Search(Handler):
    """Lists what was found; a button carries the search's id and where its page begins."""

    def __init__(self, finder: HeadlineFinder, memory: SearchMemory) -> None:
        self._finder = finder
        self._memory = memory

    async def answer(self, request: Request, say: Say) -> Reply:
        query = parse(request.argument)
        if not query:
            return Reply(
                text=say("What are you looking for? Write it behind the command: /search rice price")
            )
        upto = await self._finder.newest_id()
        found = await self._finder.older(query, top(upto), PAGE + 1)
        page = _Page(found[:PAGE], newer=False, older=len(found) > PAGE)
        if not found:
            words = quotable(request.argument)
            return Reply(text=say("Nothing was found for “{words}”. Try fewer or other words.", words=words))
        search = await self._memory.remember(query.text, upto, request.at) if page.older else 0
        return _listing(page, query, search, say)

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:  # noqa: ARG002 # the payload says it all
        turn = unpack_turn(payload)
        if turn is None:
            return None
        known = await self._memory.recall(turn.search)
        if known is None:
            return _toast(say("This search is too old. Please search again: /search"))
        words, upto = known
        query = parse(words)
        page = await self._turned(query, turn, upto)
        if not page.matches:
            return _toast(say("There is nothing more to be found."))
        return replace(_listing(page, query, turn.search, say), edits=True)

    async def _turned(self, query: Query, turn: FoundTurn, upto: int) -> _Page:
        place = replace(turn.place, upper=min(turn.place.upper, upto))
        if turn.direction is Direction.OLDER:
            found = await self._finder.older(query, place, PAGE + 1)
            matches, more = found[:PAGE], len(found) > PAGE
            # The place itself may be withdrawn by now, so it proves nothing about the side it lies on.
            beyond = bool(found) and bool(await self._finder.newer(query, found[0].place, upto, 1))
            return _Page(matches, newer=beyond, older=more)
        found = await self._finder.newer(query, place, upto, PAGE + 1)
        matches, more = found[-PAGE:], len(found) > PAGE
        beyond = bool(found) and bool(await self._finder.older(query, found[-1].place, 1))
        return _Page(matches, newer=more, older=beyond)


def _listing(page: _Page, query: Query, search: int, say: Say) -> Reply:
    newer = pack_turn(FoundTurn(Direction.NEWER, page.matches[0].place, search)) if page.newer else ""
    older = pack_turn(FoundTurn(Direction.OLDER, page.matches[-1].place, search)) if page.older else ""
    row = turn_buttons(SEARCH_TAG, newer, older, say)
    return Reply(
        heading=say("Found: {words}", words=quotable(query.text)),
        listing=Listing(tuple(match.headline for match in page.matches)),
        buttons=(row,) if row else (),
    )


def _toast(text: str) -> Reply:
    return Reply(toast=text, silent=True)
