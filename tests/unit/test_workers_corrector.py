"""Corrections: the latest words win, seldom enough, behind new posts, and never twice in doubt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.domain.delivery import Outcome, Verdict
from bot.domain.desk import Order, Verb
from bot.events import ChannelMoved, ChannelPaused, OrderRefused, PostEdited, SlowedDown, StoreTrouble
from bot.workers.corrector import Corrector
from tests.fakes import CHANNEL, CONTENT, MISSING, NOT_SENT, REFUSED, UNKNOWN, FakeRenderer, Newsroom
from tests.support_store import MINUTE, NOW, channel

SATU, DUA = -1001, -1002


@dataclass
class Bench:
    room: Newsroom

    def build(self, *, edit_note: bool = False) -> Corrector:
        return Corrector(
            self.room.stores.edits,
            self.room.network,
            channels=self.room.stores.channels,
            traffic=self.room.stores.traffic,
            renderer=self.room.renderer,
            pace=self.room.pace,
            zone=ZoneInfo("Asia/Jakarta"),
            edit_note=edit_note,
            language="id",
            **self.room.told,
        )

    async def correct(self, title: str, headline: int = 1) -> None:
        await self.room.correct(headline, title, at=self.room.clock.now())

    def edits(self, chat: int = SATU) -> list[str]:
        return self.room.network.texts(chat, "edit")

    def times(self, chat: int = SATU) -> list[float]:
        return [(call.at - NOW).total_seconds() for call in self.room.network.of("edit", chat)]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Two channels in which the headline 1 stands as messages 100 and 101."""
    async with Newsroom() as room:
        await room.furnish(channel("@satu"), channel("@dua"))
        await room.news(1)
        await room.deliver()
        yield Bench(room)


async def test_every_post_is_edited_once(bench: Bench) -> None:
    """In all its channels, at its own message, and noted for the limits."""
    await bench.correct("Judul baru")

    await bench.room.run(bench.build(), seconds=30)

    assert bench.edits(SATU) == bench.edits(DUA) == ["Judul baru"]
    assert {call.message_id for call in bench.room.network.of("edit")} == {100, 101}
    assert len(await bench.room.stores.traffic.recent_traffic(NOW)) == 4
    assert [event.verdict for event in bench.room.heard.of(PostEdited)] == ["done", "done"]


async def test_the_latest_words_win_at_most_once_a_minute_then_hourly(bench: Bench) -> None:
    """Twelve corrections within two minutes: few edits, the last of them right."""
    await bench.room.run(bench.build())
    for number in range(12):
        await bench.correct(f"Judul {number}")
        await bench.room.clock.advance(10)
    await bench.room.clock.advance(120)
    assert bench.edits()[-1] == "Judul 11"
    assert min(b - a for a, b in pairwise(bench.times())) >= 60

    for number in range(12, 20):
        await bench.correct(f"Judul {number}")
        await bench.room.clock.advance(300)
    await bench.room.clock.advance(3600)
    gaps = [b - a for a, b in pairwise(bench.times())]
    assert bench.edits()[-1] == "Judul 19"
    assert min(gaps[:4]) >= 60
    assert min(gaps[4:]) >= 3600


async def test_a_note_says_when_the_portal_corrected_it(bench: Bench) -> None:
    """`Diperbarui HH:MM WIB`, only with `EDIT_NOTE`, and not on what an editor did."""
    await bench.correct("Judul baru")
    await bench.room.run(bench.build(edit_note=True), seconds=2)
    assert bench.edits() == ["Judul baru\nDiperbarui 07:00 WIB"]

    await bench.room.sql("UPDATE headlines SET corrected_at = NULL")
    await bench.room.sql("UPDATE deliveries SET edit_at = 0")
    await bench.room.clock.advance(2)
    assert bench.edits()[1:] == ["Judul baru"]


async def test_a_correction_waits_for_its_unsettled_send(bench: Bench) -> None:
    """A post of unknown outcome is edited when it is settled, not before."""
    await bench.room.news(2, to=bench.room.channels[:1])
    (claim,) = await bench.room.claim()
    await bench.room.stores.outbox.uncertain(claim, NOW, "no answer", NOW)
    await bench.correct("Judul dua, diralat", headline=2)
    await bench.room.run(bench.build(), seconds=30)
    assert bench.edits() == []

    (doubt,) = await bench.room.stores.doubts.doubts(bench.room.clock.now())
    await bench.room.stores.doubts.settled(doubt, 120, bench.room.clock.now())
    await bench.room.clock.advance(2)
    assert bench.edits() == ["Judul dua, diralat"]


@pytest.mark.parametrize("outcome", [UNKNOWN, NOT_SENT], ids=["unknown", "not sent"])
async def test_an_edit_without_an_answer_is_repeated_less_and_less(bench: Bench, outcome: Outcome) -> None:
    """5, 10, 20 s; it is idempotent."""
    await bench.correct("Judul baru")
    bench.room.network.script("edit", SATU, outcome, outcome, outcome)

    await bench.room.run(bench.build(), seconds=60)

    assert bench.edits() == ["Judul baru"] * 4
    assert bench.times() == pytest.approx([0, 5, 15, 35], abs=3.5)
    assert bench.edits(DUA) == ["Judul baru"]


@pytest.mark.parametrize("outcome", [MISSING, REFUSED], ids=["missing", "refused"])
async def test_a_message_that_is_gone_is_noted(bench: Bench, outcome: Outcome) -> None:
    """With what Telegram said, and not tried again."""
    await bench.correct("Judul baru")
    bench.room.network.script("edit", SATU, outcome)

    await bench.room.run(bench.build(), seconds=60)

    assert bench.edits() == ["Judul baru"]
    assert (await bench.room.row(1))["detail"] == outcome.detail


async def test_a_429_stops_its_own_chat(bench: Bench) -> None:
    """Until its time, through a restart; the other channel's edit is not held up."""
    await bench.correct("Judul baru")
    bench.room.network.script("edit", SATU, Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=30)))

    await bench.room.run(bench.build(), seconds=60)

    assert bench.times(SATU) == pytest.approx([0, 30], abs=1.5)
    assert bench.times(DUA) == pytest.approx([0], abs=0.1)
    assert len(bench.room.heard.of(SlowedDown)) == 1


async def test_a_channel_that_refuses_is_paused(bench: Bench) -> None:
    """The edit waits for it; one that refuses again and again is tried ever less often."""
    await bench.correct("Judul baru")
    bench.room.network.script("edit", SATU, CHANNEL, CHANNEL)
    await bench.room.run(bench.build(), seconds=60)
    assert bench.edits() == ["Judul baru"]
    assert [event.channel for event in bench.room.heard.of(ChannelPaused)] == ["@satu"]

    await bench.room.stores.channels.resume_chat(SATU, bench.room.clock.now())
    await bench.room.clock.advance(2)
    row = await bench.room.channel_row(bench.room.channels[0])
    assert row["probe_at"] / 1e6 - bench.room.clock.now().timestamp() == pytest.approx(120, abs=2)
    await bench.room.stores.channels.resume_chat(SATU, bench.room.clock.now())
    await bench.room.clock.advance(2)
    assert bench.edits() == ["Judul baru"] * 3


async def test_a_channel_that_others_paused_is_not_told_again(bench: Bench) -> None:
    """Its trouble was told when it began."""
    await bench.correct("Judul baru")
    bench.room.network.hold(SATU)
    bench.room.network.script("edit", SATU, CHANNEL)
    await bench.room.run(bench.build(), seconds=1)
    await bench.room.stores.channels.pause(bench.room.channels[0], "kicked", NOW, NOW)
    bench.room.network.let_go(SATU)
    await bench.room.clock.advance(1)
    assert bench.room.heard.of(ChannelPaused) == []


async def test_what_stood_in_a_group_that_moved_stays_as_it_is(bench: Bench) -> None:
    """The channel is followed, the old message cannot be edited."""
    await bench.correct("Judul baru")
    bench.room.network.script("edit", SATU, Outcome(Verdict.MOVED, moved_to=-2001))

    await bench.room.run(bench.build(), seconds=60)

    assert bench.edits() == ["Judul baru"]
    assert len(bench.room.heard.of(ChannelMoved)) == 1
    assert (await bench.room.channel_row(bench.room.channels[0]))["chat_id"] == -2001


async def test_a_form_that_is_refused_is_made_plainer(bench: Bench) -> None:
    """In its turn of the limits; the plainest that is refused too is given up."""
    await bench.room.sql(
        "UPDATE deliveries SET request = ?", '{"method":"sendMessage","body":{"text":"x","rich":1},"level":0}'
    )
    await bench.correct("Judul baru")
    bench.room.network.script("edit", SATU, CONTENT)
    bench.room.network.script("edit", DUA, CONTENT, CONTENT)

    await bench.room.run(bench.build(), seconds=60)

    assert bench.edits(SATU) == bench.edits(DUA) == ["Judul baru", "plain Judul baru"]
    assert min(b - a for a, b in pairwise(bench.times(SATU))) >= 1
    assert (await bench.room.row(1, bench.room.channels[1]))["detail"] == "content"


async def test_a_photos_caption_is_edited_as_a_caption(bench: Bench) -> None:
    """And stays one, in plain text too: an edit cannot make a message of it."""
    bench.room.renderer = FakeRenderer(photos=True)
    await bench.room.sql(
        "UPDATE deliveries SET request = ?",
        '{"method":"sendPhoto","body":{"caption":"x","rich":1},"level":0}',
    )
    await bench.correct("Judul baru")
    bench.room.network.script("edit", DUA, CONTENT)

    await bench.room.run(bench.build(), seconds=60)

    calls = [*bench.room.network.of("edit", SATU), *bench.room.network.of("edit", DUA)]
    assert [(call.request.method, call.request.body["caption"]) for call in calls if call.request] == [
        ("sendPhoto", "Judul baru"),
        ("sendPhoto", "Judul baru"),
        ("sendPhoto", "plain Judul baru"),
    ]
    assert (await bench.room.row(1, bench.room.channels[1]))["detail"] == ""


async def test_words_that_cannot_be_rendered_are_given_up(bench: Bench) -> None:
    """Once, with the reason; nothing is sent, nobody else waits."""
    await bench.room.news(2)
    await bench.room.deliver(200)
    bench.room.renderer.broken.add("rusak")
    await bench.correct("Judul rusak")
    await bench.correct("Judul dua, baru", headline=2)

    await bench.room.run(bench.build(), seconds=60)

    assert bench.edits() == ["Judul dua, baru"]
    assert "RecursionError" in (await bench.room.row(1))["detail"]
    assert len([event for event in bench.room.heard.of(PostEdited) if event.verdict == "refused"]) == 2


async def test_hundreds_of_edits_leave_at_the_limit() -> None:
    """A correction in ninety channels takes three seconds, not minutes."""
    async with Newsroom() as room:
        await room.furnish(*(channel(f"@k{number}") for number in range(90)))
        await room.news(1)
        await room.deliver()
        bench = Bench(room)
        await bench.correct("Judul baru")

        await room.run(bench.build(), seconds=3.5)

        assert len(room.network.of("edit")) == 90


async def test_an_edit_goes_behind_posts_but_not_for_ever(bench: Bench) -> None:
    """While posts take every place of a channel, one that waited five minutes takes the next, in turns."""
    room = bench.room
    await room.news(2)
    await room.deliver(200)
    await room.news(3, to=room.channels[:1])  # waits in its queue all the time
    await bench.correct("Judul satu, baru")
    await bench.correct("Judul dua, baru", headline=2)
    await room.run(bench.build())

    posts = 0
    while room.clock.now() < NOW + 7 * MINUTE:
        at = room.pace.reserve(SATU, room.clock.now(), timedelta(milliseconds=60))
        posts += at is not None
        await room.clock.advance(0.25)

    first, second = bench.times(SATU)
    assert 300 <= first <= 365
    assert second >= first + 6
    assert posts > 100


async def test_a_full_disk_edits_nothing_and_costs_no_places(bench: Bench) -> None:
    """What is edited must be counted; told once, and done when there is room."""
    await bench.correct("Judul baru")
    bench.room.database.full = True
    await bench.room.run(bench.build(), seconds=40)
    assert bench.edits() == []
    bench.room.database.full = False
    await bench.room.clock.advance(1.5)

    assert bench.edits(SATU) == bench.edits(DUA) == ["Judul baru"]
    assert len(bench.room.heard.of(StoreTrouble)) == 1
    assert bench.room.pace.wait([SATU], bench.room.clock.now()) <= timedelta(seconds=1)


async def test_an_edit_under_way_is_not_begun_again(bench: Bench) -> None:
    """However long the answer takes; and the end does not wait for it."""
    await bench.correct("Judul baru")
    bench.room.network.hold(SATU)
    await bench.room.run(bench.build(), seconds=30)
    assert bench.edits() == ["Judul baru"]
    assert await bench.room.stop() < 4


@pytest.mark.parametrize("outcome", [REFUSED, CONTENT, Outcome(Verdict.MOVED, moved_to=-2001)], ids=str)
async def test_an_order_that_cannot_be_done_is_told(bench: Bench, outcome: Outcome) -> None:
    """The post stands there as it was: somebody must change it by hand. What the portal corrects is only noted."""
    await bench.correct("Judul baru")
    bench.room.network.rule("edit", SATU, outcome)
    await bench.room.run(bench.build(), seconds=30)
    assert not bench.room.heard.of(OrderRefused)
    if outcome.moved_to:
        await bench.room.sql("UPDATE channels SET chat_id = ? WHERE chat_id = -2001", SATU)

    await withdraw(bench, "Data keliru")
    await bench.room.clock.advance(30)

    (told,) = bench.room.heard.of(OrderRefused)
    assert (told.chat_id, told.title, told.detail) == (SATU, "Judul baru", outcome.detail)


async def withdraw(bench: Bench, reason: str = "") -> None:
    now = bench.room.clock.now()
    await bench.room.stores.orders.withdraw(Order(Verb.WITHDRAW, 7, -5, now, 1), 1, reason)


def deletions(bench: Bench, chat: int = SATU) -> int:
    return len(bench.room.network.of("delete", chat))


async def test_a_withdrawal_stands_under_the_headline_at_once(bench: Bench) -> None:
    """With its time and reason, although new posts wait."""
    await bench.room.news(2)
    await withdraw(bench, "Data keliru")

    await bench.room.run(bench.build(), seconds=3)

    assert bench.edits(SATU) == bench.edits(DUA) == ["Kabar nomor 1\nDitarik 07:00 WIB: Data keliru"]
    assert not deletions(bench)


async def test_without_a_reason_posts_are_deleted(bench: Bench) -> None:
    """Tried until Telegram says so, and then never again."""
    await withdraw(bench)
    bench.room.network.script("delete", SATU, UNKNOWN, NOT_SENT)

    await bench.room.run(bench.build(), seconds=120)

    assert (deletions(bench), deletions(bench, DUA)) == (3, 1)
    assert not bench.edits()
    assert await bench.room.fate(1) == ("SKIPPED", "withdrawn")


async def test_what_cannot_be_deleted_is_struck_through(bench: Bench) -> None:
    """Telegram no longer lets it go."""
    await withdraw(bench)
    bench.room.network.rule("delete", SATU, REFUSED)

    await bench.room.run(bench.build(), seconds=10)

    assert bench.edits() == ["Kabar nomor 1\nDitarik 07:00 WIB"]


@pytest.mark.parametrize("verb", ["delete", "edit"])
async def test_missing_is_believed_only_where_the_bot_is_let_in(bench: Bench, verb: str) -> None:
    """To a bot that was thrown out every message reads as missing: the order waits until it is back."""
    await withdraw(bench, "Alasan" if verb == "edit" else "")
    bench.room.network.rule(verb, SATU, MISSING)
    bench.room.network.rule("welcome", SATU, CHANNEL)
    await bench.room.run(bench.build(), seconds=10)
    assert [event.channel for event in bench.room.heard.of(ChannelPaused)] == ["@satu"]

    bench.room.network.rule(verb, SATU, None)
    bench.room.network.rule("welcome", SATU, None)
    await bench.room.stores.channels.resume_chat(SATU, bench.room.clock.now())
    await bench.room.clock.advance(60)

    assert len(bench.room.network.of(verb, SATU)) == 2


async def test_missing_for_good(bench: Bench) -> None:
    """Somebody deleted it by hand: nothing is left to do."""
    await withdraw(bench)
    bench.room.network.rule("delete", SATU, MISSING)
    await bench.room.run(bench.build(), seconds=60)

    assert deletions(bench) == 1
    assert await bench.room.fate(1) == ("SKIPPED", "withdrawn")
    assert not bench.room.heard.of(OrderRefused)
