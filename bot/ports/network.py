"""A place where posts stand, when a message may leave for it, and what it tells unasked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.delivery import (
    Doubt,
    FrozenRequest,
    Outcome,
    Post,
    Settlement,
    Target,
)
from bot.domain.desk import Mark
from bot.domain.headlines import Words


class Renderer(Protocol):
    """Makes the exact request of a post. Pure: the same words give the same request."""

    def post(
        self,
        words: Words,
        target: Target,
        *,
        loud: bool,
        first_seen: datetime | None = None,
        marks: Sequence[Mark] = (),
    ) -> FrozenRequest:
        """The request that posts `words` to `target`, with editors' lines under them."""
        ...

    def plainer(self, request: FrozenRequest) -> FrozenRequest | None:
        """The next plainer form of a refused send, which may be another kind of message; None when there is none."""
        ...

    def without_markup(self, request: FrozenRequest) -> FrozenRequest | None:
        """What a refused edit is tried as: the same kind of message in plain text; None where it is that already."""
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

    def wait(
        self, chat_ids: Collection[int], now: datetime, *, paid_ahead: timedelta = timedelta()
    ) -> timedelta:
        """How long until the first of `chat_ids` may be reserved for; for none: until any post may leave.

        A place that costs counts as so much nearer as `paid_ahead`, for whoever buys so much further ahead.
        """
        ...

    def refuse(self, chat_id: int, until: datetime, now: datetime) -> None:
        """A 429: this chat rests until then; three chats within 5 s, and all posts do."""
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


class AnswerStore(Protocol):
    """Answers on their way to chats where posts of ours stand, through restarts."""

    async def answer_begins(self, chat_id: int, now: datetime) -> int | None:
        """An answer is about to leave; None where no post of ours can be mistaken for it."""
        ...

    async def answer_ends(self, answer_id: int, message_id: int | None, now: datetime) -> None:
        """It stands under `message_id`, or surely nowhere. Until this is said, nobody knows."""
        ...


class ChatEvents(Protocol):
    """What updates tell about channels, apart from commands."""

    async def message_seen(self, chat_id: int, message_id: int, *, theirs: bool) -> None:
        """A message whose id is known now; `theirs`: surely not the bot's."""
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
