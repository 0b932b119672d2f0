"""What a look at a feed means: (what is known, what the portal says now, now) → a `PollIntent`.

Pure: it asks no store and no clock. The worker asks the store for `keys_wanted` first. Which headline an item
tells of is decided in `identity` and `stories`, what becomes of it in a channel in `due`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.due import Rules, first_deliveries, first_loud, further_deliveries, stem_surge
from bot.domain.headlines import Document, Item, Key, Words
from bot.domain.identity import folded, is_cut, is_strong, keys
from bot.domain.kickers import kicker
from bot.domain.links import canonical
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
from bot.domain.stories import Story, gather, usable

__all__ = ["Rules", "decide", "keys_wanted"]


def keys_wanted(feed: FeedForPoll, document: Document) -> frozenset[Key]:
    """The keys to look up before `decide`: all that the document's items would be known or recorded by."""
    told, _ = usable(document)
    item_keys, _ = keys([one.item for one in told], feed.id, feed.void)
    return frozenset(key for found in item_keys for key in found)


def decide(  # noqa: PLR0917 - the six things that a look is decided from
    feed: FeedForPoll,
    document: Document,
    known: Mapping[Key, Known],
    channels: Sequence[Channel],
    rules: Rules,
    now: datetime,
) -> PollIntent:
    """What to record of one good look at `feed`; `known` answers for `keys_wanted(feed, document)`.

    A document that says what it said before makes an intent without new headlines, corrections, sightings
    and void kinds. New headlines come oldest first by publication time; a missing or future time counts
    as `now` (aware, UTC); equal times go in the reverse of the document's order.
    """
    told, ignored = usable(document)
    item_keys, newly_void = keys([one.item for one in told], feed.id, feed.void)
    stories = sorted(gather(told, item_keys, known), key=lambda story: _place(story, now))
    look = _Look(feed, channels, rules, now)
    new, surge = stem_surge([look.new(story) for story in stories if story.known is None], feed, rules, now)
    seen = [(story, story.known) for story in stories if story.known is not None]
    corrections = [look.correction(story, one) for story, one in seen]
    sightings = [
        look.sighting(story, one, correction, known)
        for (story, one), correction in zip(seen, corrections, strict=True)
    ]
    heard: set[int] = set()
    return PollIntent(
        feed_id=feed.id,
        at=now,
        new=tuple(replace(one, deliveries=first_loud(one.deliveries, heard)) for one in new),
        corrections=tuple(one for one in corrections if one is not None),
        sightings=tuple(
            replace(one, deliveries=first_loud(one.deliveries, heard)) for one in sightings if one is not None
        ),
        void=feed.void | newly_void if newly_void else frozenset(),
        surge=surge,
        ignored=ignored,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """One look: what does not change from story to story."""

    feed: FeedForPoll
    channels: Sequence[Channel]
    rules: Rules
    now: datetime

    def new(self, story: Story) -> NewHeadline:
        """The headline that `story` makes, with a row in every channel."""
        item = story.first
        words = self.words(item, _stamp(item.published, self.now))
        rows = first_deliveries(
            words, words.kicker, self.feed, self.channels, too_old=self.is_old(words.published)
        )
        return NewHeadline(words, item.published, item.guid, tuple(story.keys), words.kicker, rows)

    def correction(self, story: Story, known: Known) -> Correction | None:
        """What the owner has changed of what readers see; None where it is nothing.

        A withdrawn headline follows the portal no more. As long as one item of the document still says what
        is known nothing has changed: a story that is told in two ways must not go to and fro between them.
        For the same reason an item that keeps the known title is believed before one that changes it.
        """
        speaks = self.feed.id == known.owner_feed or known.owner_silent
        items = story.titled
        if known.withdrawn or not speaks or not items or any(_says(item, known) for item in items):
            return None
        item = next((one for one in items if _titled(one, known)), items[0])
        title = known.title if is_cut(item.title, known.title) else item.title
        said = replace(item, title=title, link=item.link or known.link)
        words = self.words(said, _stamp(known.published, known.first_seen))
        return Correction(known.headline_id, words, known.title, by_desk=known.edited_by_desk)

    def sighting(
        self, story: Story, known: Known, correction: Correction | None, owners: Mapping[Key, Known]
    ) -> Sighting | None:
        """What this look adds to a known headline beside its correction; None where it is nothing."""
        item, owns = story.first, self.feed.id == known.owner_feed
        title = correction.words.title if correction else known.title
        words = self.words(replace(item, title=title), _stamp(known.published, known.first_seen))
        names = {name.casefold() for name in known.categories}
        category = words.kicker if words.kicker.casefold() not in names else ""
        met = owns or self.feed.id in known.feeds
        sighting = Sighting(
            known.headline_id,
            keys=tuple(key for key in story.keys if key not in owners),
            category=category,
            guid=item.guid if owns and known.guid is None else None,
            published=_new_time(story, known) if owns else None,
            deliveries=self.further(words, known, added=bool(category) or not met),
        )
        return None if met and sighting == Sighting(known.headline_id) else sighting

    def further(self, words: Words, known: Known, *, added: bool) -> tuple[NewDelivery, ...]:
        """The channels that a known headline reaches only now, while it is young."""
        if known.withdrawn or self.is_old(words.published):
            return ()
        categories = (*sorted(known.categories), words.kicker)
        return further_deliveries(words, categories, self.feed, self.channels, known, added=added)

    def words(self, item: Item, published: datetime) -> Words:
        """What is said of a headline: the portal's words under the time that its posts show."""
        return Words(
            title=item.title,
            link=item.link,
            kicker=kicker(self.feed.category, item.link, item.categories, title=item.title),
            published=published,
            reporter=item.author or "",
            lead=item.lead,
            image=item.image,
        )

    def is_old(self, published: datetime) -> bool:
        return self.now - published > self.rules.max_age


def _stamp(published: datetime | None, seen: datetime) -> datetime:
    """The portal's time, or the time first seen where it says nothing or a time to come."""
    return seen if published is None or published > seen else published


def _place(story: Story, now: datetime) -> tuple[datetime, int]:
    return _stamp(story.first.published, now), -story.position


def _says(item: Item, known: Known) -> bool:
    """Whether an item says what is known: its title or a cut of it, and its link or none."""
    return _titled(item, known) and not _moved(item.link, known.link)


def _titled(item: Item, known: Known) -> bool:
    return folded(item.title) == folded(known.title) or is_cut(item.title, known.title)


def _moved(link: str | None, known: str | None) -> bool:
    if link is None or link == known:
        return False
    return known is None or canonical(link) != canonical(known)


def _new_time(story: Story, known: Known) -> datetime | None:
    """The item's time where the next look will need it to tell a retitled story from another one."""
    published = story.first.published
    return None if is_strong(story.keys) or published == known.published else published
