"""The listener with its two doors: what is let in, and that nothing else does anything."""

from __future__ import annotations

import asyncio
import gzip
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from bot.domain.push import MOST_PUSHED, Named, Subscription
from bot.errors import SettingsError, StoreError
from bot.webhooks.listener import MOST_CONNECTIONS, WebhookListener
from bot.webhooks.telegram import MOST_BYTES, SECRET_HEADER, TelegramDoor
from bot.webhooks.websub import WebSubDoor

PATH, SECRET = "/telegram/jalan-rahasia", "sesame"
HUB_PATH, HUB_SECRET, TOPIC = "jalan-hub", "rahasia", "https://portal.example/rss"
UPDATE = {"update_id": 7, "message": {"text": "/terbaru"}}
KEY = {SECRET_HEADER: SECRET}


@dataclass
class FakeDesk:
    """A desk with one subscription; keeps what it was told."""

    wanted: bool = True
    verified: list[tuple[str, str, str]] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    news: list[tuple[bytes | None, str | None]] = field(default_factory=list)

    async def at(self, path: str) -> Subscription | None:
        named = Named("https://hub.example/", TOPIC) if self.wanted else None
        return Subscription(1, HUB_PATH, HUB_SECRET, named) if path == HUB_PATH else None

    async def verify(self, subscription: Subscription, mode: str, topic: str, lease_seconds: str) -> bool:
        self.verified.append((mode, topic, lease_seconds))
        return subscription.named is not None and (mode, topic) == ("subscribe", TOPIC)

    async def deny(self, subscription: Subscription, topic: str, reason: str) -> bool:
        self.denied.append(reason)
        return topic == TOPIC

    def bring(self, subscription: Subscription, body: bytes | None, charset: str | None) -> None:
        self.news.append((body, charset))


@dataclass
class Stage:
    """A running listener, and what came through its doors."""

    listener: WebhookListener
    http: aiohttp.ClientSession
    desk: FakeDesk
    updates: list[Mapping[str, Any]]
    failures: list[Exception]

    @property
    def origin(self) -> str:
        host, port = self.listener.address
        return f"http://{host}:{port}"

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        async with self.http.request(method, self.origin + path, **options) as answer:
            assert answer.headers["Server"] == "kabarbot"
            return answer.status, await answer.text()

    async def push(self, body: bytes, **headers: str) -> int:
        status, _ = await self.ask("POST", f"/websub/{HUB_PATH}", data=BytesIO(body), headers=headers)
        return status


@asynccontextmanager
async def stage(public_url: str = "https://bot.example") -> AsyncIterator[Stage]:
    desk, updates, failures = FakeDesk(), list[Mapping[str, Any]](), list[Exception]()

    async def receive(update: Mapping[str, Any]) -> None:
        if failures:
            raise failures.pop()
        updates.append(update)

    listener = WebhookListener(
        "127.0.0.1",
        0,
        public_url=public_url,
        telegram=TelegramDoor(PATH, SECRET, receive),
        websub=WebSubDoor(desk),
    )
    await listener.start()
    try:
        async with aiohttp.ClientSession(trust_env=False) as http:
            yield Stage(listener, http, desk, updates, failures)
    finally:
        await listener.stop()


def signed(body: bytes, method: str = "sha256") -> dict[str, str]:
    return {"X-Hub-Signature": f"{method}={hmac.new(HUB_SECRET.encode(), body, method).hexdigest()}"}


# ---------------------------------------------------------------- Telegram's door


async def test_an_update_with_the_secret_is_handed_on_before_it_is_acknowledged() -> None:
    """200 means that it is stored."""
    async with stage() as on:
        assert await on.ask("POST", PATH, json=UPDATE, headers=KEY) == (200, "")
        assert on.updates == [UPDATE]


@pytest.mark.parametrize(
    ("public_url", "path", "status"),
    [
        ("https://bot.example", PATH, 200),
        ("https://bot.example/kabar", f"/kabar{PATH}", 200),  # the proxy keeps the path of PUBLIC_URL
        ("https://bot.example/kabar", PATH, 200),  # or takes it off
        ("https://bot.example/kabar", f"/lain{PATH}", 404),
        ("https://bot.example", f"/kabar{PATH}", 404),
    ],
)
async def test_a_proxy_may_keep_or_take_off_the_prefix(public_url: str, path: str, status: int) -> None:
    """Both are usual; no third place answers."""
    async with stage(public_url) as on:
        assert (await on.ask("POST", path, json=UPDATE, headers=KEY))[0] == status


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", PATH, {}, 403),
        ("POST", PATH, {SECRET_HEADER: ""}, 403),
        ("POST", PATH, {SECRET_HEADER: "Sesame"}, 403),
        ("POST", PATH, {SECRET_HEADER: "sesame "}, 200),  # HTTP does not carry spaces at the end
        ("POST", PATH, {SECRET_HEADER: "s\u00e9same"}, 403),
        ("GET", PATH, KEY, 405),
        ("PUT", PATH, KEY, 405),
        ("POST", f"{PATH}/", KEY, 404),
        ("POST", PATH.upper(), KEY, 404),
        ("POST", "/telegram/", KEY, 404),
        ("POST", "/", KEY, 404),
        ("GET", "/health/live", {}, 404),
        ("POST", "/websub/", {}, 404),
        ("POST", "/websub/lain", {}, 404),
        ("GET", f"/websub/{HUB_PATH}/x", {}, 404),
    ],
)
async def test_only_the_right_path_with_the_right_secret_opens(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Everything else is a 4xx without a word, and does nothing."""
    async with stage() as on:
        assert await on.ask(method, path, json=UPDATE, headers=headers) == (status, "")
        assert len(on.updates) == (status == 200)
        assert on.desk == FakeDesk()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"update_id": "7"}', 400),
        (b'{"update_id": true}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"update_id": 7, "x": "' + b"x" * MOST_BYTES + b'"}', 413),
    ],
)
async def test_a_body_that_is_no_update_is_refused(body: bytes, status: int) -> None:
    """Telegram itself sends no such thing."""
    async with stage() as on:
        assert (await on.ask("POST", PATH, data=BytesIO(body), headers=KEY))[0] == status
        assert not on.updates


async def test_a_body_without_a_length_is_bounded_too() -> None:
    """It is cut off where it becomes too long, not kept until its end."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 65_536 + 64):
            yield b"x" * 65_536

    async with stage() as on:
        with suppress(aiohttp.ClientError):  # the connection may end while we are still sending
            assert (await on.ask("POST", PATH, data=endless(), headers=KEY))[0] == 413
        assert not on.updates


async def test_a_packed_body_is_not_unpacked() -> None:
    """A bomb of 50 MB in 50 kB is refused by its label."""
    body = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Encoding": "gzip"}
    async with stage() as on:
        assert (await on.ask("POST", PATH, data=body, headers=KEY | headers))[0] == 415
        assert await on.push(body, **signed(body), **headers) == 415
        assert not on.updates
        assert not on.desk.news


async def test_an_update_that_cannot_be_stored_is_sent_again() -> None:
    """Anything but 2xx makes Telegram repeat it."""
    async with stage() as on:
        on.failures.append(StoreError("the disk is full"))
        assert await on.ask("POST", PATH, json=UPDATE, headers=KEY) == (503, "")
        assert await on.ask("POST", PATH, json=UPDATE, headers=KEY) == (200, "")
        assert on.updates == [UPDATE]


async def test_no_more_than_twenty_connections_are_heard() -> None:
    """The next is closed at once, long before silent ones are cut; when one has gone there is room again."""
    async with stage() as on:
        host, port = on.listener.address
        request = f"GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        silent = [await asyncio.open_connection(host, port) for _ in range(MOST_CONNECTIONS)]
        reader, writer = await asyncio.open_connection(host, port)
        with closing(writer):
            async with asyncio.timeout(5):
                assert await reader.read() == b""
        silent[0][1].close()
        await silent[0][1].wait_closed()
        await asyncio.sleep(0.1)
        assert (await _raw(host, port, request)).startswith(b"HTTP/1.1 404")
        for _, writer in silent[1:]:
            writer.close()


async def _raw(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    with closing(writer):
        writer.write(request)
        try:
            return await reader.read(100)
        except ConnectionError:
            return b""


async def test_an_address_in_use_is_said_in_plain_words() -> None:
    """With the setting's name."""
    async with stage() as on:
        _, port = on.listener.address
        second = WebhookListener(
            "127.0.0.1",
            port,
            public_url="https://bot.example",
            telegram=TelegramDoor(PATH, SECRET, _nothing),
            websub=WebSubDoor(FakeDesk()),
        )
        with pytest.raises(SettingsError, match=r"WEBHOOK_ADDRESS 127\.0\.0\.1:.*in use"):
            await second.start()
        await second.stop()


async def _nothing(update: Mapping[str, Any]) -> None:
    del update


# ---------------------------------------------------------------- WebSub's door


async def test_a_hub_that_asks_about_our_topic_gets_its_challenge() -> None:
    """§5.3: the challenge and nothing else."""
    asked = {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.challenge": "<b>7</b>",
        "hub.lease_seconds": "60",
    }
    async with stage() as on:
        assert await on.ask("GET", f"/websub/{HUB_PATH}", params=asked) == (200, "<b>7</b>")
        assert on.desk.verified == [("subscribe", TOPIC, "60")]


@pytest.mark.parametrize(
    "change",
    [
        {"hub.topic": "https://other.example/"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.challenge": "x" * 1025},
    ],
)
async def test_what_we_did_not_ask_for_is_not_confirmed(change: dict[str, str]) -> None:
    """404, as §5.3 wants it: another topic, the end of a subscription, no challenge."""
    asked = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "7"} | change
    async with stage() as on:
        assert await on.ask("GET", f"/websub/{HUB_PATH}", params=asked) == (404, "")


async def test_a_denial_is_heard() -> None:
    """§5.2, with its reason; one about another topic is not."""
    asked = {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "not you"}
    async with stage() as on:
        assert (await on.ask("GET", f"/websub/{HUB_PATH}", params=asked))[0] == 200
        assert (await on.ask("GET", f"/websub/{HUB_PATH}", params=asked | {"hub.topic": "x"}))[0] == 404
        assert on.desk.denied[0] == "not you"


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_signed_news_is_taken(method: str) -> None:
    """The raw body, with the charset of its label."""
    body = "<rss>Berita é</rss>".encode("latin-1")
    kind = {"Content-Type": "application/rss+xml; charset=ISO-8859-1"}
    async with stage() as on:
        assert await on.push(body, **signed(body, method), **kind) == 200
        assert on.desk.news == [(body, "ISO-8859-1")]


@pytest.mark.parametrize(
    "headers", [{}, signed(b"other"), signed(b"x", "md5"), {"X-Hub-Signature": "sha256=00"}]
)
async def test_news_that_is_not_signed_well_is_ignored(headers: dict[str, str]) -> None:
    """The hub is told so, and nothing happens."""
    async with stage() as on:
        assert await on.push(b"x", **headers) == 403
        assert not on.desk.news


async def test_of_long_news_only_the_signature_counts() -> None:
    """The feed is looked at instead; beyond 10 MiB nothing is read."""
    long = b"x" * (MOST_PUSHED + 1)
    async with stage() as on:
        assert await on.push(long, **signed(long)) == 200
        assert on.desk.news == [(None, None)]
        assert await on.push(long, **signed(b"other")) == 403
        assert await on.push(b"x" * (10 * 1024 * 1024 + 1), **signed(b"x")) == 413
        assert len(on.desk.news) == 1


async def test_a_place_where_nothing_is_wanted_any_more_says_so() -> None:
    """410 ends the hub's subscription (§7)."""
    async with stage() as on:
        on.desk.wanted = False
        assert await on.push(b"x", **signed(b"x")) == 410
        asked = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "7"}
        assert (await on.ask("GET", f"/websub/{HUB_PATH}", params=asked))[0] == 404
        assert (await on.ask("PUT", f"/websub/{HUB_PATH}"))[0] == 405


async def test_what_is_no_http_at_all_does_no_harm() -> None:
    """A scanner that speaks TLS, and one that says nothing sensible."""
    async with stage() as on:
        host, port = on.listener.address
        for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, b"GET\r\n\r\n", b"\0" * 100):
            assert not (await _raw(host, port, noise)).startswith(b"HTTP/1.1 2")
        assert (await on.ask("POST", PATH, data=json.dumps(UPDATE), headers=KEY))[0] == 200
