"""What every part of the bot stands on: the open database, the limits, the desk. Builds no part."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from bot.domain.pacing import WINDOW, Pacing
from bot.domain.polling import ChannelSetup, FeedForPoll
from bot.domain.stars import Purse
from bot.events import CopyFound, Events
from bot.ports import Clock, DeskChat, Found
from bot.store.connection import Database
from bot.store.ops_chat import OpsChat
from bot.store.room import Stores

if TYPE_CHECKING:
    from bot import settings as settings_room
    from bot.settings import Settings


class Told(TypedDict):
    """What every worker is handed besides its own ports."""

    clock: Clock
    events: Events


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every part stands on."""

    settings: Settings
    clock: Clock
    events: Events
    stores: Stores
    pace: Pacing
    desk: DeskChat
    database: Found

    @property
    def told(self) -> Told:
        """As it is handed to workers."""
        return Told(clock=self.clock, events=self.events)


async def lay(settings: Settings, clock: Clock, events: Events, stack: AsyncExitStack) -> Foundation:
    """Open the database, which `stack` closes, and tell it the settings. Raises `errors.KabarbotError`."""
    database = await Database.open(settings.database_path)
    stack.push_async_callback(database.close)
    stores = Stores.over(
        database, follow_edits=settings.follow_edits, zone=settings.timezone, keep=settings.keep_days
    )
    now = clock.now()
    found = await stores.copies.begin(now, has_desk=bool(settings.ops_chat))
    if found in {Found.ASKED, Found.MARKED}:
        events.tell(CopyFound(now, held=found is Found.ASKED))
    await stores.feeds.configure([_feed(feed, settings) for feed in settings.feeds], now)
    await stores.channels.configure([_channel(channel) for channel in settings.channels], now)
    await stores.upkeep.begin()
    pace = await _pace(settings, stores, now)
    traffic = await stores.traffic.recent_traffic(now - timedelta(seconds=WINDOW))
    pace.remember([(one.chat_id, one.at) for one in traffic], await stores.traffic.blocks(now))
    desk = await OpsChat.find(database, int(settings.ops_chat) if settings.ops_chat else None)
    return Foundation(settings, clock, events, stores, pace, desk, found)


async def _pace(settings: Settings, stores: Stores, now: datetime) -> Pacing:
    """The limits; with `PAID_STARS_A_DAY` what is above the free rate is paid for while Stars are left."""
    purse = None
    if settings.paid_stars_a_day:
        purse = Purse(settings.paid_stars_a_day, settings.timezone)
        purse.remember(await stores.outbox.paid_today(now), now)
    return Pacing(rate=settings.broadcast_rate, chat_rate=settings.channel_rate, purse=purse)


def _feed(feed: settings_room.Feed, settings: Settings) -> FeedForPoll:
    return FeedForPoll(
        id=0,
        url=feed.url,
        name=feed.name,
        category=feed.category,
        interval=feed.interval or settings.poll_interval,
        headers=feed.headers,
        selectors=feed.selectors,
    )


def _channel(channel: settings_room.Channel) -> ChannelSetup:
    return ChannelSetup(
        ref=channel.chat,
        topic=channel.topic,
        feeds=channel.feeds,
        categories=channel.categories,
        include=channel.include,
        exclude=channel.exclude,
        breaking=channel.breaking,
        template=channel.template,
        silent=channel.silent,
        hold=channel.hold,
        utm=channel.utm,
    )
