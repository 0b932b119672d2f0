"""The list of commands: a new command is a module of this room and one entry here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.commands.categories import LATEST_TAG, Categories, Shelf
from bot.commands.command import Command
from bot.commands.help import Help
from bot.commands.latest import Latest
from bot.commands.popular import Popular, Ranking
from bot.locale import Say, phrase
from bot.ports import HeadlineReader


@dataclass(frozen=True, slots=True)
class Kit:
    """What commands are built from. `portal` is the name readers know; `popular_url` '' for none."""

    headlines: HeadlineReader
    portal: str
    popular_url: str = ""
    ranking: Ranking | None = None


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu that Telegram shows (Bot API, setMyCommands)."""

    command: str
    description: str


def commands(kit: Kit) -> tuple[Command, ...]:
    """Every command, in the order of menu and help."""
    shelf = Shelf(kit.headlines)
    latest = Latest(kit.headlines, shelf)
    popular = Popular(kit.headlines, latest, portal=kit.portal, url=kit.popular_url, ranking=kit.ranking)
    news = (
        Command(
            "terbaru",
            "latest",
            phrase("the latest headlines"),
            latest,
            usage=phrase("[category]"),
            tag=LATEST_TAG,
            linked=True,
        ),
        Command(
            "populer",
            "popular",
            phrase("what is read most"),
            popular,
            usage=phrase("[day|week|month]"),
            linked=True,
        ),
        Command("kategori", "categories", phrase("headlines by category"), Categories(shelf), linked=True),
    )
    return (*news, *_guides(kit.portal, news))


def menu(
    entries: Iterable[Command], language: str, say: Say, *, editors: bool = False
) -> tuple[MenuEntry, ...]:
    """The menu in `language` (spoken by `say`), for readers or, with theirs added, for `editors`."""
    return tuple(
        MenuEntry(entry.name_in(language), _capital(say(entry.summary)))
        for entry in entries
        if entry.listed and (editors or not entry.editors)
    )


def _guides(portal: str, news: tuple[Command, ...]) -> tuple[Command, ...]:
    summary = phrase("what I can do")
    return (
        Command("bantuan", "help", summary, Help(portal, news)),
        Command("start", "start", summary, Help(portal, news, greeting=True), listed=False),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
