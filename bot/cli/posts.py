"""Posts as a terminal shows them: for `preview`, 80 columns wide where the terminal is not wider."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.domain.headlines import Document, Item
from bot.domain.kickers import kicker
from bot.domain.links import postable
from bot.domain.stamps import stamp

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_ZONE = ZoneInfo("Asia/Jakarta")
_COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Preview:
    """One address as it was given, and its document, or in plain words why there is none."""

    url: str
    document: Document | None = None
    error: str | None = None


def show(previews: Sequence[Preview], *, now: datetime, console: Console | None = None) -> None:
    """Print a table for every address; `now` stands in for a time that the portal does not give."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    screen = console or Console(highlight=False)
    screen.width = min(screen.width, _COLUMNS)
    for one in previews:
        screen.print(Text(one.url, "bold", overflow="fold"))
        if one.error is not None or one.document is None:
            words = Text(f"cannot be used: {one.error or 'no document'}", overflow="fold")
            screen.print(Padding(words, (0, 0, 0, 2), expand=False))
        elif not one.document.items:
            screen.print("  no headlines in it")
        else:
            screen.print(_table(one.document.items, now))
        screen.print()


def _table(items: Sequence[Item], now: datetime) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, padding=(0, 1, 1, 0))
    table.add_column(justify="right", style="dim")
    table.add_column(overflow="fold")
    for number, item in enumerate(items, 1):
        table.add_row(str(number), Text("\n").join(Text(line, style) for line, style in lines(item, now)))
    return table


def lines(item: Item, now: datetime) -> Iterator[tuple[str, str]]:
    """The lines of one post with the style of each: headline, kicker and timestamp, link, what is amiss."""
    yield item.title or "(no headline: not posted)", "bold"
    published = item.published if item.published and item.published <= now else now
    section = kicker("", item.link, item.categories, title=item.title)
    yield " · ".join(filter(None, [section, stamp(published, _ZONE, "id")])), ""
    if item.link:
        yield item.link, "cyan"
    for trouble in troubles(item, now):
        yield f"! {trouble}", "yellow"


def troubles(item: Item, now: datetime) -> Iterator[str]:
    """What an editor should know before this is posted."""
    if item.flaw:
        yield f"not posted: {item.flaw}"
    if item.link is None:
        yield "no link"
    elif not postable(item.link):
        yield "Telegram drops this link: it is shown as text"
    if item.published is None:
        yield "no publication time: the time first seen is shown"
    elif item.published > now:
        yield "published in the future: the time first seen is shown"
