"""What one document says, story by story: the items that tell of one headline, brought together.

It does not decide what becomes of a story.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.headlines import Document, Item, Key, KeyKind
from bot.domain.identity import is_strong, match
from bot.domain.polling import Known
from bot.domain.text import shorten

#: Characters of the lead that stand in for a missing title.
_STAND_IN = 100


@dataclass(frozen=True, slots=True)
class Told:
    """An item that can be a headline. `made_up`: its title is the beginning of its lead."""

    item: Item
    made_up: bool = False


@dataclass(slots=True)
class Story:
    """All that a document says of one headline: its items with their positions, `known` if it is remembered.

    `keys` are all that its items bring and no other story of the document has claimed.
    """

    known: Known | None = None
    keys: dict[Key, None] = field(default_factory=dict)
    _told: dict[int, Told] = field(default_factory=dict)

    def add(self, told: Told, position: int) -> None:
        """Another item of it."""
        self._told[position] = told

    @property
    def position(self) -> int:
        """Of its first item in the document."""
        return min(self._told)

    @property
    def first(self) -> Item:
        """Its first item in the document: whether the headline is known or not, this is the same one."""
        return self._told[self.position].item

    @property
    def titled(self) -> tuple[Item, ...]:
        """Its items with a title of their own, in the order of the document."""
        return tuple(
            told.item for _, told in sorted(self._told.items(), key=lambda one: one[0]) if not told.made_up
        )


def usable(document: Document) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """The items that can be headlines, and a line for each that cannot and for what was not read at all.

    An untitled item borrows the beginning of its lead, as a short notice does. Without either there is
    nothing to post and nothing that an editor could look for, so it is no headline at all; nor is one
    whose words cannot be trusted (`Item.flaw`): it becomes one when the portal mends it.
    """
    told, ignored = [], [document.flaw] if document.flaw else []
    for item in document.items:
        if item.flaw:
            ignored.append(f"{_name(item)}: {item.flaw}")
        elif item.title:
            told.append(Told(item))
        elif item.lead:
            told.append(Told(replace(item, title=shorten(item.lead, _STAND_IN)), made_up=True))
        else:
            ignored.append(f"{_name(item)}: neither title nor lead")
    return tuple(told), tuple(ignored)


def _name(item: Item) -> str:
    """How an item that is no headline is named: not by its place, which changes with every look."""
    return shorten(item.title or item.link or item.guid or "an item without title, link and GUID", _STAND_IN)


def gather(
    told: Sequence[Told], item_keys: Sequence[Sequence[Key]], known: Mapping[Key, Known]
) -> tuple[Story, ...]:
    """One story for each headline in the document, in the order of their first items.

    Known headlines come first to their keys: an item that only shares a key with one of *their* items
    is theirs too.
    """
    stories = _Stories(known)
    strangers = [
        one for one in zip(told, item_keys, range(len(told)), strict=True) if not stories.recognise(*one)
    ]
    for stranger in strangers:
        stories.join_or_found(*stranger)
    return stories.in_order()


class _Stories:
    """The stories found so far, by headline and by key."""

    def __init__(self, known: Mapping[Key, Known]) -> None:
        self._known = known
        self._by_headline: dict[int, Story] = {}
        self._by_key: dict[Key, Story] = {}
        self._all: list[Story] = []

    def recognise(self, told: Told, item_keys: Sequence[Key], position: int) -> bool:
        """Add the item to the known headline that it tells of, if there is one."""
        found = match(item_keys, told.item, self._known)
        if found.known is None:
            return False
        story = self._by_headline.get(found.known.headline_id)
        if story is None:
            story = self._by_headline[found.known.headline_id] = self._found(found.known)
        self._claim(story, item_keys)
        story.add(told, position)
        return True

    def join_or_found(self, told: Told, item_keys: Sequence[Key], position: int) -> None:
        """Add the item to a story of this document that shares a key, or begin a new one."""
        # Where links are void, two GUIDs in one document are two stories though link and title agree.
        telling = (
            [key for key in item_keys if key.kind is not KeyKind.TEXT] if is_strong(item_keys) else item_keys
        )
        shared = next((key for key in telling if key in self._by_key), None)
        story = self._by_key[shared] if shared else self._found(None)
        self._claim(story, item_keys)
        story.add(told, position)

    def in_order(self) -> tuple[Story, ...]:
        return tuple(sorted(self._all, key=lambda story: story.position))

    def _found(self, known: Known | None) -> Story:
        self._all.append(Story(known))
        return self._all[-1]

    def _claim(self, story: Story, item_keys: Sequence[Key]) -> None:
        for key in item_keys:
            if self._by_key.setdefault(key, story) is story:
                story.keys[key] = None
