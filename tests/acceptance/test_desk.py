"""Editors over real HTTP: what they order in their group happens in every channel, and survives a kill."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.messages import Message
from bot.sandbox.world import Chat, User
from tests.support_world import RUN, World, stamp, world

CLOCK = r"\d\d:\d\d WIB"


@dataclass
class Desk:
    """A newsroom with a group of editors; what is said there is said by one of them."""

    place: World
    group: Chat
    editor: User

    def order(self, text: str, *, reply_to: int = 0) -> None:
        self.place.people.say(self.group, self.editor, text, reply_to=reply_to)

    def answers(self) -> list[str]:
        return [m.text for m in self.group.messages.values() if m.own and not m.deleted]

    async def done(self, text: str, *, reply_to: int = 0) -> str:
        """Give an order and wait for its answer."""
        before = len(self.answers())
        self.order(text, reply_to=reply_to)
        await self.place.until(lambda: len(self.answers()) > before, f"an answer to {text}")
        return self.answers()[-1]

    async def reads(self, chat: Chat, number: int, pattern: str) -> Message:
        """Wait until post `number` of a chat matches."""
        await self.place.until(
            lambda: re.search(pattern, self.place.posts(chat)[number].text, re.DOTALL),
            f"{pattern} in {[m.text for m in self.place.posts(chat)]}",
        )
        return self.place.posts(chat)[number]

    def struck(self, message: Message) -> bool:
        return any(entity["type"] == "strikethrough" for entity in message.unpack().get("entities", []))


@asynccontextmanager
async def newsroom(
    folder: Path, *, channels: int = 2, surge_limit: int = 0, uncertain_wait: int = 1
) -> AsyncIterator[Desk]:
    """The bot has posted one story to each channel."""
    async with world(folder, channels=channels, SURGE_LIMIT=str(surge_limit)) as place:
        group = place.moderators.add_chat("supergroup", "Redaksi")
        _, editor = place.reader("Rina")
        place.settings |= {"OPS_CHAT": str(group.id), "UNCERTAIN_WAIT": str(uncertain_wait)}
        await place.start()
        for chat in place.channels:
            await place.until_posted(1, chat=chat)
        yield Desk(place, group, editor)


def _stands(place: World, chat: Chat, title: str) -> bool:
    return title in place.headlines(chat)


async def story(desk: Desk, title: str) -> str:
    """Publish a story, wait until every channel has it; its link."""
    published = desk.place.portal.publish(title)
    for chat in desk.place.channels:
        await desk.place.until(partial(_stands, desk.place, chat, title), title)
    return desk.place.portal.link(published)


async def test_withdrawn_with_a_reason(tmp_path: Path) -> None:
    """Struck through in every channel with time and reason under it, literally; gone from every answer."""
    async with newsroom(tmp_path) as desk:
        link = await story(desk, "Harga beras naik dua kali lipat")
        answer = await desk.done(f"/tarik {link} Data <b>belum</b> terverifikasi & salah")
        for chat in desk.place.channels:
            post = await desk.reads(chat, -1, rf"\nDitarik {CLOCK}: Data <b>belum</b> terverifikasi & salah$")
            assert desk.struck(post)
        desk.order("/terbaru")
        await desk.place.until(lambda: "Berita terbaru" in desk.answers()[-1], "the list")

        assert "Harga beras" in answer
        assert "Harga beras" not in desk.answers()[-1]


async def test_withdrawn_without_a_reason(tmp_path: Path) -> None:
    """The desk's own slip is deleted everywhere, by headline words."""
    async with newsroom(tmp_path) as desk:
        await story(desk, "Ini berita uji coba")
        await desk.done('/tarik "berita uji"')
        await desk.place.until(
            lambda: all(len(desk.place.posts(chat)) == 1 for chat in desk.place.channels), "deletion"
        )

        def kept() -> list[tuple[str, str]]:
            rows = desk.place.rows("SELECT state, reason FROM deliveries WHERE detail = 'deleted'")
            return [tuple(row) for row in rows]

        # An outcome is saved after Telegram's answer.
        await desk.place.until(lambda: kept() == [("SKIPPED", "withdrawn")] * 2, f"two rows in {kept()}")


async def test_corrected_twice_and_then_by_the_portal(tmp_path: Path) -> None:
    """The second `Ralat` replaces the first, and stays when the portal corrects the headline."""
    async with newsroom(tmp_path) as desk:
        link = await story(desk, "Menteri hadir di rapat")
        await desk.done(f"/ralat {link} Yang hadir wakilnya.")
        await desk.reads(desk.place.channel, -1, rf"Ralat {CLOCK}: Yang hadir wakilnya\.$")
        await desk.done(f"/ralat {link} Yang hadir sekretarisnya.")
        await desk.reads(desk.place.channel, -1, rf"Ralat {CLOCK}: Yang hadir sekretarisnya\.$")
        desk.place.portal.correct(title="Sekretaris hadir di rapat")
        post = await desk.reads(desk.place.channel, -1, "^Sekretaris hadir")

        assert post.text.count("Ralat") == 1


async def test_the_editors_words_win(tmp_path: Path) -> None:
    """A new headline, literally, in posts; what the portal changes later is reported and not applied."""
    async with newsroom(tmp_path) as desk:
        link = await story(desk, "Judul yang keliru")
        await desk.done(f"/sunting {link} Judul <i>benar</i> & tepat")
        for chat in desk.place.channels:
            await desk.reads(chat, -1, "^Judul <i>benar</i> & tepat\n")
        desk.place.portal.correct(title="Judul dari portal")
        await desk.place.until(
            lambda: any("Judul dari portal" in said for said in desk.answers()), "a report"
        )

        assert desk.place.headlines()[-1] == "Judul <i>benar</i> & tepat"


async def test_a_pause_lasts_through_a_restart(tmp_path: Path) -> None:
    """A paused channel gets nothing, the other one goes on; resumed it gets what it missed, once."""
    async with newsroom(tmp_path) as desk:
        one, two = desk.place.channels
        await desk.done(f"/jeda @{one.username}")
        await desk.place.bot.terminate()
        await desk.place.start()
        desk.place.portal.publish("Berita selama jeda")
        await desk.place.until_posted(2, chat=two)
        assert len(desk.place.posts(one)) == 1
        await desk.done("/lanjut")
        await desk.place.until_posted(2, chat=one)

        assert desk.place.headlines(one)[-1] == "Berita selama jeda"
        assert [row["verb"] for row in desk.place.rows("SELECT verb FROM orders")] == ["jeda", "lanjut"]


async def test_a_channel_that_refused_is_tried_at_once_when_an_editor_says_so(tmp_path: Path) -> None:
    """A topic that was opened again tells nobody: the next try would come in a minute, later in an hour."""
    async with newsroom(tmp_path) as desk:
        one, two = desk.place.channels
        desk.place.sandbox.state.faults.add(
            kind="refuse",
            code=400,
            description="Bad Request: TOPIC_CLOSED",
            method="sendMessage",
            chat=str(one.id),
        )
        desk.place.portal.publish("Berita yang tertahan")
        await desk.place.until_posted(2, chat=two)
        await desk.place.until(lambda: any("menolak" in said for said in desk.answers()), "the trouble")
        began = time.monotonic()
        await desk.done("/lanjut")
        await desk.place.until_posted(2, chat=one)

        assert time.monotonic() - began < 25
        assert desk.place.headlines(one)[-1] == "Berita yang tertahan"


async def test_a_surge_is_decided_with_one_tap(tmp_path: Path) -> None:
    """One message with one pair of buttons; the tap releases all of it, says who, and works once."""
    async with newsroom(tmp_path, channels=1, surge_limit=3) as desk:
        for number in range(6):
            desk.place.portal.publish(f"Berita lama {number}")
        await desk.place.until(lambda: asked(desk), "the question")
        (question,) = asked(desk)
        assert [b["text"] for b in buttons(question)] == ["Terbitkan", "Lewati"]
        desk.place.people.tap(desk.group, question.id, desk.editor, button="Terbitkan")
        desk.place.people.tap(desk.group, question.id, desk.editor, button="Lewati")
        await desk.place.until_posted(7)
        await desk.place.until(lambda: "Diterbitkan oleh Rina" in question.text, "who decided")

        assert not buttons(question)
        assert [row["verb"] for row in desk.place.rows("SELECT verb FROM orders")] == ["terbitkan"]


async def test_what_is_held_is_asked_for_each_post(tmp_path: Path) -> None:
    """A channel that holds its posts: each is asked about, `Lewati` passes it over, `/siarkan` posts it after all."""
    (tmp_path / "kabarbot.toml").write_text('[[channels]]\nchat = "@kabar0"\nhold = true\n', "utf-8")
    async with world(tmp_path) as place:
        group = place.moderators.add_chat("supergroup", "Redaksi")
        _, editor = place.reader("Rina")
        place.settings["OPS_CHAT"] = str(group.id)
        await place.start(CHANNELS="")
        desk = Desk(place, group, editor)
        await place.until(lambda: asked(desk), "the question about the first")
        published = place.portal.publish("Perlu dilihat dulu")
        await place.until(lambda: len(asked(desk)) == 2, "the question about the second")
        place.people.tap(group, asked(desk)[-1].id, editor, button="Lewati")
        await place.until(lambda: len(asked(desk)) == 1, "the decision")
        assert not place.posts()
        await desk.done(f"/siarkan {place.portal.link(published)}")
        await place.until_posted(1)

        assert place.headlines() == ["Perlu dilihat dulu"]


async def test_a_story_that_no_feed_shows_is_posted_by_its_link(tmp_path: Path) -> None:
    """Read from its page, posted once; when its feed shows it after all it is known. Others' links are refused."""
    async with newsroom(tmp_path) as desk:
        portal = desk.place.portal
        next_id = portal.archive.last_id + 1
        portal.unlisted = frozenset({next_id})
        article = portal.publish("Tidak ada di feed", section="dunia")
        answer = await desk.done(f"/siarkan {portal.link(article)}?utm_source=wa")
        for chat in desk.place.channels:
            post = await desk.reads(chat, -1, "^Tidak ada di feed\nDunia · ")
            assert stamp(article.published) in post.text
        refused = await desk.done("/siarkan https://lain.example/read/1")
        no_article = await desk.done(f"/siarkan {portal.url}/populer")
        missing = await desk.done(f"/siarkan {portal.url}/dunia/read/2024/11/29/1/tidak-ada")
        portal.unlisted = frozenset()
        portal.publish("Berita berikutnya")
        await desk.place.until_posted(3)
        await desk.place.until_looked(2)

        assert "2 kanal" in answer
        assert "lain.example bukan situs" in refused
        assert "no article" in no_article
        assert "404" in missing
        assert desk.place.headlines()[-2:] == ["Tidak ada di feed", "Berita berikutnya"]


async def test_strangers_get_silence(tmp_path: Path) -> None:
    """Elsewhere nobody but ADMINS is an editor, and nothing happens."""
    async with newsroom(tmp_path) as desk:
        link = await story(desk, "Berita biasa")
        chat, stranger = desk.place.reader()
        desk.place.people.say(chat, stranger, f"/tarik {link} iseng")
        desk.place.people.say(chat, stranger, "/jeda")
        desk.place.people.say(chat, stranger, "/bantuan")
        await desk.place.until(lambda: [m for m in chat.messages.values() if m.own], "help")
        (said,) = [m.text for m in chat.messages.values() if m.own]

        assert "/tarik" not in said
        assert not desk.place.rows("SELECT 1 FROM orders")
        assert desk.place.headlines()[-1] == "Berita biasa"


async def test_an_admin_orders_from_a_private_chat(tmp_path: Path) -> None:
    """`ADMINS` by numeric id; the audit keeps that id."""
    async with newsroom(tmp_path) as desk:
        chat, admin = desk.place.reader("Sari")
        await desk.place.bot.terminate()
        await desk.place.start(ADMINS=str(admin.id))
        link = await story(desk, "Berita untuk admin")
        desk.place.people.say(chat, admin, f"/ralat {link} Keterangan.")
        await desk.reads(desk.place.channel, -1, f"Ralat {CLOCK}: Keterangan")

        assert [row["who"] for row in desk.place.rows("SELECT who FROM orders")] == [admin.id]


async def test_an_order_survives_a_kill(tmp_path: Path) -> None:
    """Killed after the order was kept and before any post was touched: the next process carries it out."""
    async with newsroom(tmp_path) as desk:
        link = await story(desk, "Akan ditarik")
        desk.order(f"/tarik {link} Alasan yang tetap")
        await desk.place.until(lambda: desk.place.rows("SELECT 1 FROM orders"), "the order")
        await desk.place.bot.kill()
        await desk.place.start()
        for chat in desk.place.channels:
            assert desk.struck(await desk.reads(chat, -1, rf"\nDitarik {CLOCK}: Alasan yang tetap$"))

        assert len(desk.place.rows("SELECT 1 FROM orders")) == 1


async def test_a_reply_to_the_desks_own_question_points_at_its_story(tmp_path: Path) -> None:
    """A message that holds the story's link stands for the story; its explanation says who ordered what."""
    async with newsroom(tmp_path) as desk:
        link = await story(desk, "Dibalas saja")
        said = desk.place.people.say(desk.group, desk.editor, f"lihat {link}")
        await desk.done("/ralat Diperbaiki di sini.", reply_to=said.id)
        await desk.reads(desk.place.channel, -1, f"Ralat {CLOCK}: Diperbaiki di sini")
        told = await explained(desk.place, link)

        assert [(one["verb"], one["who"]) for one in told["orders"]] == [("ralat", desk.editor.id)]


@pytest.mark.parametrize("answer", ["Lewati", "Terbitkan"])
async def test_a_copy_made_by_hand_is_held_until_an_editor_decides(tmp_path: Path, answer: str) -> None:
    """The bot went on after the copy was made: restored, it posts nothing old; moved for good, what it missed."""
    async with newsroom(tmp_path, channels=1) as desk:
        place = desk.place
        await place.bot.terminate()
        copy = tmp_path / "by-hand.db"
        shutil.copy(place.database, copy)
        if answer == "Lewati":
            await place.start()
            await story(desk, "Sudah tersiar sesudah salinan")
            await place.bot.terminate()
        else:
            place.portal.publish("Terbit selama pindahan")
        place.settings["DATABASE_PATH"] = str(copy)
        await place.start()
        await place.until(lambda: asked(desk), "the question")
        await place.until_looked(3)
        before = place.headlines()
        (question,) = asked(desk)
        place.people.tap(desk.group, question.id, desk.editor, button=answer)
        await place.until(lambda: not asked(desk), "the decision")
        await story(desk, "Baru sesudahnya")
        await place.until_quiet()

        missed = ["Terbit selama pindahan"] if answer == "Terbitkan" else []
        assert "salinan" in question.text
        assert place.headlines() == [*before, *missed, "Baru sesudahnya"]
        assert place.headlines().count("Sudah tersiar sesudah salinan") == (answer == "Lewati")


@pytest.mark.parametrize("put_back", [True, False])
async def test_a_disk_that_is_put_back_is_told_by_the_channels(tmp_path: Path, *, put_back: bool) -> None:
    """Every sign of the file is right, and the bot was away: only the channels know of posts that it does not."""
    async with newsroom(tmp_path, channels=2) as desk:
        place = desk.place
        await place.bot.terminate()
        snapshot = {path: path.read_bytes() for path in tmp_path.glob("kabarbot.db*")}
        if put_back:
            await place.start()
            await story(desk, "Tersiar sesudah potret")
            await place.bot.terminate()
            for path, content in snapshot.items():
                path.write_bytes(content)
        with closing(sqlite3.connect(place.database)) as database, database:
            database.execute(
                "UPDATE health SET value = '\"2024-01-01T00:00:00+00:00\"' WHERE key LIKE 'beat:%'"
            )
        place.portal.publish("Terbit sesudahnya")
        await place.start()
        if put_back:
            await place.until(lambda: asked(desk), "the question")
            await place.until_looked(2)
            assert [chat_titles[-1] for chat_titles in map(place.headlines, place.channels)] == [
                "Tersiar sesudah potret"
            ] * 2
        else:
            for chat in place.channels:
                await place.until(partial(_stands, place, chat, "Terbit sesudahnya"), "the post")
            assert not asked(desk)
            assert place.calls("editMessageReplyMarkup")


def asked(desk: Desk) -> list[Message]:
    """Questions that stand in the group, with their buttons."""
    return [m for m in desk.group.messages.values() if m.own and not m.deleted and buttons(m)]


def buttons(message: Message) -> list[dict[str, str]]:
    """The buttons of a message."""
    rows = message.unpack().get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


async def explained(place: World, link: str) -> dict[str, Any]:
    """What `kabarbot explain --json` says."""
    command = await place.start(command=(*RUN[:-1], "explain", "--json", link))
    await command.wait()
    place.bots.remove(command)
    told: dict[str, Any] = json.loads(command.output.splitlines()[-1])
    return told


async def _serves(place: World, desk: Chat, editor: User) -> None:
    """An editor's order is answered, and the editors' menu stands there."""
    before = len(place.posts(desk))
    place.people.say(desk, editor, "/status")
    await place.until(lambda: len(place.posts(desk)) > before, "an answer to /status")
    assert place.posts(desk)[-1].text.startswith("Keadaan")
    await place.until(lambda: _menu(place, desk), "the editors' menu")


def _menu(place: World, desk: Chat) -> list[str]:
    """Where the desk's menus stand."""
    return [key for key in place.sandbox.state.commands if str(desk.id) in key]


async def test_a_desk_that_becomes_a_supergroup_is_the_desk(tmp_path: Path) -> None:
    """Its editors' rights, their menu, and what the desk is told go along, through a restart too."""
    async with world(tmp_path) as place:
        group = place.moderators.add_chat("group", "Redaksi")
        _, editor = place.reader("Rina")
        place.settings["OPS_CHAT"] = str(group.id)
        await place.start()
        await place.until_posted(1)
        grown = place.moderators.upgrade(group)
        await _serves(place, grown, editor)
        await place.bot.terminate()
        for key in _menu(place, grown):
            del place.sandbox.state.commands[key]
        await place.start()
        await _serves(place, grown, editor)
        place.moderators.set_rights(place.channel, "kicked")
        await place.until(lambda: "menolak" in place.posts(grown)[-1].text, "an alert")


async def test_corrected_before_it_was_sent(tmp_path: Path) -> None:
    """Ordered while a channel is paused: its post says so from the start, the other channel's by an edit."""
    async with newsroom(tmp_path) as desk:
        one, two = desk.place.channels
        await desk.done(f"/jeda @{one.username}")
        published = desk.place.portal.publish("Judul yang belum terkirim")
        await desk.place.until_posted(2, chat=two)
        link = desk.place.portal.link(published)
        await desk.done(f"/ralat {link} Nama diperbaiki.")
        await desk.done(f"/sunting {link} Judul dari redaksi")
        await desk.reads(two, -1, rf"^Judul dari redaksi\n.*\nRalat {CLOCK}: Nama diperbaiki\.$")
        await desk.done("/lanjut")
        await desk.reads(one, -1, rf"^Judul dari redaksi\n.*\nRalat {CLOCK}: Nama diperbaiki\.$")
        await desk.place.until_quiet()

        assert len(desk.place.accepted(one)) == 2
        assert desk.place.texts(one)[-1].startswith("Judul dari redaksi\n")
        assert not [text for text in desk.place.texts(one) if "belum terkirim" in text]
        assert len([text for text in desk.place.texts(one) if "Nama diperbaiki" in text]) == 1


async def test_corrected_while_nobody_knows_whether_it_was_sent(tmp_path: Path) -> None:
    """What was frozen goes out, or is found, as it was; the order follows as an edit when that is settled."""
    async with newsroom(tmp_path, channels=1, uncertain_wait=3) as desk:
        desk.place.sandbox.state.faults.add(
            kind="drop_after", method="sendmessage", chat=str(desk.place.channel.id)
        )
        published = desk.place.portal.publish("Judul yang beku")
        await desk.place.until(lambda: desk.place.states().get("UNCERTAIN"), "doubt")
        await desk.done(f"/ralat {desk.place.portal.link(published)} Nama diperbaiki.")
        await desk.reads(desk.place.channel, -1, rf"^Judul yang beku\n.*\nRalat {CLOCK}: Nama diperbaiki\.$")
        await desk.place.until_quiet()

        assert desk.place.headlines().count("Judul yang beku") == 1


async def test_a_reply_to_a_forwarded_post_names_its_story(tmp_path: Path) -> None:
    """An editor forwards a channel's post into the group and replies to it: no link needed."""
    async with newsroom(tmp_path) as desk:
        await story(desk, "Diteruskan ke redaksi")
        post = desk.place.posts(desk.place.channels[1])[-1]
        forward = desk.place.people.forward(desk.group, desk.editor, desk.place.channels[1], post.id)
        await desk.done("/ralat Ini ralatnya.", reply_to=forward.id)
        for chat in desk.place.channels:
            await desk.reads(chat, -1, rf"^Diteruskan ke redaksi\n.*Ralat {CLOCK}: Ini ralatnya\.$")
        await desk.done("/tarik Data keliru.", reply_to=forward.id)
        for chat in desk.place.channels:
            assert desk.struck(await desk.reads(chat, -1, rf"Ditarik {CLOCK}: Data keliru\."))
