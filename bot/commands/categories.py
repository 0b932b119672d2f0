"""`/kategori` (`/categories`): a button for every category. The lists behind them are `/terbaru`'s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.commands.buttons import button
from bot.commands.command import Handler
from bot.commands.words import quotable, readable
from bot.domain.paging import short_name
from bot.domain.replies import Button, Reply, Request
from bot.locale import Say
from bot.ports import HeadlineReader

#: The tag of `/terbaru`'s buttons, and what its payload begins with where it opens a category.
LATEST_TAG = "t"
OPEN = "c."
#: Buttons that Telegram takes under one message; characters that a phone shows of one.
_MOST_BUTTONS = 100
_LABEL = 40
_A_ROW = 2


class Shelf:
    """The portal's categories as readers name them; counts no headlines itself.

    Counting a million headlines takes the store longer than an answer may, so names once seen are
    remembered, and the store is asked again for a name that is not among them.
    """

    def __init__(self, headlines: HeadlineReader) -> None:
        self._headlines = headlines
        self._seen: Mapping[str, str] = {}

    async def names(self) -> Sequence[str]:
        """Every category once, the one with most headlines first; spellings that differ in case are one."""
        seen: dict[str, str] = {}
        for name, _ in await self._headlines.categories():
            if readable(name):
                seen.setdefault(mark(name), name)
        self._seen = seen
        return self.seen()

    def seen(self) -> Sequence[str]:
        """The names as last counted, in the same order."""
        return tuple(self._seen.values())

    async def named(self, words: str) -> str | None:
        """The category that a reader calls `words`, in any case; None if there is none."""
        return await self.behind(mark(words))

    async def behind(self, short: str) -> str | None:
        """The category whose short name stands in a button; None if there is none.

        One that was seen since the start may have no headlines left.
        """
        if short not in self._seen:
            await self.names()
        return self._seen.get(short)


def mark(category: str) -> str:
    """What stands for `category` in a button, as a `Turn`'s scope; '' for none."""
    return short_name(readable(category))


class Categories(Handler):
    """Answers with a button for every category."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def answer(self, request: Request, say: Say) -> Reply:  # noqa: ARG002 # whatever is behind /kategori
        return chooser(await self._shelf.names(), say)


def chooser(names: Sequence[str], say: Say) -> Reply:
    """What offers the categories `names`, or says that there are none yet."""
    if not names:
        return Reply(text=say("There are no categories yet. /latest shows the latest headlines."))
    return Reply(
        heading=say("Categories"),
        text=say("Choose a category to see its latest headlines."),
        buttons=category_buttons(names),
    )


def category_buttons(names: Iterable[str]) -> tuple[tuple[Button, ...], ...]:
    """Rows of buttons that open categories: as many as Telegram takes."""
    row = [button(quotable(name, _LABEL), LATEST_TAG, OPEN + mark(name)) for name in names]
    most = min(len(row), _MOST_BUTTONS)
    return tuple(tuple(row[start : min(start + _A_ROW, most)]) for start in range(0, most, _A_ROW))
