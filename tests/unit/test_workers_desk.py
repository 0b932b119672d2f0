"""Alerts: once per trouble and once when it is over, in order, never lost, never in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.delivery import Outcome, Verdict
from bot.domain.polling import Wording
from bot.events import (
    ChannelPaused,
    Corrected,
    Delivered,
    DeliveryFailed,
    Event,
    MadePlainer,
    OrderRefused,
    Resending,
    SlowedDown,
    StoreTrouble,
    TwinSought,
    UpdateSetAside,
    UpdatesRecovered,
    UpdatesTrouble,
)
from bot.store.ops_chat import OpsChat
from bot.workers.desk import Desk
from bot.workers.lines import said
from tests.fakes import CHANNEL, CONTENT, NOT_SENT, REFUSED, UNKNOWN, Newsroom
from tests.support_store import HOUR, MINUTE, NOW, channel

OPS, SATU, DUA = -100500, -1001, -1002
PAUSED = "⚠️ Kanal @satu menolak bot: kicked."
OVER = "✅ Kanal @satu menerima kiriman lagi."


@dataclass
class Bench:
    room: Newsroom

    def build(self, *, ops_chat: int | None = OPS, language: str = "id") -> Desk:
        return Desk(
            self.room.stores.alerts,
            self.room.network,
            questions=self.room.stores.questions,
            pace=self.room.pace,
            ops_chat=OpsChat(self.room.stores.database, ops_chat, ops_chat),
            language=language,
            **self.room.told,
        )

    def tell(self, *events: Event) -> None:
        for event in events:
            self.room.heard.events.tell(event)

    async def pause(self, detail: str = "kicked") -> None:
        now, one = self.room.clock.now(), self.room.channels[0]
        if await self.room.stores.channels.pause(one, detail, now + MINUTE, now):
            self.tell(ChannelPaused(now, one, "@satu", detail))

    async def resume(self) -> None:
        await self.room.stores.channels.resume_chat(SATU, self.room.clock.now())

    def posted(self, name: str = "@satu", chat: int = SATU) -> None:
        self.tell(Delivered(self.room.clock.now(), 1, 1, chat, name, 101, timedelta()))

    @property
    def lines(self) -> list[str]:
        """What `OPS_CHAT` was sent, refused tries too."""
        return self.room.network.texts(OPS)

    @property
    def gaps(self) -> list[float]:
        """Seconds since the beginning."""
        return [(call.at - NOW).total_seconds() for call in self.room.network.of("send", OPS)]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Newsroom() as room:
        await room.furnish(channel("@satu"), channel("@dua"))
        yield Bench(room)


async def test_a_channels_trouble_is_told_once_and_once_when_it_is_over(bench: Bench) -> None:
    """However often it refuses meanwhile; a post that arrives ends it at once."""
    await bench.room.run(bench.build())
    await bench.pause()
    await bench.room.clock.advance(20)
    await bench.pause("still kicked")
    await bench.room.clock.advance(20)
    assert [line.startswith(PAUSED) for line in bench.lines] == [True]

    await bench.resume()
    bench.posted()
    await bench.room.clock.advance(2)
    assert bench.lines[1:] == [OVER]
    await bench.room.clock.advance(HOUR.total_seconds())
    assert len(bench.lines) == 2


async def test_once_means_through_restarts_too(bench: Bench) -> None:
    """Neither the beginning nor the end is told twice, nor forgotten while the bot is down."""
    await bench.pause()
    for _ in range(3):
        await bench.room.run(bench.build(), seconds=20)
        await bench.room.stop()
    await bench.resume()
    for _ in range(3):
        await bench.room.run(bench.build(), seconds=30)
        await bench.room.stop()

    assert len(bench.lines) == 2
    assert bench.lines[1] == OVER


async def test_a_channel_that_refuses_again_at_once_was_not_over(bench: Bench) -> None:
    """A closed topic lets the bot in and refuses its posts: one trouble, whatever the probes say."""
    await bench.room.run(bench.build())
    for _ in range(5):
        await bench.pause()
        await bench.room.clock.advance(60)
        await bench.resume()
        await bench.room.clock.advance(4)
    assert len(bench.lines) == 1

    await bench.room.clock.advance(20)
    assert bench.lines[1:] == [OVER]


async def test_a_post_of_another_channel_ends_nothing(bench: Bench) -> None:
    """Each channel's trouble is its own."""
    await bench.room.run(bench.build())
    await bench.pause()
    await bench.room.clock.advance(5)
    bench.posted("@dua", DUA)
    bench.posted()  # it was under way when the channel closed
    await bench.room.clock.advance(5)
    await bench.resume()
    await bench.room.clock.advance(5)
    assert len(bench.lines) == 1


async def test_a_feeds_trouble_is_told_after_ten_minutes(bench: Bench) -> None:
    """And when it is back."""
    await bench.room.run(bench.build())
    one = bench.room.feeds[0]
    await bench.room.stores.polls.record_failure(one, "no answer", NOW, NOW)
    await bench.room.clock.advance(9 * 60)
    assert bench.lines == []
    await bench.room.clock.advance(90)
    assert bench.lines == ["⚠️ Feed rss-1 gagal dibaca lebih dari 10 menit: no answer."]
    await bench.room.record(at=bench.room.clock.now())
    await bench.room.clock.advance(5)
    assert bench.lines[1:] == ["✅ Feed rss-1 terbaca lagi."]


async def test_trouble_with_updates_is_told_and_ended_by_events(bench: Bench) -> None:
    """In the desk's language."""
    await bench.room.run(bench.build(language="en"))
    bench.tell(UpdatesTrouble(NOW, "conflict", "terminated by other getUpdates request"))
    bench.tell(UpdatesTrouble(NOW, "network", "again"))
    await bench.room.clock.advance(300)
    assert [line[:39] for line in bench.lines] == ["⚠️ Updates cannot be had from Telegram:"]
    bench.tell(UpdatesRecovered(NOW))
    await bench.room.clock.advance(5)
    assert bench.lines[1:] == ["✅ Updates from Telegram come again."]


async def test_trouble_with_updates_that_ended_with_the_last_process_is_over(bench: Bench) -> None:
    """The new process meets none within two minutes, so the end is told; and the next trouble again."""
    await bench.room.run(bench.build())
    bench.tell(UpdatesTrouble(NOW, "conflict", "x"))
    await bench.room.clock.advance(5)
    await bench.room.stop()

    await bench.room.run(bench.build(), seconds=110)
    assert len(bench.lines) == 1
    await bench.room.clock.advance(20)
    assert bench.lines[1:] == ["✅ Pembaruan dari Telegram datang lagi."]
    bench.tell(UpdatesTrouble(NOW, "conflict", "x"))
    await bench.room.clock.advance(5)
    assert len(bench.lines) == 3


AT = NOW
LINES = [
    (DeliveryFailed(AT, 1, 1, SATU, "bad"), "⚠️ Satu berita tidak dapat dikirim ke @satu dan dilewati: bad."),
    (MadePlainer(AT, 1, 1, SATU, "bad"), "ℹ️ Telegram menolak bentuk satu kiriman ke @satu (bad)"),
    (
        OrderRefused(AT, 1, 1, SATU, "a", "bad"),
        "⚠️ Perintah redaksi tidak dapat diterapkan di @satu: bad. Ubah",
    ),
    (Resending(AT, 1, 3, SATU), "ℹ️ Satu kiriman ke @satu ternyata tidak sampai dan dikirim ulang."),
    (Resending(AT, 1, 3, -77), "ℹ️ Satu kiriman ke -77 ternyata"),
    (TwinSought(AT, 1, 3, SATU, (7,), 7), "ℹ️ Satu kiriman kembar di @satu dihapus: pesan 7."),
    (TwinSought(AT, 1, 3, SATU, (7, 8), None), "⚠️ Mungkin ada kiriman kembar di @satu: pesan 7, 8."),
    (
        Corrected(AT, 1, "a", "b", wording=Wording.BACK),
        "ℹ️ Judul ini bolak-balik antara dua versi di portal: b",
    ),
    (Corrected(AT, 1, "a", "b", by_desk=True), "ℹ️ Portal mengubah judul yang sudah disunting redaksi"),
    (UpdateSetAside(AT, 99), "⚠️ Pembaruan 99 tiga kali gagal diproses dan disisihkan."),
]


@pytest.mark.parametrize(("event", "line"), LINES, ids=lambda value: type(value).__name__)
async def test_what_happens_is_told_at_once(bench: Bench, event: Event, line: str) -> None:
    """By the names of channels where they are known."""
    await bench.room.run(bench.build())
    bench.posted()
    bench.tell(event)
    await bench.room.clock.advance(1)
    assert [text.startswith(line) for text in bench.lines] == [True]


@pytest.mark.parametrize(
    "event",
    [
        TwinSought(AT, 1, 3, SATU, (), None),
        Corrected(AT, 1, "a", "b"),
        Corrected(AT, 1, "a", "b", by_desk=True, wording=Wording.AGAIN),
        SlowedDown(AT, SATU, MINUTE),
        StoreTrouble(AT, "full"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_desk_need_not_hear(event: Event) -> None:
    """What mends itself, and what is in order."""
    assert said(event, {}) is None


async def test_a_form_that_is_refused_for_the_same_reason_is_told_once_an_hour(bench: Bench) -> None:
    """A picture server that is down makes no hundred lines; every resend is told."""
    await bench.room.run(bench.build())
    for _ in range(3):
        bench.tell(MadePlainer(AT, 1, 1, SATU, "failed to get HTTP URL content"), Resending(AT, 1, 3, SATU))
        await bench.room.clock.advance(10)
    assert len(bench.lines) == 4
    await bench.room.clock.advance(3600)
    bench.tell(MadePlainer(AT, 1, 1, SATU, "failed to get HTTP URL content"))
    await bench.room.clock.advance(5)
    assert len(bench.lines) == 5


async def test_lines_keep_their_order_and_the_chats_limits(bench: Bench) -> None:
    """A second apart, oldest first, as plain text without previews."""
    await bench.room.run(bench.build())
    bench.tell(*(UpdateSetAside(AT, number) for number in range(5)))
    await bench.room.clock.advance(30)

    assert [line.split()[2] for line in bench.lines] == ["0", "1", "2", "3", "4"]
    assert all(b - a >= 1 for a, b in pairwise(bench.gaps))
    request = bench.room.network.of("send", OPS)[0].request
    assert request is not None
    assert request.body["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in request.body


async def test_a_desk_that_refuses_is_tried_ever_less_and_loses_nothing(bench: Bench) -> None:
    """Not once for each line; when it lets the bot in, all come in order."""
    bench.room.network.rule("send", OPS, CHANNEL)
    await bench.room.run(bench.build())
    bench.tell(*(UpdateSetAside(AT, number) for number in range(3)))

    await bench.room.clock.advance(3600)
    assert bench.gaps == pytest.approx([0, 60, 180, 420, 900, 1860], abs=30)
    bench.room.network.rule("send", OPS, None)
    await bench.room.clock.advance(3600)
    assert [line.split()[2] for line in bench.lines[-3:]] == ["0", "1", "2"]


async def test_a_network_out_of_reach_is_tried_within_a_minute(bench: Bench) -> None:
    """That is no refusal."""
    bench.room.network.rule("send", OPS, NOT_SENT)
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1))
    await bench.room.clock.advance(200)
    assert bench.gaps == pytest.approx([0, 1, 3, 7, 15, 31, 63, 123, 183], abs=20)
    assert len(bench.gaps) >= 7


async def test_a_429_of_the_desk_is_obeyed(bench: Bench) -> None:
    """By answers there, too."""
    bench.room.network.script("send", OPS, Outcome(Verdict.TOO_FAST, retry_after=timedelta(seconds=40)))
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1))
    await bench.room.clock.advance(10)
    assert bench.room.pace.wait([OPS], bench.room.clock.now()) > timedelta(seconds=29)
    await bench.room.clock.advance(40)
    assert bench.gaps == pytest.approx([0, 40], abs=3.5)


async def test_an_alert_of_unknown_outcome_is_sent_once_more(bench: Bench) -> None:
    """One that comes twice is better than none; a third time is too many."""
    bench.room.network.script("send", OPS, UNKNOWN, UNKNOWN)
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1), UpdateSetAside(AT, 2))
    await bench.room.clock.advance(300)
    assert [line.split()[2] for line in bench.lines] == ["1", "1", "2"]


@pytest.mark.parametrize("outcome", [CONTENT, REFUSED], ids=["content", "refused"])
async def test_a_line_that_is_refused_for_its_words_is_dropped(bench: Bench, outcome: Outcome) -> None:
    """It would hold up all others for ever."""
    bench.room.network.script("send", OPS, outcome)
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1), UpdateSetAside(AT, 2))
    await bench.room.clock.advance(30)
    assert [line.split()[2] for line in bench.lines] == ["1", "2"]


async def test_a_desk_that_moved_is_followed(bench: Bench) -> None:
    """The same line goes to the new chat at once."""
    bench.room.network.script("send", OPS, Outcome(Verdict.MOVED, moved_to=-100600))
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1), UpdateSetAside(AT, 2))
    await bench.room.clock.advance(30)
    assert [line.split()[2] for line in bench.room.network.texts(-100600)] == ["1", "2"]
    assert (await OpsChat.find(bench.room.stores.database, OPS)).id == -100600


async def test_a_full_disk_loses_no_event(bench: Bench) -> None:
    """What was heard is queued when there is room, once and in order."""
    await bench.room.run(bench.build())
    bench.room.database.full = True
    bench.tell(UpdateSetAside(AT, 1), UpdateSetAside(AT, 2))
    await bench.room.clock.advance(30)
    bench.room.database.full = False
    await bench.room.clock.advance(10)
    assert [line.split()[2] for line in bench.lines] == ["1", "2"]


async def test_a_flood_is_bounded(bench: Bench) -> None:
    """The latest are told; memory does not grow."""
    desk = bench.build()
    bench.tell(*(UpdateSetAside(AT, number) for number in range(1000)))
    for number in range(1200):
        bench.posted(f"@k{number}", -5000 - number)
    bench.tell(*(MadePlainer(AT, 1, 1, -5000 - number, "x") for number in range(5)))
    assert len(desk._heard) == 200
    assert len(desk._names) == 1000
    desk._said = {str(number): AT for number in range(1000)}
    await bench.room.run(desk, seconds=5)
    assert len(desk._said) == 1000
    assert not [line for line in await bench.room.alerts() if "bentuk" in line]


async def test_without_a_desk_nobody_is_told(bench: Bench) -> None:
    """Never a channel, never a reader: the log has it."""
    await bench.pause()
    await bench.room.run(bench.build(ops_chat=None))
    bench.tell(UpdateSetAside(AT, 1), UpdatesTrouble(AT, "conflict", "x"))
    await bench.room.clock.advance(60)
    assert bench.room.network.calls == []
    assert await bench.room.alerts() == []


async def test_a_desk_whose_limit_is_used_up_waits(bench: Bench) -> None:
    """Editors' answers took the chat's places: the line leaves when there is one."""
    for _ in range(20):
        bench.room.pace.answer(OPS, NOW)
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1))
    await bench.room.clock.advance(5)
    assert bench.lines == []
    await bench.room.clock.advance(120)
    assert len(bench.lines) == 1


async def test_it_ends_in_time(bench: Bench) -> None:
    """A line that hangs is cut off and said again by the next process."""
    bench.room.network.hold(OPS)
    await bench.room.run(bench.build())
    bench.tell(UpdateSetAside(AT, 1))
    await bench.room.clock.advance(5)
    assert await bench.room.stop() < 2.5


async def test_what_is_held_is_asked_with_two_buttons_once(bench: Bench) -> None:
    """A surge and each post of a channel that holds; a new process does not ask again."""
    (story,) = await bench.room.news(1)
    await bench.room.sql("UPDATE deliveries SET state = 'HELD', reason = 'hold' WHERE headline_id = ?", story)
    rows = len(await bench.room.stores.questions.unasked())
    await bench.room.run(bench.build(), seconds=30)
    await bench.room.run(bench.build(), seconds=30)

    asked = [said for said in bench.room.network.of("send", OPS) if said.request is not None]
    keyboards = [said.request.body["reply_markup"]["inline_keyboard"] for said in asked if said.request]
    assert [[button["text"] for button in row] for (row,) in keyboards] == [["Terbitkan", "Lewati"]] * rows
    assert rows > 0
    assert "Kabar nomor 1" in bench.lines[0]
