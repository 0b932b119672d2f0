"""What messages are made of, as Telegram checks and shows it; commands and their scopes; groups."""

from typing import Any

import pytest

from bot.sandbox.access import Access
from bot.sandbox.clock import Clock
from bot.sandbox.errors import ControlError
from tests.support_sandbox import bench


@pytest.mark.parametrize(
    ("button", "wanted"),
    [
        ({"text": "a"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "a", "url": "https://p.id/", "callback_data": "x"}, "Text buttons are unallowed"),
        ({"text": "  ", "callback_data": "x"}, "BUTTON_TEXT_INVALID"),
        ({"callback_data": "x"}, "InlineKeyboardButton must be an Object"),
        ({"text": "a", "url": "http://localhost/"}, "URL 'http://localhost/' is invalid: Wrong HTTP URL"),
    ],
)
async def test_buttons_that_telegram_does_not_take(button: dict[str, str], wanted: str) -> None:
    """One action each, a label, and a link that leads somewhere."""
    async with bench() as at:
        markup = {"inline_keyboard": [[button]]}
        assert wanted in await at.refused("sendMessage", chat_id="@kabar", text="x", reply_markup=markup)


@pytest.mark.parametrize("markup", [["x"], {"inline_keyboard": "x"}, {"inline_keyboard": [{"text": "x"}]}])
async def test_keyboards_of_the_wrong_shape(markup: Any) -> None:
    """An array of arrays, and nothing else."""
    async with bench() as at:
        assert (await at.call("sendMessage", chat_id="@kabar", text="x", reply_markup=markup))[
            "error_code"
        ] == 400


@pytest.mark.parametrize(
    "markup", [{"inline_keyboard": []}, {"remove_keyboard": True}, {"keyboard": [["a"]]}]
)
async def test_keyboards_that_leave_no_buttons_on_the_message(markup: dict[str, Any]) -> None:
    """An empty one, and those that are not part of the message."""
    async with bench() as at:
        sent = await at.ok("sendMessage", chat_id=at.reader.id, text="x", reply_markup=markup)
        assert "reply_markup" not in sent


async def test_previews_are_kept_as_far_as_they_differ_from_the_default() -> None:
    """The old flag means the same as the new option; an empty object means nothing."""
    async with bench() as at:
        send = {"chat_id": "@kabar", "text": "https://p.id/x"}
        old = await at.ok("sendMessage", disable_web_page_preview=True, **send)
        assert old["link_preview_options"] == {"is_disabled": True}
        assert "link_preview_options" not in await at.ok("sendMessage", link_preview_options={}, **send)
        assert "object expected" in await at.refused("sendMessage", link_preview_options=[1], **send)


async def test_a_mention_by_id_shows_whom_the_bot_has_met() -> None:
    """A stranger's mention is plain text."""
    async with bench() as at:
        text = f'<a href="tg://user?id={at.reader.id}">Budi</a> <a href="tg://user?id=1">Entah</a>'
        sent = await at.ok("sendMessage", chat_id="@kabar", text=text, parse_mode="HTML")
        assert [entity["user"]["first_name"] for entity in sent["entities"]] == ["Budi"]


async def test_bare_addresses_are_links_in_the_journal() -> None:
    """Links are listed whether hidden or written out, also behind an emoji."""
    async with bench() as at:
        await at.send('😀 https://p.id/x <a href="https://q.id/y">y</a>', parse_mode="HTML")
        (entry,) = at.sandbox.journal.entries("sent")
        assert entry["links"] == ["https://p.id/x", "https://q.id/y"]


async def test_replies_carry_what_they_reply_to() -> None:
    """Found, or sent without if that is allowed."""
    async with bench() as at:
        first = await at.send()
        reply = await at.ok("sendMessage", chat_id="@kabar", text="x", reply_parameters={"message_id": first})
        assert reply["reply_to_message"]["message_id"] == first
        missing = {"message_id": 99, "allow_sending_without_reply": True}
        assert "reply_to_message" not in await at.ok(
            "sendMessage", chat_id="@kabar", text="x", reply_parameters=missing
        )


async def test_topics_mark_their_messages() -> None:
    """The thread's id is that of the service message that made it."""
    async with bench() as at:
        room = at.moderators.add_chat("supergroup", "Ruang", status="member", forum=True)
        topic = at.moderators.add_topic(room, "Olahraga")
        sent = await at.ok("sendMessage", chat_id=room.id, text="x", message_thread_id=topic.id)
        assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic.id, True)
        assert sent["chat"]["is_forum"] is True
        with pytest.raises(ControlError):
            at.moderators.change_topic(room, 99, closed=True)


async def test_a_readers_message_is_forwarded_with_its_author() -> None:
    """From a group: the person; a copy may have another caption and buttons."""
    async with bench() as at:
        group = at.moderators.add_chat("group", "Ruang")
        said = at.people.say(group, at.reader, "halo")
        forward = {"chat_id": "@kabar", "from_chat_id": group.id, "message_id": said.id}
        forwarded = await at.ok("forwardMessage", **forward)
        assert forwarded["forward_origin"]["sender_user"]["id"] == at.reader.id
        photo = await at.ok("sendPhoto", chat_id="@kabar", photo="https://p.id/1.jpg", caption="lama")
        copy = {"chat_id": at.reader.id, "from_chat_id": "@kabar", "message_id": photo["message_id"]}
        keyboard = {"inline_keyboard": [[{"text": "Ya", "callback_data": "y"}]]}
        copied = await at.ok("copyMessage", caption="baru", reply_markup=keyboard, **copy)
        message = at.people.chat(at.reader.id).messages[copied["message_id"]]
        assert message.text == "baru"
        assert message.unpack()["reply_markup"] == keyboard


async def test_reactions_in_a_group_are_told_one_by_one() -> None:
    """With who did it, to an administrator that asked for them; taken back as well."""
    async with bench() as at:
        room = at.moderators.add_chat("supergroup", "Ruang")
        await at.updates(allowed_updates=["message_reaction"])
        number = await at.send(chat=room.id)
        at.moderators.react(room, number, at.reader, "👍")
        at.moderators.react(room, number, at.reader, "👍", count=-1)
        changes = [update["message_reaction"] for update in await at.updates()]
        assert [len(change["new_reaction"]) for change in changes] == [1, 0]
        assert changes[0]["user"]["id"] == at.reader.id


async def test_members_come_and_go_by_chat_member_on_request() -> None:
    """Somebody else's rights are told to an administrator who asked for it."""
    async with bench() as at:
        await at.updates(allowed_updates=["chat_member"])
        at.moderators.set_member(at.channel, at.reader, "administrator", ["can_post_messages"])
        (update,) = await at.updates()
        assert update["chat_member"]["new_chat_member"]["can_post_messages"] is True


async def test_commands_have_a_list_for_each_scope_and_language() -> None:
    """Chats are scopes of their own; nonsense is refused."""
    async with bench() as at:
        commands = [{"command": "status", "description": "Keadaan"}]
        scope = {"type": "chat", "chat_id": "@kabar"}
        await at.ok("setMyCommands", commands=commands, scope=scope, language_code="id")
        by_id = {"type": "chat", "chat_id": at.channel.id}
        assert await at.ok("getMyCommands", scope=by_id, language_code="id") == commands
        assert await at.ok("getMyCommands") == []
        assert "Unsupported type" in await at.refused("getMyCommands", scope={"type": "moon"})
        assert "LANGUAGE_CODE" in await at.refused("getMyCommands", language_code="indonesia")
        assert "expected an Array" in await at.refused("setMyCommands", commands={"a": 1})
        assert "expected an Object" in await at.refused("setMyCommands", commands=["a"])


async def test_groups_and_private_chats_have_questions_of_their_own() -> None:
    """No administrators in a private chat; a deleted group answers nothing; one cannot leave a reader."""
    async with bench() as at:
        refused = await at.refused("getChatAdministrators", chat_id=at.reader.id)
        assert refused == "Bad Request: there are no administrators in the private chat"
        assert await at.ok("getChatMemberCount", chat_id=at.reader.id) == 2
        assert "private chats" in await at.refused("leaveChat", chat_id=at.reader.id)
        group = at.moderators.add_chat("group", "Ruang", status="left")
        me = at.sandbox.state.world.me.id
        refused = await at.refused("getChatMember", chat_id=group.id, user_id=me)
        assert refused == "Forbidden: bot is not a member of the group chat"
        assert "not a member" in await at.refused("leaveChat", chat_id=group.id)
        restricted = at.moderators.add_chat(
            "supergroup", "Aula", status="restricted", rights=["can_send_messages"]
        )
        member = await at.ok("getChatMember", chat_id=restricted.id, user_id=me)
        assert (member["can_send_messages"], member["can_send_photos"]) == (True, False)


async def test_other_bots_cannot_be_written_to() -> None:
    """Telegram keeps bots apart."""
    async with bench() as at:
        other = at.moderators.add_user("Bot lain", is_bot=True)
        assert "bots" in await at.refused("sendMessage", chat_id=other.id, text="x")


async def test_missing_identifiers_are_named() -> None:
    """Chat, message and action have to be given."""
    async with bench() as at:
        assert "chat identifier" in await at.refused("deleteMessage", message_id=1)
        assert "message identifier" in await at.refused("deleteMessage", chat_id="@kabar")
        assert "message identifiers" in await at.refused("deleteMessages", chat_id="@kabar", message_ids=[])
        many = list(range(1, 102))
        assert "too many" in await at.refused("deleteMessages", chat_id="@kabar", message_ids=many)
        assert "message identifier" in await at.refused("editMessageReplyMarkup")
        assert "MESSAGE_ID_INVALID" in await at.refused("editMessageReplyMarkup", inline_message_id="x")
        assert "action" in await at.refused("sendChatAction", chat_id="@kabar", action="dancing")
        assert "no photo" in await at.refused("sendPhoto", chat_id="@kabar")


async def test_private_messages_can_be_deleted_by_either_side() -> None:
    """The reader's as well as the bot's own."""
    async with bench() as at:
        chat = at.people.chat(at.reader.id)
        said = at.people.say(chat, at.reader, "halo")
        own = await at.send(chat=chat.id)
        assert await at.ok("deleteMessages", chat_id=chat.id, message_ids=[said.id, own]) is True
        group = at.moderators.add_chat("group", "Ruang", status="member")
        said = at.people.say(group, at.reader, "halo")
        access: Access = at.sandbox.state.access
        assert not access.deletable(group, said)


def test_the_clock_never_goes_back() -> None:
    """Only forward, and at once."""
    clock = Clock()
    before = clock.now()
    clock.advance(100)
    assert clock.now() - before >= 100
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1)
