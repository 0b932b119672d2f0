"""What editors order, between their commands and the store: durable, with who and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.desk import Decision, Order
from bot.domain.headlines import Headline, Item
from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.domain.replies import Pointed


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an order reaches: `posts` that stand in channels, and rows that `waited` for their turn or an editor.

    `lost` posts stand where the bot cannot change them any more: in a channel that left the settings, in a group
    that became a supergroup since.
    """

    posts: int = 0
    waited: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for an editor's `Terbitkan` or `Lewati`, asked once: `key` names it through restarts.

    `kind` and `values` as in `domain.alerts`; `publish` and `pass_over` are what the buttons order.
    """

    key: str
    kind: str
    values: dict[str, str]
    publish: Decision
    pass_over: Decision


class StoryFinder(Protocol):
    """Finds the story that an editor points at; withdrawn and held ones too."""

    async def by_link(self, link: str) -> Sequence[Headline]:
        """The story of an address; at most one."""
        ...

    async def by_words(self, words: str, limit: int) -> Sequence[Headline]:
        """Stories whose headline holds `words`, newest first; one that says exactly them stands alone."""
        ...

    async def by_post(self, pointed: Pointed) -> Sequence[Headline]:
        """The story of a message that is replied to; at most one."""
        ...


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What came of bringing in a story: the `story`, or the `foreign` site it is of, or the `trouble` with its page."""

    story: Headline | None = None
    foreign: str = ""
    trouble: str = ""


class Newcomers(Protocol):
    """Brings in stories of the portal's own sites that no feed has shown."""

    async def bring(self, link: str) -> Newcomer:
        """Read the page at `link` and remember it; nothing is posted."""
        ...


class ArticlePortal(Protocol):
    """Reads an article's page. Raises `errors.SourceError`."""

    async def article(self, url: str, *, found_on: str) -> Item:
        """The article at `url`, an address of the site whose feed lies at `found_on`."""
        ...


class BroughtStore(Protocol):
    """Whose a link is, and recording what was found there."""

    async def feed_for(self, link: str) -> FeedForPoll | None:
        """The feed whose site the link is of; None for a stranger's."""
        ...

    async def record_brought(self, intent: PollIntent) -> Recorded:
        """All of `intent` in one transaction; it was no look at the feed."""
        ...


class OrderStore(Protocol):
    """Each order and its line of the audit in one transaction; said twice, it changes nothing more."""

    async def withdraw(self, order: Order, headline_id: int, reason: str) -> Reach:
        """Gone from every answer and queue; its posts are to be struck through, or deleted without a `reason`."""
        ...

    async def correct(self, order: Order, headline_id: int, text: str) -> Reach:
        """The line `Ralat` under every post, in place of an earlier one."""
        ...

    async def reword(self, order: Order, headline_id: int, title: str) -> Reach:
        """The editor's words win from now on, in posts and answers."""
        ...

    async def publish(self, order: Order, headline_id: int) -> Reach:
        """Due now wherever it was not posted and the channel's rules want it."""
        ...

    async def halt(self, order: Order, channel: str) -> Sequence[str]:
        """No more posts to `channel` ('' for all); returns the names of the channels meant."""
        ...

    async def resume(self, order: Order, channel: str) -> Sequence[str]:
        """Posts go on, a chat that refused is tried at once; returns the names of the channels meant."""
        ...


class QuestionStore(Protocol):
    """What waits for an editor and was not put before the desk yet."""

    async def unasked(self) -> Sequence[Question]:
        """Surges, and posts of channels that hold every one."""
        ...

    async def ask(self, question: Question, text: str, buttons: str, now: datetime) -> None:
        """Queue it for `OPS_CHAT`, once. `buttons` is the JSON of [[text, callback data], …]."""
        ...


class DecisionStore(Protocol):
    """What is held for an editor."""

    async def decide(self, order: Order, decision: Decision) -> int:
        """Release or pass over; how many rows, 0 where it is decided already."""
        ...

    async def subject(self, decision: Decision) -> tuple[str, dict[str, str]] | None:
        """Kind and values of the question that a decision answers; None where nothing is held any more."""
        ...
