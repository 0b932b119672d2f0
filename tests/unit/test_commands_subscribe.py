"""`/langganan` and `/berhenti`: what is asked for, who may ask for a group, what stopping forgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from bot.commands.router import Answers
from bot.domain.replies import Reply, Request
from bot.domain.subscriptions import MOST_PHRASES, Wish, with_more, without
from tests.support_commands import (
    FixedMembers,
    MemoryHeadlines,
    MemoryReaders,
    MemorySubscriptions,
    answers,
    ask,
    data_of,
    headlines,
    labels,
    tap,
)

CHAT, GROUP = 100, -1005
DAILY = "Sekali sehari, pukul 07:00"


def in_group(request: Request) -> Request:
    """The same, said in a group."""
    return replace(request, chat_id=GROUP, private=False)


class Room:
    """The commands over a portal with two categories."""

    def __init__(
        self, wishes: dict[int, Wish] | None = None, admins: frozenset[int | None] = frozenset()
    ) -> None:
        stored = [*headlines(3, kicker="Dunia"), *headlines(2, kicker="Bisnis")]
        self.subscriptions = MemorySubscriptions(wishes or {})
        self.readers = MemoryReaders({CHAT: "en", GROUP: "en"})
        self.answers: Answers = answers(
            MemoryHeadlines(stored),
            subscriptions=self.subscriptions,
            readers=self.readers,
            members=FixedMembers(admins),
        )

    @property
    def wishes(self) -> dict[int, Wish]:
        """Who is subscribed to what."""
        return self.subscriptions.wishes

    async def say(self, text: str) -> Reply:
        """Typed in a private chat."""
        return await self.answers.answer(ask(text))

    async def tap(self, reply: Reply, label: str) -> Reply:
        """Tapped there."""
        return await self.answers.answer(tap(data_of(reply, label)))


async def test_without_words_there_are_buttons_and_nothing_changes() -> None:
    """One a category, and one for everything."""
    room = Room()
    reply = await room.say("/langganan")
    assert labels(reply) == ["Dunia", "Bisnis", "Semua berita"]
    assert reply.text.startswith("Anda belum berlangganan")
    assert room.wishes == {}


async def test_buttons_choose_and_take_back() -> None:
    """The same message shows the new state; with the last category the subscription ends."""
    room = Room()
    one = await room.tap(await room.say("/langganan"), "Dunia")
    assert one.edits
    assert room.wishes == {CHAT: Wish(("Dunia",))}
    assert labels(one) == ["✅ Dunia", "Bisnis", DAILY, "Semua berita", "Tanpa berita"]
    two = await room.tap(one, "Bisnis")
    assert room.wishes == {CHAT: Wish(("Dunia", "Bisnis"))}
    three = await room.tap(await room.tap(two, "✅ Dunia"), "✅ Bisnis")
    assert room.wishes == {}
    assert labels(three) == ["Dunia", "Bisnis", "Semua berita"]


async def test_everything_and_nothing_are_a_tap_each() -> None:
    """The language is no part of the subscription."""
    room = Room()
    every = await room.tap(await room.say("/langganan"), "Semua berita")
    assert room.wishes == {CHAT: Wish()}
    assert labels(every) == ["Dunia", "Bisnis", DAILY, "Tanpa berita"]
    await room.tap(every, "Tanpa berita")
    assert room.wishes == {}
    assert room.readers.languages[CHAT] == "en"


async def test_a_digest_is_a_tap_away_and_back() -> None:
    """It keeps what was chosen, and later words keep it."""
    room = Room({CHAT: Wish(("Dunia",))})
    daily = await room.tap(await room.say("/langganan"), DAILY)
    assert "Sekali sehari pukul 07:00" in daily.text
    await room.say("/langganan timnas")
    assert (room.wishes[CHAT], room.subscriptions.digests[CHAT]) == (Wish(("Dunia",), ("timnas",)), time(7))
    again = await room.tap(daily, "Begitu terbit")
    assert "07:00" not in again.text
    assert room.subscriptions.digests[CHAT] is None


async def test_the_hour_of_a_digest_is_chosen_by_buttons() -> None:
    """Every full hour is offered, in the portal's zone; the choice is shown, kept by later words, and taken back."""
    room = Room({CHAT: Wish(("Dunia",))})
    daily = await room.tap(await room.say("/langganan"), DAILY)
    hours = await room.tap(daily, "Jam lain")
    assert hours.edits
    assert labels(hours) == [*(f"{hour:02d}:00" for hour in range(24)), "‹ Kembali"]
    assert "WIB" in hours.text
    assert room.subscriptions.digests[CHAT] == time(7)
    evening = await room.tap(hours, "18:00")
    assert evening.edits
    assert "Sekali sehari pukul 18:00 WIB" in evening.text
    assert "18:00 WIB" in (await room.say("/langganan timnas")).text
    assert (room.wishes[CHAT], room.subscriptions.digests[CHAT]) == (Wish(("Dunia",), ("timnas",)), time(18))
    assert "18:00 WIB" in (await room.tap(hours, "‹ Kembali")).text
    assert (
        "18:00 WIB" in (await room.answers.answer(tap(data_of(await room.say("/langganan"), "Bisnis")))).text
    )
    midnight = await room.tap(hours, "00:00")
    assert "00:00 WIB" in midnight.text
    assert room.subscriptions.digests[CHAT] == time(0)


async def test_hours_are_for_those_who_subscribed() -> None:
    """An old keyboard under a subscription that ended changes nothing."""
    room = Room({CHAT: Wish()})
    daily = await room.tap(await room.say("/langganan"), DAILY)
    hours = await room.tap(daily, "Jam lain")
    await room.tap(daily, "Tanpa berita")
    assert (await room.tap(daily, "Jam lain")).text.startswith("Anda belum")
    assert (await room.tap(hours, "18:00")).text.startswith("Anda belum")
    assert room.wishes == {}


async def test_a_group_is_served_in_the_topic_where_it_was_subscribed() -> None:
    """By words and by taps; the last place counts."""
    room = Room(admins=frozenset({7}))
    topical = replace(in_group(ask("/langganan dunia")), topic=77)
    reply = await room.answers.answer(topical)
    assert room.subscriptions.topics[GROUP] == 77
    await room.answers.answer(replace(in_group(tap(data_of(reply, "Bisnis"))), topic=78))
    assert room.subscriptions.topics[GROUP] == 78


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("dunia", Wish(("Dunia",))),
        ("harga beras, -gosip", Wish((), ("harga beras",), ("gosip",))),
        ("Semua", Wish()),
        (" , ", None),
    ],
)
async def test_words_are_categories_or_phrases(words: str, wish: Wish | None) -> None:
    """Commas and nothing else ask for nothing."""
    room = Room()
    await room.say(f"/langganan {words}")
    assert room.wishes.get(CHAT) == wish


async def test_words_said_later_are_added_and_taken_back_one_by_one() -> None:
    """Each has a button of its own."""
    room = Room({CHAT: Wish(("Dunia",))})
    reply = await room.say("/subscribe timnas, -gosip")
    assert room.wishes[CHAT] == Wish(("Dunia",), ("timnas",), ("gosip",))
    assert "Dunia, “timnas”" in reply.text
    assert "gosip" in reply.text
    less = await room.tap(await room.tap(reply, "❌ timnas"), "❌ -gosip")
    assert room.wishes[CHAT] == Wish(("Dunia",))
    assert "timnas" not in less.text


@pytest.mark.parametrize("words", [",".join(map(str, range(MOST_PHRASES))), "x" * 65])
async def test_what_is_too_much_is_refused(words: str) -> None:
    """And nothing changes."""
    room = Room({CHAT: Wish(("Dunia",))})
    assert "paling banyak" in (await room.say(f"/langganan {words}")).text
    assert room.wishes == {CHAT: Wish(("Dunia",))}


async def test_stopping_erases_the_reader() -> None:
    """Subscription and choices; who has none is answered, too."""
    room = Room({CHAT: Wish()})
    reply = await room.say("/berhenti")
    assert reply.text.startswith("Anda tidak lagi menerima berita")
    assert CHAT not in room.readers.languages
    assert (await room.say("/stop")).text


async def test_in_a_group_its_administrators_decide() -> None:
    """For the group: its subscription, not theirs; stopping leaves the group's language alone."""
    room = Room(admins=frozenset({7}))
    await room.answers.answer(in_group(ask("/langganan dunia")))
    assert room.wishes == {GROUP: Wish(("Dunia",))}
    await room.answers.answer(in_group(ask("/berhenti")))
    assert room.wishes == {}
    assert room.readers.languages[GROUP] == "en"


async def test_in_a_group_others_are_told_so() -> None:
    """Words and taps; nothing changes."""
    room = Room({GROUP: Wish(("Dunia",))})
    offer = await room.say("/langganan")
    said = [await room.answers.answer(in_group(ask(text))) for text in ("/langganan", "/berhenti")]
    tapped = await room.answers.answer(in_group(tap(data_of(offer, "Semua berita"))))
    assert {reply.text for reply in said} == {tapped.toast}
    assert tapped.silent
    assert room.wishes == {GROUP: Wish(("Dunia",))}


@pytest.mark.parametrize("data", ["1:b:", "1:b:x", "1:b:q.abc", "1:b:h.", "1:b:h.24", "1:b:h.7", "1:b:h.-1"])
async def test_other_buttons_are_none_of_its(data: str) -> None:
    """Forged, and answered as any such."""
    assert (await Room().answers.answer(tap(data))).toast.startswith("Tombol ini")


@pytest.mark.parametrize("data", ["1:b:c.000000000000", "1:b:w.000000000000"])
async def test_a_button_for_what_is_gone_changes_nothing(data: str) -> None:
    """It shows how things are."""
    room = Room({CHAT: Wish(("Dunia",))})
    assert (await room.answers.answer(tap(data))).edits
    assert room.wishes == {CHAT: Wish(("Dunia",))}


def test_adding_is_bounded() -> None:
    """By taps, too."""
    full = Wish(include=tuple(map(str, range(MOST_PHRASES))))
    assert set(with_more(full, Wish(include=("1",))).include) == set(full.include)
    with pytest.raises(ValueError, match="many"):
        with_more(full, Wish(categories=("Dunia",)))


def test_taking_back_never_widens() -> None:
    """Without the last thing asked for it is no subscription, not one to everything."""
    assert without(Wish(("Dunia",), (), ("gosip",)), "dunia") is None
    assert without(Wish((), (), ("gosip",)), "GOSIP") == Wish()
    assert without(Wish(("Dunia",), ("beras",)), "Dunia") == Wish((), ("beras",))
