"""The demo's counter: what the portal has published, and what the sandbox's journal says became of it.

It counts what Telegram accepted, never what the bot believes. A headline is *lost* when a later one stands in the
channel and it does not: posts come in order, so nothing can still be on its way behind its successor.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Entry = dict[str, Any]

_ARTICLE = re.compile(r"/read/\d{4}/\d\d/\d\d/(\d+)/")


@dataclass(frozen=True, slots=True)
class Count:
    """The numbers at one moment; `waiting` are published, younger than every post, and not in the channel yet."""

    published: int
    posted: int
    waiting: int
    lost: int
    doubled: int


@dataclass(slots=True)
class Ledger:
    """The posts that stand in one channel, by the article they lead to.

    `first`: the id before the portal's first own article (ids are given in a row); older ones do not count.
    """

    channel: int
    first: int
    _posts: dict[int, int] = field(default_factory=dict)
    _copies: Counter[int] = field(default_factory=Counter)
    _newest: int = 0

    def note(self, entry: Entry) -> bool:
        """Take in one journal entry; whether it changed what stands in the channel."""
        if entry.get("chat") != self.channel:
            return False
        if entry["kind"] == "sent":
            return self._stand(int(entry["message_id"]), entry.get("links") or [])
        if entry["kind"] == "deleted" or entry.get("method") == "delete":
            return self._fall(int(entry["message_id"]))
        return False

    def count(self, last: int) -> Count:
        """The numbers, when `last` is the id of the article published last."""
        posted = len(self._copies)
        return Count(
            published=last - self.first,
            posted=posted,
            waiting=last - max(self._newest, self.first),
            lost=max(self._newest - self.first, 0) - posted,
            doubled=self._copies.total() - posted,
        )

    def post_of(self, article: int) -> int | None:
        """The message that leads to an article; None if none stands."""
        return next((message for message, found in reversed(self._posts.items()) if found == article), None)

    @property
    def articles(self) -> list[int]:
        """Articles with a post, newest first."""
        return sorted(self._copies, reverse=True)

    def _stand(self, message: int, links: list[str]) -> bool:
        article = article_of(links)
        if article is None or article <= self.first:
            return False
        self._posts[message] = article
        self._copies[article] += 1
        self._newest = max(self._newest, article)
        return True

    def _fall(self, message: int) -> bool:
        article = self._posts.pop(message, None)
        if article is None:
            return False
        self._copies[article] -= 1
        if not self._copies[article]:
            del self._copies[article]
        return True


def article_of(links: list[str]) -> int | None:
    """The id of the sample portal's article that the first such link leads to."""
    found = next(filter(None, map(_ARTICLE.search, links)), None)
    return int(found[1]) if found else None
