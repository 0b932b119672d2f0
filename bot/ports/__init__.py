"""The Protocols between the rooms: each as narrow as its one user needs.

Two walls stand here. Workers and commands see the store through these alone, so a second database
engine could come; delivery sees a network through `Network`, so other networks could come beside
Telegram. All times are aware UTC, all durations `timedelta`. Verbs of the store raise
`errors.StoreError`, and a verb that raised has changed nothing.
"""

from bot.ports.copies import CopyStore, Found
from bot.ports.delivering import ChannelStore, DoubtStore, EditStore, HandStore, Outbox
from bot.ports.desk import Alert, DeskChat, DeskStore, Painter, Trouble, Upkeep
from bot.ports.network import AnswerStore, ChatEvents, Network, Pace, Renderer, Traffic, TrafficStore
from bot.ports.orders import (
    ArticlePortal,
    BroughtStore,
    DecisionStore,
    Newcomer,
    Newcomers,
    OrderStore,
    Question,
    QuestionStore,
    Reach,
    StoryFinder,
)
from bot.ports.polling import PollStore, PopularStore, WatchedFeed, WatchStore
from bot.ports.portals import Portal, PushPortal
from bot.ports.pushing import PushDesk, PushStore
from bot.ports.readers import (
    Answering,
    EngagementLog,
    EngagementReader,
    GroupChoices,
    HeadlineFinder,
    HeadlineReader,
    InlineAnswering,
    Membership,
    ReaderStore,
    SearchMemory,
)
from bot.ports.subscribing import DigestStore, GroupMessages, NewsRenderer, NewsStore, SubscriptionStore
from bot.ports.takedowns import PagePortal, PostedStory, TakedownStore
from bot.ports.time import Clock, Wake
from bot.ports.updates import Inbox, StoredUpdate

__all__ = [
    "Alert",
    "AnswerStore",
    "Answering",
    "ArticlePortal",
    "BroughtStore",
    "ChannelStore",
    "ChatEvents",
    "Clock",
    "CopyStore",
    "DecisionStore",
    "DeskChat",
    "DeskStore",
    "DigestStore",
    "DoubtStore",
    "EditStore",
    "EngagementLog",
    "EngagementReader",
    "Found",
    "GroupChoices",
    "GroupMessages",
    "HandStore",
    "HeadlineFinder",
    "HeadlineReader",
    "Inbox",
    "InlineAnswering",
    "Membership",
    "Network",
    "Newcomer",
    "Newcomers",
    "NewsRenderer",
    "NewsStore",
    "OrderStore",
    "Outbox",
    "Pace",
    "PagePortal",
    "Painter",
    "PollStore",
    "PopularStore",
    "Portal",
    "PostedStory",
    "PushDesk",
    "PushPortal",
    "PushStore",
    "Question",
    "QuestionStore",
    "Reach",
    "ReaderStore",
    "Renderer",
    "SearchMemory",
    "StoredUpdate",
    "StoryFinder",
    "SubscriptionStore",
    "TakedownStore",
    "Traffic",
    "TrafficStore",
    "Trouble",
    "Upkeep",
    "Wake",
    "WatchStore",
    "WatchedFeed",
]
