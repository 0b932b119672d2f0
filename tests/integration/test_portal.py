"""The sample portal over real HTTP: pages, feeds, validators, popularity."""

import asyncio
import json
import re
import xml.etree.ElementTree as ET
from calendar import timegm
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape

import aiohttp
import feedparser
import pytest

from bot.sandbox.news import seed_popular, seed_update
from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_dates import stamp
from bot.sandbox.portal_desk import DeskError

NOW = datetime(2024, 12, 2, 3, 4, 5, tzinfo=UTC)
EVIL = "Awas <script>alert(\"1\")</script> & <b>tebal</b> 'kutip' 🎉 &amp; ]]> {{ 7*7 }}"


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def go(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def portal(clock: Clock) -> AsyncIterator[SamplePortal]:
    async with SamplePortal(clock=clock) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def text(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as response:
        assert response.status == 200
        return await response.text()


async def status(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(url) as response:
        return response.status


def headlines(page: str, block: str) -> list[tuple[str, str]]:
    """Headline and stamp of every entry of the list `block` (a class), as a reader sees them."""
    inside = page.split(f'<section class="{block}">')[1].split("</section>", maxsplit=1)[0]
    return [
        (unescape(a), unescape(b))
        for a, b in re.findall(r"<li><a [^>]*>(.*?)</a><time [^>]*>(.*?)</time>", inside)
    ]


def parse(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - the sandbox's own feed


def titles_of_rss(document: str) -> list[str]:
    return [item.findtext("title") or "" for item in parse(document).iter("item")]


async def test_front_page_has_the_seeds_lists(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A reader finds UPDATE, Populer and Selengkapnya on the front page, to the character."""
    page = await text(http, f"{portal.url}/")
    assert headlines(page, "update") == [(s.title, stamp(s.published)) for s in seed_update()]
    assert headlines(page, "populer") == [(s.title, stamp(s.published)) for s in seed_popular()]
    assert f'<a class="more" href="{portal.url}/indeks">Selengkapnya</a>' in page


async def test_front_page_leads_with_the_seeds_article(
    portal: SamplePortal, http: aiohttp.ClientSession
) -> None:
    """Kicker, headline and dateline of the seed page stand on top until there is other news."""
    page = await text(http, f"{portal.url}/")
    assert ">Dunia</a>\n<h1>" in page
    assert "Rusia Desak Armenia dan Azerbaijan Hentikan Permusuhan di Nagorno-Karabakh</a></h1>" in page
    assert '<p class="dateline">RABU, 20 SEPTEMBER 2023 | 06:12 WIB | LAPORAN: RENI ERINA</p>' in page


async def test_new_headline_leads(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A published headline leads the front page and UPDATE."""
    article = portal.publish("Judul Segar", section="tekno", reporter="Sekar Daneswari")
    page = await text(http, f"{portal.url}/")
    assert headlines(page, "update")[0] == ("Judul Segar", "Senin, 02 Desember 2024 | 10:04")
    assert len(headlines(page, "update")) == 10
    assert "SENIN, 02 DESEMBER 2024 | 10:04 WIB | LAPORAN: SEKAR DANESWARI" in page
    assert portal.link(article) == f"{portal.url}/tekno/read/2024/12/02/{article.id}/judul-segar"


async def test_pages_stay_at_home(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """No page asks another host for anything, and each names the feed."""
    for path in ("/", "/indeks", "/populer", "/politik", portal.publish().path):
        page = await text(http, portal.url + path)
        hosts = set(re.findall(r"(?:src|href)=[\"'](https?://[^/\"']+)", page))
        assert hosts == {portal.url}
        assert (
            f'<link rel="alternate" type="application/rss+xml" title="Warta Contoh (RSS)" href="{portal.feed_url}">'
            in page
        )


async def test_rss_says_what_was_published(
    portal: SamplePortal, http: aiohttp.ClientSession, clock: Clock
) -> None:
    """A feed reader finds titles, links, ids, times, section and reporter of the newest 30, newest first."""
    published: list[Article] = []
    for _ in range(35):
        clock.go(7)
        published.append(portal.publish())
    feed = feedparser.parse(await text(http, portal.feed_url))
    assert not feed.bozo
    assert len(feed.entries) == 30
    for entry, article in zip(feed.entries, reversed(published), strict=False):
        assert entry.title == article.title
        assert entry.link == portal.link(article)
        assert entry.id == article.guid
        assert not entry.guidislink
        assert timegm(entry.published_parsed) == article.published.timestamp()
        assert entry.published.endswith("+0700")
        assert entry.tags[0].term.lower() == article.section
        assert entry.author == article.reporter
        assert unescape(entry.summary) == article.lead
        assert entry.media_content[0]["url"] == entry.enclosures[0]["href"]


async def test_atom_says_what_was_published(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The Atom feed has the same articles, valid, with published and updated times."""
    articles = portal.flood(20)
    feed = feedparser.parse(await text(http, f"{portal.url}/atom"))
    assert not feed.bozo
    assert feed.version == "atom10"
    assert [entry.link for entry in feed.entries[:20]] == [portal.link(a) for a in reversed(articles)]
    assert [entry.id for entry in feed.entries[:20]] == [a.guid for a in reversed(articles)]
    assert timegm(feed.entries[0].updated_parsed) == NOW.timestamp()


async def test_json_feed_says_what_was_published(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The JSON Feed has the same articles under version 1.1."""
    article = portal.publish(EVIL)
    document = json.loads(await text(http, f"{portal.url}/feed.json"))
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["items"][0] == {
        "id": article.guid,
        "url": portal.link(article),
        "title": EVIL,
        "content_text": f"{EVIL}.",
        "image": f"{portal.url}/gambar/{article.id}.png",
        "date_published": "2024-12-02T10:04:05+07:00",
        "date_modified": "2024-12-02T10:04:05+07:00",
        "authors": [{"name": article.reporter}],
        "tags": ["Politik"],
    }


async def test_seed_in_the_feed(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """At the start the feed has the page's lists and its article, newest first."""
    titles = titles_of_rss(await text(http, portal.feed_url))
    assert titles[:10] == [seed.title for seed in seed_update()]
    assert set(titles[10:17]) == {seed.title for seed in seed_popular()}
    assert len(titles) == 18


async def test_category_feeds(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A section's feed has that section only."""
    articles = [
        portal.publish(section="tekno"),
        portal.publish(section="hukum"),
        portal.publish(section="tekno"),
    ]
    titles = titles_of_rss(await text(http, f"{portal.url}/rss/tekno"))
    assert titles == [articles[2].title, articles[0].title]
    assert await status(http, f"{portal.url}/rss/gosip") == 404


async def test_headline_never_becomes_markup(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """Whatever a person types as a headline is shown as text, everywhere."""
    article = portal.publish(EVIL, lead=EVIL, reporter=EVIL)
    for _ in range(30):
        portal.archive.read(article.id)
    for path in ("/", "/indeks", "/populer", "/politik", article.path):
        page = await text(http, portal.url + path)
        assert "<script" not in page
        assert "<b>tebal" not in page
        assert "{{ 7*7 }}" in page
    assert headlines(await text(http, f"{portal.url}/"), "update")[0][0] == EVIL
    document = await text(http, portal.feed_url)
    assert titles_of_rss(document)[0] == EVIL
    description = parse(document).findtext(".//item/description") or ""
    assert unescape(description) == EVIL
    assert "<" not in description


async def test_control_characters_are_left_out(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """What XML cannot say is not published; the feed stays well formed."""
    portal.publish("Ju\x00dul\x1b \ud800aneh\ufffe")
    assert titles_of_rss(await text(http, portal.feed_url))[0] == "Judul aneh"


async def test_article_page(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """An article tells its address, time, reporter and picture, beside both lists."""
    article = portal.publish(section="bisnis")
    page = await text(http, portal.link(article))
    assert f'<link rel="canonical" href="{portal.link(article)}">' in page
    assert '<meta property="article:published_time" content="2024-12-02T10:04:05+07:00">' in page
    assert f"LAPORAN: {article.reporter.upper()}" in page
    assert len(headlines(page, "populer")) == 7
    assert len(headlines(page, "update")) == 10
    async with http.get(f"{portal.url}/gambar/{article.id}.png") as response:
        assert (response.status, response.content_type) == (200, "image/png")
        assert (await response.read()).startswith(b"\x89PNG")


async def test_article_is_found_by_its_id(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The id decides, whatever the slug; an unknown id is a 404."""
    article = portal.publish()
    assert await status(http, f"{portal.url}{article.path}-lama") == 200
    assert await status(http, portal.url + article.path.replace(str(article.id), "1")) == 404
    assert await status(http, f"{portal.url}/gambar/1.png") == 404


async def test_index_is_paged(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """Selengkapnya leads to all articles, thirty a page, each once."""
    portal.flood(50)
    found: list[str] = []
    page = ""
    for number in (1, 2, 3):
        page = await text(http, f"{portal.url}/indeks?halaman={number}")
        found += re.findall(r"<li><a href=\"([^\"]+)\"", page)
    assert len(found) == len(set(found)) == 68
    assert "halaman=4" not in page
    for wrong in ("0", "x", "-1", "٣", "999999999"):
        assert await status(http, f"{portal.url}/indeks?halaman={wrong}") == 404


async def test_popular_follows_the_readers(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """Page views move an article up the list; looking at a list or at headers does not."""
    article = portal.publish("Yang Dibaca Semua")
    for _ in range(3):
        await http.head(portal.link(article))
    assert portal.archive.reads(article.id) == 0
    for _ in range(19):
        await text(http, portal.link(article))
    order = [title for title, _ in headlines(await text(http, portal.popular_url), "populer")]
    seed = [s.title for s in seed_popular()]
    assert order == [seed[0], "Yang Dibaca Semua", *seed[1:6]]


@pytest.mark.parametrize("path", ["/rss", "/atom", "/feed.json", "/rss/politik", "/", "/populer"])
async def test_unchanged_is_304(portal: SamplePortal, http: aiohttp.ClientSession, path: str) -> None:
    """A client that has the newest version is told so, until something changes."""
    async with http.get(portal.url + path) as response:
        tag = response.headers["ETag"]
    async with http.get(portal.url + path, headers={"If-None-Match": f'"other", {tag}'}) as response:
        assert (response.status, await response.read(), response.headers["ETag"]) == (304, b"", tag)
    # As many readers as it takes for the popular list to change too.
    article = portal.publish(section="politik")
    for _ in range(30):
        portal.archive.read(article.id)
    async with http.get(portal.url + path, headers={"If-None-Match": tag}) as response:
        assert response.status == 200
        assert response.headers["ETag"] != tag


@pytest.mark.parametrize("path", ["/rss", "/atom", "/feed.json"])
async def test_if_modified_since(portal: SamplePortal, http: aiohttp.ClientSession, path: str) -> None:
    """Last-Modified alone is enough, even for two changes within a second; an ETag goes before it."""
    portal.publish()
    async with http.get(portal.url + path) as response:
        modified = response.headers["Last-Modified"]
    assert parsedate_to_datetime(modified) == NOW
    since = {"If-Modified-Since": modified}
    async with http.get(portal.url + path, headers=since) as response:
        assert (response.status, response.headers["Last-Modified"]) == (304, modified)
    async with http.get(portal.url + path, headers={**since, "If-None-Match": '"other"'}) as response:
        assert response.status == 200
    portal.publish()
    async with http.get(portal.url + path, headers=since) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("deflate, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("gzip;q=0, br", None),
        ("br", None),
    ],
)
async def test_gzip_when_welcome(portal: SamplePortal, accepted: str, encoding: str | None) -> None:
    """Pages and feeds are compressed for those who ask, under the same ETag."""
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        async with http.get(portal.feed_url, headers={"Accept-Encoding": accepted}) as response:
            assert response.headers.get("Content-Encoding") == encoding
            assert response.headers["Vary"] == "Accept-Encoding"
            tag = response.headers["ETag"]
        async with http.get(
            portal.feed_url, headers={"Accept-Encoding": "identity", "If-None-Match": tag}
        ) as again:
            assert again.status == 304


async def test_same_seed_same_portal(clock: Clock) -> None:
    """Two portals of one seed publish the same; another seed publishes otherwise."""
    one, same, other = (SamplePortal(clock=clock, seed=seed) for seed in (4, 4, 5))
    first = [a.title for a in one.flood(10)]
    assert first == [a.title for a in same.flood(10)]
    assert first != [a.title for a in other.flood(10)]


async def test_publishes_by_itself(clock: Clock) -> None:
    """With `every`, a headline comes after each interval, and readers come by; it ends with the portal."""
    waits: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 5:
            enough.set()
            await asyncio.Event().wait()

    async with SamplePortal(clock=clock, every=3.0, sleep=sleep) as portal:
        await asyncio.wait_for(enough.wait(), 10)
        assert len(portal.archive) == 18 + 5
        assert sum(portal.archive.reads(a.id) for a in portal.archive.newest(100)) == 84 + 5 * 4
    assert waits == [3.0] * 6


async def test_listens_on_loopback_and_frees_its_port(http: aiohttp.ClientSession) -> None:
    """The portal is on 127.0.0.1, says where, and is gone after it stopped."""
    async with SamplePortal() as portal:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", portal.url)
        assert await status(http, portal.url) == 200
    async with SamplePortal(port=int(portal.url.rsplit(":", 1)[1])) as again:
        assert again.url == portal.url
    with pytest.raises(aiohttp.ClientConnectorError):
        await status(http, portal.url)


async def test_port_in_use(portal: SamplePortal) -> None:
    """A port that somebody else has is an OSError, and nothing is left open."""
    with pytest.raises(OSError, match="address already in use"):
        await SamplePortal(port=int(portal.url.rsplit(":", 1)[1])).start()


@pytest.mark.parametrize(
    ("title", "section"),
    [("", None), (" \x00 ", None), ("x" * 2_001, None), ("Judul", "gosip"), (None, "gosip")],
)
def test_publish_refuses(clock: Clock, title: str | None, section: str | None) -> None:
    """An empty or endless headline, or a section that does not exist, is refused."""
    with pytest.raises(DeskError):
        SamplePortal(clock=clock).publish(title, section=section)
