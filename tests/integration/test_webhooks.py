"""The bot as the world calls it: Telegram's webhook and a hub's news, through the whole program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.webhook import SECRET_HEADER
from tests.support_webhooks import PUBLIC_URL, SECRET, CountingHubPortal, free_port, public_world
from tests.support_world import ROOT, World, until

LOCAL = {"PUBLIC_URL": "", "WEBHOOK_ADDRESS": "", "WEBHOOK_SECRET": ""}


def hub_portal(world: World) -> CountingHubPortal:
    assert isinstance(world.portal, CountingHubPortal)
    return world.portal


async def answers(world: World, name: str = "Budi") -> None:
    """A reader asks, and is answered."""
    chat, user = world.reader(name)
    world.people.say(chat, user, "/terbaru")
    await world.until(lambda: world.posts(chat), f"an answer to {name}")


async def test_updates_come_by_webhook_and_readers_are_answered(tmp_path: Path) -> None:
    """With the secret of the settings, 20 connections at most, explicit updates, and no getUpdates."""
    async with public_world(tmp_path) as world:
        await world.start()
        await answers(world)

        info = world.sandbox.state.webhook.info()
        assert re.fullmatch(re.escape(PUBLIC_URL) + r"/telegram/[A-Za-z0-9_-]{43}", info["url"])
        assert world.sandbox.token not in info["url"]
        assert (world.sandbox.state.webhook.secret, info["max_connections"]) == (SECRET, 20)
        assert "message" in info["allowed_updates"]
        assert world.calls("getUpdates") == 0
        assert await world.bot.terminate() == 0


async def test_switching_either_way_needs_only_the_settings_and_loses_no_update(tmp_path: Path) -> None:
    """What comes between two runs is answered by the next; the path stays the same for ever."""
    async with public_world(tmp_path) as world:
        await world.start()
        await answers(world, "Ani")
        address = world.sandbox.state.webhook.url
        await world.bot.terminate()
        for number, settings in enumerate((LOCAL, {}, LOCAL)):
            chat, user = world.reader(f"Reader {number}")
            world.people.say(chat, user, "/terbaru")
            await world.start(**settings)
            await world.until(partial(world.posts, chat), "the answer to who asked in between")
            assert len(world.accepted(chat)) == 1
            await answers(world, f"Another {number}")
            assert world.sandbox.state.webhook.url == ("" if settings else address)
            assert "another webhook" not in world.bot.output
            assert "a webhook stands" not in world.bot.output
            assert await world.bot.terminate() == 0


async def test_a_made_up_secret_is_kept(tmp_path: Path) -> None:
    """Without WEBHOOK_SECRET one is made up once, and stands in no log."""
    async with public_world(tmp_path, WEBHOOK_SECRET="", LOG_LEVEL="debug") as world:
        secrets = set()
        for _ in range(2):
            await world.start()
            await world.until(lambda: world.sandbox.state.webhook.url, "a webhook")
            secrets.add(world.sandbox.state.webhook.secret)
            await world.bot.terminate()
            path = world.sandbox.state.webhook.url.rpartition("/")[2]
            assert not {path, *secrets} & set(re.findall(r"[A-Za-z0-9_-]{43}", world.bot.output))
            world.sandbox.state.webhook.url = ""
        assert len(secrets) == 1
        assert len(secrets.pop()) == 43


async def test_what_others_send_does_nothing(tmp_path: Path) -> None:
    """A 4xx for every path and secret but the right ones, and no answer to the forged reader."""
    async with public_world(tmp_path) as world, aiohttp.ClientSession() as http:
        await world.start()
        await world.until(lambda: world.sandbox.state.webhook.url, "a webhook")
        origin = world.sandbox.state.webhook.deliver_to
        path = world.sandbox.state.webhook.url.removeprefix("https://bot.portal.example.id")
        chat, user = world.reader()
        message = {"message_id": 1, "date": 1, "chat": {"id": chat.id, "type": "private"}, "text": "/terbaru"}
        forged = {"update_id": 1, "message": {**message, "from": {"id": user.id, "is_bot": False}}}
        tries = [
            ("POST", path, {}),
            ("POST", path, {SECRET_HEADER: "wrong"}),
            ("GET", path, {SECRET_HEADER: SECRET}),
            ("POST", path + "x", {SECRET_HEADER: SECRET}),
            ("POST", "/", {SECRET_HEADER: SECRET}),
            ("GET", "/metrics", {}),
        ]
        for method, where, headers in tries:
            async with http.request(method, origin + where, json=forged, headers=headers) as answer:
                assert 400 <= answer.status < 500
                assert await answer.read() == b""
        assert not world.rows("SELECT id FROM inbox")
        assert not world.posts(chat)


async def test_a_hub_brings_news_long_before_the_next_look(tmp_path: Path) -> None:
    """The portal is looked at once an hour; a headline is posted at once, and only once."""
    async with public_world(tmp_path) as world:
        hub = hub_portal(world).hub
        await world.start()
        await world.until_posted(1)
        await world.until(lambda: hub.subscribers, "a verified subscription")
        world.portal.publish("Kabar Pertama")
        world.portal.publish("Kabar Kedua")
        headlines = await world.until_posted(3)
        assert headlines[1:] == ["Kabar Pertama", "Kabar Kedua"]
        assert set(hub.statuses) == {200}

        await world.bot.terminate()
        await world.start()  # looks at the feed again
        await world.until_looked()
        await world.until_quiet()
        assert world.headlines() == headlines


NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def nginx(folder: Path, port: int, backend: str) -> Iterator[None]:
    """The server of docs/operating.md, with this machine's ports and a certificate of its own."""
    shown = re.search(
        r"    server \{\n.*?\n    \}\n", (ROOT / "docs" / "operating.md").read_text("utf-8"), re.DOTALL
    )
    assert shown, "docs/operating.md shows no nginx server"
    server = (
        shown[0]
        .replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
        .replace("/etc/ssl/bot.example.com.pem", f"{folder}/cert.pem")
        .replace("/etc/ssl/bot.example.com.key", f"{folder}/key.pem")
        .replace("127.0.0.1:8443", backend)
    )
    assert backend in server
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    config = folder / "nginx.conf"
    config.write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{server}}}\n"
    )
    assert NGINX
    process = subprocess.Popen([NGINX, "-c", str(config), "-e", f"{folder}/error.log"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def certificate(folder: Path) -> None:
    """Made for this test, and trusted by nobody."""
    arguments = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bot.example.com -keyout key.pem -out cert.pem"
    )
    openssl = shutil.which("openssl")
    assert openssl
    subprocess.run([openssl, *arguments.split()], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(
    NGINX is None or not shutil.which("openssl"), reason="nginx and openssl are not installed"
)
async def test_behind_a_real_nginx_as_the_handbook_shows(tmp_path: Path) -> None:
    """Updates and news come through TLS and the proxy, to a path below the proxy's root."""
    certificate(tmp_path)
    port = free_port()
    public = f"https://127.0.0.1:{port}/kabarbot"
    async with public_world(tmp_path, PUBLIC_URL=public) as world:
        hub = hub_portal(world).hub
        hub.deliver_to = world.sandbox.state.webhook.deliver_to = ""
        with nginx(tmp_path, port, world.settings["WEBHOOK_ADDRESS"]):
            await until((tmp_path / "pid").exists, "nginx")
            await world.start()
            await answers(world)
            await world.until(lambda: hub.subscribers, "a verified subscription")
            await world.until_posted(1)
            world.portal.publish("Lewat Perantara")
            assert (await world.until_posted(2))[-1] == "Lewat Perantara"
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"https://127.0.0.1:{port}/", ssl=False) as root,
            ):
                assert root.status == 404
            assert await world.bot.terminate() == 0
