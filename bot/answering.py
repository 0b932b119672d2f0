"""What answers readers and brings them news, built of the stores: commands, inline answers, subscriptions. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import locale
from bot.commands.deeds import ReadersRanking
from bot.commands.desk.listing import DeskKit
from bot.commands.inline import InlineAnswers
from bot.commands.registry import Kit, commands
from bot.commands.router import Answers
from bot.domain.ranking import ranked
from bot.domain.subscriptions import DIGEST_SPAN, MOST_MERGED
from bot.events import Events
from bot.ports import Clock, Membership, Newcomers, Pace, Painter, Wake
from bot.store.room import Stores
from bot.store.statistics import StatisticsStore
from bot.store.status import StatusStore
from bot.telegram.news import ListRenderer
from bot.telegram.room import ReaderDesk, TelegramRoom
from bot.workers.digest import DigestWorker
from bot.workers.fanout import Courier

if TYPE_CHECKING:
    from bot.settings import Settings


def build_answers(
    settings: Settings,
    stores: Stores,
    *,
    members: Membership,
    newcomers: Newcomers,
    painter: Painter,
    wake_delivery: Wake,
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
        subscriptions=stores.subscriptions,
        members=members,
        catalogues=catalogues,
        zone=settings.timezone,
        desk=DeskKit(
            stores.orders,
            stores.questions,
            stores.stories,
            newcomers,
            StatusStore(stores.database, settings.database_path, popular_url=settings.popular_url),
            StatisticsStore(stores.database),
            painter,
            wake_delivery,
            settings.timezone,
        ),
    )
    answers = Answers(commands(kit), catalogues)
    inline = InlineAnswers(stores.headlines, stores.search, catalogues)
    return answers, ReaderDesk(answers, inline, stores.engagement, stores.readers)


def build_news(
    settings: Settings,
    stores: Stores,
    telegram: TelegramRoom,
    pace: Pace,
    posts_wait: Callable[[], bool],
    *,
    clock: Clock,
    events: Events,
) -> tuple[Courier, DigestWorker]:
    """What brings news to subscribers behind the posts, and what sets their digests out."""

    async def popular(now: datetime) -> Sequence[int]:
        if settings.popular_url:
            return [row.id for row in await stores.headlines.popular(settings.popular_url, MOST_MERGED)]
        return ranked(await stores.engagement.deeds(DIGEST_SPAN, now), DIGEST_SPAN, MOST_MERGED)

    courier = Courier(
        stores.news,
        telegram.network,
        renderer=ListRenderer(settings.timezone, settings.post_language),
        pace=pace,
        groups=telegram.open_answers,
        posts_wait=posts_wait,
        max_age=settings.max_age_hours,
        uncertain_wait=settings.uncertain_wait,
        clock=clock,
        events=events,
    )
    digests = DigestWorker(
        stores.digests, popular=popular, zone=settings.timezone, clock=clock, events=events
    )
    return courier, digests


def portal_name(settings: Settings) -> str:
    """What readers call the portal: its feed's name in `kabarbot.toml`, else its host."""
    first = settings.feeds[0]
    return first.name or (urlsplit(first.url).hostname or first.url).removeprefix("www.")
