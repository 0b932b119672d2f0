"""Lists that are turned page by page, the same way for every command; knows no list of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.commands.buttons import button
from bot.domain.headlines import Headline
from bot.domain.paging import PAGE, Anchor, Direction, Page, Turn, anchor_of, cut, pack
from bot.domain.replies import Button
from bot.locale import Say


class Slices(Protocol):
    """A list that is newest first, read in slices as `ports.HeadlineReader.latest` reads it."""

    async def __call__(
        self, *, before: Anchor | None, after: Anchor | None, limit: int
    ) -> Sequence[Headline]:
        """At most `limit` headlines next to an anchor, newest first."""
        ...


async def first_page(slices: Slices) -> Page:
    """The newest page; nothing is newer, whatever arrives while it is read."""
    rows = await slices(before=None, after=None, limit=PAGE + 1)
    return cut(rows, Direction.OLDER, size=PAGE, beyond=False)


async def turned_page(slices: Slices, turn: Turn) -> Page:
    """The page that `turn` asks for; empty where nothing is left on that side."""
    rows = await _beside(slices, turn.anchor, turn.direction, PAGE + 1)
    if not rows:
        return Page((), newer=False, older=False)
    # The anchor itself may be withdrawn by now, so it proves nothing about the side it lies on.
    if turn.direction is Direction.OLDER:
        beyond = await _beside(slices, anchor_of(rows[0]), Direction.NEWER, 1)
    else:
        beyond = await _beside(slices, anchor_of(rows[-1]), Direction.OLDER, 1)
    return cut(rows, turn.direction, size=PAGE, beyond=bool(beyond))


def page_buttons(page: Page, tag: str, scope: str, say: Say) -> tuple[Button, ...]:
    """The row under `page`: a button for each side on which there is more; may be empty."""
    newer = pack(Turn(Direction.NEWER, anchor_of(page.headlines[0]), scope)) if page.newer else ""
    older = pack(Turn(Direction.OLDER, anchor_of(page.headlines[-1]), scope)) if page.older else ""
    return turn_buttons(tag, newer, older, say)


def turn_buttons(tag: str, newer: str, older: str, say: Say) -> tuple[Button, ...]:
    """The row that turns a page: `newer` and `older` are payloads, '' where nothing is left on that side."""
    row = ((say("‹ Previous"), newer), (say("More ›"), older))
    return tuple(button(label, tag, payload) for label, payload in row if payload)


async def _beside(slices: Slices, anchor: Anchor, direction: Direction, limit: int) -> Sequence[Headline]:
    if direction is Direction.OLDER:
        return await slices(before=anchor, after=None, limit=limit)
    return await slices(before=None, after=anchor, limit=limit)
