"""Nothing is posted twice, whatever portals change: decisions in a row, and properties of any history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.decide import Rules, decide, keys_wanted
from bot.domain.delivery import State
from bot.domain.headlines import Document, Item, KeyKind
from bot.domain.polling import Channel
from tests.support_decide import DAY, NOW, SITE, Memory, document, item, says_nothing, story

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = Rules(max_age=DAY, surge_limit=30)


def day(count: int = 5) -> Document:
    """A document of `count` ordinary stories, newest first as portals have it."""
    return document(*map(story, range(1, count + 1)))


# ---------------------------------------------------------------- nothing twice


@given(st.lists(st.integers(1, 40), unique=True, max_size=12))
def test_the_same_document_again_says_nothing(numbers: list[int]) -> None:
    """No new headline, no correction, no empty sighting."""
    memory, seen = Memory(), document(*map(story, numbers))
    memory.look(seen)
    assert says_nothing(memory.look(seen, NOW + MINUTE))
    assert len(memory.posts) == len(numbers)


def _article(number: int, **fields: object) -> Item:
    return story(number, link=f"{SITE}/dunia/read/2023/09/20/{500_000 + number}/slug-{number}", **fields)


CHANGES: dict[str, Callable[[int], Item]] = {
    "all GUIDs change": lambda n: story(n, guid=f"new-{n}"),
    "all GUIDs go": lambda n: story(n, guid=None),
    "all slugs change, GUIDs stay": lambda n: story(n, link=f"{SITE}/dunia/slug-baru-{n}-sama-sekali"),
    "all links go": lambda n: story(n, link=None),
    "https becomes http": lambda n: story(n, link=f"http{(story(n).link or '')[5:]}"),
    "utm_* appear": lambda n: story(n, link=f"{story(n).link}?utm_source=rss&utm_medium=feed"),
    "the amp site": lambda n: story(
        n, link=(story(n).link or "").replace("https://", "https://amp."), guid=f"x{n}"
    ),
    "dates are bumped": lambda n: story(n, published=NOW + n * MINUTE),
    "dates go": lambda n: story(n, published=None),
    "all titles change": lambda n: story(n, title=f"Judul baru {n}"),
    "titles and dates change": lambda n: story(n, title=f"Judul baru {n}", published=NOW),
    "titles are cut": lambda n: story(n, title=f"{story(n).title[:-1]}…"),
    "GUIDs and dates change": lambda n: story(n, guid=f"new-{n}", published=NOW),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_portal_may_change_one_thing_of_everything(change: Callable[[int], Item]) -> None:
    """Nothing is new, and a second look at the changed document says nothing."""
    memory = Memory()
    memory.look(day())
    changed = document(*map(change, range(1, 6)))
    assert not memory.look(changed, NOW + MINUTE).new
    assert says_nothing(memory.look(changed, NOW + 2 * MINUTE))
    assert not memory.look(day(), NOW + 3 * MINUTE).new


def test_an_article_id_survives_all_but_itself() -> None:
    """Slug, GUID, scheme, title and time at once."""
    memory = Memory()
    memory.look(document(_article(1), _article(2)))
    links = [
        (one.link or "").replace("slug", "judul").replace("https", "http")
        for one in (_article(1), _article(2))
    ]
    intent = memory.look(document(*(item(f"Lain {n}", link, guid=f"g{n}") for n, link in enumerate(links))))
    assert not intent.new
    assert len(intent.corrections) == 2


@given(st.permutations(range(1, 8)), st.sets(st.integers(1, 7)))
def test_order_and_absence_mean_nothing(order: list[int], gone: set[int]) -> None:
    """A feed is reordered, items drop out and come back."""
    memory = Memory()
    memory.look(day(7))
    assert says_nothing(memory.look(document(*(story(n) for n in order if n not in gone))))
    assert says_nothing(memory.look(document(*map(story, order))))


def test_two_stories_with_one_title_are_two() -> None:
    """*Cuaca hari ini* at two addresses."""
    memory = Memory()
    memory.look(document(story(1, title="Cuaca"), story(2, title="Cuaca")))
    assert len(memory.posts) == 2


@pytest.mark.parametrize("guid", [None, "sama"])
def test_twenty_four_items_with_one_link_are_twenty_four(guid: str | None) -> None:
    """Only titles tell them apart; the next day one more is one more."""
    items = [story(number, link=SITE, guid=guid) for number in range(24)]
    memory = Memory()
    memory.look(document(*items))
    assert len(memory.posts) == 24
    assert memory.feed().void >= {KeyKind.LINK}
    new = memory.look(document(story(99, link=SITE, guid=guid), *items[:-1])).new
    assert [one.words.title for one in new] == ["Kabar nomor 99"]


def test_all_guids_of_a_feed_of_one_link_change() -> None:
    """Title and time recognise what nothing else does."""
    memory = Memory()
    memory.look(document(*(story(number, link=SITE) for number in range(24))))
    changed = document(*(story(number, link=SITE, guid=f"new-{number}") for number in range(24)))
    assert not memory.look(changed).new
    assert says_nothing(memory.look(changed))


def test_a_guid_of_two_feeds_is_two() -> None:
    """Two portals both count from 12345."""
    memory = Memory()
    memory.look(document(story(1, guid="12345")))
    memory.look(document(item("Lain", "https://lain.example/1", guid="12345")), feed_id=2)
    assert len(memory.posts) == 2


def test_a_document_that_lists_a_story_twice_posts_it_once() -> None:
    """Repeated GUID, or the same link and title under two GUIDs."""
    memory = Memory()
    twice = document(story(1), story(2), story(1), story(2, guid="2b"))
    memory.look(twice)
    assert len(memory.posts) == 2
    assert says_nothing(memory.look(twice))


def test_an_item_that_shares_a_key_with_a_known_storys_item_is_no_news() -> None:
    """The known story comes again with a new GUID, and that GUID stands at another address too."""
    memory = Memory()
    memory.look(document(story(1)))
    again = document(story(1, guid="g", link=f"{SITE}/dunia/alamat-yang-lain-lagi"), story(1, guid="g"))
    assert not memory.look(again).new
    assert says_nothing(memory.look(again))


def test_a_kind_that_becomes_void_makes_no_old_story_new() -> None:
    """One day the portal lists one article under two titles: GUID, link and article id all fall at once."""
    items = [_article(number, guid=_article(number).link) for number in range(1, 6)]
    memory = Memory()
    memory.look(document(*items))
    intent = memory.look(document(replace(items[0], title="Judul lain sama sekali"), *items))
    assert intent.void == {KeyKind.ARTICLE, KeyKind.GUID, KeyKind.LINK}
    assert [new.words.title for new in intent.new] == ["Judul lain sama sekali"]
    assert says_nothing(memory.look(document(*items)))


@pytest.mark.parametrize("guid", [None, SITE, "dated"])
def test_a_feed_of_one_item_that_links_to_the_home_page(guid: str | None) -> None:
    """Title and time change: a new headline, no old post overwritten, and what comes back is recognised."""
    memory = Memory()
    shown = [
        item(f"Sorotan {n}", SITE, published=NOW + n * HOUR, guid=f"{n}" if guid == "dated" else guid)
        for n in range(3)
    ]
    intents = [memory.look(document(shown[n]), NOW + n * HOUR) for n in (0, 1, 0, 2, 1)]
    assert [len(intent.new) for intent in intents] == [1, 1, 0, 1, 0]
    assert not any(intent.corrections for intent in intents)
    assert memory.posted() == ["Sorotan 0", "Sorotan 1", "Sorotan 2"]


def test_a_story_told_in_two_ways_keeps_the_known_title() -> None:
    """One item has the old words, another the known ones with a link: the link is new, the title is not."""
    memory = Memory()
    memory.look(document(item("Lama", None, guid="2"), item("Lama", SITE, guid="2")))
    memory.look(document(item("Baru", None, guid="2")), NOW + MINUTE)
    memory.look(document(item("Baru", SITE)), NOW + 2 * MINUTE, feed_id=2)
    both = document(item("Lama", None), item("Baru", SITE))
    said = [one.words.title for one in memory.look(both, NOW + HOUR).corrections]
    assert said in ([], ["Baru"])
    assert says_nothing(memory.look(both, NOW + HOUR))


# ---------------------------------------------------------------- anything at all

POOL = st.builds(
    Item,
    title=st.sampled_from(
        ["", "A", "B", "C", "Judul yang cukup panjang…", "Judul yang cukup panjang sekali"]
    ),
    link=st.sampled_from(
        [None, SITE, f"{SITE}/a", f"{SITE}/b", f"http://m.kabar.example/read/2023/09/20/{123_456}/x"]
    ),
    guid=st.sampled_from([None, "1", "2", SITE, "http://kabar.example/1"]),
    published=st.sampled_from([None, NOW, NOW - HOUR, NOW + DAY]),
    lead=st.sampled_from(["", "Isi berita."]),
    flaw=st.sampled_from(["", "", "", "broken"]),
)
DOCUMENTS = st.lists(POOL, max_size=6).map(lambda items: Document(items=tuple(items)))
CHANNELS = (Channel(1), Channel(2, waiting=frozenset({1})), Channel(3, hold=True, include=("a",)))


@settings(max_examples=400)
@given(st.lists(st.tuples(DOCUMENTS, st.integers(1, 2)), max_size=5), DOCUMENTS, st.integers(1, 2))
def test_whatever_came_before_a_repeated_document_says_nothing(
    history: list[tuple[Document, int]], seen: Document, feed_id: int
) -> None:
    """The heart of it: two equal looks in a row never post, correct or note anything twice."""
    memory = Memory(CHANNELS, RULES)
    for minute, (before, feed) in enumerate(history):
        memory.look(before, NOW + minute * MINUTE, feed)
    now = NOW + HOUR
    memory.look(seen, now, feed_id)
    assert says_nothing(memory.look(seen, now, feed_id))


@settings(max_examples=200)
@given(DOCUMENTS, DOCUMENTS)
def test_what_was_shown_before_is_never_news(seen: Document, other: Document) -> None:
    """Whatever a portal shows in between, an old document that comes back has nothing new in it."""
    memory = Memory(CHANNELS, RULES)
    for minute, shown in enumerate((seen, other)):
        memory.look(shown, NOW + minute * MINUTE)
    assert not memory.look(seen, NOW + HOUR).new


@settings(max_examples=200)
@given(DOCUMENTS)
def test_every_usable_item_is_a_headline_and_every_headline_has_a_row_in_every_channel(
    seen: Document,
) -> None:
    """Nothing vanishes without a reason; keys belong to one headline each."""
    intent = Memory(CHANNELS, RULES).look(seen)
    usable = len(seen.items) - len(intent.ignored)
    assert bool(intent.new) is (usable > 0)
    assert all([row.channel_id for row in new.deliveries] == [1, 2, 3] for new in intent.new)
    skipped = [row for new in intent.new for row in new.deliveries if row.state is not State.PENDING]
    assert all(row.reason is not None for row in skipped)
    owned = [key for new in intent.new for key in new.keys]
    assert len(owned) == len(set(owned))


# ---------------------------------------------------------------- the memory itself


def test_memory_gives_back_what_it_was_told() -> None:
    """A key taken over belongs to the new headline; a sighting takes nothing from anybody."""
    memory = Memory()
    memory.look(document(story(1)))
    taken = memory.look(document(story(1, guid="2", title="Lain", published=NOW)))
    assert [new.keys for new in taken.new] != []
    owners = {key.kind: memory.owners[key] for key in keys_wanted(memory.feed(), document(story(1)))}
    assert owners == {KeyKind.GUID: 1, KeyKind.LINK: 2, KeyKind.TEXT: 1}


def test_memory_refuses_a_second_row() -> None:
    """A second row for a headline in a channel would be a second post."""
    memory = Memory()
    memory.look(day(1))
    again = memory.look(day(1))
    new = decide(memory.feed(), day(1), {}, memory.channels, memory.rules, NOW).new[0]
    with pytest.raises(AssertionError):
        memory._deliver(1, new.deliveries)
    assert says_nothing(again)
