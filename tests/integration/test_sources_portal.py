"""A look at a portal from end to end: fetch, compare, discover, parse."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.looks import FeedAddress, Look, Validators
from bot.errors import FetchError, Forbidden, ParseError
from bot.sources.fetch import Fetcher
from bot.sources.parser import ParserProcess
from bot.sources.portal import Portal
from tests.support_sources import (
    JAKARTA,
    Answer,
    Asked,
    FakeClock,
    InProcessParser,
    StubPortal,
    rss,
    stub_portal,
)

FEED = rss("<title>Satu</title><link>/1</link>", "<title>Dua</title><link>/2</link>").encode()
LISTS = (
    "<h2>Populer</h2><ul>"
    "<li><a href=/dunia/read/2024/11/28/1001/a>Judul populer yang pertama</a><span>Kamis, 28 November 2024 | 08:14</span>"
    "<li><a href=/dunia/read/2024/11/27/1002/b>Judul populer yang kedua</a><span>Rabu, 27 November 2024 | 09:27</span>"
    "</ul><h2>UPDATE</h2><ul>"
    "<li><a href=/politik/read/2024/11/29/1003/c>Judul baru yang pertama</a><span>Jumat, 29 November 2024 | 08:08</span>"
    "<li><a href=/politik/read/2024/11/29/1004/d>Judul baru yang kedua</a><span>Jumat, 29 November 2024 | 06:52</span>"
    "<li><a href=/politik/read/2024/11/29/1005/e>Judul baru yang ketiga</a><span>Jumat, 29 November 2024 | 06:36</span>"
    "</ul>"
)
PAGE = f"<html><head><link rel=alternate type=application/rss+xml href=/rss></head><body>{LISTS}"


@pytest.fixture
async def stub() -> AsyncIterator[StubPortal]:
    async with stub_portal() as running:
        yield running


@pytest.fixture
def parser() -> InProcessParser:
    return InProcessParser()


@pytest.fixture
async def portal(parser: InProcessParser) -> AsyncIterator[Portal]:
    fetcher = Fetcher(timeout=5)
    yield Portal(fetcher, parser, zone=JAKARTA, clock=FakeClock())
    await fetcher.aclose()


def titles(look: Look) -> list[str]:
    """The headlines of a look that brought some."""
    assert look.document is not None
    return [item.title for item in look.document.items]


def after(feed: FeedAddress, look: Look) -> FeedAddress:
    """What the next look is asked with."""
    return replace(feed, validators=look.validators, body_hash=look.body_hash)


async def test_a_feed_is_looked_at(stub: StubPortal, portal: Portal) -> None:
    """Headlines with absolute links, and what the next look needs."""
    stub.answers["/rss"] = Answer(body=FEED, headers={"ETag": '"1"', "Content-Type": "text/html"})
    look = await portal.look(FeedAddress(stub.url()))
    assert titles(look) == ["Satu", "Dua"]
    assert look.document is not None
    assert look.document.items[0].link == "https://portal.example/1"
    assert (look.validators, look.status, look.discovered_from) == (Validators('"1"'), 200, None)


async def test_304_brings_nothing(stub: StubPortal, portal: Portal, parser: InProcessParser) -> None:
    """And keeps what is known."""

    def answer(asked: Asked) -> Answer:
        return Answer(304 if asked.headers.get("if-none-match") else 200, FEED, {"ETag": '"1"'})

    stub.answers["/rss"] = answer
    feed = FeedAddress(stub.url())
    first = await portal.look(feed)
    again = await portal.look(after(feed, first))
    assert again == Look(None, Validators('"1"'), first.body_hash, status=304)
    assert len(parser.tasks) == 1


async def test_the_same_body_is_not_parsed_again(
    stub: StubPortal, portal: Portal, parser: InProcessParser
) -> None:
    """A server without validators: the hash tells."""
    stub.answers["/rss"] = Answer(body=FEED)
    feed = FeedAddress(stub.url())
    first = await portal.look(feed)
    again = await portal.look(after(feed, first))
    assert again.document is None
    assert again.body_hash == first.body_hash
    assert len(parser.tasks) == 1
    stub.answers["/rss"] = Answer(body=FEED.replace(b"Satu", b"Tiga"))
    assert titles(await portal.look(after(feed, first))) == ["Tiga", "Dua"]


async def test_validators_alone_are_not_sent(stub: StubPortal, portal: Portal) -> None:
    """Without the hash of the body they came with, nobody knows what they stand for."""
    stub.answers["/rss"] = Answer(body=FEED)
    await portal.look(FeedAddress(stub.url(), validators=Validators('"1"'), body_hash=""))
    assert "if-none-match" not in stub.asked[0].headers


async def test_a_feed_that_breaks_off_is_read_again(stub: StubPortal, portal: Portal) -> None:
    """Its whole items count now; the next look gets the rest although nothing else changed."""
    stub.answers["/rss"] = Answer(body=FEED, headers={"ETag": '"1"'}, cut=len(FEED) - 60)
    feed = FeedAddress(stub.url())
    first = await portal.look(feed)
    assert titles(first) == ["Satu"]
    assert (first.body_hash, first.validators) == ("", Validators())
    stub.answers["/rss"] = Answer(body=FEED)
    assert titles(await portal.look(after(feed, first))) == ["Satu", "Dua"]


async def test_a_page_names_its_feed(stub: StubPortal, portal: Portal) -> None:
    """The feed is what is read, and later looks go to it directly."""

    def answer(asked: Asked) -> Answer:
        return Answer(304 if asked.headers.get("if-none-match") == '"f"' else 200, FEED, {"ETag": '"f"'})

    stub.answers |= {"/": Answer(body=PAGE.encode(), headers={"ETag": '"p"'}), "/rss": answer}
    feed = FeedAddress(stub.url("/"))
    first = await portal.look(feed)
    assert titles(first) == ["Satu", "Dua"]
    assert first.discovered_from == stub.url("/")
    again = await portal.look(after(feed, first))
    assert again.document is None
    assert [asked.path for asked in stub.asked] == ["/", "/rss", "/rss"]


async def test_a_named_feed_that_is_gone_is_sought_again(stub: StubPortal, portal: Portal) -> None:
    """The portal has moved its feed and tells so on its page."""
    stub.answers |= {"/": Answer(body=PAGE.encode()), "/rss": Answer(body=FEED)}
    feed = FeedAddress(stub.url("/"))
    first = await portal.look(feed)
    moved = PAGE.replace("href=/rss", "href=/feed").encode()
    stub.answers |= {
        "/": Answer(body=moved),
        "/rss": Answer(404),
        "/feed": Answer(body=FEED.replace(b"Satu", b"Tiga")),
    }
    assert titles(await portal.look(after(feed, first))) == ["Tiga", "Dua"]


async def test_a_named_feed_that_is_down_is_not_forgotten(stub: StubPortal, portal: Portal) -> None:
    """A 503 is the feed's trouble, not a reason to read something else."""
    stub.answers |= {"/": Answer(body=PAGE.encode()), "/rss": Answer(body=FEED)}
    feed = FeedAddress(stub.url("/"))
    first = await portal.look(feed)
    stub.answers["/rss"] = Answer(503, headers={"Retry-After": "60"})
    with pytest.raises(FetchError, match="503"):
        await portal.look(after(feed, first))


async def test_a_page_that_names_no_readable_feed_is_read_itself(stub: StubPortal, portal: Portal) -> None:
    """Its lists, in the page's order; and the next look does not ask for the bad feed again."""
    stub.answers |= {"/": Answer(body=PAGE.encode()), "/rss": Answer(body=b"<html>Halaman biasa")}
    feed = FeedAddress(stub.url("/"))
    first = await portal.look(feed)
    assert titles(first)[-3:] == [
        "Judul baru yang pertama",
        "Judul baru yang kedua",
        "Judul baru yang ketiga",
    ]
    assert first.document is not None
    assert first.document.kind == "page"
    assert first.discovered_from is None
    stub.answers["/"] = Answer(body=PAGE.replace("pertama", "keempat").encode())
    assert "Judul baru yang keempat" in titles(await portal.look(after(feed, first)))
    assert [asked.path for asked in stub.asked] == ["/", "/rss", "/"]
    assert (await portal.look(after(feed, first))).document is not None


async def test_a_page_with_neither_is_an_error(stub: StubPortal, portal: Portal) -> None:
    """The named feed's own trouble is the answer."""
    stub.answers["/"] = Answer(body=b"<link rel=alternate type=application/rss+xml href=/rss><p>Halo")
    with pytest.raises(FetchError, match="404"):
        await portal.look(FeedAddress(stub.url("/")))


async def test_a_named_feed_in_a_private_network_is_refused(stub: StubPortal, portal: Portal) -> None:
    """A page must not make the bot ask this machine's other services."""
    async with stub_portal() as secret:
        secret.answers["/rss"] = Answer(body=FEED)
        stub.answers["/"] = Answer(
            body=PAGE.replace("href=/rss", f"href={secret.url()}").replace(LISTS, "").encode()
        )
        with pytest.raises(Forbidden):
            await portal.look(FeedAddress(stub.url("/")))
        assert secret.asked == []


async def test_popular_is_the_list_and_never_the_feed(stub: StubPortal, portal: Portal) -> None:
    """The page names a feed too; it is not asked for."""
    stub.answers |= {"/": Answer(body=PAGE.encode()), "/rss": Answer(body=FEED)}
    feed = FeedAddress(stub.url("/"))
    look = await portal.popular(feed)
    assert titles(look) == ["Judul populer yang pertama", "Judul populer yang kedua"]
    assert [asked.path for asked in stub.asked] == ["/"]
    assert (await portal.popular(after(feed, look))).document is None


async def test_popular_may_be_a_feed(stub: StubPortal, portal: Portal) -> None:
    """In its own order."""
    stub.answers["/populer.xml"] = Answer(body=FEED)
    assert titles(await portal.popular(FeedAddress(stub.url("/populer.xml")))) == ["Satu", "Dua"]


async def test_popular_without_a_list_is_an_error(stub: StubPortal, portal: Portal) -> None:
    """Rather than some other list."""
    stub.answers["/"] = Answer(body=PAGE.replace("Populer", "Pilihan").replace("populer", "pilihan").encode())
    with pytest.raises(ParseError, match="Populer"):
        await portal.popular(FeedAddress(stub.url("/")))


async def test_a_permanent_move_is_told(stub: StubPortal, portal: Portal) -> None:
    """With the document that was found there."""
    stub.answers |= {"/old": Answer(301, headers={"Location": "/rss"}), "/rss": Answer(body=FEED)}
    assert (await portal.look(FeedAddress(stub.url("/old")))).moved_to == stub.url("/rss")


async def test_a_feed_that_is_sent_to_the_front_page_has_not_moved(stub: StubPortal, portal: Portal) -> None:
    """A portal in trouble sends every address there, for good as it says; a feed that stands there has moved."""
    home = b"<h2>UPDATE</h2>" + b"".join(
        b"<a href=/read/2024/11/29/64600%d/x>Kabar Baru Nomor %d Hari Ini</a>" % (n, n) for n in range(4)
    )
    stub.answers |= {"/rss": Answer(301, headers={"Location": "/"}), "/": Answer(body=home)}
    look = await portal.look(FeedAddress(stub.url()))
    assert (len(titles(look)), look.moved_to) == (4, None)
    look = await portal.look(FeedAddress(stub.url(), body_hash=look.body_hash))
    assert (look.document, look.moved_to) == (None, None)
    stub.answers["/"] = Answer(body=FEED)
    assert (await portal.look(FeedAddress(stub.url()))).moved_to == stub.url("/")


async def test_headers_and_selectors_of_the_settings_are_used(stub: StubPortal, portal: Portal) -> None:
    """A page without a feed, read where its selectors point."""
    page = "<div class=row><h4>Satu</h4><a href=/1>baca</a><i>20 Sep 2023 06:12</i></div><div class=row><h4>Dua</h4></div>"
    stub.answers["/"] = Answer(body=page.encode())
    selectors = {"item": ".row", "title": "h4", "date": "i"}
    look = await portal.look(FeedAddress(stub.url("/"), headers={"X-Key": "k"}, selectors=selectors))
    assert titles(look) == ["Satu", "Dua"]
    assert look.document is not None
    assert [item.link for item in look.document.items] == [stub.url("/1"), None]
    assert look.document.items[0].published is not None
    assert stub.asked[0].headers["x-key"] == "k"


async def test_preview_reads_addresses_and_files(stub: StubPortal, portal: Portal, tmp_path: Path) -> None:
    """Over http and from files, feeds and pages."""
    stub.answers["/rss"] = Answer(body=FEED)
    assert [item.title for item in (await portal.preview(stub.url())).items] == ["Satu", "Dua"]
    path = tmp_path / "dengan spasi.xml"
    path.write_bytes(FEED)
    assert [item.title for item in (await portal.preview(path.as_uri())).items] == ["Satu", "Dua"]
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    assert len((await portal.preview(page.as_uri())).items) == 5


async def test_preview_of_what_cannot_be_had(portal: Portal, tmp_path: Path) -> None:
    """One line in words each."""
    with pytest.raises(FetchError, match="cannot be read"):
        await portal.preview((tmp_path / "no.xml").as_uri())
    with pytest.raises(FetchError, match="cannot be read"):
        await portal.preview(tmp_path.as_uri())
    with pytest.raises(FetchError, match="no web address"):
        await portal.preview("portal.example/rss")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FetchError, match="pipe"):
        await portal.preview((tmp_path / "pipe").as_uri())
    for url in ("file://[", "file:///%00"):
        with pytest.raises(FetchError, match="no address of a file"):
            await portal.preview(url)
    (tmp_path / "empty.xml").write_bytes(b"")
    with pytest.raises(ParseError, match="empty"):
        await portal.preview((tmp_path / "empty.xml").as_uri())


async def test_a_file_does_not_lead_into_the_private_network(
    stub: StubPortal, portal: Portal, tmp_path: Path
) -> None:
    """A saved page that names a feed on this machine."""
    page = tmp_path / "page.html"
    page.write_text(f"<link rel=alternate type=application/rss+xml href={stub.url()}>", encoding="utf-8")
    with pytest.raises(Forbidden):
        await portal.preview(page.as_uri())


async def test_the_whole_way_with_the_real_child(stub: StubPortal) -> None:
    """Fetcher, child and portal together."""
    stub.answers |= {"/": Answer(body=PAGE.encode()), "/rss": Answer(body=FEED)}
    fetcher, child = Fetcher(timeout=20), ParserProcess(deadline=60)
    portal = Portal(fetcher, child, zone=JAKARTA, clock=FakeClock())
    assert titles(await portal.look(FeedAddress(stub.url("/")))) == ["Satu", "Dua"]
    assert len(titles(await portal.popular(FeedAddress(stub.url("/"))))) == 2
    await child.aclose()
    await fetcher.aclose()
