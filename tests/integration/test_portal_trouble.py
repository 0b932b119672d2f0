"""The sample portal's troubles over real HTTP: every wrong answer, and every change of all articles at once."""

import asyncio
import xml.etree.ElementTree as ET
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_desk import DeskError
from bot.sandbox.portal_view import UTM
from tests.support_portal import NOW, column, fetch, items, parse, undated

MIB = 1 << 20


@pytest.fixture
async def portal() -> AsyncIterator[SamplePortal]:
    async with SamplePortal(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


@pytest.mark.parametrize(
    ("name", "status"),
    [("break", 500), ("missing", 404), ("gone", 410), ("unavailable", 503), ("forbid", 403)],
)
async def test_refusals(portal: SamplePortal, http: aiohttp.ClientSession, name: str, status: int) -> None:
    """The whole portal refuses, pages and feeds alike, until it is mended."""
    portal.cause(name)
    for path in ("/", "/rss", "/atom", "/feed.json", "/populer", portal.archive.newest(1)[0].path):
        assert (await fetch(http, portal.url + path))[0] == status
    portal.mend()
    assert (await fetch(http, portal.feed_url))[0] == 200


async def test_retry_after(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A 503 says when to come back, as it is told."""
    portal.cause("unavailable", seconds=7)
    async with http.get(portal.feed_url) as response:
        assert response.headers["Retry-After"] == "7"


async def test_trouble_for_a_number_of_answers(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A trouble that is to answer twice is over at the third request."""
    portal.cause("break", times=2)
    assert [(await fetch(http, portal.feed_url))[0] for _ in range(3)] == [500, 500, 200]
    assert portal.state()["trouble"] is None


async def test_mending_reaches_the_last_answer(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A trouble for one answer is no longer on, but mending still ends that answer."""
    portal.cause("hang", times=1)
    waiting = asyncio.ensure_future(fetch(http, portal.feed_url))
    await asyncio.wait([waiting], timeout=0.1)
    assert (await fetch(http, portal.feed_url))[0] == 200
    portal.mend()
    assert (await waiting)[0] == 503


async def test_slow(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A slow answer comes byte by byte, and is whole in the end."""
    whole = (await fetch(http, portal.feed_url))[1]
    portal.cause("slow", pause=0)
    async with http.get(portal.feed_url) as response:
        assert response.headers["Content-Length"] == str(len(whole))
        assert undated(await response.read()) == undated(whole)


async def test_slow_is_slow_and_mending_cuts_it(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """Between two bytes there is a pause; mending ends the answer in the middle."""
    portal.cause("slow", pause=300)
    async with http.get(portal.feed_url) as response:
        assert await response.content.readexactly(1) == b"<"
        rest = asyncio.ensure_future(response.content.read())
        done, _ = await asyncio.wait([rest], timeout=0.1)
        assert not done
        portal.mend()
        with pytest.raises(aiohttp.ClientPayloadError):
            await rest


async def test_hang(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A hanging portal answers nothing until it is mended."""
    portal.cause("hang")
    waiting = asyncio.ensure_future(fetch(http, portal.feed_url))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    portal.mend()
    assert (await waiting)[0] == 503


async def test_stops_while_it_hangs(http: aiohttp.ClientSession) -> None:
    """A portal can be closed in the middle of a trouble."""
    async with SamplePortal(clock=lambda: NOW) as portal:
        portal.cause("hang")
        waiting = asyncio.ensure_future(fetch(http, portal.feed_url))
        await asyncio.wait([waiting], timeout=0.1)
    done, _ = await asyncio.wait([waiting], timeout=5)
    assert done
    assert waiting.exception() is not None or waiting.result()[0] == 503


async def test_truncate(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A truncated feed is the beginning of the whole one, and no longer well formed."""
    whole = (await fetch(http, portal.feed_url))[1]
    portal.cause("truncate")
    status, part = await fetch(http, portal.feed_url)
    assert status == 200
    assert undated(whole).startswith(undated(part))
    assert len(whole) // 2 < len(part) < len(whole)
    with pytest.raises(ET.ParseError):
        parse(part)
    assert (await fetch(http, portal.url))[0] == 200


async def test_truncated_is_not_taken_for_the_whole(
    portal: SamplePortal, http: aiohttp.ClientSession
) -> None:
    """What a client remembers of a truncated feed does not hide the whole one from it."""
    portal.cause("truncate")
    async with http.get(portal.feed_url) as response:
        tag, modified = response.headers["ETag"], response.headers.get("Last-Modified", "")
    portal.mend()
    for header in ({"If-None-Match": tag}, {"If-Modified-Since": modified}):
        async with http.get(portal.feed_url, headers=header) as response:
            assert response.status == 200


async def test_drop(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The connection breaks off before the length that was promised."""
    portal.cause("drop")
    with pytest.raises(aiohttp.ClientPayloadError):
        await fetch(http, portal.feed_url)
    assert (await fetch(http, portal.url))[0] == 200


@pytest.mark.parametrize("name", ["challenge", "html"])
async def test_html_in_place_of_a_feed(portal: SamplePortal, http: aiohttp.ClientSession, name: str) -> None:
    """The feed's address answers 200 with a page that has no news."""
    portal.cause(name)
    async with http.get(portal.feed_url) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert "/read/" not in await response.text()


async def test_empty(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """An empty feed is well formed."""
    portal.cause("empty")
    assert await items(http, portal) == []


async def test_huge(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A huge feed streams as many bytes as it is told."""
    portal.cause("huge", mib=3)
    async with http.get(portal.feed_url) as response:
        total = sum([len(chunk) async for chunk in response.content.iter_chunked(65_536)])
    assert 3 * MIB <= total < 4 * MIB


async def test_huge_client_leaves(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A client that has had enough may go; the portal lives on."""
    portal.cause("huge")
    async with http.get(portal.feed_url) as response:
        await response.content.readexactly(MIB)
        response.close()
    portal.mend()
    assert (await fetch(http, portal.feed_url))[0] == 200


async def test_bomb(portal: SamplePortal) -> None:
    """A gzip bomb is small on the wire and large unpacked."""
    portal.cause("bomb", mib=20)
    async with aiohttp.ClientSession(auto_decompress=False) as http, http.get(portal.feed_url) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        packed = await response.read()
    assert len(packed) < MIB // 8
    assert len(zlib.decompress(packed, wbits=31)) > 20 * MIB


@pytest.mark.parametrize(
    ("name", "differs"), [("guids", {"guid"}), ("slugs", {"link"}), ("dates", {"pubDate"})]
)
async def test_everything_changes(
    portal: SamplePortal, http: aiohttp.ClientSession, name: str, differs: set[str]
) -> None:
    """One key of every item changes and the others stay; said again it changes again; mended it is as before."""
    before = await items(http, portal)
    portal.cause(name)
    after = await items(http, portal)
    for field in ("title", "link", "guid", "pubDate"):
        same = [a == b for a, b in zip(column(before, field), column(after, field), strict=True)]
        assert not any(same) if field in differs else all(same)
    portal.mend()
    assert await items(http, portal) == before


async def test_changes_said_twice(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A second change of GUIDs or slugs is another one."""
    seen: set[str] = set()
    for _ in range(3):
        portal.cause("guids")
        portal.cause("slugs")
        first = (await items(http, portal))[0]
        seen |= {first["guid"], first["link"]}
        assert (await fetch(http, first["link"]))[0] == 200
    assert len(seen) == 6


async def test_dates_leave_later_news_alone(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """After a change of dates, all articles so far are of that moment, and the day in the address stays."""
    portal.cause("dates")
    assert set(column(await items(http, portal), "pubDate")) == {"Mon, 02 Dec 2024 10:04:05 +0700"}
    assert "/2024/11/29/" in (await items(http, portal))[0]["link"]


async def test_scheme_and_utm(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The feed's links change scheme and carry parameters; the articles stay where they are."""
    before = column(await items(http, portal), "link")
    portal.cause("scheme")
    portal.cause("utm")
    expected = [f"{link.replace('http:', 'https:')}?{UTM}" for link in before]
    assert column(await items(http, portal), "link") == expected
    assert portal.link(portal.archive.newest(1)[0]) == expected[0]
    assert portal.state()["changes"] == ["scheme", "utm"]


async def test_reorder(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """The same items in another order."""
    before = column(await items(http, portal), "guid")
    portal.cause("reorder")
    after = column(await items(http, portal), "guid")
    assert before != after
    assert sorted(before) == sorted(after)


async def test_old_item_comes_back(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """An article that had left the feed stands on top again, with its own time."""
    left = column(await items(http, portal), "guid")[0]
    portal.flood(30)
    assert left not in column(await items(http, portal), "guid")
    portal.cause("old")
    after = await items(http, portal)
    assert (after[0]["guid"], after[0]["pubDate"]) == (left, "Fri, 29 Nov 2024 08:08:00 +0700")
    assert len(after) == 30


async def test_correct(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A corrected headline has the same GUID, link and time."""
    article = portal.publish("Judul Lama")
    before = (await items(http, portal))[0]
    portal.correct(article.id, "Judul Baru")
    assert (await items(http, portal))[0] == {**before, "title": "Judul Baru"}
    assert portal.correct().title == "Judul Baru, Begini Penjelasannya"


async def test_withdraw(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A withdrawn article is a 404 and gone from feeds and lists."""
    article = portal.publish("Judul Tarik")
    portal.withdraw(article.id)
    assert (await fetch(http, f"{portal.url}{article.path}"))[0] == 404
    assert "Judul Tarik" not in column(await items(http, portal), "title")
    assert b"Judul Tarik" not in (await fetch(http, portal.url))[1]


async def test_flood(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """Many articles appear at once, all of one moment."""
    portal.flood(40)
    found = await items(http, portal)
    assert len({item["guid"] for item in found}) == 30
    assert len(set(column(found, "pubDate"))) == 1


async def test_last_article_stays(portal: SamplePortal, http: aiohttp.ClientSession) -> None:
    """A portal keeps one article, whatever is withdrawn, and its pages still open."""
    for _ in range(17):
        portal.withdraw()
    with pytest.raises(DeskError):
        portal.withdraw()
    for path in ("/", "/rss", "/populer", "/tekno", "/rss/tekno"):
        assert (await fetch(http, portal.url + path))[0] == 200


@pytest.mark.parametrize(
    ("name", "options"), [("explode", {}), ("break", {"mib": 1}), ("slow", {"seconds": 1})]
)
def test_cause_refuses(name: str, options: dict[str, Any]) -> None:
    """A trouble that does not exist, or does not have such an option, is refused."""
    with pytest.raises(DeskError):
        SamplePortal(clock=lambda: NOW).cause(name, **options)
