"""What the update loop does when Telegram refuses, is out of reach, or belongs to another program."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from bot.errors import TokenRefused
from bot.events import UpdatesRecovered, UpdatesTrouble
from bot.telegram.identity import introduce, verify_token
from bot.telegram.trouble import Spell
from bot.telegram.updates import Webhook
from tests.support_telegram import NOON, FakeClock, Heard, until
from tests.support_updates import Bench, FakeBot, message


async def test_another_program_is_reported_once_a_spell_with_telegrams_words() -> None:
    """And tried again with longer and longer pauses."""
    words = (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    bench = Bench(*[Conflict(words)] * 4, [message(1)])
    await bench.run_until(lambda: bench.handled)

    told = [event for event in bench.heard if isinstance(event, UpdatesTrouble)]
    assert [(event.kind, event.detail) for event in told] == [("conflict", words)]
    assert bench.clock.slept[:4] == [1, 2, 4, 8]


async def test_a_webhook_is_named_and_removed() -> None:
    """No pending update is dropped."""
    words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
    bench = Bench(Conflict(words), [message(1)], getWebhookInfo={"url": "https://lain.id/hook"})
    await bench.run_until(lambda: bench.handled)

    told = [event for event in bench.heard if isinstance(event, UpdatesTrouble)]
    assert [event.kind for event in told] == ["webhook"]
    assert "https://lain.id/hook" in told[0].detail
    assert ("deleteWebhook", {"drop_pending_updates": False}) in bench.bot.calls
    assert len(bench.heard.of(UpdatesRecovered)) == 1


async def test_a_webhook_set_while_we_fetch_is_named_and_removed() -> None:
    """Telegram says so in words of its own, and whose it is must be asked."""
    words = "Conflict: terminated by setWebhook request"
    bench = Bench(Conflict(words), [message(1)], getWebhookInfo={"url": "https://lain.id/hook"})
    await bench.run_until(lambda: bench.handled)

    (told,) = (event for event in bench.heard if isinstance(event, UpdatesTrouble))
    assert (told.kind, told.detail.startswith(words)) == ("webhook", True)
    assert "https://lain.id/hook" in told.detail
    assert ("deleteWebhook", {"drop_pending_updates": False}) in bench.bot.calls


async def test_a_line_that_is_down_for_a_moment_is_nobodys_business() -> None:
    """A minute of it is told."""
    short = Bench(*[NetworkError("no route")] * 3, [message(1)])
    await short.run_until(lambda: short.handled)
    long = Bench(*[NetworkError("no route")] * 9, [message(1)])
    await long.run_until(lambda: long.handled)

    assert not short.heard.of(UpdatesTrouble)
    assert [event.kind for event in long.heard if isinstance(event, UpdatesTrouble)] == ["network"]
    assert len(long.heard.of(UpdatesRecovered)) == 1


def test_two_programs_that_take_turns_are_one_spell() -> None:
    """Each wins now and then; only half a minute of peace ends it."""
    heard = Heard()
    spell = Spell(heard.events)
    for second in range(0, 300, 10):
        spell.failed("conflict", "x", NOON + timedelta(seconds=second))
        spell.went_well(NOON + timedelta(seconds=second + 5))
    spell.went_well(NOON + timedelta(seconds=330))

    assert [type(event) for event in heard] == [UpdatesTrouble, UpdatesRecovered]


async def test_a_refused_token_ends_the_loop_after_three_refusals_over_a_minute() -> None:
    """Not before: a server may say 401 or 404 in passing."""
    bench = Bench(InvalidToken("Unauthorized"), getMe=InvalidToken("Unauthorized"))
    began = bench.clock.now()

    with pytest.raises(TokenRefused):
        async with asyncio.timeout(5):
            await bench.loop.run()

    assert [method for method, _ in bench.bot.calls] == ["getMe"] * 3
    assert bench.clock.now() - began >= timedelta(minutes=1)


@pytest.mark.parametrize("answers", [[{"id": 1}], [InvalidToken("x"), {"id": 1}], [NetworkError("x")]])
async def test_any_other_answer_clears_the_token(answers: list[Any]) -> None:
    """Known, known at the second try, or Telegram out of reach."""
    bot: Any = FakeBot(getMe=answers)

    await verify_token(bot, FakeClock())


async def test_a_webhook_of_ours_is_set_and_another_one_named() -> None:
    """Ours replaces it; its address is told, our secrets are not."""
    bench = Bench(getWebhookInfo={"url": "https://lain.id/hook"})
    bench.loop = bench.build(Webhook("https://kami.id/rahasia", "sesame"))
    await bench.run_until(lambda: len(bench.bot.calls) >= 2)

    method, body = bench.bot.calls[1]
    assert (method, body["url"], body["secret_token"]) == ("setWebhook", "https://kami.id/rahasia", "sesame")
    assert "message" in body["allowed_updates"]
    details = [event.detail for event in bench.heard if isinstance(event, UpdatesTrouble)]
    assert len(details) == 1
    assert "https://lain.id/hook" in details[0]
    assert "rahasia" not in f"{details}{bench.loop}{Webhook('https://kami.id/rahasia', 'sesame')}"


async def test_what_the_webhook_brings_is_stored_first_and_handled_once() -> None:
    """Telegram repeats what was not answered with 200."""
    bench = Bench(getWebhookInfo={"url": ""})
    bench.loop = bench.build(Webhook("https://kami.id/rahasia", "sesame"))
    await bench.loop.receive(message(6))
    assert not bench.handled  # who we are is not known yet
    running = asyncio.ensure_future(bench.loop.run())
    await until(lambda: bench.handled)
    for _ in range(3):
        await bench.loop.receive(message(7))
    await asyncio.gather(*(bench.loop.receive(message(number, chat=number)) for number in range(8, 20)))
    await until(lambda: not bench.inbox.open)

    assert sorted(bench.handled) == list(range(6, 20))
    bench.loop.stop()
    await running
    await bench.loop.receive(message(20))
    assert 20 not in bench.handled


class PatientClock(FakeClock):
    """The two seconds that the loop gives late commands last until `quiet` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.quiet = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds == 2:
            await self.quiet.wait()
        await super().sleep(seconds)


async def test_of_late_commands_that_the_webhook_brings_only_the_last_is_answered() -> None:
    """They come one by one: what a chat's last is can be told only when no more of them come."""
    bench = Bench(getWebhookInfo={"url": ""})
    bench.clock = clock = PatientClock()
    bench.loop = bench.build(Webhook("https://kami.id/rahasia", "sesame"))
    running = asyncio.ensure_future(bench.loop.run())
    await until(lambda: bench.bot.calls)
    for number in (7, 8, 9):
        await bench.loop.receive(message(number, age=timedelta(hours=1)))
        assert not bench.handled
    clock.quiet.set()
    await until(lambda: not bench.inbox.open)

    assert bench.handled == [9]
    bench.loop.stop()
    await running


class Shy:
    """A bot whose getMe fails so many times before it answers."""

    def __init__(self, *failures: TelegramError) -> None:
        self.failures = list(failures)

    async def initialize(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


async def test_telegram_out_of_reach_at_start_is_waited_for() -> None:
    """Quietly, and as long as it takes."""
    bot: Any = Shy(*[NetworkError("no route")] * 5)
    clock = FakeClock()

    await introduce(bot, clock, Heard().events)

    assert clock.slept == [1, 2, 4, 8, 16]


async def test_a_token_refused_at_start_ends_it_at_once() -> None:
    """With the setting's name and without its value."""
    bot: Any = Shy(InvalidToken("Unauthorized"))

    with pytest.raises(TokenRefused, match="TELEGRAM_TOKEN"):
        await introduce(bot, FakeClock(), Heard().events)
