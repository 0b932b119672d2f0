"""The poll series of the corpus, replayed in full through parsing and decisions: each story is posted once.

A series is one feed as it was captured again and again; its EVENTS.tsv tells what changed between two
captures, derived with feedparser, an item being its GUID or else its link. Where we differ on purpose, it is
listed here with the reason.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.headlines import Document
from bot.domain.links import canonical
from bot.domain.polling import PollIntent
from bot.sources.parsing import parse
from bot.sources.tasks import Task
from tests.support_decide import Memory, says_nothing

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SERIES = {
    "bbc": "world/polls/bbc",
    "kontan": "indonesia/polls/kontan",
    "meduza": "world/polls/meduza",
    "philstar": "world/polls/philstar",
    "radarbogor": "indonesia/polls/radarbogor",
}
#: Stories in the whole series. bbc, kontan, radarbogor: the first capture's items and the events `new`.
#: meduza: different titles, for all links are the home page and there is no GUID.
#: philstar: different `<nid>`, its own number of an article. EVENTS.tsv has 100 `new`: two stories got another
#: title and with it another slug, GUID and link, which only the article's number outlives.
STORIES = {"bbc": 231, "kontan": 40, "meduza": 28, "philstar": 98, "radarbogor": 37}
#: Only quotation marks became typewriter ones: folding removes that, so it is no correction.
NO_CORRECTIONS = {"https://www.bbc.co.uk/news/uk-scotland-highlands-islands-52373414"}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")


@cache
def captures(name: str) -> tuple[tuple[datetime, Document], ...]:
    """Time and document of each look, oldest first; file names end in the time of capture with its zone."""
    found = []
    for path in sorted((CORPUS / SERIES[name]).glob("*.xml")):
        at = datetime.strptime(path.stem.partition("_")[2][:17], "%Y-%m-%dT%H%M%S").replace(
            tzinfo=ZoneInfo("UTC")
        )
        task = Task(f"https://{name}.example/feed", ZoneInfo("UTC"), at)
        found.append((at, parse(path.read_bytes(), task).document))
    return tuple(found)


def events(name: str, kind: str) -> dict[int, set[str]]:
    """The ids of the events of one kind, by number of the look."""
    found = defaultdict(set)
    with (CORPUS / SERIES[name] / "EVENTS.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["event"] == kind:
                found[int(row["poll"])].add(row["id"])
    return found


def replay(name: str, memory: Memory) -> Iterator[PollIntent]:
    """Every look of a series, and after each the same look again, which must say nothing."""
    for at, seen in captures(name):
        intent = memory.look(seen, at)
        assert says_nothing(memory.look(seen, at))
        yield intent


@pytest.mark.parametrize("name", SERIES)
def test_each_story_of_a_series_is_posted_once(name: str) -> None:
    """Retitled, re-dated, reordered, gone and back: as many posts as stories, and no two for one address."""
    memory = Memory()
    looks = list(replay(name, memory))
    posted = sum(len(intent.new) for intent in looks)
    assert posted == STORIES[name]
    assert posted == len(memory.posts) == len(set(memory.posts))


@pytest.mark.parametrize("name", SERIES)
def test_a_series_that_comes_back_brings_nothing_new(name: str) -> None:
    """A cache that serves the whole history once more makes no post."""
    memory = Memory()
    list(replay(name, memory))
    posts = list(memory.posts)
    assert not any(intent.new for intent in replay(name, memory))
    assert memory.posts == posts


@pytest.mark.parametrize("name", ["bbc", "kontan", "radarbogor"])
def test_every_look_posts_what_is_new_in_it(name: str) -> None:
    """Exactly the events `new`, look by look; what reappeared is not among them."""
    expected = events(name, "new")
    for number, intent in enumerate(replay(name, Memory())):
        if number:
            assert {new.guid or new.words.link for new in intent.new} == expected[number]


@pytest.mark.parametrize("name", ["bbc", "kontan", "radarbogor"])
def test_a_changed_title_is_a_correction_and_a_changed_date_is_none(name: str) -> None:
    """Exactly the events `title_changed`, but for what folding removes."""
    memory, changed = Memory(), events(name, "title_changed")
    for number, intent in enumerate(replay(name, memory)):
        corrected = {canonical(correction.words.link or "") for correction in intent.corrections}
        assert corrected == {canonical(link) for link in changed[number] - NO_CORRECTIONS}


@pytest.mark.parametrize("name", SERIES)
def test_each_look_goes_out_oldest_first(name: str) -> None:
    """By the portal's times; an undated one counts as now."""
    for intent in replay(name, Memory()):
        times = [new.words.published for new in intent.new]
        assert times == sorted(times)


def test_a_feed_whose_items_all_have_one_link_is_never_one_story() -> None:
    """meduza: links are void from the first look on, and titles alone tell its stories apart."""
    memory = Memory()
    first = next(replay("meduza", memory))
    assert len(first.new) == 24
    assert [kind.value for kind in memory.feed().void] == ["link"]
