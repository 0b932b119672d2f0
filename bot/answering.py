"""What answers readers, built of the stores: commands, inline answers, and what is kept of both. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import locale
from bot.commands.deeds import ReadersRanking
from bot.commands.desk.listing import DeskKit
from bot.commands.inline import InlineAnswers
from bot.commands.registry import Kit, commands
from bot.commands.router import Answers
from bot.ports import Membership, Wake
from bot.store.room import Stores
from bot.store.status import StatusStore
from bot.telegram.room import ReaderDesk

if TYPE_CHECKING:
    from bot.settings import Settings


def build_answers(
    settings: Settings, stores: Stores, members: Membership, wake_delivery: Wake
) -> tuple[Answers, ReaderDesk]:
    """The door of the commands, and the desk that Telegram's room hands readers to."""
    catalogues = locale.load()
    kit = Kit(
        stores.headlines,
        portal_name(settings),
        settings.popular_url,
        ReadersRanking(stores.engagement),
        finder=stores.search,
        searches=stores.search,
        readers=stores.readers,
        members=members,
        catalogues=catalogues,
        desk=DeskKit(
            stores.orders,
            stores.questions,
            stores.stories,
            StatusStore(stores.database, settings.database_path, popular_url=settings.popular_url),
            wake_delivery,
            settings.timezone,
        ),
    )
    answers = Answers(commands(kit), catalogues)
    inline = InlineAnswers(stores.headlines, stores.search, catalogues)
    return answers, ReaderDesk(answers, inline, stores.engagement, stores.readers)


def portal_name(settings: Settings) -> str:
    """What readers call the portal: its feed's name in `kabarbot.toml`, else its host."""
    first = settings.feeds[0]
    return first.name or (urlsplit(first.url).hostname or first.url).removeprefix("www.")
