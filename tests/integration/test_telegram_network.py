"""The network port against the sandbox: posts, edits and deletions, names, rights."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.delivery import FrozenRequest, Outcome, Target, Verdict
from bot.events import Event, Events
from bot.telegram.limiter import Limiter
from bot.telegram.network import TelegramNetwork
from bot.telegram.render import PostRenderer
from bot.telegram.settle import Settler
from tests.support_network import BUTTONS, Bench, network_bench
from tests.support_telegram import (
    JAKARTA,
    WORDS,
    FakePace,
    FakeTraffic,
    RealClock,
    scripted,
)
from tests.support_telegram import quiet_bot as plain_bot


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with network_bench() as made:
        yield made


async def test_a_post_is_edited_and_deleted(bench: Bench) -> None:
    """What stands there is what was rendered; repeating an edit is no failure."""
    number = await bench.arrive()
    other = PostRenderer(zone=JAKARTA).post(replace(WORDS, title="Judul baru"), bench.target, loud=True)

    edits = [await bench.network.edit(bench.target, number, other) for _ in range(2)]
    shown = bench.channel.messages[number].text
    deleted = [await bench.network.delete(bench.target, number) for _ in range(2)]

    assert shown == "Judul baru\nDunia · Rabu, 20 September 2023 | 06:12 WIB"
    assert [outcome.verdict for outcome in edits] == [Verdict.DONE, Verdict.DONE]
    assert [outcome.verdict for outcome in deleted] == [Verdict.DONE, Verdict.MISSING]


async def test_an_edit_keeps_preview_and_buttons(bench: Bench) -> None:
    """Telegram resets what an edit leaves out."""
    body = {**bench.request.body, "reply_markup": BUTTONS}
    number = await bench.arrive(FrozenRequest("sendMessage", body))
    before = bench.channel.messages[number].unpack()

    await bench.network.edit(bench.target, number, FrozenRequest("sendMessage", {**body, "text": "Baru"}))

    after = bench.channel.messages[number].unpack()
    assert after["reply_markup"] == before["reply_markup"]
    assert after["link_preview_options"] == before["link_preview_options"]


@pytest.mark.parametrize("method", ["sendPhoto", "sendMessage"])
async def test_a_photos_caption_is_edited_whatever_the_request_looks_like(bench: Bench, method: str) -> None:
    """A photo whose words were made plainer is a text message's request, and the message still a photo."""
    photo = {"photo": "https://kabar.id/a.jpg", "caption": "Judul"}
    number = await bench.arrive(FrozenRequest("sendPhoto", photo))
    body = {"caption": "Baru"} if method == "sendPhoto" else {"text": "Baru"}

    outcome = await bench.network.edit(bench.target, number, FrozenRequest(method, body))

    assert outcome.verdict is Verdict.DONE
    assert bench.channel.messages[number].text == "Baru"


async def test_a_sent_message_that_was_deleted_at_once_was_sent(bench: Bench) -> None:
    """Telegram says 500, and the post was there."""
    bench.sandbox.state.faults.add(kind="sent_deleted", method="sendMessage")

    outcome = await bench.network.send(bench.target, bench.request)

    assert (outcome.verdict, outcome.message_id) == (Verdict.DONE, None)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ({"kind": "drop_before"}, Verdict.UNKNOWN),
        ({"kind": "drop_after"}, Verdict.UNKNOWN),
        ({"kind": "error_after"}, Verdict.UNKNOWN),
        ({"kind": "cut_json"}, Verdict.UNKNOWN),
        ({"kind": "cut_body"}, Verdict.UNKNOWN),
        ({"kind": "html"}, Verdict.UNKNOWN),
        ({"kind": "refuse", "code": 500, "description": "Internal Server Error"}, Verdict.UNKNOWN),
        ({"kind": "refuse", "code": 401, "description": "Unauthorized"}, Verdict.NOT_SENT),
        ({"kind": "flood_after", "retry_after": 3}, Verdict.TOO_FAST),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else value.value,
)
async def test_a_send_is_tried_once_and_its_outcome_is_honest(
    bench: Bench, fault: dict[str, Any], verdict: Verdict
) -> None:
    """Whatever breaks, nothing inside sends it again."""
    bench.sandbox.state.faults.add(method="sendMessage", **fault)

    assert (await bench.network.send(bench.target, bench.request)).verdict is verdict
    assert bench.last <= 2  # 1 is the channel's own service message


async def test_an_answer_of_an_unforeseen_shape_is_unknown() -> None:
    """Telegram agreed to something; nobody knows to what."""
    async with scripted((200, '{"ok":true,"result":[]}')) as script, plain_bot(script.url) as bot:
        network = TelegramNetwork(bot, Settler(bot, RealClock(), lambda: None))
        outcome = await network.send(Target(1, -100), FrozenRequest("sendMessage", {"text": "x"}))
        resolved = await network.resolve("@kabar")

    assert outcome.verdict is Verdict.UNKNOWN
    assert isinstance(resolved, Outcome)


async def test_what_has_its_place_asks_for_no_other() -> None:
    """Posts and edits were paced before they were claimed; a refusal is their maker's business alone."""
    pace, traffic, told = FakePace({-100: timedelta(hours=1)}), FakeTraffic(), list[Event]()
    limiter = Limiter(pace, traffic, RealClock(), Events([told.append]))
    refusal = '{"ok":false,"error_code":429,"description":"Slow","parameters":{"retry_after":9}}'
    async with scripted((429, refusal)) as script, plain_bot(script.url, limiter=limiter) as bot:
        network = TelegramNetwork(bot, Settler(bot, RealClock(), lambda: None))
        sent = await network.send(Target(1, -100), FrozenRequest("sendMessage", {"text": "x"}))
        edited = await network.edit(Target(1, -100), 7, FrozenRequest("sendMessage", {"text": "x"}))

    assert (sent.verdict, sent.retry_after) == (Verdict.TOO_FAST, timedelta(seconds=9))
    assert edited.verdict is Verdict.TOO_FAST
    assert script.methods == ["sendMessage", "editMessageText"]
    assert (pace.asked, pace.refused, traffic.noted, told) == ([], [], [], [])


async def test_a_name_becomes_a_number(bench: Bench) -> None:
    """By name or by id; a name that leads nowhere says so."""
    found = (bench.channel.id, "Kabar", "channel")

    assert await bench.network.resolve("@kabar") == found
    assert await bench.network.resolve(f" {bench.channel.id} ") == found
    missing = await bench.network.resolve("@tiada")
    assert isinstance(missing, Outcome)
    assert missing.verdict is Verdict.CHANNEL


async def test_welcome_is_told_without_sending(bench: Bench) -> None:
    """Rights are read; what is missing is said in words."""
    before = bench.last

    assert (await bench.network.welcome(bench.target)).verdict is Verdict.DONE
    bench.sandbox.moderators.set_rights(bench.channel, "administrator", ())
    lacking = await bench.network.welcome(bench.target)
    bench.sandbox.moderators.set_rights(bench.channel, "kicked")
    kicked = await bench.network.welcome(bench.target)

    assert (lacking.verdict, kicked.verdict) == (Verdict.CHANNEL, Verdict.CHANNEL)
    assert "can_post_messages" in lacking.detail
    assert bench.last == before
