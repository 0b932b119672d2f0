"""The question whether a send arrived, and whether it arrived twice, against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.delivery import Found, FrozenRequest, Target
from bot.domain.headlines import Words
from bot.telegram.chats import ChatWatcher
from bot.telegram.comings import Comings
from bot.telegram.network import TelegramNetwork
from bot.telegram.render import PostRenderer
from bot.telegram.settle import Settler, says_the_same
from tests.support_network import BUTTONS, Bench, Interrupted, network_bench
from tests.support_telegram import (
    JAKARTA,
    WORDS,
    FakeChats,
    FakeClock,
    RealClock,
    doubt,
)

EDITOR = ("can_post_messages", "can_edit_messages")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with network_bench() as made:
        yield made


async def test_a_post_that_arrived_is_found_and_not_changed(bench: Bench) -> None:
    """Between posts of others, and the question leaves no trace."""
    known = bench.last
    bench.by_hand()
    number = await bench.arrive()
    before = bench.contents()

    answer = await bench.network.settle(doubt(bench.target, bench.request, known))

    assert (answer.found, answer.ids) == (Found.ARRIVED, (number,))
    assert bench.contents() == before


@pytest.mark.parametrize("buttons", [None, BUTTONS])
async def test_the_posts_own_buttons_are_repeated(bench: Bench, buttons: dict[str, Any] | None) -> None:
    """Otherwise the question would take them away."""
    body = {**bench.request.body, **({"reply_markup": buttons} if buttons else {})}
    request = FrozenRequest("sendMessage", body)
    known = bench.last
    await bench.arrive(request)
    before = bench.contents()

    answer = await bench.network.settle(doubt(bench.target, request, known))

    assert answer.found is Found.ARRIVED
    assert bench.contents() == before


def others_post(bench: Bench) -> None:
    bench.by_hand()
    bench.by_hand(by="other_bot")


def an_album(bench: Bench) -> None:
    bench.sandbox.people.album(bench.channel, 10)


def service_messages(bench: Bench) -> None:
    bench.sandbox.people.service(bench.channel)


def deleted_messages(bench: Bench) -> None:
    bench.sandbox.moderators.make_hole(bench.channel, 5)


def nothing(bench: Bench) -> None:
    pass


SCENES: list[Callable[[Bench], None]] = [nothing, others_post, an_album, service_messages, deleted_messages]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_a_post_that_never_came_is_absent(bench: Bench, scene: Callable[[Bench], None]) -> None:
    """Whatever else took the ids."""
    known = bench.last
    scene(bench)

    answer = await bench.network.settle(doubt(bench.target, bench.request, known, highest=bench.last))

    assert answer.found is Found.ABSENT


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_a_post_is_found_behind_whatever_no_update_announced(
    bench: Bench, scene: Callable[[Bench], None]
) -> None:
    """Nothing but the id before the attempt is known."""
    known = bench.last
    scene(bench)
    number = await bench.arrive()

    answer = await bench.network.settle(doubt(bench.target, bench.request, known))

    assert (answer.found, answer.ids) == (Found.ARRIVED, (number,))


async def test_after_removal_every_id_reads_not_found_and_nothing_is_believed(bench: Bench) -> None:
    """It arrived; the bot was removed; it must not be called absent."""
    known = bench.last
    await bench.arrive()
    bench.sandbox.moderators.set_rights(bench.channel, "kicked")

    answer = await bench.network.settle(doubt(bench.target, bench.request, known))
    bench.sandbox.moderators.set_rights(bench.channel, "administrator", ("can_post_messages",))
    later = await bench.network.settle(doubt(bench.target, bench.request, known))

    assert (answer.found, later.found) == (Found.LATER, Found.ARRIVED)


async def test_a_removal_while_asking_is_noticed_at_the_end(bench: Bench) -> None:
    """Membership is looked at again after the last answer."""
    known = bench.last

    async def removed() -> None:
        bench.sandbox.moderators.set_rights(bench.channel, "kicked")

    clock = Interrupted({3: removed})
    network = TelegramNetwork(bench.bot, Settler(bench.bot, clock, lambda: None))
    answer = await network.settle(doubt(bench.target, bench.request, known))

    assert answer.found is Found.LATER
    assert clock.sleeps > 3


async def test_out_and_in_again_while_asking_is_noticed(bench: Bench) -> None:
    """Both looks at the rights are good; the update about it says that "not found" meant nothing."""
    known = bench.last
    arrived = await bench.arrive()
    comings = Comings(RealClock())
    watcher = ChatWatcher(FakeChats(), comings)

    async def out() -> None:
        bench.sandbox.moderators.set_rights(bench.channel, "kicked")

    async def in_again() -> None:
        bench.sandbox.moderators.set_rights(bench.channel, "administrator")
        change = {"chat": {"id": bench.channel.id, "type": "channel"}, "new_chat_member": {}}
        await watcher.see({"my_chat_member": change})

    settler = Settler(bench.bot, Interrupted({1: out, 4: in_again}), lambda: None, comings=comings)
    asked = doubt(bench.target, bench.request, known)

    assert (await settler.settle(asked)).found is Found.LATER
    later = await Settler(bench.bot, RealClock(), lambda: None, comings=comings).settle(asked)
    assert (later.found, later.ids) == (Found.ARRIVED, (arrived,))


async def test_rights_that_cannot_be_read_put_the_question_off(bench: Bench) -> None:
    """Neither found nor absent, while Telegram does not say what we are there."""
    bench.sandbox.state.faults.add(kind="error_before", method="getChatMember")

    answer = await bench.network.settle(doubt(bench.target, bench.request, bench.last))

    assert answer.found is Found.LATER
    assert answer.detail


async def test_a_refusal_of_the_question_is_no_answer(bench: Bench) -> None:
    """A 500 or a 429 says nothing about the id."""
    known = bench.last
    await bench.arrive()
    bench.sandbox.state.faults.add(kind="refuse", method="editMessageReplyMarkup", code=500, description="x")

    assert (await bench.network.settle(doubt(bench.target, bench.request, known))).found is Found.LATER


async def test_known_messages_are_skipped(bench: Bench) -> None:
    """Another post of ours is not taken for this one."""
    known = bench.last
    other = await bench.arrive()
    asked = doubt(bench.target, bench.request, known, highest=other, ours=frozenset({other}))

    assert (await bench.network.settle(asked)).found is Found.ABSENT


async def test_questions_are_asked_ten_a_second_at_most(bench: Bench) -> None:
    """Of all walks together."""
    clock = FakeClock()
    settler = Settler(bench.bot, clock, lambda: None)
    began = clock.now()
    for _ in range(2):
        await settler.settle(doubt(bench.target, bench.request, bench.last))

    asked = 2 * 20
    assert (clock.now() - began).total_seconds() >= (asked - 1) / 10


async def test_in_a_group_an_open_answer_proves_nothing(bench: Bench) -> None:
    """An own id there may be an answer to a reader; a forward to the desk tells, and its absence too."""
    bench.channel = bench.ops
    known = bench.last
    number = await bench.arrive()
    open_doubt = doubt(bench.target, bench.request, known, answers_open=True)
    other = replace(open_doubt, request=replace(bench.request, body={**bench.request.body, "text": "Lain"}))
    desk = bench.sandbox.moderators.add_chat("supergroup", "Desk", status="administrator")

    assert (await bench.network.settle(open_doubt)).found is Found.UNKNOWABLE
    assert (await bench.with_desk(desk.id).settle(open_doubt)).ids == (number,)
    assert (await bench.with_desk(desk.id).settle(other)).found is Found.ABSENT
    seeking = replace(open_doubt, message_id=number + 1)
    assert (await bench.network.twins(seeking)).sure is False
    assert (await bench.with_desk(desk.id).twins(seeking)).sure is True


async def test_in_a_group_an_answer_meanwhile_has_the_question_asked_again(bench: Bench) -> None:
    """When it is asked the next time, the answer's id is known."""
    bench.channel = bench.ops
    known = bench.last
    await bench.arrive()
    noticed = doubt(bench.target, bench.request, known)

    assert (await bench.network.settle(noticed)).found is Found.ARRIVED
    await bench.answers.end(bench.channel.id, await bench.answers.begin(bench.channel.id), None)
    assert (await bench.network.settle(noticed)).found is Found.LATER


async def test_in_a_group_other_buttons_are_an_answers(bench: Bench) -> None:
    """The post would have had its own."""
    bench.channel = bench.ops
    known = bench.last
    await bench.arrive(FrozenRequest("sendMessage", {**bench.request.body, "reply_markup": BUTTONS}))

    assert (await bench.network.settle(doubt(bench.target, bench.request, known))).found is Found.ABSENT


# ---------------------------------------------------------------- a bot that may edit everybody's posts


@pytest.fixture
def editor(bench: Bench) -> Bench:
    bench.sandbox.moderators.set_rights(bench.channel, "administrator", EDITOR)
    return bench


async def test_a_forward_shows_whose_post_it_is(editor: Bench) -> None:
    """A foreign post, even with buttons of its own, is left as it is; the desk is left as it was."""
    known, desk = editor.last, editor.ops.last_message
    editor.by_hand(announce=False)
    number = await editor.arrive()
    before = editor.contents()

    answer = await editor.with_desk(editor.ops.id).settle(doubt(editor.target, editor.request, known))

    assert (answer.found, answer.ids) == (Found.ARRIVED, (number,))
    assert editor.contents() == before
    assert all(m.deleted for n, m in editor.ops.messages.items() if n > desk)


async def test_foreign_posts_alone_are_not_the_post(editor: Bench) -> None:
    """By forwards, an editable post of somebody else is told apart."""
    known = editor.last
    for _ in range(3):
        editor.by_hand(announce=False)

    answer = await editor.with_desk(editor.ops.id).settle(doubt(editor.target, editor.request, known))

    assert answer.found is Found.ABSENT


async def test_without_a_desk_announced_posts_are_left_out(editor: Bench) -> None:
    """Only what an update told is known to be somebody else's."""
    known = editor.last
    theirs = frozenset({editor.by_hand()})
    asked = doubt(editor.target, editor.request, known, highest=editor.last, theirs=theirs)

    assert (await editor.network.settle(asked)).found is Found.ABSENT


async def test_a_desk_that_refuses_blocks_nothing(editor: Bench) -> None:
    """Then it is as if there were no desk."""
    known = editor.last
    theirs = frozenset({editor.by_hand()})
    number = await editor.arrive()
    editor.sandbox.moderators.set_rights(editor.ops, "kicked")
    asked = doubt(editor.target, editor.request, known, theirs=theirs)

    answer = await editor.with_desk(editor.ops.id).settle(asked)

    assert (answer.found, answer.ids) == (Found.ARRIVED, (number,))


async def test_protected_content_cannot_be_compared(editor: Bench) -> None:
    """There the edit must do."""
    known = editor.last
    number = await editor.arrive()
    editor.channel.protected = True

    answer = await editor.with_desk(editor.ops.id).settle(doubt(editor.target, editor.request, known))

    assert (answer.found, answer.ids) == (Found.ARRIVED, (number,))


async def test_an_editors_twin_is_one_that_says_the_same(editor: Bench) -> None:
    """Neither a foreign post nor a forward that cannot be removed from the desk is trouble."""
    known = editor.last
    twin = await editor.arrive()
    editor.by_hand(announce=False)
    new = await editor.arrive()
    editor.sandbox.state.faults.add(
        kind="refuse", method="deleteMessage", code=400, description="Bad Request: message can't be deleted"
    )

    asked = doubt(editor.target, editor.request, known, message_id=new)
    answer = await editor.with_desk(editor.ops.id).twins(asked)

    assert (answer.ids, answer.same) == ((twin,), (twin,))


# ---------------------------------------------------------------- twins


async def test_a_twin_is_found_between_the_known_id_and_the_new_one(bench: Bench) -> None:
    """Posts of others and known ones of ours are none."""
    known = bench.last
    twin = await bench.arrive()
    bench.by_hand()
    new = await bench.arrive()

    answer = await bench.network.twins(doubt(bench.target, bench.request, known, message_id=new))

    assert (answer.ids, answer.same) == ((twin,), ())


async def test_no_twin_is_an_answer_too(bench: Bench) -> None:
    """Nothing of ours in between."""
    known = bench.last
    bench.by_hand()
    new = await bench.arrive()

    answer = await bench.network.twins(doubt(bench.target, bench.request, known, message_id=new))

    assert (answer.found, answer.ids) == (Found.ABSENT, ())


async def test_without_a_known_id_the_desk_sees_which_own_post_says_the_same(bench: Bench) -> None:
    """An old post of ours among the twenty is no twin."""
    renderer = PostRenderer(zone=JAKARTA)
    words = replace(WORDS, title="Berita lama")
    old = await bench.arrive(renderer.post(words, bench.target, loud=True))
    twin = await bench.arrive()
    new = await bench.arrive()
    asked = doubt(bench.target, bench.request, None, message_id=new)

    with_desk = await bench.with_desk(bench.ops.id).twins(asked)
    without = await bench.network.twins(asked)

    assert (with_desk.ids, with_desk.same) == ((old, twin), (twin,))
    assert (without.ids, without.same) == ((old, twin), ())


async def test_looking_back_after_removal_is_put_off(bench: Bench) -> None:
    """Not found would read as no twin."""
    known = bench.last
    await bench.arrive()
    new = await bench.arrive()
    bench.sandbox.moderators.set_rights(bench.channel, "kicked")

    answer = await bench.network.twins(doubt(bench.target, bench.request, known, message_id=new))

    assert answer.found is Found.LATER


async def test_private_chats_are_not_asked(bench: Bench) -> None:
    """The sequence is shared with other chats."""
    target = Target(1, 4711)

    assert (await bench.network.settle(doubt(target, bench.request, 5))).found is Found.UNKNOWABLE
    assert (
        await bench.network.twins(doubt(target, bench.request, 5, message_id=9))
    ).found is Found.UNKNOWABLE


def test_the_same_text_is_the_same_whatever_its_spaces() -> None:
    """Telegram trims; entities of HTML are characters by then."""
    words = Words("A & B <c>", None, "", WORDS.published)
    request = PostRenderer(zone=JAKARTA).post(words, Target(1, -1), loud=True)

    assert says_the_same(request, {"text": "A & B <c>\nRabu, 20 September 2023 | 06:12 WIB "})
    assert not says_the_same(request, {"text": "A & B"})
    assert says_the_same(FrozenRequest("sendPhoto", {"caption": "<b>"}), {"caption": "<b>"})
