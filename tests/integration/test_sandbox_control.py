"""The control API through its own client: everything a test or the demo makes happen, and sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.sandbox.client import ControlRefusedError, SandboxClient
from tests.support_sandbox import Bench, bench

KEYBOARD = {
    "inline_keyboard": [[{"text": "Ya", "callback_data": "ya"}, {"text": "Web", "url": "https://p.id/"}]]
}


@asynccontextmanager
async def controlled(**options: object) -> AsyncIterator[tuple[Bench, SandboxClient]]:
    async with bench(**options) as at, SandboxClient(at.sandbox.control_url) as control:
        yield at, control


async def test_chats_and_users_are_made_and_shown() -> None:
    """Kinds, names, rights and ids as asked for."""
    async with controlled() as (at, control):
        channel = await control.add_chat("channel", "Olahraga", username="olahraga", id=-1009876543210)
        room = await control.add_chat("supergroup", "Ruang", status="member", forum=True)
        reader = await control.add_user("Sari", language="en")
        assert await at.send(chat="@olahraga") == 2
        shown = {chat["id"]: chat for chat in await control.chats()}
        assert shown[channel]["rights"] == ["can_manage_chat", "can_post_messages"]
        assert shown[room]["status"] == "member"
        assert shown[reader]["kind"] == "private"
        await control.add_user("Massal", count=50, id=5_000_000)
        await at.send(chat=5_000_049)


async def test_messages_are_shown_with_author_and_fate() -> None:
    """Own, others', service, edited, deleted: all to be seen."""
    async with controlled() as (at, control):
        own = await at.send("<b>Judul</b>", parse_mode="HTML", reply_markup=KEYBOARD)
        post = await control.post("@kabar", "Redaksi", by="admin", photo=True)
        service = await control.service("@kabar")
        album = await control.album("@kabar", 2, caption="Dua")
        holes = await control.hole("@kabar", 2)
        await control.edit("@kabar", post, "Redaksi pusat")
        await control.delete("@kabar", album[0])
        shown = await control.messages("@kabar")
        assert [(each["id"], each["by"], each["text"]) for each in shown] == [
            (own, "bot", "Judul"),
            (post, "admin", "Redaksi pusat"),
            (service, "service", ""),
            (album[1], "admin", ""),
        ]
        assert shown[0]["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
        assert shown[0]["reply_markup"] == KEYBOARD
        assert shown[1]["edited"] is True
        everything = await control.messages("@kabar", deleted=True, after=service)
        assert [each["id"] for each in everything] == [*album, *holes]
        await control.age("@kabar", own, 48 * 3600 + 1)
        assert "can't be deleted" in await at.refused("deleteMessage", chat_id="@kabar", message_id=own)


async def test_readers_act() -> None:
    """Writing, tapping, asking inline, choosing, reacting; and what went unanswered."""
    async with controlled() as (at, control):
        number = await at.send(reply_markup=KEYBOARD)
        await control.say(at.reader.id, "/terbaru")
        query = await control.tap("@kabar", number, user=at.reader.id, button="Ya")
        inline = await control.ask_inline(at.reader.id, "banjir")
        assert [each["id"] for each in await control.unanswered()] == [query, inline]
        await at.ok("answerCallbackQuery", callback_query_id=query, text="Baik")
        result = {"type": "article", "id": "1", "title": "J", "input_message_content": {"message_text": "J"}}
        await at.ok("answerInlineQuery", inline_query_id=inline, results=[result], next_offset="5")
        await control.choose(inline, "1")
        assert await control.react("@kabar", number, "👍", count=3) == {"👍": 3}
        answers = {each["id"]: each["answer"] for each in await control.queries()}
        assert answers[query]["text"] == "Baik"
        assert answers[inline]["next_offset"] == "5"
        assert len(await at.updates()) == 4


async def test_the_world_changes() -> None:
    """Kicked, restored, renamed, refused, upgraded, deleted; topics closed; readers gone."""
    async with controlled() as (at, control):
        await control.kick("@kabar")
        assert "kicked" in await at.refused("sendMessage", chat_id="@kabar", text="x")
        await control.restore("@kabar")
        await control.change_chat(
            "@kabar", username="kabarbaru", title="Kabar Baru", write_refusal="CHANNEL_PRIVATE"
        )
        assert "CHANNEL_PRIVATE" in await at.refused("sendMessage", chat_id="@kabarbaru", text="x")
        group = await control.add_chat("group", "Ruang", status="member")
        room = await control.upgrade(group)
        topic = await control.add_topic(room, "Olahraga")
        await control.change_topic(room, topic, closed=True)
        send = {"chat_id": room, "text": "x", "message_thread_id": topic}
        assert "TOPIC_CLOSED" in await at.refused("sendMessage", **send)
        await control.set_member(room, at.reader.id, "administrator", ["can_delete_messages"])
        administrators = await at.ok("getChatAdministrators", chat_id=room)
        assert at.reader.id in [each["user"]["id"] for each in administrators]
        await control.delete_chat("@kabarbaru")
        assert "chat not found" in await at.refused("sendMessage", chat_id=at.channel.id, text="x")
        await control.change_user(at.reader.id, deactivated=True)
        assert "deactivated" in await at.refused("sendMessage", chat_id=at.reader.id, text="x")


async def test_faults_limits_line_photos_clock_and_flags() -> None:
    """What concerns the server itself."""
    async with controlled() as (at, control):
        number = await control.fault(kind="refuse", method="sendMessage", times=0)
        assert "refused" in await at.refused("sendMessage", chat_id="@kabar", text="x")
        assert [each["hits"] for each in await control.call("GET", "/faults")] == [1]
        assert await control.call("DELETE", f"/faults/{number}") == {"removed": True}
        await control.limits(chat=1)
        await at.send()
        assert (await at.call("sendMessage", chat_id="@kabar", text="x"))["error_code"] == 429
        await control.limits(enabled=False)
        await at.send()
        await control.fail_photos("rusak", "failed to get HTTP URL content")
        assert "failed to get" in await at.refused(
            "sendPhoto", chat_id="@kabar", photo="https://p.id/rusak.jpg"
        )
        await control.advance(3600)
        await control.flags(inline=False)
        assert (await at.ok("getMe"))["supports_inline_queries"] is False
        with pytest.raises(ControlRefusedError, match="inline mode is off"):
            await control.ask_inline(at.reader.id, "x")
        overview = await control.overview()
        assert overview["limits"] is False
        assert overview["calls"]["sendmessage"] == 4
        assert [call["status"] for call in await control.calls()][:3] == [0, 200, 429]


async def test_offline_and_a_closed_port_by_remote_control() -> None:
    """The control API stays reachable offline; a closed port comes back by itself."""
    async with controlled() as (at, control):
        await control.line(offline=True)
        with pytest.raises(aiohttp.ClientConnectionError):
            await at.ok("getMe")
        await control.line(offline=False, refuse=1)
        with pytest.raises(aiohttp.ClientConnectorError):
            await at.ok("getMe")
        await asyncio.sleep(1.5)
        await at.ok("getMe")


async def test_the_journal_by_number_and_as_events() -> None:
    """`since` and `kind` narrow it; the event stream begins where it is told and goes on."""
    async with controlled() as (at, control):
        await at.send("satu")
        last = (await control.journal())[-1]["n"]
        assert await control.journal(since=last) == []
        assert [each["text"] for each in await control.journal(kind="sent")] == ["satu"]
        events = control.events(since=last - 1)
        assert (await anext(events))["text"] == "satu"
        await at.send("dua")
        entry = await asyncio.wait_for(anext(events), 5)
        assert (entry["n"], entry["text"]) == (last + 1, "dua")
        await events.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/chats", {"kind": "channel", "colour": "red"}),
        ("POST", "/chats", {"kind": "channel", "username": "KABAR"}),
        ("POST", "/chats", {"kind": "channel", "rights": ["can_fly"]}),
        ("POST", "/chats", {"kind": "private"}),
        ("GET", "/chats/@tiada", {}),
        ("POST", "/chats/@kabar/say", {"text": "x"}),
        ("POST", "/chats/@kabar/rights", {"status": "king"}),
        ("POST", "/chats/@kabar/messages/99/tap", {"button": "Ya"}),
        ("POST", "/chats/@kabar/upgrade", {}),
        ("POST", "/chats/@kabar/album", {"count": 1}),
        ("POST", "/chats/@kabar/post", {"text": "<br>", "mode": "HTML"}),
        ("POST", "/faults", {"kind": "refuse", "nht": 2}),
        ("POST", "/limits", {"rates": {"speed": 1}}),
        ("POST", "/clock", {"advance": -1}),
        ("POST", "/clock", {}),
        ("PATCH", "/users/1", {}),
        ("POST", "/users", {"count": 0}),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    method: str, path: str, body: dict[str, object]
) -> None:
    """A typing error in a test is told, never swallowed."""
    async with controlled() as (_, control):
        with pytest.raises(ControlRefusedError, match="error"):
            await control.call(method, path, body)


async def test_a_page_from_elsewhere_cannot_reach_it() -> None:
    """A host name that merely leads to this machine is refused."""
    async with bench() as at:
        url, headers = at.sandbox.control_url, {"Host": "evil.example.com"}
        for path in ("", "/journal", "/events"):
            async with at.session.get(url + path, headers=headers) as answer:
                assert answer.status == 403
