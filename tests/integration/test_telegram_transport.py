"""The transport against servers that fail in every way a server can: what was sent, and what nobody knows."""

from __future__ import annotations

import asyncio
import logging
import socket

import aiohttp
import pytest
from telegram import InputFile
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.proxies import proxy_for
from bot.telegram.bot import QuietBot
from bot.telegram.transport import AiohttpRequest, NoAnswer, NotSent, Timeouts
from tests.support_telegram import TOKEN, Talk, quiet_bot, raw_server, read_request, scripted

QUICK = Timeouts(connect=0.3, read=0.3)


def everything(error: BaseException) -> str:
    """All texts that a log of `error` could hold: itself, its causes and contexts."""
    texts, pending = [], [error]
    while pending:
        one = pending.pop()
        texts += [str(one), repr(one)]
        pending += [other for other in (one.__cause__, one.__context__) if other is not None]
    return "\n".join(texts)


async def failure(bot: QuietBot) -> NetworkError:
    """The error of one send."""
    with pytest.raises(NetworkError) as caught:
        await bot.call("sendMessage", {"chat_id": "@kabar", "text": "Judul"})
    assert TOKEN.partition(":")[2] not in everything(caught.value)
    return caught.value


async def drop_after_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()


async def cut_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"ok":true,"result":')
    await writer.drain()


async def answer_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever: every read is in time, the answer never is."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def speak_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    "talk", [drop_after_reading, stay_silent, cut_the_body, speak_no_http], ids=lambda talk: talk.__name__
)
async def test_nobody_knows_about_a_send_that_was_written_and_not_answered(talk: Talk) -> None:
    """Cut, silent or garbled: the server may have it."""
    async with raw_server(talk) as url, quiet_bot(url, timeouts=QUICK) as bot:
        assert isinstance((await failure(bot)).__cause__, NoAnswer)


async def test_an_answer_that_trickles_for_ever_ends() -> None:
    """The whole call has a deadline, not only the silence."""
    async with raw_server(answer_slowly) as url, quiet_bot(url, timeouts=Timeouts(0.2, 0.4, 0.2)) as bot:
        async with asyncio.timeout(4):
            error = await failure(bot)

    assert isinstance(error, TimedOut)
    assert isinstance(error.__cause__, NoAnswer)


async def test_silence_is_a_timeout() -> None:
    """PTB's own class for it, with the cause that says that nobody knows."""
    async with raw_server(stay_silent) as url, quiet_bot(url, timeouts=QUICK) as bot:
        assert isinstance(await failure(bot), TimedOut)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_connection_sent_nothing() -> None:
    """Nobody listens there."""
    async with quiet_bot(f"http://127.0.0.1:{closed_port()}") as bot:
        error = await failure(bot)

    assert isinstance(error.__cause__, NotSent)
    assert "ClientConnectorError" in str(error)


async def test_a_name_that_leads_nowhere_sent_nothing() -> None:
    """A label that is too long fails in the resolver, without any network."""
    async with quiet_bot(f"http://{'a' * 64}.invalid") as bot:
        assert isinstance((await failure(bot)).__cause__, NotSent)


@pytest.mark.parametrize(
    "kind",
    [
        aiohttp.ClientConnectorDNSError,
        aiohttp.ClientConnectorSSLError,
        aiohttp.ClientConnectorCertificateError,
        aiohttp.ClientProxyConnectionError,
    ],
)
def test_what_fails_before_the_request_is_one_family(kind: type[Exception]) -> None:
    """DNS, TLS, certificates and proxies cannot all be had on a loopback: they are told by this class."""
    assert issubclass(kind, aiohttp.ClientConnectorError)


async def test_a_failed_tls_handshake_sent_nothing() -> None:
    """A server that speaks plain HTTP is no TLS server."""
    async with (
        raw_server(speak_no_tls) as url,
        quiet_bot(url.replace("http:", "https:"), timeouts=QUICK) as bot,
    ):
        assert isinstance((await failure(bot)).__cause__, NotSent)


async def speak_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def test_a_handshake_that_never_ends_sent_nothing() -> None:
    """A connection that is taken and then ignored is no connection yet."""
    async with raw_server(stay_dumb) as url, quiet_bot(url.replace("http:", "https:"), timeouts=QUICK) as bot:
        error = await failure(bot)

    assert isinstance(error.__cause__, NotSent)
    assert isinstance(error, TimedOut)


async def stay_dumb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def test_a_full_pool_sent_nothing() -> None:
    """The second call waits for the only connection, and gives up before anything of it is written."""
    async with raw_server(stay_silent) as url:
        request = AiohttpRequest(connections=1, timeouts=Timeouts(connect=0.2, read=1.0))
        try:
            first = asyncio.ensure_future(request.do_request(f"{url}/bot{TOKEN}/getMe", "POST"))
            await asyncio.sleep(0.05)
            with pytest.raises(TimedOut) as caught:
                await request.do_request(f"{url}/bot{TOKEN}/getMe", "POST")
            with pytest.raises(NetworkError):
                await first
        finally:
            await request.shutdown()

    assert isinstance(caught.value.__cause__, NotSent)
    assert TOKEN not in everything(caught.value)


async def test_a_429_is_raised_without_ptbs_deprecation_warning() -> None:
    """Warnings are errors here, so PTB's own class could not even be made."""
    text = '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}'
    async with scripted((429, text)) as script, quiet_bot(script.url) as bot:
        with pytest.raises(RetryAfter):
            await bot.call("getMe", {})


async def test_connections_are_kept_and_closed() -> None:
    """Calls in a row share one connection; after `shutdown` none is left open (a leak would be a warning)."""
    peers = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            peers.add(writer.get_extra_info("peername"))
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok":true,"result":true}')
            await writer.drain()

    async with raw_server(talk) as url, quiet_bot(url) as bot:
        for _ in range(3):
            await bot.call("close", {})

    assert len(peers) == 1


async def test_what_is_frozen_leaves_as_it_is() -> None:
    """Nested objects and characters beyond ASCII arrive as JSON, untouched."""
    body = {"chat_id": -100, "text": "‹ Sebelumnya 🚨", "link_preview_options": {"is_disabled": True}}
    async with (
        scripted((200, '{"ok":true,"result":{"message_id":1}}')) as script,
        quiet_bot(script.url) as bot,
    ):
        await bot.call("sendMessage", body)

    assert script.calls == [("sendMessage", body)]


async def test_half_a_character_is_for_telegram_to_refuse() -> None:
    """Half of a surrogate pair is no UTF-8: it leaves escaped, and what is refused is known not to stand there."""
    body = {"chat_id": -100, "text": "Judul \ud83d"}
    refusal = '{"ok":false,"error_code":400,"description":"Bad Request: strings must be encoded in UTF-8"}'
    async with scripted((400, refusal)) as script, quiet_bot(script.url) as bot:
        with pytest.raises(BadRequest, match="encoded in utf-8"):
            await bot.call_at_once("sendMessage", body)

    assert script.calls == [("sendMessage", body)]


async def test_half_a_character_in_an_answer_bars_no_way() -> None:
    """An update that cannot be read would come again for ever."""
    async with (
        scripted((200, '{"ok":true,"result":[{"update_id":7,"message":{"text":"\\ud83d"}}]}')) as script,
        quiet_bot(script.url) as bot,
    ):
        (update,) = await bot.fetch_updates(None, [], wait=0)

    assert update["message"]["text"] == "\ud83d"


async def test_a_picture_of_our_own_is_uploaded() -> None:
    """As a form, with the other parameters beside it."""
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok":true,"result":true}')
        await writer.drain()

    async with raw_server(talk) as url, quiet_bot(url) as bot:
        photo = InputFile(b"\x89PNG picture", filename="statistik.png")
        await bot.call("sendPhoto", {"chat_id": -100, "photo": photo, "caption": "Statistik"})

    assert b"multipart/form-data" in seen[0]
    assert all(part in seen[0] for part in (b"\x89PNG picture", b"statistik.png", b"Statistik", b"-100"))


async def test_connections_are_closed_although_the_bot_was_never_introduced() -> None:
    """A leak would be a warning, and warnings are errors."""
    async with scripted((200, '{"ok":true,"result":{"id":1}}')) as script, quiet_bot(script.url) as bot:
        await bot.call("getMe", {})


async def test_the_token_is_in_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    """Not even at DEBUG, of no library, whether calls go well or badly."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "telegram.ext.ExtBot")
    answers = (
        (200, '{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"x","username":"y"}}'),
        (500, "<html>"),
    )
    async with scripted(*answers) as script, quiet_bot(script.url) as bot:
        await bot.initialize()
        with pytest.raises(TelegramError):
            await bot.call("setWebhook", {"url": "https://x.id", "secret_token": "sesame"})
        assert TOKEN not in f"{bot!r} {bot}"

    written = "\n".join(f"{record.getMessage()} {record.exc_info}" for record in caplog.records)
    assert TOKEN.partition(":")[2] not in written
    assert "sesame" not in written


def test_a_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the settings promise; hosts of `NO_PROXY` are reached directly."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.id:3128")
    monkeypatch.setenv("NO_PROXY", "dalam.id")

    assert proxy_for("https://api.telegram.org/bot1:x/getMe") == "http://proxy.id:3128"
    assert proxy_for("https://dalam.id/bot1:x/getMe") is None
    assert proxy_for("http://api.telegram.org/") is None
