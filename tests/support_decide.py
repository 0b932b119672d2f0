"""A portal and a store small enough to be obviously right, for tests of identity and decisions.

`Memory` applies intents as `bot.store.polls` does, to dicts; it has tests of its own in test_decide.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.decide import Rules, decide, keys_wanted
from bot.domain.delivery import SkipReason, State
from bot.domain.headlines import Document, Item, Key, Words
from bot.domain.polling import (
    Channel,
    Correction,
    FeedForPoll,
    Known,
    NewDelivery,
    NewHeadline,
    PollIntent,
    Sighting,
)

NOW = datetime(2023, 9, 20, 0, 0, tzinfo=UTC)
SITE = "https://kabar.example"
DAY = timedelta(days=1)


def item(
    title: str = "Rusia Desak Armenia Hentikan Permusuhan", link: str | None = None, **fields: object
) -> Item:
    """An item of a well-kept feed; every field can be given otherwise."""
    return replace(Item(title=title, link=link), **fields)  # type: ignore[arg-type]


def story(number: int, **fields: object) -> Item:
    """The story `number` of a portal whose items have GUID, link and time, and no article id."""
    made = Item(
        title=f"Kabar nomor {number}",
        link=f"{SITE}/dunia/kabar-yang-ke-{number}-hari-ini",
        guid=f"guid-{number}",
        published=NOW - timedelta(minutes=number),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def document(*items: Item) -> Document:
    """A document of these items."""
    return Document(items=items)


@dataclass
class Memory:
    """Headlines, keys and rows as dicts; `posts` is what was made due, in order, as (channel, headline id)."""

    channels: Sequence[Channel] = (Channel(1),)
    rules: Rules = field(default_factory=lambda: Rules(max_age=timedelta(days=36_500), surge_limit=0))
    feeds: dict[int, FeedForPoll] = field(default_factory=dict)
    headlines: dict[int, Known] = field(default_factory=dict)
    words: dict[int, Words] = field(default_factory=dict)
    owners: dict[Key, int] = field(default_factory=dict)
    rows: dict[tuple[int, int], NewDelivery] = field(default_factory=dict)
    posts: list[tuple[int, int]] = field(default_factory=list)

    def feed(self, feed_id: int = 1) -> FeedForPoll:
        """The feed as it stands; one that nobody has described has no name."""
        return self.feeds.setdefault(feed_id, FeedForPoll(feed_id, f"{SITE}/feed/{feed_id}"))

    def look(self, seen: Document, now: datetime = NOW, feed_id: int = 1) -> PollIntent:
        """One good look: look up, decide, record."""
        feed = self.feed(feed_id)
        known = self.known(keys_wanted(feed, seen))
        intent = decide(feed, seen, known, self.channels, self.rules, now)
        self.record(intent)
        return intent

    def known(self, keys: Collection[Key]) -> Mapping[Key, Known]:
        """The headlines that own any of `keys`."""
        return {key: self.headlines[self.owners[key]] for key in keys if key in self.owners}

    def record(self, intent: PollIntent) -> None:
        """Apply `intent`."""
        for new in intent.new:
            self._add(new, intent)
        for correction in intent.corrections:
            self._correct(correction, intent)
        for sighting in intent.sightings:
            self._sight(sighting, intent)
        feed = self.feeds[intent.feed_id]
        self.feeds[intent.feed_id] = replace(feed, looked=intent.at, void=intent.void or feed.void)

    def titles(self) -> list[str]:
        """The titles of all headlines, in the order in which they were first seen."""
        return [known.title for known in self.headlines.values()]

    def posted(self, channel: int = 1) -> list[str]:
        """The titles posted to `channel`, in order, as they read now."""
        return [self.words[headline].title for to, headline in self.posts if to == channel]

    def change(self, headline_id: int, **fields: object) -> None:
        """What an editor, or time, does to a headline."""
        self.headlines[headline_id] = replace(self.headlines[headline_id], **fields)  # type: ignore[arg-type]

    def _add(self, new: NewHeadline, intent: PollIntent) -> None:
        headline = len(self.headlines) + 1
        self.words[headline] = new.words
        self.headlines[headline] = Known(
            headline_id=headline,
            title=new.words.title,
            link=new.words.link,
            published=new.portal_published,
            guid=new.guid,
            owner_feed=intent.feed_id,
            owner_silent=False,
            edited_by_desk=False,
            withdrawn=False,
            first_seen=intent.at,
            categories=frozenset(filter(None, [new.category])),
            feeds=frozenset({intent.feed_id}),
        )
        self.owners.update(dict.fromkeys(new.keys, headline))
        self._deliver(headline, new.deliveries)

    def _correct(self, correction: Correction, intent: PollIntent) -> None:
        headline, words = correction.headline_id, correction.words
        self.change(headline, title=words.title, link=words.link)
        if not correction.by_desk:
            self.words[headline] = words

    def _sight(self, sighting: Sighting, intent: PollIntent) -> None:
        headline = sighting.headline_id
        old = self.headlines[headline]
        for key in sighting.keys:
            self.owners.setdefault(key, headline)
        self.change(
            headline,
            categories=old.categories | frozenset(filter(None, [sighting.category])),
            feeds=old.feeds | {intent.feed_id},
            guid=old.guid or sighting.guid,
            published=sighting.published or old.published,
        )
        self._deliver(headline, sighting.deliveries)

    def _deliver(self, headline: int, rows: Sequence[NewDelivery]) -> None:
        for row in rows:
            place = (row.channel_id, headline)
            assert place not in self.rows or self.rows[place].reason is SkipReason.FILTERED
            self.rows[place] = row
            if row.state is State.PENDING:
                self.posts.append(place)
        here = {channel: row for (channel, of), row in self.rows.items() if of == headline}
        filtered = (channel for channel, row in here.items() if row.reason is SkipReason.FILTERED)
        self.change(headline, channels=frozenset(here), filtered=frozenset(filtered))


def says_nothing(intent: PollIntent) -> bool:
    """Whether an intent would change nothing that is remembered of headlines."""
    return not (intent.new or intent.corrections or intent.sightings or intent.void or intent.surge)
