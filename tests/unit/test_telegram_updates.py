"""What happens to updates between Telegram and their handler, with a made-up Telegram and time that does not pass."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from bot.domain.delivery import Outcome, Verdict
from bot.errors import StoreError, TokenRefused
from bot.events import StoreTrouble, UpdateSetAside, UpdatesRecovered, UpdatesTrouble, WorkerFailed
from bot.telegram.handling import Handling
from bot.telegram.identity import introduce, verify_token
from bot.telegram.incoming import command_of, lane_of, language_of
from bot.telegram.lanes import Lanes
from bot.telegram.speak import OpenAnswers
from bot.telegram.trouble import Spell
from bot.telegram.updates import UpdateLoop, Webhook
from tests.support_telegram import NOON, FakeAnswers, FakeClock, FakeInbox, Heard, until

Body = dict[str, Any]


def message(number: int, text: str = "/terbaru", chat: int = 5, age: timedelta = timedelta()) -> Body:
    length = len(text.split(maxsplit=1)[0])
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": int((NOON - age).timestamp()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "group"},
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": length}] if text[0] == "/" else [],
        },
    }


class FakeBot:
    """Hands out `batches`; an exception in their place is raised. When they are over, the line is silent."""

    username = "kabar_bot"

    def __init__(self, *batches: list[Body] | TelegramError, **results: Any) -> None:
        self.batches = list(batches)
        self.results = results
        self.offsets: list[int | None] = []
        self.waits: list[int] = []
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def fetch_updates(self, offset: int | None, allowed: Any, *, wait: int = 30) -> list[Body]:
        self.offsets.append(offset)
        self.waits.append(wait)
        await asyncio.sleep(0)
        if not self.batches and wait:
            await asyncio.Event().wait()
        batch = self.batches.pop(0) if self.batches else []
        if isinstance(batch, TelegramError):
            raise batch
        return batch

    async def call(self, method: str, body: Mapping[str, Any]) -> Any:
        self.calls.append((method, body))
        result = self.results.get(method, True)
        if isinstance(result, list):
            result = result.pop(0) if len(result) > 1 else result[0]
        if isinstance(result, TelegramError):
            raise result
        return result


class Bench:
    """A loop over fakes. `handle` keeps what it was given; a chat's `gates` hold it up."""

    def __init__(
        self, *batches: list[Body] | TelegramError, inbox: FakeInbox | None = None, **results: Any
    ) -> None:
        self.bot = FakeBot(*batches, **results)
        self.inbox, self.clock, self.heard = inbox or FakeInbox(), FakeClock(), Heard()
        self.handled: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.failures: dict[int, list[Exception]] = {}
        self.loop = self.build()

    def build(self, webhook: Webhook | None = None) -> UpdateLoop:
        bot: Any = self.bot
        return UpdateLoop(bot, self.inbox, self.handle, self.clock, self.heard.events, webhook=webhook)

    async def handle(self, body: Mapping[str, Any]) -> None:
        number = body["update_id"]
        if number in self.gates:
            await self.gates[number].wait()
        if self.failures.get(number):
            raise self.failures[number].pop(0)
        self.handled.append(number)

    async def run_until(self, condition: Any) -> None:
        """Run the loop until `condition` holds, then stop it."""
        running = asyncio.ensure_future(self.loop.run())
        try:
            await until(lambda: condition() or running.done())
        finally:
            self.loop.stop()
            async with asyncio.timeout(5):
                await running


# ---------------------------------------------------------------- stored, then confirmed, then handled


async def test_updates_are_stored_before_they_are_confirmed() -> None:
    """The next fetch confirms; by then the batch is in the inbox."""
    bench = Bench([message(7), message(8)])
    await bench.run_until(lambda: len(bench.bot.offsets) == 2 and len(bench.handled) == 2)

    assert bench.bot.offsets == [None, 9]
    assert bench.handled == [7, 8]
    assert bench.inbox.open == []


async def test_a_full_disk_confirms_nothing() -> None:
    """The same updates are fetched again, and none is handled twice."""
    bench = Bench([message(7)], [message(7)])
    bench.inbox.full = 1
    await bench.run_until(lambda: not bench.inbox.open and bench.handled)

    assert bench.bot.offsets[:2] == [None, None]
    assert bench.handled == [7]
    assert len(bench.heard.of(StoreTrouble)) == 1


async def test_what_a_killed_process_left_is_handled_first() -> None:
    """Before anything new is fetched."""
    inbox = FakeInbox()
    await inbox.keep([message(3), message(4)], NOON)
    await inbox.done([3], NOON)
    bench = Bench([message(9)], inbox=inbox)
    await bench.run_until(lambda: len(bench.handled) == 2)

    assert bench.handled == [4, 9]


async def test_an_update_that_came_twice_is_handled_once() -> None:
    """Telegram repeats what was not confirmed before a kill."""
    inbox = FakeInbox()
    await inbox.keep([message(3)], NOON)
    await inbox.done([3], NOON)
    bench = Bench([message(3), message(4)], inbox=inbox)
    await bench.run_until(lambda: bench.handled)

    assert bench.handled == [4]


async def test_an_update_is_begun_three_times_and_no_more() -> None:
    """It kills whoever touches it: the fourth process sets it aside, says so, and goes on."""
    inbox = FakeInbox()
    await inbox.keep([message(3), message(4)], NOON)
    inbox.rows[3].begun = 3
    bench = Bench(inbox=inbox)
    await bench.run_until(lambda: not inbox.open)

    assert bench.handled == [4]
    assert [event.update_id for event in bench.heard if isinstance(event, UpdateSetAside)] == [3]


async def test_an_update_that_raises_is_told_and_finished() -> None:
    """One bug does not end the bot, nor come again and again."""
    bench = Bench([message(7), message(8)])
    bench.failures[7] = [RuntimeError("bug")]
    await bench.run_until(lambda: not bench.inbox.open and bench.handled)

    assert bench.handled == [8]
    assert [event.worker for event in bench.heard if isinstance(event, WorkerFailed)] == ["updates"]


async def test_an_update_that_the_database_failed_is_tried_again() -> None:
    """The reader waits a little and is answered."""
    bench = Bench([message(7)])
    bench.failures[7] = [StoreError("busy"), StoreError("busy")]
    await bench.run_until(lambda: bench.handled)

    assert bench.handled == [7]
    assert bench.inbox.rows[7].begun == 3


async def test_chats_do_not_wait_for_each_other_and_keep_their_own_order() -> None:
    """One slow answer holds up its own chat only."""
    bench = Bench([message(1, chat=5), message(2, chat=5), message(3, chat=6)])
    bench.gates[1] = asyncio.Event()

    def open_later() -> bool:
        if bench.handled == [3]:
            bench.gates[1].set()
        return len(bench.handled) == 3

    await bench.run_until(open_later)

    assert bench.handled == [3, 1, 2]


async def test_stopping_is_quick_and_loses_nothing() -> None:
    """A handler that does not end is cut off; its update stays for the next start."""
    bench = Bench([message(1), message(2, chat=6)])
    bench.gates[1] = asyncio.Event()
    began = asyncio.get_running_loop().time()
    await bench.run_until(lambda: bench.handled == [2])

    assert asyncio.get_running_loop().time() - began < 5
    assert bench.inbox.open == [1]


async def test_a_bug_in_the_loop_does_not_end_the_bot() -> None:
    """It is told, and the loop goes on after a pause."""
    bench = Bench([message(7)])
    waiting, failures = bench.inbox.waiting, [KeyError("bug")]

    async def fails_once() -> Any:
        if failures:
            raise failures.pop()
        return await waiting()

    bench.inbox.waiting = fails_once  # type: ignore[method-assign] # this fake is the test's own
    await bench.run_until(lambda: bench.handled)

    assert bench.handled == [7]
    assert [event.detail for event in bench.heard if isinstance(event, WorkerFailed)] == ["KeyError"]


async def test_an_answer_under_way_is_open_until_its_outcome_is_known() -> None:
    """And stays open, for whoever asks later, where it ends in the middle or nobody knows how."""
    clock, store = FakeClock(), FakeAnswers()
    answers = OpenAnswers(store, clock)
    first, later = await answers.begin(-5), clock.time + timedelta(seconds=1)

    assert answers.any_since(-5, later)
    assert not answers.any_since(-6, clock.time)
    await answers.end(-5, first, Outcome(Verdict.DONE, 77))
    assert (answers.any_since(-5, clock.time), answers.any_since(-5, later)) == (True, False)
    for outcome in (None, Outcome(Verdict.UNKNOWN)):
        await answers.end(-5, await answers.begin(-5), outcome)
    assert not answers.any_since(-5, later)
    assert (store.open, store.known) == ({2: -5, 3: -5}, {77})


async def test_an_answer_in_private_is_nobodys_doubt() -> None:
    """Posts go to channels and groups."""
    store = FakeAnswers()

    assert await OpenAnswers(store, FakeClock()).begin(5) is None
    assert not store.open


async def test_an_id_that_cannot_be_stored_leaves_the_answer_open() -> None:
    """The answer is not said a second time for the database's sake."""
    store = FakeAnswers()
    answers = OpenAnswers(store, FakeClock())
    begun = await answers.begin(-5)
    store.broken = True
    await answers.end(-5, begun, Outcome(Verdict.DONE, 77))

    assert (store.open, store.known) == ({1: -5}, set())


# ---------------------------------------------------------------- after a long silence


async def test_of_old_commands_only_the_last_of_each_chat_is_answered() -> None:
    """Other updates are handled all the same."""
    old = timedelta(minutes=16)
    batch = [
        message(1, age=old),
        message(2, chat=6, age=old),
        message(3, "/populer", age=old),
        message(4, "bukan perintah", age=old),
        message(5, "/cari@other_bot x", chat=6, age=old),
        message(6, age=timedelta(minutes=14)),
    ]
    bench = Bench(batch)
    await bench.run_until(lambda: not bench.inbox.open and bench.handled)

    assert sorted(bench.handled) == [2, 3, 4, 5, 6]


async def test_old_commands_are_answered_one_after_another() -> None:
    """Many at once would take all places in the limits before the news; who asks now waits for none of them."""
    old = timedelta(hours=20)
    bench = Bench([*(message(number, chat=number, age=old) for number in (1, 2, 3)), message(4, chat=4)])
    bench.gates[1] = asyncio.Event()
    before: list[list[int]] = []

    def open_later() -> bool:
        if 4 in bench.handled and not before:
            before.append(list(bench.handled))
            bench.gates[1].set()
        return len(bench.handled) == 4

    await bench.run_until(open_later)

    assert before == [[4]]
    assert bench.handled == [4, 1, 2, 3]


async def test_an_old_command_that_takes_long_holds_up_none_for_long() -> None:
    """Its chat rests, say, after a 429; the others are answered meanwhile, and still one after another."""
    old = timedelta(hours=20)
    bench = Bench([message(number, chat=number, age=old) for number in (1, 2, 3)])
    bench.gates[1] = asyncio.Event()

    def open_last() -> bool:
        if bench.handled == [2, 3]:
            bench.gates[1].set()
        return len(bench.handled) == 3

    await bench.run_until(open_last)

    assert bench.handled == [2, 3, 1]


async def test_what_editors_ordered_is_handled_however_old_it_is() -> None:
    """Each of their orders: a withdrawal must not be forgotten because a later one came."""
    old, editor = timedelta(hours=9), 77
    batch = [message(number, "/tarik x", age=old) for number in (1, 2, 3)]
    batch[0]["message"]["from"] = batch[1]["message"]["from"] = {"id": editor}
    bench = Bench(batch)
    bot: Any = bench.bot
    bench.loop = UpdateLoop(
        bot,
        bench.inbox,
        bench.handle,
        bench.clock,
        bench.heard.events,
        is_editor=lambda _chat, user: user == editor,
    )
    await bench.run_until(lambda: not bench.inbox.open and bench.handled)

    assert sorted(bench.handled) == [1, 2, 3]


async def test_the_last_old_command_is_looked_for_in_all_that_waits() -> None:
    """Telegram hands out a hundred at a time: nothing is answered before the rest is here."""
    old = timedelta(hours=3)
    first = [message(number, age=old) for number in range(1, 101)]
    bench = Bench(first, [message(101, age=old)])
    await bench.run_until(lambda: not bench.inbox.open and bench.handled)

    assert bench.handled == [101]
    assert bench.bot.waits[:2] == [30, 0]


# ---------------------------------------------------------------- trouble


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


async def test_a_webhook_set_by_another_program_is_told_apart() -> None:
    """Telegram says so in words of its own."""
    bench = Bench(Conflict("Conflict: terminated by setWebhook request"), [message(1)])
    await bench.run_until(lambda: bench.handled)

    assert [event.kind for event in bench.heard if isinstance(event, UpdatesTrouble)] == ["webhook"]
    assert not bench.bot.calls


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


# ---------------------------------------------------------------- the first contact


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


# ---------------------------------------------------------------- small parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/terbaru", ("terbaru", "")),
        ("/TERBARU  dunia  raya ", ("terbaru", "dunia  raya")),
        ("/terbaru@Kabar_Bot dunia", ("terbaru", "dunia")),
        ("/terbaru@other_bot dunia", None),
        ("terbaru", None),
    ],
)
def test_which_command_is_ours(text: str, expected: tuple[str, str] | None) -> None:
    """Case does not matter; a name that is not ours does."""
    assert command_of(message(1, text)["message"], "kabar_bot") == expected


def test_a_command_in_the_middle_is_none() -> None:
    """People quote commands to each other."""
    body = {"text": "coba /terbaru", "entities": [{"type": "bot_command", "offset": 5, "length": 8}]}

    assert command_of(body, "kabar_bot") is None


def test_a_command_that_somebody_forwards_is_no_command() -> None:
    """An order that is shown to the desk to be talked about must not be carried out."""
    body = message(1, "/tarik x")["message"]
    assert command_of(body, "kabar_bot") == ("tarik", "x")

    assert command_of({**body, "forward_origin": {"type": "user"}}, "kabar_bot") is None


@pytest.mark.parametrize(
    ("code", "language"),
    [
        (None, "id"),
        ("", "id"),
        ("id", "id"),
        ("ms", "id"),
        ("id-ID", "id"),
        ("en", "en"),
        ("de", "en"),
        ("EN-gb", "en"),
    ],
)
def test_the_readers_language(code: str | None, language: str) -> None:
    """Indonesian where Telegram says so, or nothing."""
    assert language_of(code) == language


def test_lanes_of_updates() -> None:
    """A chat's own; a user's where there is no chat."""
    assert lane_of(message(1, chat=-7)) == -7
    assert (
        lane_of({"update_id": 1, "callback_query": {"from": {"id": 3}, "message": {"chat": {"id": 9}}}}) == 9
    )
    assert lane_of({"update_id": 1, "inline_query": {"from": {"id": 3}}}) == 3
    assert lane_of({"update_id": 1, "my_chat_member": {"chat": {"id": 4}, "from": {"id": 3}}}) == 4
    assert lane_of({"update_id": 1}) == 0


async def test_lanes_bound_what_runs_at_once() -> None:
    """Whoever brings more waits."""
    lanes, gate = Lanes(), asyncio.Event()

    async def job() -> None:
        await gate.wait()

    for lane in range(5):
        lanes.put(lane, job)
    waiting = asyncio.ensure_future(lanes.until_fewer(5))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    gate.set()
    await waiting
    await lanes.finish(1)

    assert len(lanes) == 0


async def test_a_second_look_while_a_handler_ends_hands_nothing_out_twice() -> None:
    """The inbox is read before the handler ended, and its answer looked at after."""
    inbox, handled = FakeInbox(), []
    reading = asyncio.Event()

    class Slow(FakeInbox):
        async def waiting(self) -> Any:
            found = await FakeInbox.waiting(self)
            if reading.is_set():
                await asyncio.sleep(0.05)
            return found

    inbox = Slow()

    async def handle(body: Mapping[str, Any]) -> None:
        await asyncio.sleep(0.01)
        handled.append(body["update_id"])

    handling = Handling(inbox, handle, FakeClock(), Heard().events, username=lambda: "kabar_bot")
    await inbox.keep([message(1)], NOON)
    await handling.hand_out()
    reading.set()
    await handling.hand_out()
    await handling.hand_out()
    await handling.finish()

    assert handled == [1]
