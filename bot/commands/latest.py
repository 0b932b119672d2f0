"""`/terbaru [kategori]` (`/latest`): the newest headlines, page by page. Renders nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bot.commands.buttons import button
from bot.commands.categories import LATEST_TAG, OPEN, Shelf, category_buttons, chooser, mark
from bot.commands.command import Handler
from bot.commands.pager import first_page, page_buttons, turned_page
from bot.commands.words import quotable
from bot.domain.paging import Direction, Page, Turn, unpack
from bot.domain.replies import Listing, Reply, Request
from bot.locale import Say
from bot.ports import HeadlineReader

_CHOOSE = "k"


class Latest(Handler):
    """Lists headlines of all categories or of one; its buttons carry all that a page needs."""

    def __init__(self, headlines: HeadlineReader, shelf: Shelf) -> None:
        self._headlines = headlines
        self._shelf = shelf

    async def answer(self, request: Request, say: Say) -> Reply:
        wanted = quotable(request.argument)
        if not wanted:
            return await self.newest("", say)
        category = await self._shelf.named(request.argument)
        if category is None:
            return self._no_such(wanted, say)
        return await self.newest(category, say)

    async def newest(self, category: str, say: Say) -> Reply:
        """The first page of `category` ('' for all), or the news that there is none yet."""
        page = await first_page(partial(self._headlines.latest, category=category))
        if not page.headlines:
            return Reply(text=say("There are no headlines yet. Please look in again a little later."))
        return _listing(page, category, say)

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:  # noqa: ARG002 # the payload says it all
        if payload == _CHOOSE:
            return replace(chooser(await self._shelf.names(), say), edits=True)
        turn = unpack(payload)
        scope = turn.scope if turn else payload.removeprefix(OPEN)
        if turn is None and payload in {scope, OPEN}:
            return None
        category = await self._shelf.behind(scope) if scope else ""
        if category is None:
            return _toast(say("This category is gone. /categories lists those there are."))
        if turn:
            return await self._turn(turn, category, say)
        return replace(await self.newest(category, say), edits=True)

    async def _turn(self, turn: Turn, category: str, say: Say) -> Reply:
        page = await turned_page(partial(self._headlines.latest, category=category), turn)
        if page.headlines:
            return replace(_listing(page, category, say), edits=True)
        if turn.direction is Direction.OLDER:
            return _toast(say("There are no older headlines."))
        return _toast(say("These are the latest headlines."))

    def _no_such(self, wanted: str, say: Say) -> Reply:
        names = self._shelf.seen()  # counted a moment ago, in vain
        if not names:
            text = say("There is no category “{category}”. /latest shows all headlines.", category=wanted)
            return Reply(text=text)
        text = say("There is no category “{category}”. Perhaps one of these:", category=wanted)
        return Reply(text=text, buttons=category_buttons(names))


def _listing(page: Page, category: str, say: Say) -> Reply:
    heading = say("Latest headlines")
    rows = [page_buttons(page, LATEST_TAG, mark(category), say)]
    if category:
        heading = say("Latest headlines: {category}", category=category)
        rows.append((button(say("Other categories"), LATEST_TAG, _CHOOSE),))
    return Reply(heading=heading, listing=Listing(page.headlines), buttons=tuple(row for row in rows if row))


def _toast(text: str) -> Reply:
    return Reply(toast=text, silent=True)
