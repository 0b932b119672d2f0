"""What answers to readers are made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.headlines import Headline
from bot.domain.inline import InlinePage, InlineQuery
from bot.domain.ranking import Deeds
from bot.domain.replies import Reply, Request
from bot.domain.search import Match, Place, Query


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


class GroupChoices(Protocol):
    """What groups have chosen, where they get another id."""

    async def moved(self, group: int, chat_id: int, now: datetime) -> None:
        """A group became a supergroup: what it chose, its subscription with it, goes along."""
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
