"""The Protocols between the rooms: each as narrow as its one user needs.

Two walls stand here. Workers and commands see the store through these alone, so a second database
engine could come; delivery sees a network through `Network`, so other networks could come beside
Telegram. All times are aware UTC, all durations `timedelta`. Verbs of the store raise
`errors.StoreError`, and a verb that raised has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.domain.delivery import (
    Candidate,
    Claim,
    Doubt,
    FrozenRequest,
    Outcome,
    Post,
    Settlement,
    SkipReason,
    Target,
)
from bot.domain.headlines import Document, Headline, Key, Words
from bot.domain.inline import InlinePage, InlineQuery
from bot.domain.looks import FeedAddress, Look
from bot.domain.polling import Channel, Correction, FeedForPoll, Known, PollIntent, Recorded
from bot.domain.push import Named, Subscription
from bot.domain.ranking import Deeds
from bot.domain.replies import Reply, Request
from bot.domain.search import Match, Place, Query


class Clock(Protocol):
    """The time of day, and how to wait for it."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less only lets others run."""
        ...


# ---------------------------------------------------------------- the portal


class Portal(Protocol):
    """Looks at a feed or page. Raises `errors.SourceError`; never touches the store."""

    async def look(self, feed: FeedAddress) -> Look:
        """One polite look: `Look.document` is None where nothing changed."""
        ...

    async def popular(self, feed: FeedAddress) -> Look:
        """The portal's own popular list: a feed, or a page with a list of that name."""
        ...


# ---------------------------------------------------------------- polling


class PollStore(Protocol):
    """What the poller reads and records."""

    async def feeds_due(self, now: datetime) -> Sequence[FeedForPoll]:
        """Feeds whose next look is due."""
        ...

    async def next_look(self) -> datetime | None:
        """When the next feed is due; None where there is none."""
        ...

    async def channels_for_routing(self) -> Sequence[Channel]:
        """Every channel of the settings."""
        ...

    async def known(self, keys: Collection[Key], now: datetime) -> Mapping[Key, Known]:
        """The headlines that own any of `keys`."""
        ...

    async def record(self, intent: PollIntent, look: Look, next_at: datetime) -> Recorded:
        """One transaction: headlines, keys, revisions, deliveries, and the feed's own new state.

        An intent without news is recorded too: it was a good look.
        """
        ...

    async def record_failure(
        self, feed_id: int, detail: str, now: datetime, next_at: datetime | None
    ) -> None:
        """A look that failed; `next_at` None pauses the feed."""
        ...

    async def flaps(self, correction: Correction) -> bool:
        """True the first time a headline goes back to a wording that it had before."""
        ...

    async def release_first_looks(self, now: datetime, limit: int) -> int:
        """Where every new feed of a channel was looked at or has failed once: the newest `limit` of what
        they brought become due, the rest SKIPPED(first_look). Returns how many became due.
        """
        ...


class PushPortal(Protocol):
    """What pushing needs of the portal's room. Raises `errors.SourceError`."""

    async def read_pushed(self, url: str, body: bytes, charset: str | None) -> Document:
        """The document of the feed at `url`, as a hub brought it."""
        ...

    async def submit(self, url: str, form: Mapping[str, str], *, found_on: str) -> None:
        """POST a form to a hub that the feed at `found_on` named; returns when it is accepted."""
        ...


class PushStore(Protocol):
    """WebSub: where hubs bring news to, what they were asked, and what they brought."""

    async def begin_pushes(self, root: str, now: datetime) -> Collection[int]:
        """A new start under the public address `root`: hubs are asked again where that is due to it.

        Returns the ids of the feeds that name a hub, as far as is known.
        """
        ...

    async def hub_named(self, feed_id: int, named: Named | None, found_on: str, now: datetime) -> bool:
        """What a feed's last document says of a hub; True where it is something new."""
        ...

    async def pushes_due(self, now: datetime, limit: int) -> Sequence[Subscription]:
        """Whom to ask now."""
        ...

    async def next_push(self) -> datetime | None:
        """When the next hub is to be asked."""
        ...

    async def push_at(self, path: str) -> Subscription | None:
        """Whose place this secret path is; `named` is None where nothing is wanted there any more."""
        ...

    async def push_asking(self, feed_id: int, root: str, next_at: datetime, now: datetime) -> None:
        """A request is about to leave; without confirmation it is repeated at `next_at`."""
        ...

    async def push_failed(self, feed_id: int, detail: str) -> None:
        """The hub could not be asked, or said no at once."""
        ...

    async def push_confirmed(self, feed_id: int, lease_until: datetime, next_at: datetime) -> None:
        """The hub keeps us until `lease_until`."""
        ...

    async def push_denied(self, feed_id: int, reason: str, next_at: datetime) -> None:
        """The hub will not, or no longer."""
        ...

    async def feed_of_push(self, feed_id: int) -> FeedForPoll | None:
        """The feed that news came for; None where only a whole look may be taken in."""
        ...

    async def look_now(self, feed_id: int, now: datetime) -> None:
        """Have a feed that does not fail looked at now."""
        ...

    async def record_pushed(self, intent: PollIntent) -> Recorded:
        """As `PollStore.record`, without what a look means for the feed itself."""
        ...


class PushDesk(Protocol):
    """What hubs say to us, as the webhooks' room passes it on. Raises `errors.StoreError`."""

    async def at(self, path: str) -> Subscription | None:
        """Whose place this secret path is."""
        ...

    async def verify(self, subscription: Subscription, mode: str, topic: str, lease_seconds: str) -> bool:
        """Whether what the hub asks us to confirm is what we asked it (WebSub §5.3)."""
        ...

    async def deny(self, subscription: Subscription, topic: str, reason: str) -> bool:
        """The hub will not (§5.2); False where it speaks of something else."""
        ...

    def bring(self, subscription: Subscription, body: bytes | None, charset: str | None) -> None:
        """News whose signature is valid (§7); None for a body that is too long. Returns at once."""
        ...


class PopularStore(Protocol):
    """The portal's own popular list as last seen."""

    async def popular_address(self, url: str) -> FeedAddress:
        """The list's address, with what the last good look left behind."""
        ...

    async def record_popular(self, url: str, look: Look, now: datetime) -> None:
        """Keep the list in its order; items known as headlines point to them."""
        ...


# ---------------------------------------------------------------- delivering


class Outbox(Protocol):
    """The queue of every channel: claims and outcomes."""

    async def heads(
        self,
        now: datetime,
        limit: int,
        *,
        among: Collection[int] | None = None,
        beside: Collection[int] = (),
    ) -> Sequence[Candidate]:
        """The head of each channel that is free (nothing unsettled, not paused, due), longest waiting first.

        `among`: of these chats alone; `beside`: of all chats but these.
        """
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When a head that is not due yet will be, or a doubt or edit; None where nothing waits."""
        ...

    async def claim(
        self, chosen: Sequence[tuple[Candidate, FrozenRequest]], now: datetime
    ) -> Sequence[Claim]:
        """Store requests and make the rows SENDING, in one statement; rows that changed meanwhile are left out."""
        ...

    async def skip(self, delivery_ids: Sequence[int], reason: SkipReason, now: datetime) -> None:
        """End open rows that are no longer due."""
        ...

    async def sent(self, claims: Sequence[tuple[Claim, int | None]], now: datetime) -> None:
        """Rows stand in their channels under these message ids."""
        ...

    async def retry(
        self, claim: Claim, at: datetime, detail: str, request: FrozenRequest | None, now: datetime
    ) -> None:
        """Surely not sent: again at `at`; with `request`, in exactly that (plainer) form."""
        ...

    async def requeue(self, claim: Claim, detail: str, now: datetime) -> None:
        """Surely not sent, and no fault of the post: it keeps its place and waits for its channel."""
        ...

    async def uncertain(self, claim: Claim, ask_at: datetime, detail: str, now: datetime) -> None:
        """Nobody knows: ask at `ask_at`."""
        ...

    async def failed(self, claim: Claim, detail: str, now: datetime) -> None:
        """Refused for good."""
        ...

    async def orphans(self, running: Collection[int], ask_at: datetime, now: datetime) -> Sequence[int]:
        """Rows in SENDING whose task is not among `running` become UNCERTAIN; returns their ids."""
        ...


class DoubtStore(Protocol):
    """Sends of unknown outcome, and what is known of message ids."""

    async def doubts(self, now: datetime) -> Sequence[Doubt]:
        """UNCERTAIN rows whose time to ask has come, and resent rows whose twin was not sought yet."""
        ...

    async def settled(self, doubt: Doubt, message_id: int, now: datetime) -> None:
        """It arrived under `message_id`."""
        ...

    async def absent(self, doubt: Doubt, now: datetime) -> None:
        """It is not there: the same request goes out again."""
        ...

    async def ask_later(self, doubt: Doubt, at: datetime, detail: str) -> None:
        """No answer: ask again at `at`."""
        ...

    async def twin_sought(
        self, doubt: Doubt, found: Sequence[int], deleted: int | None, now: datetime
    ) -> None:
        """The search for a twin ended."""
        ...

    async def saw_message(self, chat_id: int, message_id: int, *, ours: bool | None, now: datetime) -> None:
        """A message id is known to exist; `ours` None where nobody knows whose it is."""
        ...


class EditStore(Protocol):
    """Posts that do not show the newest words yet."""

    async def edits_due(self, now: datetime, limit: int) -> Sequence[Post]:
        """Posts whose edit is due, the one that waits longest first."""
        ...

    async def edited(self, post: Post, request: FrozenRequest, next_at: datetime, now: datetime) -> None:
        """The post shows `post.revision`; where there is a newer one already, it is due at `next_at`."""
        ...

    async def edit_later(self, post: Post, at: datetime, detail: str) -> None:
        """Not now: again at `at`."""
        ...

    async def edit_gone(self, post: Post, detail: str, now: datetime) -> None:
        """The message is not there any more, or can never be edited."""
        ...


class ChannelStore(Protocol):
    """Channels as chats: their ids, their trouble."""

    async def unresolved(self) -> Sequence[tuple[int, str]]:
        """(channel id, the setting's own words) of channels whose numeric id is not known yet."""
        ...

    async def resolved(self, channel_id: int, chat_id: int, title: str, kind: str, now: datetime) -> None:
        """The numeric id was learnt; kept for ever, whatever the name becomes."""
        ...

    async def pause(self, channel_id: int, detail: str, probe_at: datetime, now: datetime) -> bool:
        """The chat refuses. True when it was not paused before."""
        ...

    async def resume_chat(self, chat_id: int, now: datetime) -> Sequence[int]:
        """The chat lets us in again: its channels go on. Returns the ids of those that were paused."""
        ...

    async def probes_due(self, now: datetime) -> Sequence[Target]:
        """Paused channels that may be tried again."""
        ...

    async def probes_so_far(self, channel_id: int) -> int:
        """How often a paused channel was tried again in vain."""
        ...

    async def finish_removals(self, now: datetime) -> None:
        """Every name is resolved: what still waits for a removed channel is not due any more."""
        ...

    async def probe_failed(self, channel_id: int, detail: str, probe_at: datetime) -> None:
        """Still refused."""
        ...

    async def moved(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup."""
        ...

    async def of_chat(self, chat_id: int) -> Sequence[tuple[int, str]]:
        """(channel id, name) of the channels that stand in a chat."""
        ...

    async def channel_name(self, channel_id: int) -> str:
        """What to call it in logs and alerts: the setting's words, or its title."""
        ...


class HandStore(Protocol):
    """Posts that people made by hand."""

    async def posted(
        self, chat_id: int, links: Sequence[str], message_id: int, now: datetime
    ) -> Sequence[int]:
        """A post with these links stands in the chat; returns the delivery rows that it spares."""
        ...


@dataclass(frozen=True, slots=True)
class Traffic:
    """One message that was sent or edited lately; `at` aware UTC."""

    chat_id: int
    at: datetime


class TrafficStore(Protocol):
    """What the limiter must remember through a restart."""

    async def recent_traffic(self, since: datetime) -> Sequence[Traffic]:
        """Sends and edits since then, oldest first."""
        ...

    async def blocks(self, now: datetime) -> Mapping[int, datetime]:
        """Chats that Telegram told us to leave alone, and until when."""
        ...

    async def note_traffic(self, traffic: Sequence[Traffic]) -> None:
        """Keep answers and edits (posts are noted with their claims)."""
        ...

    async def note_block(self, chat_id: int, until: datetime) -> None:
        """A 429: leave this chat alone until then."""
        ...


class Renderer(Protocol):
    """Makes the exact request of a post. Pure: the same words give the same request."""

    def post(
        self, words: Words, target: Target, *, loud: bool, first_seen: datetime | None = None
    ) -> FrozenRequest:
        """The request that posts `words` to `target`."""
        ...

    def plainer(self, request: FrozenRequest) -> FrozenRequest | None:
        """The next plainer form of a refused request; None when there is none."""
        ...

    def revised(self, post: Post) -> FrozenRequest:
        """What `post` must look like now: preview and buttons kept, notes and strike applied."""
        ...


class Network(Protocol):
    """A place where posts stand. Never raises for what the network answers: that is an `Outcome`."""

    async def send(self, target: Target, request: FrozenRequest) -> Outcome:
        """Send once; no retries inside."""
        ...

    async def edit(self, target: Target, message_id: int, request: FrozenRequest) -> Outcome:
        """Make the message say this; repeating it is harmless."""
        ...

    async def delete(self, target: Target, message_id: int) -> Outcome:
        """Remove a message of ours."""
        ...

    async def settle(self, doubt: Doubt) -> Settlement:
        """Did a send of unknown outcome arrive? Changes nothing there (product.md §6)."""
        ...

    async def twins(self, doubt: Doubt) -> Settlement:
        """Own messages between `doubt.known_before` and `doubt.message_id`: ids in `Settlement.ids`."""
        ...

    async def resolve(self, name: str) -> tuple[int, str, str] | Outcome:
        """(numeric id, title, kind) of a chat by the words of the settings, or why not."""
        ...

    async def welcome(self, target: Target) -> Outcome:
        """May we post there? DONE, or what stands against it. Sends nothing."""
        ...


class Pace(Protocol):
    """Decides when a message may leave, so that the network's limits are never met."""

    def reserve(self, chat_id: int, now: datetime, horizon: timedelta) -> datetime | None:
        """A place within `horizon` for one post or edit to `chat_id`, taken; None when there is none so soon."""
        ...

    def buy(self, chat_id: int, now: datetime, horizon: timedelta) -> datetime | None:
        """A place within `horizon` for one post that costs, taken; None when there is none, or no money left."""
        ...

    def give_back(self, chat_id: int, at: datetime, *, paid: bool = False) -> None:
        """Nothing left at the place `at` that `reserve`, or `buy` where it was `paid`, gave."""
        ...

    def answer(self, chat_id: int, now: datetime) -> datetime:
        """The moment at which an answer to a reader may leave, taken: answers go before posts."""
        ...

    def wait(self, chat_ids: Collection[int], now: datetime) -> timedelta:
        """How long until the first of `chat_ids` may be reserved for; for none: until any post may leave."""
        ...

    def refuse(self, chat_id: int, until: datetime, now: datetime) -> None:
        """A 429: this chat rests until then; three chats within 5 s, and all posts do."""
        ...


# ---------------------------------------------------------------- the desk and the machine room


@dataclass(frozen=True, slots=True)
class Alert:
    """A line for the desk that waits to be sent."""

    id: int
    text: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now: `key` names it, `kind` and `values` say it in words (`domain.alerts`)."""

    key: str
    kind: str
    values: Mapping[str, str]


class DeskStore(Protocol):
    """Troubles that were told, and the lines that wait for `OPS_CHAT`."""

    async def troubles_now(self, now: datetime) -> Sequence[Trouble]:
        """What is wrong with channels and feeds, read from their own rows."""
        ...

    async def troubles_told(self) -> Sequence[Trouble]:
        """What was told and is not over yet."""
        ...

    async def trouble(self, trouble: Trouble, text: str, now: datetime) -> bool:
        """Queue `text` unless this trouble was told already. True when it is new."""
        ...

    async def over(self, key: str, text: str, now: datetime) -> bool:
        """The trouble has ended: queue `text` if its beginning was told."""
        ...

    async def say(self, text: str, now: datetime) -> None:
        """Queue a line that has no end of its own."""
        ...

    async def next_alert(self, now: datetime) -> Alert | None:
        """The oldest line that waits."""
        ...

    async def alert_sent(self, alert: Alert, now: datetime) -> None:
        """It stands in `OPS_CHAT`."""
        ...

    async def alert_later(self, alert: Alert, at: datetime) -> None:
        """`OPS_CHAT` refused or is out of reach."""
        ...


@dataclass(frozen=True, slots=True)
class WatchedFeed:
    """A feed that brought nothing since `last_new`, though `looked` at well; `slots` are half hours with news."""

    id: int
    interval: timedelta
    last_new: datetime
    looked: datetime
    slots: Sequence[int]


class WatchStore(Protocol):
    """What the watcher reads of feeds, and what it found wrong with them."""

    async def silent_feeds(self, after: int, limit: int, now: datetime) -> Sequence[WatchedFeed]:
        """Up to `limit` feeds with an id above `after`, in order, that brought nothing at their last look."""
        ...

    async def found_wrong(self) -> Collection[tuple[int, str]]:
        """(feed id, kind) of every trouble that lasts."""
        ...

    async def wrong(self, feed_id: int, kind: str, values: Mapping[str, str], now: datetime) -> None:
        """A trouble of this kind begins, unless it lasts already."""
        ...

    async def right(self, feed_id: int, kind: str) -> None:
        """It is over."""
        ...

    async def other_feeds(self, feed_id: int) -> Sequence[tuple[int, str]]:
        """Id and address of every feed but this one."""
        ...

    async def look_at(self, feed_ids: Collection[int], now: datetime) -> None:
        """Have these looked at now, but for those that fail."""
        ...

    async def forget_arrivals(self, now: datetime) -> None:
        """Drop what nothing looks back to any more."""
        ...


class Upkeep(Protocol):
    """What the store asks for now and then."""

    async def beat(self, loops: Collection[str], now: datetime) -> None:
        """These loops are alive; for `kabarbot health`."""
        ...

    async def forget(self, now: datetime) -> None:
        """Drop what nothing looks back to any more."""
        ...


# ---------------------------------------------------------------- readers


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update as it came, kept until it is handled. `begun` counts the tries."""

    id: int
    body: Mapping[str, Any]
    received: datetime
    begun: int = 0


class Inbox(Protocol):
    """The durable inbox of updates: stored before they are confirmed, handled at least once."""

    async def keep(self, updates: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Store a batch; known ids are left alone."""
        ...

    async def last_id(self) -> int | None:
        """The highest update id ever stored."""
        ...

    async def waiting(self) -> Sequence[StoredUpdate]:
        """Updates that were not finished, in order."""
        ...

    async def begin(self, update_id: int, now: datetime) -> int:
        """A try begins; returns how many tries that makes."""
        ...

    async def done(self, update_ids: Sequence[int], now: datetime) -> None:
        """Handled, or set aside."""
        ...


class HeadlineReader(Protocol):
    """What readers' commands may ask of the store. Withdrawn and held headlines are not there."""

    async def latest(
        self,
        *,
        before: tuple[datetime, int] | None,
        after: tuple[datetime, int] | None,
        category: str,
        limit: int,
    ) -> Sequence[Headline]:
        """Newest first. `before`/`after` are anchors (published, id): older, or newer, than that one.

        With `after` the `limit` headlines next to the anchor, still newest first.
        """
        ...

    async def anchor(self, headline_id: int) -> tuple[datetime, int] | None:
        """The anchor of a headline, None if it is not known."""
        ...

    async def popular(self, url: str, limit: int) -> Sequence[Headline]:
        """The portal's own list in its order."""
        ...

    async def categories(self) -> Sequence[tuple[str, int]]:
        """Kickers with the number of headlines, most first."""
        ...


class HeadlineFinder(Protocol):
    """Finds headlines by their words, bounded: it ranks a few hundred of the newest at a time."""

    async def newest_id(self) -> int:
        """The highest id of all headlines; 0 where there is none."""
        ...

    async def older(self, query: Query, place: Place, limit: int) -> Sequence[Match]:
        """The `limit` matches next after `place`, the best first."""
        ...

    async def newer(self, query: Query, place: Place, upto: int, limit: int) -> Sequence[Match]:
        """The `limit` matches next before `place`, the best first; none has an id above `upto`."""
        ...


class SearchMemory(Protocol):
    """Searches that buttons stand for: they do not fit into 64 bytes. Nobody's name is kept with them."""

    async def remember(self, words: str, upto: int, now: datetime) -> int:
        """Keep a search; returns its id."""
        ...

    async def recall(self, search_id: int) -> tuple[str, int] | None:
        """(words, newest headline's id of that time); None if it is forgotten, or was none."""
        ...


class EngagementLog(Protocol):
    """What readers do with headlines, as the network tells it."""

    async def reacted(self, chat_id: int, message_id: int, total: int, at: datetime) -> None:
        """A message has `total` reactions of all kinds, as of `at`. It may be nobody's post."""
        ...

    async def chosen(self, headline_id: int, at: datetime) -> None:
        """Somebody shared a headline inline. There may be none of that id."""
        ...


class EngagementReader(Protocol):
    """What readers did, to rank by."""

    async def deeds(self, window: timedelta, now: datetime) -> Sequence[Deeds]:
        """What was done within `window` before `now`, by headlines that readers may see."""
        ...

    async def headlines(self, ids: Collection[int]) -> Sequence[Headline]:
        """Headlines in the order of `ids`, without those that readers may not see."""
        ...


class ReaderStore(Protocol):
    """What readers and groups have chosen, by a user's id or a group's (below zero)."""

    async def language(self, reader: int) -> str | None:
        """``id`` or ``en``; None where nothing was chosen."""
        ...

    async def choose_language(self, reader: int, language: str, now: datetime) -> None:
        """From now on answers speak `language`."""
        ...

    async def erase(self, reader: int) -> None:
        """Forget all that was chosen."""
        ...


class Membership(Protocol):
    """Who may speak for a group."""

    async def is_admin(self, chat_id: int, user_id: int | None) -> bool:
        """Whether a user administers a group; False where the network does not tell."""
        ...


class InlineAnswering(Protocol):
    """Answers what is asked inline (``@bot words``); knows nothing of the network."""

    async def inline(self, query: InlineQuery) -> InlinePage:
        """Never raises for what a reader typed."""
        ...


class Answering(Protocol):
    """Turns a reader's request into a reply; knows nothing of the network."""

    async def answer(self, request: Request) -> Reply:
        """Never raises for what a reader typed."""
        ...


class ChatEvents(Protocol):
    """What updates tell about channels, apart from commands."""

    async def message_seen(self, chat_id: int, message_id: int, *, ours: bool | None) -> None:
        """Somebody's message: its id is known now."""
        ...

    async def posted_by_hand(self, chat_id: int, links: Sequence[str], message_id: int) -> None:
        """Somebody else posted in a channel: which links its text, caption and hidden links hold."""
        ...

    async def membership(self, chat_id: int, *, may_post: bool, detail: str) -> None:
        """The bot's own rights in a chat changed."""
        ...

    async def migrated(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup."""
        ...


Wake = Callable[[], None]
