"""All of the store over one database, each aggregate by its name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from typing import Self

from bot.store.alerts import Alerts
from bot.store.answers import OpenAnswers
from bot.store.brought import Brought
from bot.store.byhand import ByHand
from bot.store.channels import Channels
from bot.store.connection import Database
from bot.store.copies import Copies
from bot.store.digests import Digests
from bot.store.doubts import Doubts
from bot.store.edits import Edits
from bot.store.engagement import Engagement
from bot.store.feeds import Feeds
from bot.store.inbox import UpdateInbox
from bot.store.meta import Keepsakes
from bot.store.news import ReaderNewsStore
from bot.store.orders import Orders
from bot.store.outbox import OutboxStore
from bot.store.polls import Polls
from bot.store.popular import Popular
from bot.store.push import Pushes
from bot.store.questions import Questions
from bot.store.reader import HeadlineLists
from bot.store.readers import ReaderChoices
from bot.store.search import Search
from bot.store.stories import Stories
from bot.store.subscriptions import Subscriptions
from bot.store.surges import Surges
from bot.store.takedowns import Takedowns
from bot.store.traffic import TrafficLog
from bot.store.upkeep import KEEP, StoreUpkeep
from bot.store.watch import Watch


@dataclass(frozen=True, slots=True)
class Stores:
    """Every aggregate; whoever builds the bot hands each worker the one that it needs."""

    database: Database
    alerts: Alerts
    answers: OpenAnswers
    brought: Brought
    by_hand: ByHand
    channels: Channels
    copies: Copies
    digests: Digests
    doubts: Doubts
    edits: Edits
    engagement: Engagement
    feeds: Feeds
    headlines: HeadlineLists
    inbox: UpdateInbox
    keepsakes: Keepsakes
    news: ReaderNewsStore
    orders: Orders
    outbox: OutboxStore
    polls: Polls
    popular: Popular
    pushes: Pushes
    questions: Questions
    readers: ReaderChoices
    search: Search
    stories: Stories
    subscriptions: Subscriptions
    surges: Surges
    takedowns: Takedowns
    traffic: TrafficLog
    upkeep: StoreUpkeep
    watch: Watch

    @classmethod
    def over(
        cls, database: Database, *, follow_edits: bool = True, zone: tzinfo = UTC, keep: timedelta = KEEP
    ) -> Self:
        """All aggregates of `database`. `zone` is where the newsroom's day begins, `keep` is `KEEP_DAYS`."""
        return cls(
            database=database,
            alerts=Alerts(database),
            answers=OpenAnswers(database),
            brought=Brought(database),
            by_hand=ByHand(database),
            channels=Channels(database),
            copies=Copies(database),
            digests=Digests(database),
            doubts=Doubts(database, follow_edits=follow_edits),
            edits=Edits(database),
            engagement=Engagement(database),
            feeds=Feeds(database),
            headlines=HeadlineLists(database),
            inbox=UpdateInbox(database),
            keepsakes=Keepsakes(database),
            news=ReaderNewsStore(database),
            orders=Orders(database),
            outbox=OutboxStore(database, follow_edits=follow_edits, zone=zone),
            polls=Polls(database, follow_edits=follow_edits),
            popular=Popular(database),
            pushes=Pushes(database, follow_edits=follow_edits),
            questions=Questions(database),
            readers=ReaderChoices(database),
            search=Search(database),
            stories=Stories(database),
            subscriptions=Subscriptions(database),
            surges=Surges(database),
            takedowns=Takedowns(database),
            traffic=TrafficLog(database),
            upkeep=StoreUpkeep(database, keep=keep),
            watch=Watch(database),
        )
