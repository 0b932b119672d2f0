"""`check` against the sandbox's Bot API and its sample portal: every fault is named, with its cure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli.check import look
from bot.cli.checks.finding import Finding
from bot.cli.portal import open_portal
from bot.sandbox.portal import SamplePortal
from bot.settings import Settings, parse
from tests.support_sandbox import Bench, bench
from tests.support_sources import Answer, StubPortal


@dataclass(frozen=True, slots=True)
class Stage:
    """A sandbox, a portal and settings under which everything is in order."""

    at: Bench
    portal: SamplePortal
    folder: Path

    def settings(self, **words: object) -> Settings:
        return parse(
            {
                "TELEGRAM_TOKEN": self.at.sandbox.token,
                "TELEGRAM_API_URL": self.at.sandbox.url,
                "FEED_URL": self.portal.feed_url,
                "POPULAR_URL": self.portal.popular_url,
                "CHANNELS": "@kabar",
                "OPS_CHAT": self.at.moderators.add_chat("supergroup", "Redaksi", status="member").id,
                "DATABASE_PATH": str(self.folder / "kabarbot.db"),
                **words,
            }
        )

    async def check(self, **words: object) -> tuple[int, list[Finding]]:
        settings = self.settings(**words)
        named = [*(feed.url for feed in settings.feeds), settings.popular_url]
        return await look(settings, open_portal(named, settings.timezone))

    async def fault(self, **words: object) -> str:
        """What and cure of the one fault that there is."""
        code, findings = await self.check(**words)
        (wrong,) = [finding for finding in findings if not finding.ok]
        assert code == 1
        assert wrong.cure
        return f"{wrong.what}: {wrong.cure}"


@asynccontextmanager
async def stub_portal(answer: Answer) -> AsyncIterator[str]:
    """The address of a portal that always answers so."""
    stub = await StubPortal().start()
    stub.answers["/rss"] = answer
    try:
        yield stub.url()
    finally:
        await stub.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Everything in order."""
    async with bench() as at, SamplePortal() as portal:
        yield Stage(at, portal, tmp_path)


async def test_all_in_order(stage: Stage) -> None:
    """Exit 0, and each thing that was looked at is named."""
    code, findings = await stage.check()

    assert code == 0
    assert all(finding.ok for finding in findings)
    named = " ".join(finding.what for finding in findings)
    for part in ("token", "inline", "@kabar", "OPS_CHAT", "feed", "popular", "database", "public", "webhook"):
        assert part in named


async def test_nothing_is_sent_and_nothing_is_made(stage: Stage) -> None:
    """`check` only asks."""
    await stage.check()

    assert stage.at.texts() == []
    assert list(stage.folder.iterdir()) == []


async def test_a_token_that_telegram_refuses_is_exit_2(stage: Stage) -> None:
    """The one fault of the network that is a wrong setting; the token itself is not repeated."""
    code, findings = await stage.check(TELEGRAM_TOKEN="123456:WRONGWRONG")

    (token,) = [finding for finding in findings if not finding.ok]
    assert code == 2
    assert (token.what, "BotFather" in token.cure) == ("token", True)
    assert "WRONGWRONG" not in token.cure


async def test_a_server_that_is_not_there_is_exit_1(stage: Stage) -> None:
    """The portal is checked all the same."""
    code, findings = await stage.check(TELEGRAM_API_URL="http://127.0.0.1:9")

    assert code == 1
    assert [finding.what for finding in findings if not finding.ok] == ["token"]
    assert any("feed" in finding.what for finding in findings)


async def test_a_server_that_is_something_else_is_named(stage: Stage) -> None:
    """A slip in TELEGRAM_API_URL leads to some web server."""
    page = stage.portal.feed_url.removesuffix("/rss")

    assert "no Bot API server" in await stage.fault(TELEGRAM_API_URL=page)


def not_administrator(at: Bench) -> None:
    """Only a member."""
    at.moderators.set_rights(at.channel, "member")


def left(at: Bench) -> None:
    """Not in it."""
    at.moderators.set_rights(at.channel, "left")


def kicked(at: Bench) -> None:
    """Thrown out."""
    at.moderators.set_rights(at.channel, "kicked")


def cannot_post(at: Bench) -> None:
    """An administrator who may do something else."""
    at.moderators.set_rights(at.channel, "administrator", ["can_invite_users"])


@pytest.mark.parametrize("undo", [not_administrator, left, kicked, cannot_post])
async def test_a_channel_that_takes_no_posts(stage: Stage, undo: Callable[[Bench], None]) -> None:
    """Whatever is missing, the cure names the switch to turn on."""
    undo(stage.at)

    said = await stage.fault()

    assert "channel @kabar" in said
    assert "Administrators" in said
    assert "Post messages" in said


async def test_more_rights_than_posting_are_a_fault(stage: Stage) -> None:
    """With can_edit_messages everybody's posts read as the bot's own."""
    stage.at.moderators.set_rights(
        stage.at.channel, "administrator", ["can_post_messages", "can_edit_messages", "can_delete_messages"]
    )

    said = await stage.fault()

    assert "can_edit_messages" in said
    assert "can_delete_messages" in said
    assert "its own posts" in said


async def test_rights_that_telegram_always_gives_are_none(stage: Stage) -> None:
    """Every administrator of a channel has these two, whatever was ticked."""
    stage.at.moderators.set_rights(
        stage.at.channel,
        "administrator",
        ["can_post_messages", "can_manage_chat", "can_restrict_members"],
    )

    assert (await stage.check())[0] == 0


@pytest.mark.parametrize(
    ("chat", "cure"),
    [
        ("@nobody_here", "no public channel of this name"),
        ("-1009999999999", "not found, or the bot is not in it"),
        ("-1234567890", "is it -1001234567890?"),
    ],
)
async def test_a_channel_that_does_not_exist(stage: Stage, chat: str, cure: str) -> None:
    """A slip in the name, or an id without its -100."""
    assert cure in await stage.fault(CHANNELS=chat)


async def test_a_channel_by_its_id(stage: Stage) -> None:
    """An id is as good as a name."""
    assert (await stage.check(CHANNELS=stage.at.channel.id))[0] == 0


@pytest.mark.parametrize(("status", "ok"), [("member", True), ("restricted", False), ("left", False)])
async def test_a_group_needs_no_administrator(stage: Stage, status: Any, ok: bool) -> None:
    """Whoever may write in a group may post there."""
    group = stage.at.moderators.add_chat("supergroup", "Warga", username="warga", status=status)

    assert ((await stage.check(CHANNELS=group.id))[0] == 0) is ok


async def test_inline_mode_off(stage: Stage) -> None:
    """BotFather has to be asked for it."""
    stage.at.sandbox.state.flags.inline = False

    assert "/setinline" in await stage.fault()


async def test_a_webhook_of_somebody_else_is_named_without_the_token(stage: Stage) -> None:
    """Many programs put the token into the path of their webhook."""
    await stage.at.ok("setWebhook", url=f"https://lain.example/{stage.at.sandbox.token}")

    said = await stage.fault()

    assert "https://lain.example/…" in said
    assert stage.at.sandbox.token not in said


async def test_our_own_webhook_is_in_order(stage: Stage) -> None:
    """It begins with PUBLIC_URL."""
    await stage.at.ok("setWebhook", url="https://bot.example.com/telegram/abc")

    code, _ = await stage.check(PUBLIC_URL="https://bot.example.com", WEBHOOK_ADDRESS="127.0.0.1:8443")

    assert code == 0


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("https://bot.example.com:9000", "443, 80, 88, 8443"),
        ("https://192.168.1.2", "public name"),
        ("https://bot.local", "public name"),
        ("https://bot", "public name"),
    ],
)
async def test_a_public_address_that_telegram_cannot_call(stage: Stage, url: str, cure: str) -> None:
    """Ports and hosts that can never work; nothing is called."""
    assert cure in await stage.fault(PUBLIC_URL=url, WEBHOOK_ADDRESS="127.0.0.1:8443")


@pytest.mark.parametrize(
    ("kind", "more", "cure"),
    [
        ("channel", {}, "this is a channel"),
        ("supergroup", {"username": "warga", "status": "member"}, "everybody can read @warga"),
        ("supergroup", {"status": "restricted"}, "lift its restriction"),
        ("group", {"status": "left"}, "not a member"),
    ],
)
async def test_an_ops_chat_that_is_no_private_group(
    stage: Stage, kind: Any, more: dict[str, Any], cure: str
) -> None:
    """Alerts are for editors' eyes."""
    chat = stage.at.moderators.add_chat(kind, "Redaksi", **more)

    assert cure in await stage.fault(OPS_CHAT=chat.id)


async def test_an_ops_chat_that_readers_see(stage: Stage) -> None:
    """One that is a channel of the settings too: whoever reads there would be an editor."""
    chat = stage.at.moderators.add_chat("supergroup", "Redaksi", status="member")

    assert "one of CHANNELS" in await stage.fault(OPS_CHAT=chat.id, CHANNELS=f"@kabar,{chat.id}")


async def test_an_ops_chat_that_became_a_supergroup(stage: Stage) -> None:
    """The setting holds an id that means another group now: the new one is named."""
    group = stage.at.moderators.add_chat("group", "Redaksi", status="member")
    grown = stage.at.moderators.upgrade(group)
    assert f"set {grown.id}" in await stage.fault(OPS_CHAT=group.id)


async def test_without_an_ops_chat_there_is_advice(stage: Stage) -> None:
    """Strongly recommended is not required."""
    code, findings = await stage.check(OPS_CHAT="")

    (desk,) = [finding for finding in findings if finding.what == "OPS_CHAT"]
    assert (code, desk.ok, bool(desk.cure)) == (0, True, True)


async def test_a_known_challenge_page_is_named(stage: Stage) -> None:
    """The portal's shield took the bot for a robot, which it is; whose shield it is helps the portal."""
    page = b"<html><title>Just a moment...</title><script>_cf_chl_opt={}</script></html>"
    async with stub_portal(Answer(403, page, {"Content-Type": "text/html"})) as url:
        said = await stage.fault(FEED_URL=url)

    assert said.startswith(f"feed {url}: ")
    assert "challenge for browsers (Cloudflare)" in said


async def test_a_page_that_could_be_a_challenge_is_asked_about(stage: Stage) -> None:
    """A shield that nobody knows yet shows a page without headlines."""
    stage.portal.cause("challenge")

    said = await stage.fault(POPULAR_URL="")

    assert "challenges browsers?" in said


async def test_a_feed_that_is_not_there(stage: Stage) -> None:
    """Its own words, and the feed's address."""
    assert "404" in await stage.fault(FEED_URL=stage.portal.feed_url + "/nowhere")


async def test_a_popular_list_that_is_not_there(stage: Stage) -> None:
    """It has a row of its own."""
    assert "popular list" in await stage.fault(POPULAR_URL=stage.portal.feed_url + "/nowhere")


async def test_a_database_that_cannot_be_made(stage: Stage) -> None:
    """A row with its cure, and exit 1: nothing was to be started."""
    (stage.folder / "file").write_text("")

    said = await stage.fault(DATABASE_PATH=str(stage.folder / "file" / "kabarbot.db"))

    assert "is not a folder" in said


@pytest.mark.parametrize("colon", [":", "%3A"])
async def test_an_answer_that_repeats_the_token_is_masked(stage: Stage, colon: str) -> None:
    """A server, or a proxy before it, may quote the address that it was asked at."""
    token = stage.at.sandbox.token
    words = f"Bad Request: no such path /bot{token.replace(':', colon)}/getChat"
    stage.at.sandbox.state.faults.add(kind="refuse", code=400, description=words, method="getChat", times=0)

    _, findings = await stage.check()
    said = " ".join(f"{finding.what} {finding.cure}" for finding in findings)

    assert "no such path /bot…/getChat" in said
    assert token.partition(":")[2] not in said
