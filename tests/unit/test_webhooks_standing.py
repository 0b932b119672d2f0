"""Our webhook at Telegram: set once, set again when somebody replaced it, and never a word about our own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.events import Event, Events, UpdatesRecovered, UpdatesTrouble
from bot.telegram.trouble import Spell
from bot.telegram.webhook import Standing, Webhook
from tests.support_telegram import NOON, FakeClock

PATH = "/telegram/rahasia"
OURS = Webhook(f"https://kami.id{PATH}", "sesame")


class FakeTelegram:
    """A server that keeps one webhook; `fields` are further ones of getWebhookInfo."""

    def __init__(self, url: str = "", **fields: Any) -> None:
        self.url, self.fields = url, fields
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, body: Mapping[str, Any]) -> Any:
        self.calls.append((method, body))
        if method == "getWebhookInfo":
            return {"url": self.url, **self.fields}
        self.url = body["url"] if method == "setWebhook" else ""
        return True

    def count(self, method: str) -> int:
        return [name for name, _ in self.calls].count(method)


class Stage:
    """A standing webhook at a fake server, and what was told."""

    def __init__(self, url: str = "", **fields: Any) -> None:
        self.server, self.clock = FakeTelegram(url, **fields), FakeClock()
        self.told: list[Event] = []
        bot: Any = self.server
        self.standing = Standing(bot, PATH, Spell(Events([self.told.append])), self.clock)

    async def see_to(self, after: timedelta = timedelta()) -> timedelta:
        self.clock.time += after
        return await self.standing.see_to(OURS)

    def troubles(self) -> list[str]:
        return [event.detail for event in self.told if isinstance(event, UpdatesTrouble)]

    def recoveries(self) -> int:
        return len([event for event in self.told if isinstance(event, UpdatesRecovered)])


MINUTE = timedelta(minutes=1)


async def test_it_is_set_with_all_that_telegram_must_know() -> None:
    """At every start, for the secret or the list of updates may be new; afterwards it is only looked at."""
    stage = Stage(OURS.url)
    assert await stage.see_to() == MINUTE
    assert await stage.see_to(MINUTE) == MINUTE
    assert stage.server.count("setWebhook") == 1
    _, body = stage.server.calls[1]
    assert (body["url"], body["secret_token"], body["max_connections"]) == (OURS.url, "sesame", 20)
    assert body["drop_pending_updates"] is False
    assert {"message", "channel_post", "my_chat_member"} <= set(body["allowed_updates"])
    assert not stage.told


@pytest.mark.parametrize("url", ["https://lain.id/hook", ""])
async def test_it_is_set_again_when_somebody_replaced_or_removed_it(url: str) -> None:
    """Told once, and over when it stood for a while."""
    stage = Stage()
    await stage.see_to()
    for _ in range(3):  # a program that fights
        stage.server.url = url
        await stage.see_to(MINUTE)
        assert stage.server.url == OURS.url
    assert len(stage.troubles()) == 1
    assert (url or "removed") in stage.troubles()[0]
    assert stage.recoveries() == 0
    await stage.see_to(MINUTE)
    assert stage.recoveries() == 1


async def test_another_address_of_ours_is_nobodys_business() -> None:
    """PUBLIC_URL was changed: the secret path tells that it is ours."""
    stage = Stage(f"https://dulu.id/bot{PATH}")
    await stage.see_to()
    assert stage.server.url == OURS.url
    assert not stage.told


async def test_a_telegram_that_cannot_reach_us_is_told() -> None:
    """Only while updates wait and the failure is fresh."""
    stage = Stage()
    await stage.see_to()
    stage.server.fields = {
        "pending_update_count": 3,
        "last_error_date": int(NOON.timestamp()),
        "last_error_message": "Connection refused",
    }
    await stage.see_to(MINUTE)
    assert stage.troubles() == ["Telegram cannot bring updates to PUBLIC_URL: Connection refused"]
    await stage.see_to(MINUTE)
    assert stage.recoveries() == 1


@pytest.mark.parametrize(
    ("url", "told"), [(OURS.url, 0), (f"https://dulu.id{PATH}", 0), ("https://lain.id/hook", 1), ("", 1)]
)
async def test_going_back_to_fetching_removes_what_stands(url: str, told: int) -> None:
    """Without dropping anything; only a foreign one is worth a word."""
    stage = Stage(url)
    await stage.standing.remove("Conflict: webhook is active")
    assert stage.server.calls[-1] == ("deleteWebhook", {"drop_pending_updates": False})
    assert len(stage.troubles()) == told


def test_nothing_shows_the_secrets() -> None:
    """Neither path nor word."""
    assert "rahasia" not in repr(OURS)
    assert "sesame" not in repr(OURS)
