"""Builds the bot from its settings and runs its parts together; with `app`, the only place that knows them all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import time
from typing import TYPE_CHECKING

from bot import foundation, locale
from bot.answering import build_answers, build_news
from bot.domain.decide import Rules
from bot.domain.health import ailment
from bot.domain.schedule import QuietHours, in_quiet_hours
from bot.events import Events, TemplateFailed
from bot.foundation import Foundation
from bot.observe.room import Observatory
from bot.observe.web import StatusServer
from bot.pictures.painter import ChildPainter
from bot.ports import Clock, Found, Network, Wake
from bot.public import Place, build_outside, find_place
from bot.running import Bot, Server, Worker
from bot.sources.fetch import Fetcher
from bot.sources.parser import ParserProcess
from bot.sources.portal import Portal
from bot.store.disk import refusal
from bot.store.status import StatusStore
from bot.telegram.render import PostRenderer
from bot.telegram.room import Access, TelegramRoom
from bot.workers.bringer import Bringer
from bot.workers.chats import Chats
from bot.workers.corrector import Corrector
from bot.workers.deliverer import Deliverer
from bot.workers.desk import Desk
from bot.workers.doorkeeper import Doorkeeper
from bot.workers.housekeeper import Housekeeper
from bot.workers.listkeeper import ListKeeper
from bot.workers.poller import Poller
from bot.workers.recoverer import Recoverer
from bot.workers.sending import Sending
from bot.workers.watcher import Watcher

if TYPE_CHECKING:
    from bot.settings import Settings


#: When the database is tidied up where no `QUIET_HOURS` are set.
_NIGHT = QuietHours(time(2), time(5))


async def build(
    settings: Settings,
    clock: Clock,
    events: Events,
    stack: AsyncExitStack,
    observatory: Observatory | None = None,
) -> Bot:
    """Open the database and build every part; `stack` closes what was opened. With `observatory`, the page too.

    Raises `errors.KabarbotError` for what an operator can mend.
    """
    base = await foundation.lay(settings, clock, events, stack)
    telegram = _telegram(base)
    stack.push_async_callback(telegram.close)
    deliverer, speaking = _speakers(base, telegram)
    place = await find_place(settings, base.stores)
    portal = _portal(base, stack)
    poller = _poller(base, portal, deliverer.loop.wake)
    looking, listeners = _lookers(base, place, telegram, portal, poller)
    bringer = Bringer(portal, base.stores.brought, base.stores.stories, take_in=poller.take_in)
    answers, desk = build_answers(
        settings,
        base.stores,
        members=telegram.members,
        newcomers=bringer,
        painter=ChildPainter(clock, events),
        wake_delivery=deliverer.loop.wake,
    )
    telegram.listen(
        base.stores.inbox,
        _chats(base, deliverer.loop.wake),
        desk,
        menus={language: answers.menu(language) for language in locale.LANGUAGES},
        desk_menus={language: answers.menu(language, editors=True) for language in locale.LANGUAGES},
        webhook=place.webhook,
        own_path=place.path,
    )
    watcher = _housekeeper(base, (*looking, *speaking))
    if observatory is not None:
        observatory.know_commands(answers.names)
    page = _page(base, observatory, watcher) if observatory else None
    servers: tuple[Server, ...] = (*listeners, page) if page else listeners
    for server in servers:
        stack.push_async_callback(server.stop)
    return Bot(telegram, (*looking, watcher), speaking, servers)


def _portal(base: Foundation, stack: AsyncExitStack) -> Portal:
    settings = base.settings
    named = [feed.url for feed in settings.feeds] + [settings.popular_url] * bool(settings.popular_url)
    fetcher = Fetcher(allowed=named, clock=base.clock.now)
    parser = ParserProcess()
    stack.push_async_callback(fetcher.aclose)
    stack.push_async_callback(parser.aclose)
    return Portal(fetcher, parser, zone=settings.timezone, clock=base.clock)


def _telegram(base: Foundation) -> TelegramRoom:
    settings, desk = base.settings, base.desk
    admins = frozenset(settings.admins)
    access = Access(
        token=settings.telegram_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        desk=desk,
        zone=settings.timezone,
        is_editor=lambda chat, user: chat == desk.id or user in admins,
    )
    return TelegramRoom(
        access,
        **base.told,
        pace=base.pace,
        traffic=base.stores.traffic,
        answers=base.stores.answers,
    )


def _speakers(base: Foundation, telegram: TelegramRoom) -> tuple[Deliverer, tuple[Worker, ...]]:
    """The workers that speak to Telegram."""
    stores, settings = base.stores, base.settings
    renderer = PostRenderer(
        zone=settings.timezone,
        language=settings.post_language,
        link_preview=settings.link_preview,
        post_style=settings.post_style,
        report=lambda detail: base.events.tell(TemplateFailed(base.clock.now(), detail)),
    )
    deliverer = _deliverer(base, telegram.network, renderer)
    news = build_news(settings, stores, telegram, base.pace, lambda: deliverer.waiting, **base.told)
    desk = Desk(
        stores.alerts,
        telegram.network,
        questions=stores.questions,
        pace=base.pace,
        ops_chat=base.desk,
        language=settings.post_language,
        **base.told,
    )
    keepers = _keepers(
        base, telegram.network, renderer, deliverer.loop.wake, compares=base.desk.id is not None
    )
    return deliverer, (deliverer, *keepers, *news, desk)


def _deliverer(base: Foundation, network: Network, renderer: PostRenderer) -> Deliverer:
    """What posts, with what it sends by."""
    stores, settings = base.stores, base.settings
    sending = Sending(
        network,
        stores.outbox,
        channels=stores.channels,
        traffic=stores.traffic,
        renderer=renderer,
        pace=base.pace,
        uncertain_wait=settings.uncertain_wait,
        **base.told,
    )
    return Deliverer(
        stores.outbox,
        renderer=renderer,
        pace=base.pace,
        sending=sending,
        max_age=settings.max_age_hours,
        uncertain_wait=settings.uncertain_wait,
        quiet=lambda now: in_quiet_hours(now.astimezone(settings.timezone).time(), settings.quiet_hours),
        **base.told,
    )


def _keepers(
    base: Foundation, network: Network, renderer: PostRenderer, wake: Wake, *, compares: bool
) -> tuple[Worker, ...]:
    """What keeps posts and channels right: questions, corrections, knocks at closed doors."""
    stores, settings = base.stores, base.settings
    return (
        *_prover(base, network, wake, has_desk=compares),
        Recoverer(stores.doubts, network, wake_delivery=wake, desk_compares=compares, **base.told),
        Corrector(
            stores.edits,
            network,
            channels=stores.channels,
            traffic=stores.traffic,
            renderer=renderer,
            pace=base.pace,
            zone=settings.timezone,
            edit_note=settings.edit_note,
            language=settings.post_language,
            **base.told,
        ),
        Doorkeeper(stores.channels, network, wake_delivery=wake, **base.told),
    )


def _prover(base: Foundation, network: Network, wake: Wake, *, has_desk: bool) -> tuple[Worker, ...]:
    """Whoever asks the channels of a bot that was away, where it was."""
    if base.database is not Found.DOUBTED:
        return ()
    from bot.workers.prover import Prover

    return (Prover(base.stores.copies, network, wake_delivery=wake, has_desk=has_desk, **base.told),)


def _lookers(
    base: Foundation, place: Place, telegram: TelegramRoom, portal: Portal, poller: Poller
) -> tuple[tuple[Worker, ...], tuple[Server, ...]]:
    """The workers that look at the portal, and what listens for hubs (and Telegram)."""
    outside = build_outside(base.settings, base.stores, place, portal, poller, telegram, **base.told)
    watcher = Watcher(base.stores.watch, wake_poller=poller.loop.wake, **base.told)
    poller.when_looked(watcher.hear)
    others = (watcher, *_lookout(base, portal, poller), *_listkeeper(base, portal))
    if outside is None:
        return (poller, *others), ()
    return (poller, outside.pusher, *others), (outside.listener,)


def _poller(base: Foundation, portal: Portal, wake: Wake) -> Poller:
    settings = base.settings
    return Poller(
        portal,
        base.stores.polls,
        base.clock,
        base.events,
        rules=Rules(settings.max_age_hours, settings.surge_limit, has_editor=bool(settings.ops_chat)),
        first_run_posts=settings.first_run_posts,
        wake_delivery=wake,
    )


def _listkeeper(base: Foundation, portal: Portal) -> tuple[Worker, ...]:
    settings = base.settings
    if not settings.popular_url:
        return ()
    listkeeper = ListKeeper(
        settings.popular_url,
        portal,
        base.stores.popular,
        interval=settings.poll_interval,
        **base.told,
    )
    return (listkeeper,)


def _lookout(base: Foundation, portal: Portal, poller: Poller) -> tuple[Worker, ...]:
    """Whoever looks for stories that the portal takes down, where there is a desk to tell."""
    settings = base.settings
    if not settings.ops_chat:
        return ()
    from bot.workers.lookout import Lookout

    lookout = Lookout(base.stores.takedowns, portal, language=settings.post_language, **base.told)
    poller.when_looked(lookout.hear)
    return (lookout,)


def _housekeeper(base: Foundation, workers: Sequence[Worker]) -> Housekeeper:
    settings = base.settings
    night = settings.quiet_hours or _NIGHT
    return Housekeeper(
        base.stores.upkeep,
        [worker.loop for worker in workers],
        **base.told,
        quiet=lambda now: in_quiet_hours(now.astimezone(settings.timezone).time(), night),
    )


def _page(base: Foundation, observatory: Observatory, watcher: Housekeeper) -> StatusServer | None:
    """The operator's page, where the settings want one."""
    settings, upkeep = base.settings, base.stores.upkeep
    if settings.http_address is None:
        return None

    async def ready() -> str:
        said = ailment(await upkeep.beats(), base.clock.now())
        # No beat can be written there, and a restart is no answer to it; who hangs, the loops themselves tell.
        excused = said and await asyncio.to_thread(refusal, settings.database_path.parent)
        return watcher.ailment() if excused else said

    source = StatusStore(base.stores.database, settings.database_path, popular_url=settings.popular_url)
    address = settings.http_address
    return observatory.server(
        address.host, address.port, source, settings.timezone, live=watcher.ailment, ready=ready
    )


def _chats(base: Foundation, wake: Wake) -> Chats:
    stores = base.stores
    return Chats(
        stores.channels,
        stores.doubts,
        stores.by_hand,
        groups=stores.readers,
        desk=base.desk,
        **base.told,
        wake_delivery=wake,
    )
