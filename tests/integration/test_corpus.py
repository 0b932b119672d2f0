"""Real feeds and pages, gathered beside the checkout: what they say is what we read.

The texts belong to their publishers and are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.domain.headlines import Document, Item
from bot.domain.links import absolute, article_key, canonical
from bot.domain.text import clean_title
from bot.errors import ParseError
from bot.sources.pages import named_feeds
from bot.sources.parser import ParserProcess
from bot.sources.parsing import parse
from bot.sources.tasks import Parsed, Want
from tests.support_corpus import CORPUS, HARD, Expected, expectations
from tests.support_sources import JAKARTA, task

SEED = CORPUS.parent / "seed" / "lists.json"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")

NOW = datetime(2026, 11, 25, tzinfo=UTC)
FEED_FILES = {".xml", ".rss", ".atom"}

#: Files that are no feed with a whole item, each with what the operator is told.
NO_FEEDS = {
    "hard/feed-rs/rss2/rss_2.0_invalid_1.xml": "breaks off",
    "hard/feed-rs/xml/xml_sample_1.xml": "its root is <catalog>",
    "hard/feedjira/PaulDixExplainsNothingFirstEntryContent.xml": "names no feed",  # a piece of HTML
    "hard/feedjira/TechCrunchFirstEntry.xml": "names no feed",  # a piece of HTML
    "hard/feedparser/illformed/rss_empty_document.xml": "plain text",  # a comment alone
    "hard/feedparser/illformed/rss_incomplete_cdata.xml": "breaks off",  # ends inside its first title
    "hard/feedvalidator/atom/must/feed_missing.xml": "names no feed",  # a comment and an unknown root
    "hard/feedvalidator/atom/must/invalid_xml.xml": "breaks off",  # no item, no end
    "hard/gofeed/parser/universal/unknown_feed.xml": "names no feed",
    "hard/miniflux/xml/testdata/iso88591_utf8_mismatch.xml": "its root is <note>",
    "hard/rss-parser/input/unrecognized.rss": "0",  # "Object moved": a page that names a feed
}
#: Files in which elements called item or entry are not all items.
OTHER_COUNTS = {
    "hard/feedparser/wellformed/base/cdf_item_abstract_xml_base.xml": 1,  # CDF writes <ITEM>
    "hard/feedparser/wellformed/cdf/item_abstract_map_description.xml": 1,
    "hard/feedparser/wellformed/cdf/item_abstract_map_summary.xml": 1,
    "hard/feedparser/wellformed/cdf/item_href_map_link.xml": 1,
    "hard/feedparser/wellformed/cdf/item_href_map_links.xml": 1,
    "hard/feedvalidator/rss/must/rss10_contentItems.xml": 1,  # content:item is a part of an item
    "hard/rome/rome-modules/src/test/resources/os/sample2.xml": 1,  # one is commented out
    "hard/simplepie/feed-utf16le.xml": 1,  # UTF-16: not counted by bytes
}


def feed_files() -> Iterator[Path]:
    """Every feed of the corpus; of the poll series the first and the last capture."""
    for path in sorted(CORPUS.rglob("*")):
        if path.suffix in FEED_FILES and "polls" not in path.parts:
            yield path
    for series in sorted(CORPUS.glob("*/polls/*")):
        captures = sorted(series.glob("*.xml"))
        yield from {*captures[:1], *captures[-1:]}


@cache
def parsed(path: Path, charset: str = "", url: str = "http://corpus.example/feed") -> Parsed:
    """A file of the corpus, read once in this process."""
    return parse(path.read_bytes(), task(url=url, now=NOW, zone=UTC, charset=charset or None))


def document(name: str, charset: str = "") -> Document:
    """The document of a file, named below the corpus."""
    return parsed(CORPUS / name, charset).document


def titles(name: str, charset: str = "") -> list[str]:
    return [item.title for item in document(name, charset).items]


def test_every_feed_gives_its_items() -> None:
    """As many as it has, or an error in words; nothing crashes and nothing is an empty success."""
    wrong = []
    for path in feed_files():
        name = path.relative_to(CORPUS).as_posix()
        raw = path.read_bytes()
        body = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        count = OTHER_COUNTS.get(name, len(re.findall(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]", body)))
        try:
            found: object = len(parsed(path).document.items)
        except ParseError as error:
            found = str(error)
        fits = re.search(NO_FEEDS[name], str(found)) if name in NO_FEEDS else found == count
        if not fits and "venus/reconstitute" not in name:  # an item's inside, without its element
            wrong.append((name, count, found))
    assert wrong == []


#: Differences of rule, not of reading: file (below hard/) and what differs.
DIFFERENCES = {
    # an attribute `uri` that is an address of another protocol: feedparser takes it for the link
    "gofeed/parser/rss/rss_channel_item_uri_at_protocol.xml": {"link"},
    # relative to the file's own address, which only that suite knows
    "feedparser/wellformed/base/http_item_link_base_content_location.xml": {"link"},
    "podcastparser/itunes_duration.rss": {"link"},
    "podcastparser/itunes_episode_image.rss": {"link"},
    "podcastparser/itunes_no_xmlns.rss": {"link"},
    "podcastparser/media_episode_thumbnail.rss": {"link"},
    # that suite makes up a title of the description; here an untitled item stays untitled
    "podcastparser/no_guid.rss": {"title"},
    "podcastparser/no_title.rss": {"title"},
}


def _agrees(name: str, item: Item | None, wanted: Expected) -> Iterator[tuple[str, bool]]:
    # A suite that itself read a file with the wrong character set expects mojibake, which is no title.
    if wanted.title is not None and "\ufffd" not in wanted.title:
        yield "title", item is not None and item.title in {wanted.title, clean_title(wanted.title)}
    if wanted.link is not None:
        full = absolute(wanted.link, "http://corpus.example/feed") or wanted.link
        same_path = item is not None and (item.link or "").endswith(wanted.link.strip())
        yield "link", item is not None and (canonical(item.link or "") == canonical(full) or same_path)
    if wanted.when is not None:
        when = item.published if item else None
        yield "when", when is not None and abs((when - wanted.when).total_seconds()) < 1


def test_other_suites_expectations_hold() -> None:
    """Titles, links and dates as those suites expect them; what differs by rule is listed above."""
    counts: Counter[bool] = Counter()
    differing: dict[str, set[str]] = {}
    for path, expected, charset in expectations():
        items = parsed(path, charset).document.items
        for wanted in expected:
            item = items[wanted.place] if wanted.place < len(items) else None
            name = path.relative_to(HARD).as_posix()
            for what, agrees in _agrees(name, item, wanted):
                counts[agrees] += 1
                if not agrees:
                    differing.setdefault(name, set()).add(what)
    assert {name: what for name, what in differing.items() if not what <= DIFFERENCES.get(name, set())} == {}
    assert set(DIFFERENCES) == set(differing), "an explained difference is gone: strike it from the list"
    share = counts[True] / counts.total()
    print(f"{counts[True]} of {counts.total()} expected titles, links and dates agree: {share:.2%}")  # noqa: T201 - the figure is asked for
    assert counts.total() > 1300
    assert share >= 0.99


HARD_COUNTS = {
    "world/znmuse-2025/apnews.xml": 510,
    "world/egfedorov-2026/bbc.xml": 31,
    "world/feeder/rss_theguardian.xml": 54,
    "world/feedreader-2017/AtomSpecialCharacters.xml": 1,
    "world/twitter-analysis-2016/theguardian_rss.xml": 187,
    "world/headlines-2021/dailymail.xml": 62,
    "world/headlines-2021/cnn.xml": 50,
    "indonesia/apr-2017/liputan6.xml": 200,
    "indonesia/apr-2017/tempo_terkini.xml": 30,
    "indonesia/detik-indeks-2026/detik.xml": 20,
    "indonesia/generated-2026/poskota_empty.xml": 0,
    "hard/node-feedparser/saxerror.xml": 3,
}


@pytest.mark.parametrize("name", HARD_COUNTS)
def test_hard_feeds_are_read_whole(name: str) -> None:
    """Repeated GUIDs, none at all, raw ampersands, no root, strange namespaces, no items."""
    assert len(document(name).items) == HARD_COUNTS[name]


def test_a_feed_with_one_link_for_all_keeps_its_items() -> None:
    """Only the title tells them apart; nothing is collapsed here."""
    series = sorted((CORPUS / "world/polls/meduza").glob("*.xml"))
    items = parsed(series[0]).document.items
    assert len(items) == 24
    assert len({item.link for item in items}) == 1
    assert all(item.guid is None for item in items)


def test_dates_of_the_hard_cases() -> None:
    """Month names, an element in a date, dots, a spoken date, none at all: never 1970, never now."""
    jogja = parse((CORPUS / "indonesia/jogjaprov-2019/feed.xml").read_bytes(), task(now=NOW)).document.items
    assert jogja[0].published == datetime(2019, 8, 5, tzinfo=JAKARTA)
    assert jogja[0].link is not None
    assert not jogja[0].link.startswith(" ")
    assert all(item.published is None for item in document("indonesia/detik-indeks-2026/detik.xml").items)
    assert document("hard/prof18/feed-test-time.xml").items[0].published == datetime(
        2019, 5, 3, 19, 21, 28, tzinfo=UTC
    )
    assert document("hard/prof18/feed-image-enclosure.xml").items[0].published == datetime(
        2022, 11, 22, 12, 16, tzinfo=UTC
    )
    hindi = document("hard/capyreader/rssparser/src/test/resources/feed-test-hindi-channel-image.xml")
    assert any(item.published == datetime(2021, 1, 29, 16, 42, tzinfo=UTC) for item in hindi.items)
    uol = document("hard/rss-parser/input/uolNoticias.rss").items[0]
    assert uol.published == datetime(2018, 9, 24, 22, 42, 40, tzinfo=UTC)
    assert "\ufffd" not in uol.title
    stale = document("indonesia/apr-2017/bbc_indonesia_2009_berita.xml").items
    assert {item.published.year for item in stale if item.published} == {2008, 2009}
    cnn = document("world/headlines-2021/cnn.xml").items
    assert sum(item.published is None for item in cnn) == 3
    plausible = [item for path in feed_files() for item in _items(path) if item.published]
    assert not [item for item in plausible if item.published and not 1994 <= item.published.year <= 2036]


def _items(path: Path) -> tuple[Item, ...]:
    try:
        return parsed(path).document.items
    except ParseError:
        return ()


def test_character_sets_of_the_hard_cases() -> None:
    """Wrong prologs, none, UTF-16, UTF-32, EUC-KR, windows-1252: no mojibake."""
    for name in ("utf8-incorrect-prolog.xml", "windows-1252-incorrect-prolog.xml"):
        text = repr(document(f"hard/miniflux/encoding/testdata/{name}"))
        assert not re.search("Ã.|â€|\ufffd", text), name
    assert "\ufffd" not in repr(document("hard/miniflux/parser/testdata/no_encoding_ISO-8859-1.xml"))
    assert len(document("hard/node-feedparser/compressed.xml").items) > 0
    assert len(document("hard/simplepie/feed-utf16le.xml").items) == 1


def test_titles_of_the_hard_cases() -> None:
    """Escaped HTML is plain text; ampersands are ampersands; markup of a broken document does no harm."""
    assert titles("hard/yarr/parser/fixtures/rss/title-html-tags.xml") == ["title in p", "very strong title"]
    detik = titles("indonesia/detik-indeks-2026/detik.xml")
    assert not any("&amp;" in title or "<" in title for title in detik)
    assert not any(item.title and "\ufdd0" in item.title for path in feed_files() for item in _items(path))


def test_external_entities_are_never_fetched() -> None:
    """No file's content comes out, and what needed it is not posted."""
    body = (HARD / "laminas/_files/Reader/xxe-atom10.xml").read_text(encoding="utf-8")
    found = parse(body.encode(), task()).document
    assert "root:" not in repr(found)
    assert "XXE" not in repr(found).replace("xxe", "")


def test_redirectors_give_way_to_the_article() -> None:
    """News by feedsportal, which is gone: the GUID has the address; the beacon is no picture."""
    items = document("indonesia/detik-2014/detik.rss").items
    assert all(item.link and item.link.startswith("http://news.detik.com/read/2014/") for item in items)
    assert article_key(items[0].link or "") == "news.detik.com|2568253"
    assert not any("<" in item.lead for item in items)


def test_relative_links_are_absolute() -> None:
    """Against xml:base, the channel's link, the feed's address."""
    for name in ("hard/node-feedparser/rss-with-relative-urls.xml", "world/netflix-rss-2015/wsj.xml"):
        links = [item.link for item in document(name).items if item.link]
        assert links
        assert all(link.startswith("http") for link in links), name


def test_json_feeds_are_read() -> None:
    """1.0 and 1.1, ids that are numbers."""
    read = []
    for path in sorted(HARD.rglob("*.json")):
        if b"jsonfeed.org" not in path.read_bytes()[:2000]:
            continue
        data = json.loads(path.read_bytes())
        if (
            isinstance(data, dict)
            and "jsonfeed.org" in str(data.get("version"))
            and isinstance(data.get("items"), list)
        ):
            assert len(parsed(path).document.items) == len(data["items"]), path
            read.append(path)
    assert len(read) >= 4


def test_pages_name_their_feeds() -> None:
    """A suite for finders of feeds: each page names exactly the file beside it."""
    pages = [
        path for path in sorted((HARD / "feedfinder").glob("*.html")) if path.with_suffix(".xml").exists()
    ]
    assert len(pages) > 20
    for path in pages:
        found = named_feeds(path.read_text(encoding="latin-1"), f"http://suite.example/{path.name}")
        assert [link.rpartition("/")[2] for link in found] == [path.with_suffix(".xml").name]
    html = (HARD / "feed-io/discovery.html").read_text(encoding="utf-8")
    assert named_feeds(html, "http://example.org/") == ("http://example.org/feed.xml",)


POPULAR_PAGES = {
    "rmol_page_1.html": (5, "Kali Ini Sekdaprov Lampung Lantik Risky Sofyan dan Fitrianita Damhuri"),
    "rmollampung_page1.html": (5, "Kali Ini Sekdaprov Lampung Lantik Risky Sofyan dan Fitrianita Damhuri"),
    "dump_antara.html": (5, "Sporting CP dikabarkan terima penawaran Arsenal untuk Gyokeres"),
    "viva_dump.html": (
        5,
        "KKN UIN Raden Intan Lampung Perbaiki Akses Jalan Agrowisata Beringin Jaya, Warga Patungan Rp3 Juta",
    ),
    "okezone_2020.html": (10, "Ini Penampakan Uang Baru Redenominasi Rp1.000 Jadi Rp1?"),
}


@pytest.mark.parametrize("name", POPULAR_PAGES)
def test_popular_lists_of_real_pages(name: str) -> None:
    """The popular box and not the one beside it; titles whole; no link twice."""
    body = (CORPUS / "indonesia/html" / name).read_bytes()
    items = parse(body, task(want=Want.POPULAR)).document.items
    count, first = POPULAR_PAGES[name]
    assert (len(items), items[0].title) == (count, first)
    assert len({canonical(item.link or "") for item in items}) == count
    assert not any(item.title.endswith("...") for item in items)


def test_latest_lists_of_real_pages() -> None:
    """At least ten headlines each; most of them dated where the page dates them."""
    for path in sorted((CORPUS / "indonesia/html").glob("*.html")):
        items = parse(path.read_bytes(), task(now=datetime(2025, 7, 25, 10, tzinfo=UTC))).document.items
        assert len(items) >= 10, path.name
        assert all(item.link and len(item.title) >= 12 for item in items), path.name
    detik = parse((CORPUS / "indonesia/html/html_detik_lampung.html").read_bytes(), task()).document.items
    assert detik[0].title == "Pemerkosa-Pembunuh Bocah 10 Tahun di Lampung Jadi Tersangka"
    assert detik[0].published == datetime(2025, 7, 25, 7, 40, tzinfo=JAKARTA)


SEED_MARKUPS = [
    "<li><a href='{link}'>{title}</a><span class=date>{stamp}</span></li>",
    "<div class=media><a href='{link}'><img src=x.jpg></a><h4><a href='{link}'>{title}</a></h4><p>{stamp}</p></div>",
    "<div><a href='{link}'><h3>{title}</h3><small>{stamp} WIB</small></a></div>",
    "<p>{stamp}<br><a href='{link}'>{title}</a></p>",
]


@pytest.mark.skipif(not SEED.exists(), reason="the seed page is not beside this checkout")
@pytest.mark.parametrize("markup", SEED_MARKUPS)
def test_the_lists_of_the_page_it_all_began_with(markup: str) -> None:
    """Populer (7) and UPDATE (10), with their dates, in any markup."""
    lists: dict[str, list[dict[str, Any]]] = json.loads(SEED.read_bytes())
    boxes = []
    for heading, name in (("Populer", "populer"), ("UPDATE", "update")):
        rows = [
            markup.format(link=f"/dunia/read/2024/11/29/{hash_of(row['title'])}/x", **row)
            for row in lists[name]
        ]
        boxes.append(f"<div><h2>{heading}</h2>{''.join(rows)}<a href=/indeks>Selengkapnya</a></div>")
    page = f"<html><body><h1>Rusia Desak Armenia</h1><p>Isi</p>{''.join(boxes)}"
    popular = parse(page.encode(), task(want=Want.POPULAR)).document.items
    assert [(item.title, _minute(item)) for item in popular] == [
        (row["title"], row["when"]) for row in lists["populer"]
    ]
    latest = [(item.title, _minute(item)) for item in parse(page.encode(), task()).document.items]
    assert [
        row for row in latest if row not in {(one["title"], one["when"]) for one in lists["populer"]}
    ] == [(row["title"], row["when"]) for row in lists["update"]]


def hash_of(title: str) -> int:
    """A number for a headline, the same in every run."""
    return 600_000 + sum(ord(char) * place for place, char in enumerate(title, start=1)) % 100_000


def _minute(item: Item) -> str:
    return f"{item.published.astimezone(JAKARTA):%Y-%m-%d %H:%M}" if item.published else ""


async def test_the_child_reads_what_this_process_reads() -> None:
    """A few of every kind, through the pipe."""
    parser = ParserProcess(deadline=60)
    for name in (
        "indonesia/apr-2017/detik_news.xml",
        "hard/feed-rs/atom/atom_scattered.xml",
        "indonesia/html/viva_dump.html",
    ):
        body = (CORPUS / name).read_bytes()
        assert await parser.parse(body, task()) == parse(body, task())
    await parser.aclose()
