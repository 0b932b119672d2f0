"""Fetching over real sockets: what comes back, what is refused, and what the operator is told."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from bot.domain.looks import Validators
from bot.errors import FetchError, Gone
from bot.sources.fetch import USER_AGENT, Fetched, Fetcher, NotModified
from tests.support_sources import NOW, Answer, Asked, FakeResolver, StubPortal, stub_portal

FEED = b"<rss><channel><item><title>Judul</title></item></channel></rss>"


@pytest.fixture
async def portal() -> AsyncIterator[StubPortal]:
    async with stub_portal() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher(timeout=5, clock=lambda: NOW)
    yield made
    await made.aclose()


async def fetched(fetcher: Fetcher, url: str, validators: Validators | None = None) -> Fetched:
    """A look that must bring a document."""
    answer = await fetcher.fetch(url, validators=validators)
    assert isinstance(answer, Fetched)
    return answer


async def test_a_document_comes_with_its_labels(portal: StubPortal, fetcher: Fetcher) -> None:
    """Body, media type, charset and validators are handed on as the portal said them."""
    portal.answers["/rss"] = Answer(
        body=FEED,
        headers={
            "Content-Type": 'Text/XML; charset="ISO-8859-1"',
            "ETag": 'W/"7"',
            "Last-Modified": "yesterday",
        },
    )
    answer = await fetched(fetcher, portal.url())
    assert (answer.body, answer.content_type, answer.charset) == (FEED, "text/xml", "ISO-8859-1")
    assert answer.validators == Validators('W/"7"', "yesterday")
    assert answer.moved_to is None
    assert answer.whole


async def test_it_says_who_it_is(portal: StubPortal, fetcher: Fetcher) -> None:
    """The User-Agent is honest, and headers of the settings are sent."""
    portal.answers["/rss"] = Answer(body=FEED)
    await fetcher.fetch(portal.url(), headers={"X-Key": "abc"})
    assert portal.asked[0].headers["user-agent"] == USER_AGENT
    assert "Kabarbot/" in USER_AGENT
    assert portal.asked[0].headers["x-key"] == "abc"


@pytest.mark.parametrize("etag", ['"strong"', 'W/"weak"', "no-quotes", '"with, comma"'])
async def test_an_etag_goes_back_as_it_came(portal: StubPortal, fetcher: Fetcher, etag: str) -> None:
    """Weak and malformed tags too: they are the server's words."""

    def answer(asked: Asked) -> Answer:
        return Answer(304 if asked.headers.get("if-none-match") == etag else 200, FEED, {"ETag": etag})

    portal.answers["/rss"] = answer
    first = await fetched(fetcher, portal.url())
    again = await fetcher.fetch(portal.url(), validators=first.validators)
    assert again == NotModified(Validators(etag))


async def test_what_cannot_be_sent_is_left_out(portal: StubPortal, fetcher: Fetcher) -> None:
    """A stored validator with a line break would be a second header."""
    portal.answers["/rss"] = Answer(body=FEED)
    await fetcher.fetch(portal.url(), validators=Validators('"a\r\nX: y"', "Fri, 01 Nov 2024 00:00:00 GMT"))
    assert "if-none-match" not in portal.asked[0].headers
    assert portal.asked[0].headers["if-modified-since"] == "Fri, 01 Nov 2024 00:00:00 GMT"


async def test_a_304_that_was_not_asked_for_is_an_error(portal: StubPortal, fetcher: Fetcher) -> None:
    """Without a document and without a question there is nothing to go by."""
    portal.answers["/rss"] = Answer(304)
    with pytest.raises(FetchError, match="304"):
        await fetcher.fetch(portal.url())


PACKED = {
    "gzip": gzip.compress(FEED),
    "x-gzip": gzip.compress(FEED[:20]) + gzip.compress(FEED[20:]),
    "deflate": zlib.compress(FEED),
    "Deflate": zlib.compress(FEED)[2:-4],
    "br": brotli.compress(FEED),
    "gzip, br": brotli.compress(gzip.compress(FEED)),
    "identity": FEED,
    "GZIP": FEED,
    "none": FEED,
    "UTF-8": FEED,
}


@pytest.mark.parametrize("coding", PACKED)
async def test_packed_answers_are_unpacked(portal: StubPortal, fetcher: Fetcher, coding: str) -> None:
    """Also gzip of several members, deflate with and without its header, br, both, and a label that lies."""
    portal.answers["/rss"] = Answer(body=PACKED[coding], headers={"Content-Encoding": coding})
    assert (await fetched(fetcher, portal.url())).body == FEED


BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}


@pytest.mark.parametrize("coding", BOMBS)
async def test_a_bomb_is_stopped_at_the_limit(portal: StubPortal, coding: str) -> None:
    """50 MB packed into a few kilobytes: refused when 1 MiB of it has been unpacked."""
    bomb = BOMBS[coding](bytes(50_000_000))
    assert len(bomb) < 200_000
    portal.answers["/rss"] = Answer(body=bomb, headers={"Content-Encoding": coding})
    fetcher = Fetcher(timeout=30, most_bytes=1024 * 1024)
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        await fetcher.fetch(portal.url())
    await fetcher.aclose()


async def test_a_bomb_in_a_bomb_is_stopped(portal: StubPortal) -> None:
    """Packed twice, both times within what was announced."""
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
    portal.answers["/rss"] = Answer(body=bomb, headers={"Content-Encoding": "gzip, gzip"})
    fetcher = Fetcher(timeout=5, most_bytes=1024 * 1024)
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        await fetcher.fetch(portal.url())
    await fetcher.aclose()


async def test_a_document_of_50_megabytes_is_refused(portal: StubPortal, fetcher: Fetcher) -> None:
    """In words, and without reading it to its end."""
    portal.answers["/rss"] = Answer(body=b"x" * 50_000_000)
    with pytest.raises(FetchError, match="larger than 10 MiB"):
        await fetcher.fetch(portal.url())


@pytest.mark.parametrize("coding", BOMBS)
async def test_broken_compression_is_named(portal: StubPortal, fetcher: Fetcher, coding: str) -> None:
    """Garbage behind a good beginning."""
    good = BOMBS[coding](FEED * 100)
    portal.answers["/rss"] = Answer(body=good[:30] + b"\xff" * 60, headers={"Content-Encoding": coding})
    with pytest.raises(FetchError, match="compression is broken"):
        await fetcher.fetch(portal.url())


async def test_an_unknown_packing_is_named(portal: StubPortal, fetcher: Fetcher) -> None:
    """What we did not ask for and cannot read."""
    portal.answers["/rss"] = Answer(body=b"?", headers={"Content-Encoding": "zstd"})
    with pytest.raises(FetchError, match="zstd"):
        await fetcher.fetch(portal.url())


async def test_what_breaks_off_is_kept_without_validators(portal: StubPortal, fetcher: Fetcher) -> None:
    """Its whole items count, but the next look must ask for everything again."""
    portal.answers["/rss"] = Answer(body=FEED * 10, cut=100, headers={"ETag": '"1"'})
    answer = await fetched(fetcher, portal.url())
    assert answer.body == (FEED * 10)[:100]
    assert answer.validators == Validators()
    assert not answer.whole


async def test_compression_that_breaks_off_is_not_whole(portal: StubPortal, fetcher: Fetcher) -> None:
    """The connection closed in good order, but the end of the gzip stream is missing."""
    portal.answers["/rss"] = Answer(
        body=gzip.compress(FEED, mtime=0)[:-9], headers={"Content-Encoding": "gzip", "ETag": '"1"'}
    )
    answer = await fetched(fetcher, portal.url())
    assert not answer.whole
    assert answer.validators == Validators()


async def test_a_byte_a_second_is_given_up(portal: StubPortal) -> None:
    """The deadline is for the whole answer, however lively the connection is."""
    portal.answers["/rss"] = Answer(body=FEED, drip=0.05)
    fetcher = Fetcher(timeout=0.3)
    with pytest.raises(FetchError, match=r"no whole answer within 0\.3 seconds"):
        await fetcher.fetch(portal.url())
    await fetcher.aclose()


async def test_waiting_for_the_host_does_not_cost_the_deadline(portal: StubPortal) -> None:
    """Three feeds of one slow host: each has the whole time once its turn has come."""
    portal.answers["/rss"] = Answer(body=FEED)

    async def slowly() -> None:
        await asyncio.sleep(0.6)

    portal.hold = slowly
    fetcher = Fetcher(timeout=2)
    answers = await asyncio.gather(*(fetcher.fetch(portal.url()) for _ in range(4)))
    assert len(answers) == 4
    assert portal.most_at_once == 1
    await fetcher.aclose()


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "answers 404 Not Found"), (500, "answers 500 Internal Server Error"), (799, "answers 799")],
)
async def test_a_bad_status_is_named(portal: StubPortal, fetcher: Fetcher, status: int, words: str) -> None:
    """The number and what it means, and the host but not the path: a path may hold a key."""
    portal.answers["/secret-key"] = Answer(status, b"<html>no</html>")
    with pytest.raises(FetchError, match=words) as caught:
        await fetcher.fetch(portal.url("/secret-key"))
    assert caught.value.status == status
    assert "secret-key" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


async def test_gone_is_gone(portal: StubPortal, fetcher: Fetcher) -> None:
    """410 has its own error."""
    portal.answers["/rss"] = Answer(410)
    with pytest.raises(Gone):
        await fetcher.fetch(portal.url())


@pytest.mark.parametrize(
    ("header", "wish"),
    [
        ("120", timedelta(seconds=120)),
        ("Fri, 29 Nov 2024 01:31:00 GMT", timedelta(seconds=60)),
        ("Fri, 29 Nov 2024 01:00:00 GMT", timedelta()),
        ("99999999999999999999", timedelta(days=1)),
        ("9" * 5000, timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_the_portals_wish(
    portal: StubPortal, fetcher: Fetcher, status: int, header: str, wish: timedelta | None
) -> None:
    """Seconds or a date, at most a day; nonsense is no wish."""
    portal.answers["/rss"] = Answer(status, headers={"Retry-After": header})
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(portal.url())
    assert caught.value.retry_after == wish


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, b"<html><head><title>Just a moment...</title>", {"Content-Type": "text/html"}),
        Answer(503, b"<script>window._cf_chl_opt={}</script>", {"Content-Type": "text/html"}),
        Answer(200, b"<html><title>Just a moment...</title>", {"Content-Type": "text/html; charset=UTF-8"}),
        Answer(403, b"{}", {"cf-mitigated": "challenge", "Content-Type": "application/json"}),
    ],
)
async def test_a_challenge_page_is_named(portal: StubPortal, fetcher: Fetcher, answer: Answer) -> None:
    """A shield that wants a browser is no portal that is down."""
    portal.answers["/rss"] = answer
    with pytest.raises(FetchError, match=r"challenge for browsers \(Cloudflare\)"):
        await fetcher.fetch(portal.url())


async def test_an_article_about_a_shield_is_no_challenge(portal: StubPortal, fetcher: Fetcher) -> None:
    """Ordinary pages behind the shield carry its script too."""
    page = b"<html><title>Berita</title><script src='/cdn-cgi/challenge-platform/x.js'></script>DDoS"
    portal.answers["/rss"] = Answer(body=page, headers={"Content-Type": "text/html"})
    assert (await fetched(fetcher, portal.url())).body == page


async def test_a_closed_port_is_named(fetcher: Fetcher) -> None:
    """Refused is not the same as silent."""
    async with stub_portal() as portal:
        url = portal.url()
    with pytest.raises(FetchError, match="refuses the connection"):
        await fetcher.fetch(url)


async def test_a_name_that_does_not_resolve_is_named() -> None:
    """The commonest slip of an operator."""
    fetcher = Fetcher(timeout=5, resolver=lambda: FakeResolver({}))
    with pytest.raises(FetchError, match=r"portal\.example is not known: its name does not resolve"):
        await fetcher.fetch("https://portal.example/rss")
    await fetcher.aclose()


async def test_plain_http_on_a_tls_address_is_named(fetcher: Fetcher) -> None:
    """https:// to a server that speaks none."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(FetchError, match="TLS"):
            await fetcher.fetch(f"https://127.0.0.1:{port}/rss")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
async def test_a_certificate_that_nobody_signed_is_named(fetcher: Fetcher, tmp_path: Path) -> None:
    """What is wrong with it stands there, in the words of the TLS library."""
    files = ("-keyout", "key.pem", "-out", "cert.pem")
    made = (
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=portal.example",
        *files,
    )
    process = await asyncio.create_subprocess_exec(
        "openssl", *made, cwd=tmp_path, stderr=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(
            FetchError, match="shows a certificate that is not valid: self-signed certificate"
        ):
            await fetcher.fetch(f"https://127.0.0.1:{port}/rss")


async def test_an_answer_that_is_no_http_is_named(portal: StubPortal, fetcher: Fetcher) -> None:
    """Some other service on that port."""
    portal.answers["/rss"] = Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n")
    with pytest.raises(FetchError, match="does not speak HTTP"):
        await fetcher.fetch(portal.url())


async def test_a_connection_closed_without_a_word_is_named(portal: StubPortal, fetcher: Fetcher) -> None:
    """A crashed server behind a living port."""
    portal.answers["/rss"] = Answer(raw=b"")
    with pytest.raises(FetchError, match="closed the connection without an answer"):
        await fetcher.fetch(portal.url())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.example/rss",
        "ftp://portal.example/",
        "http://",
        "http://[::1",
        "https://x:99999/",
        "file:///etc/passwd",
    ],
)
async def test_what_is_no_web_address_is_said_to_be_none(fetcher: Fetcher, url: str) -> None:
    """Nothing is opened for it, files least of all."""
    with pytest.raises(FetchError, match="no web address"):
        await fetcher.fetch(url)
    with pytest.raises(FetchError, match="no web address"):
        await fetcher.fetch(url, found_on="https://portal.example/")
    with pytest.raises(FetchError, match="no web address"):
        await fetcher.standing(url, found_on="https://portal.example/")


async def test_one_request_at_a_time_per_host(portal: StubPortal, fetcher: Fetcher) -> None:
    """Politeness: two feeds of one portal are asked one after the other."""
    portal.answers = {"/a": Answer(body=FEED), "/b": Answer(body=FEED)}

    async def a_while() -> None:
        await asyncio.sleep(0.02)

    portal.hold = a_while
    await asyncio.gather(*(fetcher.fetch(portal.url(path)) for path in ("/a", "/b", "/a", "/b")))
    assert portal.most_at_once == 1


async def test_a_cancelled_look_frees_its_host(portal: StubPortal, fetcher: Fetcher) -> None:
    """A stop in the middle of a request leaves no lock behind."""
    portal.answers["/rss"] = Answer(body=FEED)
    stuck = asyncio.Event()

    async def forever() -> None:
        stuck.set()
        await asyncio.sleep(30)

    portal.hold = forever
    running = asyncio.create_task(fetcher.fetch(portal.url()))
    await stuck.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    portal.hold = None
    assert (await fetched(fetcher, portal.url())).body == FEED
