"""Brings in a story that no feed has shown: the page that an editor names is read and recorded as a headline.

Posts nothing: whoever orders so publishes it afterwards. Only of the portal's own sites.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.domain.headlines import Document, Item
from bot.domain.links import site
from bot.domain.polling import FeedForPoll, PollIntent, Recorded
from bot.errors import SourceError
from bot.ports import ArticlePortal, BroughtStore, Newcomer, StoryFinder

TakeIn = Callable[[FeedForPoll, Document, Callable[[PollIntent], Awaitable[Recorded]]], Awaitable[int]]


class Bringer:
    """Implements `ports.Newcomers`. `take_in` decides and records (`Poller.take_in`)."""

    def __init__(
        self, portal: ArticlePortal, store: BroughtStore, finder: StoryFinder, *, take_in: TakeIn
    ) -> None:
        self._portal = portal
        self._store = store
        self._finder = finder
        self._take_in = take_in

    async def bring(self, link: str) -> Newcomer:
        """The story at `link`, which nobody knows yet."""
        feed = await self._store.feed_for(link)
        if feed is None:
            return Newcomer(foreign=site(link) or link)
        try:
            item = await self._portal.article(link, found_on=feed.url)
        except SourceError as error:
            return Newcomer(trouble=str(error))
        address = item.link or link
        if site(address) != site(link) and await self._store.feed_for(address) is None:
            return Newcomer(foreign=site(address))  # a redirect has led away
        return await self._recorded(feed, replace(item, link=address))

    async def _recorded(self, feed: FeedForPoll, item: Item) -> Newcomer:
        address = item.link or ""
        # Known under another address: what its feed says of it stays.
        if not await self._finder.by_link(address):
            # The page's own section goes before the category that the feed is set to.
            await self._take_in(replace(feed, category=""), Document((item,), kind="page"), self._record)
        found = await self._finder.by_link(address)
        return Newcomer(found[0]) if found else Newcomer(trouble="it could not be recorded")

    async def _record(self, intent: PollIntent) -> Recorded:
        """The page's time is kept for readers only: the feed may write another, and means the same story."""
        new = tuple(replace(one, portal_published=None) for one in intent.new)
        return await self._store.record_brought(replace(intent, new=new, void=frozenset()))
