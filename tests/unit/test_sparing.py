"""Items that were read before are not parsed again, and nobody can tell from what comes out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Document
from bot.errors import ParseError
from bot.sources.decoding import decode
from bot.sources.mending import mend
from bot.sources.parsing import parse
from bot.sources.sparing import Spare, cut_items
from tests.support_corpus import CORPUS
from tests.support_sources import NOW, rss, task


def item(number: int, title: str = "") -> str:
    return f"<title>{title or f'Kabar {number}'}</title><link>/kabar/{number}</link><guid>g{number}</guid>"


def read(text: str, spare: Spare, **changes: object) -> Document:
    return parse(text.encode(), task(**changes), spare).document


def parsed_items(text: str, spare: Spare, **changes: object) -> int:
    """How many items of `text` would have to be parsed."""
    made = task(**changes)
    plan = spare.plan(mend(text, 2000).body, made.url, made.zone, made.now)
    assert plan
    return len(plan.fresh)


def test_only_what_is_new_or_changed_is_parsed() -> None:
    """One new item above, one changed, one gone; the order is the document's."""
    spare = Spare()
    read(rss(*map(item, range(5))), spare)
    newer = rss(item(9), item(0), item(1, "Ralat"), *map(item, range(2, 4)))
    assert parsed_items(newer, spare) == 2
    assert read(newer, spare) == parse(newer.encode(), task()).document
    assert parsed_items(newer, spare) == 0
    assert read(newer, spare).items[2].title == "Ralat"


def test_the_document_itself_is_read_anew() -> None:
    """Its title, its date, its hub; a date that moves on costs no item."""
    spare = Spare()
    hub = '<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>'
    channel = "<title>Portal</title><lastBuildDate>{}</lastBuildDate><!-- made in {} ms -->" + hub
    times = ("Fri, 29 Nov 2024 01:00:00 GMT", "Fri, 29 Nov 2024 01:05:00 GMT")
    looks = [rss(item(1), channel=channel.format(when, n)) for n, when in enumerate(times)]
    read(looks[0], spare)
    assert parsed_items(looks[1], spare) == 0
    seen = read(looks[1], spare)
    assert (seen.title, seen.hub) == ("Portal", "https://hub.example/")
    assert seen.built == NOW.replace(hour=1, minute=5)


@pytest.mark.parametrize("changes", [{"url": "https://other.example/rss"}, {"now": NOW + timedelta(days=1)}])
def test_other_surroundings_are_read_whole(changes: dict[str, object]) -> None:
    """Another feed, or another day: a date without a year may mean something else."""
    spare = Spare()
    text = rss(item(1), item(2))
    read(text, spare)
    assert parsed_items(text, spare, **changes) == 2


def test_another_base_is_read_whole() -> None:
    """Relative links lead elsewhere then."""
    spare = Spare()
    read(rss(item(1)), spare)
    moved = rss(item(1), channel="<title>Portal</title><link>https://baru.example/</link>")
    assert read(moved, spare).items[0].link == "https://baru.example/kabar/1"


def test_no_more_than_allowed_is_remembered() -> None:
    """The feed that was read longest ago is forgotten first."""
    spare = Spare(most_kept=2_000)
    texts = [rss(*(item(n, f"Judul {m * 7919}-{n}") for n in range(5))) for m in range(20)]
    for number, text in enumerate(texts):
        read(text, spare, url=f"https://{number}.example/")
        assert spare.size <= 2_000
    assert parsed_items(texts[-1], spare, url="https://19.example/") == 0
    assert parsed_items(texts[0], spare, url="https://0.example/") == 5


@pytest.mark.parametrize(
    "inside",
    [
        item(1) + "</item><category>x</category><item>" + item(2),  # something between two items
        item(1) + "<item>" + item(2) + "</item>",  # one in another
        "<description>]]></description></item><item><title><![CDATA[<item>",
        "<link xml:base='/x/'>a</link>",
        "<title><b></item></title>",  # no XML: where it ends is guessed, and colours what follows
    ],
)
def test_what_cannot_be_cut_cleanly_is_read_whole(inside: str) -> None:
    """And is read as ever."""
    text = rss(inside)
    spare = Spare()
    try:
        wanted = parse(text.encode(), task()).document
    except ParseError:
        return
    for _ in range(2):
        assert read(text, spare) == wanted


def test_ends_of_items_that_are_enclosed_are_none() -> None:
    """In CDATA and in comments."""
    cut = cut_items(b"<rss><item>a<![CDATA[</item><item>]]></item> <item>b<!-- </item> --></item></rss>")
    assert cut
    assert cut.items == (b"<item>a<![CDATA[</item><item>]]></item>", b"<item>b<!-- </item> --></item>")
    assert (cut.head, cut.tail) == (b"<rss>", b"</rss>")


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 8), st.sampled_from(["", "Lain", "A & B", "<b>x</b>"])), max_size=8
        ),
        min_size=2,
        max_size=5,
    )
)
def test_a_feed_that_changes_as_it_likes_is_read_as_without_memory(
    looks: list[list[tuple[int, str]]],
) -> None:
    """Items come, go, change, repeat themselves and change places."""
    spare = Spare()
    for look in looks:
        text = rss(*(item(number, title) for number, title in look))
        assert read(text, spare) == parse(text.encode(), task()).document


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("series", ["world/polls", "indonesia/polls"])
def test_the_poll_series_are_read_as_without_memory(series: str) -> None:
    """Real feeds, look after look: each can be cut, and many items are spared."""
    fresh = total = 0
    for folder in sorted((CORPUS / series).iterdir()):
        spare = Spare()
        for path in sorted(folder.glob("*.xml"))[:12]:
            body = path.read_bytes()
            plan = spare.plan(mend(decode(body, None), 2000).body, task().url, task().zone, task().now)
            whole = parse(body, task())
            assert parse(body, task(), spare) == whole
            total += len(whole.document.items)
            assert plan
            fresh += len(plan.fresh)
    assert fresh < total * 2 / 3  # some captures are a day apart
