"""The list of commands: a new command is a module of this room and one entry here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from datetime import tzinfo

from bot.commands.categories import LATEST_TAG, Categories, Shelf
from bot.commands.command import Command
from bot.commands.desk.listing import DeskKit, desk_commands
from bot.commands.help import Help
from bot.commands.language import LANGUAGE_TAG, Language
from bot.commands.latest import Latest
from bot.commands.popular import Popular, Ranking
from bot.commands.privacy import PRIVACY_TAG, Privacy
from bot.commands.search import SEARCH_TAG, Search
from bot.commands.subscribe import SUBSCRIBE_TAG, Stop, Subscribe
from bot.locale import Catalogues, Say, phrase
from bot.ports import (
    HeadlineFinder,
    HeadlineReader,
    Membership,
    ReaderStore,
    SearchMemory,
    SubscriptionStore,
)


@dataclass(frozen=True, slots=True)
class Kit:
    """What commands are built from. `portal` is the name readers know; `popular_url` '' for none; `zone` is `TIMEZONE`."""

    headlines: HeadlineReader
    portal: str
    popular_url: str = ""
    ranking: Ranking | None = None
    _: KW_ONLY
    finder: HeadlineFinder
    searches: SearchMemory
    readers: ReaderStore
    subscriptions: SubscriptionStore
    members: Membership
    catalogues: Catalogues
    zone: tzinfo
    desk: DeskKit | None = None


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu that Telegram shows (Bot API, setMyCommands)."""

    command: str
    description: str


def commands(kit: Kit) -> tuple[Command, ...]:
    """Every command, in the order of menu and help."""
    everyday = (*_news(kit), *_subscribing(kit), *_choices(kit))
    desk = () if kit.desk is None else desk_commands(kit.desk)
    return (*everyday, *_guides(kit.portal, everyday), *desk)


def _news(kit: Kit) -> tuple[Command, ...]:
    shelf = Shelf(kit.headlines)
    latest = Latest(kit.headlines, shelf)
    popular = Popular(kit.headlines, latest, portal=kit.portal, url=kit.popular_url, ranking=kit.ranking)
    return (
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
        Command(
            "cari",
            "search",
            phrase("search the headlines"),
            Search(kit.finder, kit.searches),
            usage=phrase("words …"),
            tag=SEARCH_TAG,
            linked=True,
        ),
        Command("kategori", "categories", phrase("headlines by category"), Categories(shelf), linked=True),
    )


def _subscribing(kit: Kit) -> tuple[Command, ...]:
    return (
        Command(
            "langganan",
            "subscribe",
            phrase("news sent to you as it is published"),
            Subscribe(kit.subscriptions, Shelf(kit.headlines), kit.members, kit.zone),
            usage=phrase("[category or words]"),
            tag=SUBSCRIBE_TAG,
            linked=True,
        ),
        Command(
            "berhenti",
            "stop",
            phrase("no more news, and nothing stored about you"),
            Stop(kit.subscriptions, kit.readers, kit.members),
        ),
    )


def _choices(kit: Kit) -> tuple[Command, ...]:
    return (
        Command(
            "bahasa",
            "language",
            phrase("Indonesian or English"),
            Language(kit.readers, kit.members, kit.catalogues),
            tag=LANGUAGE_TAG,
            linked=True,
        ),
        Command(
            "privasi",
            "privacy",
            phrase("what I keep about you, and how to erase it"),
            Privacy(kit.readers),
            tag=PRIVACY_TAG,
            linked=True,
        ),
    )


def menu(
    entries: Iterable[Command], language: str, say: Say, *, editors: bool = False
) -> tuple[MenuEntry, ...]:
    """The menu in `language` (spoken by `say`), for readers or, with theirs added, for `editors`."""
    return tuple(
        MenuEntry(entry.name_in(language), _capital(say(entry.summary)))
        for entry in entries
        if entry.listed and (editors or not entry.editors)
    )


def _guides(portal: str, everyday: tuple[Command, ...]) -> tuple[Command, ...]:
    summary = phrase("what I can do")
    return (
        Command("bantuan", "help", summary, Help(portal, everyday)),
        Command("start", "start", summary, Help(portal, everyday, greeting=True), listed=False),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
