"""What happens to updates between Telegram and their handler, with a made-up Telegram and time that does not pass."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from bot.domain.delivery import Outcome, Verdict
from bot.errors import StoreError
from bot.events import StoreTrouble, UpdateSetAside, WorkerFailed
from bot.telegram.speak import OpenAnswers
from bot.telegram.updates import UpdateLoop
from tests.support_telegram import NOON, FakeAnswers, FakeClock, FakeInbox
from tests.support_updates import Bench, message


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
