"""Editors' commands over the real store in memory: what they answer, and that nobody else is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.commands.desk.listing import DeskKit
from bot.commands.router import Answers
from bot.domain.delivery import HoldReason, State
from bot.domain.polling import NewDelivery
from bot.domain.replies import Pointed, Reply, Request
from bot.domain.sheet import Sheet
from bot.domain.status import ChannelStatus, FeedStatus, Status, Vitals
from bot.locale import load
from bot.ports import Newcomer
from bot.store.statistics import StatisticsStore
from tests.support_commands import MemoryHeadlines, answers, ask, titles
from tests.support_store import MEMORY, MINUTE, NOW, Home, channel, due, headline, link, open_home

EDITORS = ("status", "statistik", "siarkan", "sunting", "ralat", "tarik", "jeda", "lanjut")


@dataclass
class FixedStatus:
    """`StatusSource` that always says the same."""

    said: Status = field(default_factory=lambda: Status(Vitals(NOW)))

    async def vitals(self, now: object) -> Vitals:
        return self.said.vitals

    async def status(self, now: object) -> Status:
        return self.said


@dataclass
class RecordingPainter:
    """`Painter` that keeps what it was to draw; `picture` is what it answers."""

    picture: bytes | None = b"a picture"
    sheets: list[Sheet] = field(default_factory=list)

    async def paint(self, sheet: Sheet) -> bytes | None:
        self.sheets.append(sheet)
        return self.picture


@dataclass
class FixedNewcomers:
    """`Newcomers` that always finds the same, and remembers what was asked."""

    found: Newcomer = field(default_factory=lambda: Newcomer(foreign="lain.example"))
    asked: list[str] = field(default_factory=list)

    async def bring(self, link: str) -> Newcomer:
        self.asked.append(link)
        return self.found


class Room:
    """The commands over a store in which story 1 stands in two channels."""

    def __init__(self, home: Home) -> None:
        self.home, self.wakes, self.status, self.painter = home, 0, FixedStatus(), RecordingPainter()
        self._messages = 0
        stores = home.stores
        self.newcomers = FixedNewcomers()
        kit = DeskKit(
            stores.orders,
            stores.questions,
            stores.stories,
            self.newcomers,
            self.status,
            StatisticsStore(stores.database),
            self.painter,
            self._wake,
            ZoneInfo("Asia/Jakarta"),
        )
        self.answers: Answers = answers(MemoryHeadlines(), desk=kit)

    def _wake(self) -> None:
        self.wakes += 1

    async def say(self, text: str, *, editor: bool = True, **changes: object) -> Reply:
        self._messages += 1
        asked: Request = replace(ask(text, at=NOW), is_editor=editor, message_id=self._messages)
        return await self.answers.answer(replace(asked, **changes))  # type: ignore[arg-type]

    async def kept(self) -> list[str]:
        rows = await self.home.stores.database.read("SELECT verb FROM orders ORDER BY id")
        return [row["verb"] for row in rows]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """See `Room`."""
    async with open_home(MEMORY, tmp_path) as home:
        await home.furnish(channel("@satu"), channel("@dua"))
        await home.news(1)
        await home.deliver(100)
        yield Room(home)


@pytest.mark.parametrize("name", EDITORS)
@pytest.mark.parametrize("private", [True, False])
async def test_strangers_get_silence(room: Room, name: str, private: bool) -> None:
    """In private chats and groups, with and without arguments; nothing is kept."""
    for argument in ("", link(1), f"{link(1)} alasan"):
        assert (await room.say(f"/{name} {argument}", editor=False, private=private)).silent
    assert not await room.kept()


async def test_menus(room: Room) -> None:
    """Editors' commands are listed for editors alone, and help does not name them."""
    theirs = {entry.command for entry in room.answers.menu("en", editors=True)}
    readers = {entry.command for entry in room.answers.menu("en")}
    assert theirs - readers == set(EDITORS)
    assert "/tarik" not in (await room.say("/bantuan")).text


@pytest.mark.parametrize("name", ["tarik", "ralat", "sunting", "siarkan"])
async def test_an_order_that_points_at_nothing_says_so(room: Room, name: str) -> None:
    """Nothing pointed at, an unknown link, words that fit two stories: nothing is kept."""
    await room.home.news(2)
    assert "tautannya" in (await room.say(f"/{name}")).text
    assert "lain.example" in (await room.say(f"/{name} https://lain.example/9 x")).text
    several = await room.say(f'/{name} "kabar nomor" x')
    assert titles(several) == ["Kabar nomor 2", "Kabar nomor 1"]
    assert not await room.kept()


@pytest.mark.parametrize("name", ["ralat", "sunting"])
async def test_an_order_without_words_or_with_too_many(room: Room, name: str) -> None:
    """Is refused with what is missing."""
    assert "?" in (await room.say(f"/{name} {link(1)}")).text
    assert "Terlalu panjang" in (await room.say(f"/{name} {link(1)} {'x' * 501}")).text
    assert not await room.kept()


async def test_each_order_says_how_far_it_reaches(room: Room) -> None:
    """By link, by words, by reply; each is kept."""
    pointed = Pointed(((-1001, 100),))
    assert "2 kiriman" in (await room.say("/ralat Nama diperbaiki", reply=pointed)).text
    assert "“Judul baru & tepat”" in (await room.say(f"/sunting {link(1)} Judul baru & tepat")).text
    assert "2 kiriman" in (await room.say('/tarik "judul baru" alasan')).text
    assert "sudah ditarik" in (await room.say(f"/siarkan {link(1)}")).text
    assert await room.kept() == ["ralat", "sunting", "tarik"]


async def test_withdrawn_without_a_reason(room: Room) -> None:
    """The answer says that posts are deleted."""
    assert "dihapus" in (await room.say(f"/tarik {link(1)}")).text
    assert "Terlalu panjang" in (await room.say(f"/tarik {link(1)} {'x' * 501}")).text


async def test_an_order_says_what_it_does_not_reach(room: Room) -> None:
    """A post in a group that has moved since is nobody's to change but people's."""
    await room.home.stores.channels.moved(-1001, -2001)
    said = [await room.say(f"/{verb} {link(1)} kata") for verb in ("ralat", "sunting", "tarik")]

    assert all("1 kiriman berada di tempat yang tidak dapat saya ubah" in reply.note for reply in said)


async def test_published_by_bare_words(room: Room) -> None:
    """What was held goes out, there and where it never came to, and the deliverer is woken; what stands everywhere
    has nothing to post.
    """
    await room.home.record(headline(2, NewDelivery(room.home.channels[0], State.HELD, HoldReason.HOLD)))
    assert "sekarang ke 2 kanal" in (await room.say("/siarkan kabar nomor 2")).text
    assert "Tidak ada yang dikirim" in (await room.say("/siarkan kabar nomor 1")).text
    assert room.wakes == 2


async def test_a_link_that_nobody_knows_is_brought_in(room: Room) -> None:
    """Only by `/siarkan`: what was found there goes out; a stranger's link and a page that says nothing do not."""
    assert "lain.example bukan situs" in (await room.say("/siarkan https://lain.example/9")).text
    room.newcomers.found = Newcomer(trouble="kabar.example answers 404 Not Found")
    assert "answers 404" in (await room.say(f"/siarkan {link(9)}")).text
    assert not await room.kept()
    (headline_id,) = (await room.home.record(headline(2, *due(*room.home.channels)))).headline_ids
    (story,) = await room.home.stores.stories.by_link(link(2))
    room.newcomers.found = Newcomer(story)
    assert "2 kanal" in (await room.say(f"/siarkan {link(9)}")).text
    await room.say(f"/ralat {link(8)} teks")
    await room.say("/siarkan kata yang tidak dikenal")

    assert story.id == headline_id
    assert room.newcomers.asked == ["https://lain.example/9", link(9), link(9)]


async def test_pause_and_resume(room: Room) -> None:
    """All, one, and one that nobody knows."""
    assert "@satu, @dua" in (await room.say("/jeda")).text
    assert (await room.say("/lanjut @satu")).text.endswith("@satu.")
    for name in ("jeda", "lanjut"):
        assert "@lain" in (await room.say(f"/{name} @lain")).text
    assert await room.kept() == ["jeda", "lanjut"]
    assert room.wakes == 1


@pytest.mark.parametrize(
    ("answer", "said"), [("publish", "Diterbitkan oleh Rina"), ("pass_over", "Dilewati oleh Rina")]
)
async def test_a_tap_decides_once(room: Room, answer: str, said: str) -> None:
    """It edits the question to say who decided, without buttons; the second tap only says that it is decided."""
    surge = NewDelivery(room.home.channels[0], State.HELD, HoldReason.SURGE)
    await room.home.record(headline(2, surge), headline(3, surge), at=NOW + MINUTE)
    (question,) = await room.home.stores.questions.unasked()
    from bot.domain.desk import DECISION_TAG, payload_of

    data = f"1:{DECISION_TAG}:{payload_of(getattr(question, answer))}"
    stranger = await room.say("", editor=False, button=data)
    first = await room.say("", button=data, user_name="Rina", message_id=None)
    second = await room.say("", button=data, user_name="Budi", message_id=None)

    assert stranger.silent
    assert (first.edits, first.buttons) == (True, ())
    assert said in first.note
    assert (second.silent, second.toast) == (True, "Ini sudah diputuskan.")
    assert len(await room.kept()) == 1


async def test_a_button_of_another_kind(room: Room) -> None:
    """Says that it no longer works."""
    assert (await room.say("", button="1:rd:x")).toast


@pytest.mark.parametrize("language", ["id", "en"])
async def test_status(room: Room, language: str) -> None:
    """Feeds and channels, those in trouble with what is wrong."""
    room.status.said = Status(
        Vitals(NOW),
        feeds=(
            FeedStatus("rusak", MINUTE, failing_since=NOW, failure="HTTP 500"),
            FeedStatus("baru", MINUTE),
            FeedStatus("baik", MINUTE, looked=NOW),
        ),
        channels=(
            ChannelStatus("@jeda", halted=NOW),
            ChannelStatus("@tolak", paused=NOW, pause_detail="kicked"),
            ChannelStatus("@baru"),
            ChannelStatus("@baik", last_post=NOW),
        ),
    )
    said = await room.say("/status", language=language)

    assert [line for line in said.text.splitlines() if "HTTP 500" in line and "rusak" in line]
    assert "kicked" in said.text
    assert all(name in said.text for name in ("baru", "baik", "@jeda", "@baru", "@baik"))
    assert said.heading == load().speaker(language)("Status")
