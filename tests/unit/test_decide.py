"""Decide: what a look makes of a document, given what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.decide import Rules, decide, keys_wanted
from bot.domain.delivery import HoldReason, Lane, SkipReason, State
from bot.domain.headlines import Document
from bot.domain.polling import Channel, FeedForPoll, NewDelivery, PollIntent
from tests.support_decide import DAY, NOW, SITE, Memory, document, item, says_nothing, story

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = Rules(max_age=DAY, surge_limit=30)


def day(count: int = 5) -> Document:
    """A document of `count` ordinary stories, newest first as portals have it."""
    return document(*map(story, range(1, count + 1)))


def states(intent: PollIntent, channel: int = 1) -> list[tuple[State, object]]:
    """What became of each new headline in `channel`, oldest first."""
    rows = [row for new in intent.new for row in new.deliveries if row.channel_id == channel]
    return [(row.state, row.reason) for row in rows]


# ---------------------------------------------------------------- new headlines


def test_new_headlines_go_oldest_first() -> None:
    """Portals list the newest first; readers get them in the order they happened."""
    memory = Memory()
    memory.look(day(3))
    assert memory.posted() == ["Kabar nomor 3", "Kabar nomor 2", "Kabar nomor 1"]


def test_undated_headlines_go_in_reverse_document_order_behind_dated_ones() -> None:
    """No time, or one to come, counts as first seen; equal times are turned round."""
    memory = Memory()
    memory.look(
        document(
            story(1, published=None),
            story(2, published=NOW + HOUR),
            story(3),
            story(4, published=None),
        )
    )
    assert memory.posted() == [f"Kabar nomor {number}" for number in (3, 4, 2, 1)]
    assert {memory.words[headline].published for headline in (2, 3, 4)} == {NOW}
    assert {known.published for known in memory.headlines.values()} == {story(3).published, None, NOW + HOUR}


def test_words_are_the_portals() -> None:
    """Everything that templates show comes along; the setting's category is the kicker."""
    feed = FeedForPoll(1, f"{SITE}/feed", category="dunia")
    told = story(1, author="RENI ERINA", lead="Moskow mendesak.", image=f"{SITE}/1.jpg")
    new = decide(feed, document(told), {}, [], RULES, NOW).new[0]
    assert (new.words.kicker, new.category, new.words.reporter) == ("Dunia", "Dunia", "RENI ERINA")
    assert (new.words.lead, new.words.image, new.words.link) == (told.lead, told.image, told.link)
    assert (new.portal_published, new.guid) == (told.published, told.guid)


def test_an_untitled_item_borrows_its_lead() -> None:
    """A short notice is posted under its first words."""
    memory = Memory()
    memory.look(document(item("", f"{SITE}/1", lead="Gempa 5,1 guncang Cianjur.")))
    assert memory.posted() == ["Gempa 5,1 guncang Cianjur."]


def test_a_changed_lead_is_no_correction_of_a_borrowed_title() -> None:
    """Nor does a title that goes missing take the headline's away."""
    memory = Memory()
    memory.look(document(story(1, title="", lead="Gempa 5,1 guncang Cianjur."), story(2)))
    intent = memory.look(
        document(story(1, title="", lead="Gempa 5,3 guncang Cianjur."), story(2, title="", lead="x"))
    )
    assert not intent.new
    assert not intent.corrections


def test_items_that_are_no_headline_are_named() -> None:
    """Nothing to post, nothing to search for: no row, but a line in the log."""
    seen = document(
        item("", f"{SITE}/1"), item("Uang &bom; rakyat", f"{SITE}/2", flaw="needs the entity bom"), story(1)
    )
    memory = Memory()
    intent = memory.look(seen)
    assert memory.titles() == ["Kabar nomor 1"]
    assert intent.ignored == (
        f"{SITE}/1: neither title nor lead",
        "Uang &bom; rakyat: needs the entity bom",
    )
    assert says_nothing(memory.look(seen))


def test_an_empty_document_changes_nothing() -> None:
    """A portal that shows nothing for a moment has withdrawn nothing."""
    memory = Memory()
    memory.look(day())
    assert says_nothing(memory.look(document()))
    assert says_nothing(memory.look(day()))


def test_the_store_is_asked_for_every_key_that_is_recorded() -> None:
    """Else a headline could be recorded under a key that another one owns, unseen."""
    feed, seen = FeedForPoll(1, SITE), day()
    recorded = {key for new in decide(feed, seen, {}, [], RULES, NOW).new for key in new.keys}
    assert recorded == keys_wanted(feed, seen)


# ---------------------------------------------------------------- what becomes of them


def test_older_than_the_limit_is_kept_not_posted() -> None:
    """Exactly as old as the limit is still young enough; the rest has its reason."""
    memory = Memory(rules=RULES)
    intent = memory.look(document(story(1, published=NOW - DAY), story(2, published=NOW - DAY - MINUTE)))
    assert states(intent) == [(State.SKIPPED, SkipReason.TOO_OLD), (State.PENDING, None)]


def test_a_rule_is_told_before_age() -> None:
    """`explain` names the rule that would have kept it out at any age."""
    memory = Memory([Channel(1, exclude=("nomor 1",))], RULES)
    intent = memory.look(document(story(1, published=NOW - 2 * DAY)))
    assert intent.new[0].deliveries == (
        NewDelivery(1, State.SKIPPED, SkipReason.FILTERED, rule="exclude: nomor 1"),
    )


def test_a_first_look_is_held_until_all_feeds_were_looked_at() -> None:
    """Whoever has looked at every feed chooses; what is too old is no candidate."""
    memory = Memory([Channel(1, waiting=frozenset({1, 2})), Channel(2)], RULES)
    intent = memory.look(document(story(1), story(2, published=NOW - 2 * DAY)))
    assert states(intent) == [(State.SKIPPED, SkipReason.TOO_OLD), (State.HELD, HoldReason.FIRST_LOOK)]
    assert states(intent, 2) == [(State.SKIPPED, SkipReason.TOO_OLD), (State.PENDING, None)]


def test_a_feed_that_answers_late_brings_nothing_at_its_first_look() -> None:
    """It failed when the channel's first posts were chosen: all that it has counts as seen."""
    intent = Memory([Channel(1, closed=frozenset({1}))], RULES).look(day(2))
    assert states(intent) == [(State.SKIPPED, SkipReason.FIRST_LOOK)] * 2


def test_a_new_channel_meets_what_an_old_feed_shows() -> None:
    """Known headlines of the feed are candidates for its first posts; replaying adds none."""
    memory = Memory([Channel(1)], RULES)
    memory.look(day(3))
    memory.channels = [Channel(1), Channel(2, waiting=frozenset({1}), exclude=("nomor 2",))]
    intent = memory.look(day(3))
    rows = [sighting.deliveries for sighting in intent.sightings]
    assert rows == [(NewDelivery(2, State.HELD, HoldReason.FIRST_LOOK),)] * 2
    assert says_nothing(memory.look(day(3)))


def test_a_channel_that_met_its_feeds_gets_no_old_news() -> None:
    """A headline without a row in the channel, shown again by a feed that showed it before, stays where it is."""
    memory = Memory([Channel(1)], RULES)
    memory.look(day(3))
    memory.channels = [Channel(1), Channel(2)]
    assert says_nothing(memory.look(day(3)))


def test_a_channel_may_hold_each_post_for_an_editor() -> None:
    """Held by its own rule, after all other reasons."""
    assert states(Memory([Channel(1, hold=True)], RULES).look(day(1))) == [(State.HELD, HoldReason.HOLD)]


def test_only_the_first_due_post_of_a_look_makes_a_sound() -> None:
    """Per channel; a row that is not due makes none."""
    channels = [Channel(1), Channel(2, exclude=("nomor 3",)), Channel(3, hold=True)]
    intent = Memory(channels, RULES).look(day(3))
    loud = [[row.channel_id for row in new.deliveries if row.loud] for new in intent.new]
    assert loud == [[1], [2], []]


# ---------------------------------------------------------------- surges


def looked(memory: Memory, ago: timedelta) -> Memory:
    """As if the last good look had been so long ago."""
    memory.feeds[1] = replace(memory.feed(), looked=NOW - ago)
    return memory


@pytest.mark.parametrize(
    ("count", "ago", "is_surge"),
    [
        (30, MINUTE, False),
        (31, MINUTE, True),
        (31, 62 * MINUTE, False),
        (31, 61 * MINUTE, True),
        (200, 7 * HOUR, False),
        (211, 7 * HOUR, True),
    ],
)
def test_a_surge_is_more_than_the_limit_and_more_than_one_in_two_minutes(
    count: int, ago: timedelta, is_surge: bool
) -> None:
    """A catch-up after an outage is none."""
    assert looked(Memory(rules=RULES), ago).look(day(count)).surge is is_surge


def test_a_first_look_is_no_surge() -> None:
    """Nor is anything where there is no limit."""
    assert not Memory(rules=RULES).look(day(100)).surge
    assert not looked(Memory(rules=replace(RULES, surge_limit=0)), MINUTE).look(day(100)).surge


def test_an_editor_decides_on_a_surge() -> None:
    """All of it is held, for one decision; what is not due anyway keeps its own reason."""
    channels = [Channel(1), Channel(2, hold=True), Channel(3, exclude=("kabar",))]
    memory = looked(Memory(channels, replace(RULES, has_editor=True)), MINUTE)
    intent = memory.look(day(31))
    assert set(states(intent, 1)) == set(states(intent, 2)) == {(State.HELD, HoldReason.SURGE)}
    assert set(states(intent, 3)) == {(State.SKIPPED, SkipReason.FILTERED)}


def test_without_an_editor_the_newest_go_out() -> None:
    """And the first of them makes the sound."""
    memory = looked(Memory(rules=RULES), MINUTE)
    intent = memory.look(day(40))
    assert states(intent) == [(State.SKIPPED, SkipReason.SURGE)] * 10 + [(State.PENDING, None)] * 30
    assert [new.deliveries[0].loud for new in intent.new].index(True) == 10
    assert says_nothing(memory.look(day(40)))


def test_what_is_not_due_makes_no_surge() -> None:
    """A portal that suddenly lists its archive floods nobody: there is nothing to ask an editor about."""
    old = [story(number, published=NOW - 2 * DAY) for number in range(5, 100)]
    memory = looked(Memory([Channel(1, exclude=("nomor 4",))], replace(RULES, surge_limit=3)), MINUTE)
    intent = memory.look(document(story(4), *old))
    assert not intent.surge
    assert memory.posts == []


@pytest.mark.parametrize("has_editor", [True, False])
def test_a_portal_that_changes_every_key_is_a_surge_though_most_of_it_is_old(*, has_editor: bool) -> None:
    """Two days of news under new GUIDs, addresses and times: today's few would go out a second time."""
    memory = looked(Memory([Channel(1)], replace(RULES, has_editor=has_editor)), DAY)
    seen = [story(number, published=NOW - number * DAY / 20) for number in range(1, 41)]
    memory.look(document(*seen), NOW - MINUTE)
    memory.posts.clear()
    moved = [replace(one, guid=f"baru-{one.guid}", link=f"{one.link}-pindah") for one in seen]
    intent = memory.look(document(*moved))
    assert intent.surge
    assert len(memory.posts) == (0 if has_editor else 20)


# ---------------------------------------------------------------- corrections


def test_the_owner_corrects_its_headline() -> None:
    """Once, with the old words for the desk; the post's time stays the first one."""
    memory = Memory()
    memory.look(day(1))
    intent = memory.look(document(story(1, title="Judul baru", published=NOW)), NOW + HOUR)
    assert [(one.old_title, one.words.title) for one in intent.corrections] == [
        ("Kabar nomor 1", "Judul baru")
    ]
    assert intent.corrections[0].words.published == story(1).published
    assert memory.posted() == ["Judul baru"]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " Kabar  nomor\u00a01"},
        {"published": NOW + HOUR},
        {"lead": "Lain", "author": "Lain", "image": f"{SITE}/2.jpg"},
        {"link": f"http://www.kabar.example{(story(1).link or '').removeprefix(SITE)}/?fbclid=1#atas"},
        {"link": None},
    ],
)
def test_what_is_no_correction(fields: dict[str, object]) -> None:
    """White space, a date, a lead, the folded parts of a link: no reader would call it a change."""
    memory = Memory()
    memory.look(day(1))
    assert not memory.look(document(story(1, **fields))).corrections


def test_a_new_address_is_a_correction() -> None:
    """Posts link to where the article is now, even where its title is cut in this list."""
    memory = Memory()
    memory.look(document(story(1, title="Rusia Desak Armenia Hentikan Permusuhan")))
    intent = memory.look(document(story(1, title="Rusia Desak Armenia…", link=f"{SITE}/baru")))
    assert [(one.words.title, one.words.link) for one in intent.corrections] == [
        ("Rusia Desak Armenia Hentikan Permusuhan", f"{SITE}/baru")
    ]


def test_a_dated_link_only_feed_may_bump_a_time_and_then_correct() -> None:
    """The time that was said last decides whether a link alone still means the same story."""
    memory = Memory()
    memory.look(document(story(1, guid=None)))
    memory.look(document(story(1, guid=None, published=NOW)))
    intent = memory.look(document(story(1, guid=None, published=NOW, title="Judul baru")))
    assert [one.words.title for one in intent.corrections] == ["Judul baru"]


def test_a_story_told_in_two_ways_does_not_go_to_and_fro() -> None:
    """Two items of one document mean one known headline: what is still said stays, else the first item speaks."""
    memory = Memory()
    memory.look(document(story(1)))
    still, other = story(1, guid="g2"), story(1, link=f"{SITE}/lain", title="Lain")
    assert not memory.look(document(still, other)).corrections
    both = document(story(1, guid="g2", title="Lain lagi"), other)
    assert [one.words.title for one in memory.look(both).corrections] == ["Lain lagi"]
    assert says_nothing(memory.look(both))


def test_only_the_owner_corrects_until_it_is_silent() -> None:
    """The feed that brought the headline first owns its words."""
    memory = Memory()
    memory.look(day(1))
    other = document(story(1, title="Judul lain", guid="2"))
    assert not memory.look(other, feed_id=2).corrections
    memory.change(1, owner_silent=True)
    assert [one.words.title for one in memory.look(other, feed_id=2).corrections] == ["Judul lain"]


def test_the_desks_words_win_and_the_portals_change_is_reported_once() -> None:
    """The correction is marked; the same document again says nothing."""
    memory = Memory()
    memory.look(day(1))
    memory.change(1, edited_by_desk=True)
    changed = document(story(1, title="Judul baru"))
    assert [one.by_desk for one in memory.look(changed).corrections] == [True]
    assert memory.posted() == ["Kabar nomor 1"]
    assert says_nothing(memory.look(changed))


def test_a_withdrawn_headline_follows_the_portal_no_more() -> None:
    """No correction, no further channel; its new keys are kept, so that it never comes back as news."""
    memory = Memory()
    memory.look(day(1))
    memory.change(1, withdrawn=True)
    memory.channels = [Channel(1), Channel(2)]
    intent = memory.look(document(story(1, title="Judul baru", guid="2")), feed_id=2)
    assert not intent.corrections
    assert [(bool(one.keys), one.deliveries) for one in intent.sightings] == [(True, ())]
    moved = story(1, title="Lain lagi", guid="2", link=f"{SITE}/lain")
    assert not memory.look(document(moved), feed_id=2).new


# ---------------------------------------------------------------- one story, several feeds


def category_feeds() -> Memory:
    """Three category feeds, and a channel for each, for all, and by the name of a feed."""
    channels = [
        Channel(1),
        *(
            Channel(n, categories=frozenset({name}))
            for n, name in enumerate(("dunia", "hukum", "ekonomi"), 2)
        ),
        Channel(5, feeds=frozenset({"kedua"})),
    ]
    names = {1: ("utama", "dunia"), 2: ("kedua", "hukum"), 3: ("ketiga", "ekonomi")}
    feeds = {
        n: FeedForPoll(n, f"{SITE}/{n}", name=name, category=category)
        for n, (name, category) in names.items()
    }
    return Memory(channels, RULES, feeds=feeds)


def test_one_story_in_three_category_feeds_is_one_post_in_each_channel() -> None:
    """Each feed adds its name and category, which route it further; nothing twice, however often they look."""
    memory = category_feeds()
    for feed_id in (1, 2, 3, 2, 1, 3):
        memory.look(document(story(1, guid=f"g{feed_id}")), feed_id=feed_id)
    assert sorted(memory.posts) == [(channel, 1) for channel in range(1, 6)]
    assert memory.headlines[1].categories == {"Dunia", "Hukum", "Ekonomi"}


def test_a_feed_without_guids_is_remembered_too() -> None:
    """That a feed has shown a headline is said once, though it adds no key and no category."""
    memory = Memory(rules=RULES)
    memory.look(document(story(1, guid=None)))
    assert len(memory.look(document(story(1, guid=None)), feed_id=2).sightings) == 1
    assert says_nothing(memory.look(document(story(1, guid=None)), feed_id=2))


def test_a_headline_goes_no_further_when_it_is_old() -> None:
    """A category that is added after `MAX_AGE_HOURS` routes nothing."""
    memory = category_feeds()
    memory.look(day(1))
    late = NOW + DAY
    assert not any(one.deliveries for one in memory.look(day(1), late, feed_id=2).sightings)


def test_a_headline_that_reaches_a_channel_later_makes_a_sound_there() -> None:
    """It is the first post of the look in that channel; a held channel holds it."""
    memory = category_feeds()
    memory.channels = [*memory.channels, Channel(6, hold=True, categories=frozenset({"hukum"}))]
    memory.look(day(2))
    rows = [one.deliveries for one in memory.look(day(2), feed_id=2).sightings]
    held = NewDelivery(6, State.HELD, HoldReason.HOLD)
    assert rows == [
        (NewDelivery(3, State.PENDING, loud=True), NewDelivery(5, State.PENDING, loud=True), held),
        (NewDelivery(3, State.PENDING), NewDelivery(5, State.PENDING), held),
    ]


# ---------------------------------------------------------------- breaking news


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("surge", [False, True])
def test_breaking_news_keeps_its_lane_whoever_holds_it(*, hold: bool, surge: bool) -> None:
    """Held for an editor, or by a surge: released, it still goes before everything else."""
    channel = Channel(1, breaking=("nomor 2",), hold=hold)
    rules = Rules(max_age=DAY, surge_limit=1 if surge else 30, has_editor=True)
    feed = FeedForPoll(1, f"{SITE}/feed", looked=NOW - MINUTE)
    intent = decide(feed, day(3), {}, [channel], rules, NOW)
    rows = {new.words.title: new.deliveries[0] for new in intent.new}

    assert [row.lane for row in rows.values()] == [Lane.NORMAL, Lane.BREAKING, Lane.NORMAL]
    assert rows["Kabar nomor 2"].rule == "breaking: nomor 2"
    assert (rows["Kabar nomor 2"].state is State.PENDING) == (not hold and not surge)


def test_breaking_news_is_heard_beside_the_first_of_a_look() -> None:
    """Of the others only the first makes a sound."""
    intent = decide(
        FeedForPoll(1, f"{SITE}/feed"), day(4), {}, [Channel(1, breaking=("nomor 2",))], RULES, NOW
    )

    assert [new.deliveries[0].loud for new in intent.new] == [True, False, True, False]
