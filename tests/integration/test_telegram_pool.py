"""Exchanges on kept connections: each call gets its own answer or none, whatever servers and proxies do."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from bot.telegram.pool import Pool
from tests.support_telegram import raw_server, read_request

#: Seconds for a connection.
WAIT = 2.0
Answer = Callable[[int, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def pooled(proxy: str | None = None, connections: int = 2) -> AsyncIterator[Pool]:
    """A pool that is closed at the end: a leak would be a warning, and warnings are errors."""
    pool = Pool(connections=connections, proxy=proxy)
    try:
        yield pool
    finally:
        await pool.close()


async def ask(pool: Pool, url: str, body: bytes = b"{}", seconds: float = 2.0) -> tuple[int, bytes]:
    """One exchange."""
    connection = await pool.connect("POST", f"{url}/botX/getMe", WAIT)
    return await connection.exchange(body, "application/json", seconds)


class Server:
    """Answers the requests of each connection with `answer`, which is told how many it has had in all."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        self.connections = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            self.requests.append(await read_request(reader))
            await self._answer(len(self.requests), writer)
            await writer.drain()


def plain(body: bytes, *headers: str) -> bytes:
    """A whole answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def numbered(count: int, writer: asyncio.StreamWriter) -> None:
    writer.write(plain(b"answer %d" % count))


async def test_an_answer_that_nobody_asked_for_is_nobodys_answer() -> None:
    """A second answer to one request, which comes while the connection lies idle, would shift all that follow."""

    async def stutter(count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(b"answer %d" % count))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(plain(b"answer %d, once more" % count))

    server = Server(stutter)
    async with raw_server(server.talk) as url, pooled() as pool:
        first = await ask(pool, url)
        await asyncio.sleep(0.15)
        second = await ask(pool, url)

    assert (first, second) == ((200, b"answer 1"), (200, b"answer 2"))
    assert server.connections == 2


@pytest.mark.parametrize("begun", [1, 10, 30])
async def test_an_answer_that_nobody_asked_for_is_not_finished_by_the_next_call(begun: int) -> None:
    """Its first bytes came while the connection lay idle, the others come before the true answer."""
    unasked = plain(b"answer 1, once more")

    async def stutter(count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(
            plain(b"answer 1") + unasked[:begun] if count == 1 else unasked[begun:] + plain(b"answer 2")
        )

    server = Server(stutter)
    async with raw_server(server.talk) as url, pooled() as pool:
        assert await ask(pool, url) == (200, b"answer 1")
        await asyncio.sleep(0.05)
        with pytest.raises(aiohttp.ClientError):  # nobody knows, so it is asked about
            await ask(pool, url)


async def test_what_is_left_of_a_call_that_was_given_up_is_nobodys_answer() -> None:
    """A cancelled call's answer comes after all, when the next has been asked; its connection is not used again."""

    async def late(count: int, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2 if count == 1 else 0)
        writer.write(plain(b"answer %d" % count))

    server = Server(late)
    async with raw_server(server.talk) as url, pooled() as pool:
        given_up = asyncio.ensure_future(ask(pool, url))
        await asyncio.sleep(0.05)
        given_up.cancel()
        with suppress(asyncio.CancelledError):
            await given_up

        assert await ask(pool, url) == (200, b"answer 2")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((b"Transfer-Encoding: chunked", b"3\r\nabc\r\n", b"zz\r\n"), id="no number of bytes"),
        pytest.param((b"Content-Encoding: deflate\r\nContent-Length: 9", b"x\x9c", b"nonsense"), id="packed"),
        pytest.param((b"Content-Length: 9", b"abc", b""), id="cut"),
    ],
)
async def test_an_answer_that_goes_wrong_in_its_middle_ends_in_time(
    answer: tuple[bytes, bytes, bytes],
) -> None:
    """In some of its failures aiohttp forgets who waits for the rest: the deadline holds all the same."""
    kind, begun, rest = answer

    async def go_wrong(_count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + kind + b"\r\n\r\n")
        await writer.drain()
        for part in (begun, rest):
            await asyncio.sleep(0.05)
            writer.write(part)
            await writer.drain()
        if not rest:
            writer.close()

    server = Server(go_wrong)
    async with raw_server(server.talk) as url, pooled(connections=1) as pool:
        async with asyncio.timeout(5):
            with pytest.raises((aiohttp.ClientError, TimeoutError)):
                await ask(pool, url, seconds=0.5)
            # and the only place in the pool is free again
            with pytest.raises((aiohttp.ClientError, TimeoutError)):
                await ask(pool, url, seconds=0.5)

    assert len(server.requests) == 2


async def test_a_connection_serves_answers_of_all_kinds_in_turn() -> None:
    """Of known length, in chunks, packed, announced first: the parser begins anew with each."""
    packed = gzip.compress(b"packed")
    answers = [
        plain(b"plain"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nin \r\n6\r\nchunks\r\n0\r\n\r\n",
        plain(packed, "Content-Encoding: gzip"),
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + plain(b"announced"),
        plain(b""),
        plain(b"plain again"),
    ]

    async def each(count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(answers[count - 1])

    server = Server(each)
    async with raw_server(server.talk) as url, pooled() as pool:
        got = [(await ask(pool, url))[1] for _ in answers]

    assert got == [b"plain", b"in chunks", b"packed", b"announced", b"", b"plain again"]
    assert server.connections == 1


async def test_an_answer_in_pieces_is_put_together() -> None:
    """Head and body may come byte by byte."""

    async def in_pieces(count: int, writer: asyncio.StreamWriter) -> None:
        for byte in plain(b"answer %d" % count):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    server = Server(in_pieces)
    async with raw_server(server.talk) as url, pooled() as pool:
        assert [await ask(pool, url), await ask(pool, url)] == [(200, b"answer 1"), (200, b"answer 2")]


async def test_a_server_that_wants_to_close_is_obeyed() -> None:
    """The next call opens a connection of its own instead of writing into one that is closing."""

    async def close(count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(b"answer %d" % count, "Connection: close"))

    server = Server(close)
    async with raw_server(server.talk) as url, pooled() as pool:
        answers = [await ask(pool, url), await ask(pool, url)]

    assert [body for _, body in answers] == [b"answer 1", b"answer 2"]
    assert server.connections == 2


async def test_an_answer_without_length_ends_with_its_connection() -> None:
    """As HTTP/1.0 servers answer."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nwithout length")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with raw_server(talk) as url, pooled() as pool:
        assert await ask(pool, url) == (200, b"without length")


async def test_a_head_without_a_body_in_time_is_a_timeout() -> None:
    """The deadline holds in the middle of an answer, too."""

    async def half(_count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(b"half an answer")[:-5])

    server = Server(half)
    async with raw_server(server.talk) as url, pooled() as pool:
        with pytest.raises(TimeoutError):
            await ask(pool, url, seconds=0.2)


async def test_the_deadline_of_one_call_does_not_end_another() -> None:
    """It is taken back when the answer is there, for the connection lives on."""
    server = Server(numbered)
    async with raw_server(server.talk) as url, pooled() as pool:
        await ask(pool, url, seconds=0.1)
        await asyncio.sleep(0.15)
        assert await ask(pool, url) == (200, b"answer 2")

    assert server.connections == 1


async def test_a_server_that_speaks_first_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in a new connection before anything was asked is no answer: nothing is written into it."""
    heard: list[bytes] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await writer.drain()
        heard.append(await reader.read(100))

    connect = aiohttp.TCPConnector.connect

    async def slowly(connector: aiohttp.TCPConnector, *args: Any) -> object:
        connection = await connect(connector, *args)
        await asyncio.sleep(0.1)  # the greeting is there
        return connection

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", slowly)
    async with raw_server(greet) as url:
        async with pooled() as pool:
            with pytest.raises(aiohttp.ClientConnectorError, match="of no use"):
                await ask(pool, url)
        await asyncio.sleep(0.05)

    assert heard == [b""]


async def test_a_large_body_leaves_whole() -> None:
    """More than any socket takes at once: a picture of ours."""
    server = Server(numbered)
    body = bytes(range(256)) * 8192
    async with raw_server(server.talk) as url, pooled() as pool:
        assert await ask(pool, url, body) == (200, b"answer 1")

    assert server.requests[0].endswith(body)


async def test_a_plain_proxy_is_told_where_to() -> None:
    """The whole address in the request line but for its password, and who we are."""
    proxy = Server(numbered)
    async with (
        raw_server(proxy.talk) as url,
        pooled(url.replace("//", "//meja:rahasia@")) as pool,
    ):
        await ask(pool, "http://desk:secret@api.example:8081")
        await ask(pool, "http://desk:secret@api.example:8081")

    first = proxy.requests[0].decode()
    assert first.startswith("POST http://api.example:8081/botX/getMe HTTP/1.1\r\n")
    assert "Host: api.example:8081\r\n" in first
    assert "Proxy-Authorization: Basic bWVqYTpyYWhhc2lh\r\n" in first
    assert proxy.requests[1] == proxy.requests[0]


async def test_a_proxy_that_builds_no_tunnel_lets_nothing_through() -> None:
    """TLS goes through a tunnel; refused, it is a failure of the connection."""

    async def refuse(_count: int, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    proxy = Server(refuse)
    async with raw_server(proxy.talk) as url, pooled(url) as pool:
        with pytest.raises(aiohttp.ClientHttpProxyError):
            await pool.connect("POST", "https://api.example/botX/getMe", WAIT)

    assert proxy.requests[0].startswith(b"CONNECT api.example:443 HTTP/1.1\r\n")


async def test_a_head_says_what_a_server_needs_and_no_more() -> None:
    """One host, one kind, one length; a password of the address as a header, not in the request line."""
    server = Server(numbered)
    async with raw_server(server.talk) as url, pooled() as pool:
        await ask(pool, url.replace("//", "//meja:rahasia@"), b'{"a":1}')

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert head.startswith(b"POST /botX/getMe HTTP/1.1\r\n")
    assert sorted(names) == sorted(set(names))
    assert {b"host", b"content-type", b"content-length", b"authorization"} <= set(names)
    assert body == b'{"a":1}'


@pytest.mark.parametrize("url", ["ftp://api.example", "http://", "http://[", "no address"])
async def test_an_address_that_leads_nowhere_is_refused_before_anything_is_sent(url: str) -> None:
    """In the first step."""
    async with pooled() as pool:
        with pytest.raises((aiohttp.ClientError, ValueError)):
            await pool.connect("POST", url, WAIT)
