"""Every refusal in the table of Telegram's errors, with its exact text, and only when Telegram gives it."""

from typing import Any

import pytest

from bot.sandbox.errors import NOT_MODIFIED, QUERY_TOO_OLD
from tests.support_sandbox import Bench, bench

BUTTONS = {"inline_keyboard": [[{"text": "Ya", "callback_data": "ya"}]]}
SIDES = ["channel", "group", "supergroup"]


async def test_a_chat_that_is_not_there() -> None:
    """An unknown id or name, and a deleted channel, are the same to the bot."""
    async with bench() as at:
        at.moderators.delete_chat(at.channel)
        for chat in (12345, "@tiada", "@kabar", at.channel.id, "bukan"):
            assert await at.refused("sendMessage", chat_id=chat, text="x") == "Bad Request: chat not found"
        assert await at.refused("sendMessage", text="x") == "Bad Request: chat_id is empty"


@pytest.mark.parametrize("kind", SIDES)
async def test_a_bot_that_was_thrown_out_or_left(kind: Any) -> None:
    """Kicked and not a member are told apart, and the kind of chat is named."""
    async with bench() as at:
        chat = at.moderators.add_chat(kind, "Ruang", status="kicked")
        sent = {"chat_id": chat.id, "text": "x"}
        assert await at.refused("sendMessage", **sent) == f"Forbidden: bot was kicked from the {kind} chat"
        at.moderators.set_rights(chat, "left")
        assert await at.refused("sendMessage", **sent) == f"Forbidden: bot is not a member of the {kind} chat"


async def test_a_channel_without_the_right_to_post() -> None:
    """An administrator who may not post, and a mere member, need rights."""
    async with bench() as at:
        at.moderators.set_rights(at.channel, "administrator", [])
        wanted = "Bad Request: need administrator rights in the channel chat"
        assert await at.refused("sendMessage", chat_id="@kabar", text="x") == wanted
        at.moderators.set_rights(at.channel, "member")
        assert await at.refused("sendMessage", chat_id="@kabar", text="x") == wanted


async def test_a_restricted_bot_may_not_write() -> None:
    """What it may not send is named."""
    async with bench() as at:
        chat = at.moderators.add_chat("supergroup", "Ruang", status="restricted", rights=["can_send_photos"])
        refused = await at.refused("sendMessage", chat_id=chat.id, text="x")
        assert refused == "Bad Request: not enough rights to send text messages to the chat"
        await at.ok("sendPhoto", chat_id=chat.id, photo="https://p.id/1.jpg")


@pytest.mark.parametrize(
    "text",
    ["CHAT_WRITE_FORBIDDEN", "CHAT_ADMIN_REQUIRED", "CHANNEL_PRIVATE", "have no write access to the chat"],
)
async def test_refusals_that_come_from_behind_the_server(text: str) -> None:
    """A chat can be told to refuse every send with any such text."""
    async with bench() as at:
        at.channel.write_refusal = text
        assert await at.refused("sendMessage", chat_id="@kabar", text="x") == f"Bad Request: {text}"


async def test_a_group_that_became_a_supergroup() -> None:
    """The refusal carries the new id; the new chat takes posts, with a sequence of its own."""
    async with bench() as at:
        group = at.moderators.add_chat("group", "Ruang", status="member")
        await at.send(chat=group.id)
        new = at.moderators.upgrade(group)
        body = await at.call("sendMessage", chat_id=group.id, text="x")
        assert body["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
        assert body["parameters"] == {"migrate_to_chat_id": new.id}
        assert await at.send(chat=new.id) == 2


async def test_readers_who_cannot_be_written_to() -> None:
    """Blocked, gone, and never met are three different refusals."""
    async with bench() as at:
        stranger = at.moderators.add_user("Sari", started=False)
        wanted = "Forbidden: bot can't initiate conversation with a user"
        assert await at.refused("sendMessage", chat_id=stranger.id, text="x") == wanted
        at.moderators.block(at.reader, blocked=True)
        wanted = "Forbidden: bot was blocked by the user"
        assert await at.refused("sendMessage", chat_id=at.reader.id, text="x") == wanted
        at.moderators.deactivate(at.reader)
        assert (
            await at.refused("sendMessage", chat_id=at.reader.id, text="x")
            == "Forbidden: user is deactivated"
        )


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "a" * 32769}, "text is too long"),
        ({"text": "<br>", "parse_mode": "HTML"}, "can't parse entities: Unsupported start tag \"br\" at byte offset 0"),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]}}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": ""}]]}}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "message_thread_id": 99}, "message thread not found"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ],
)  # fmt: skip
async def test_our_own_faults(params: dict[str, Any], wanted: str) -> None:
    """Text, buttons and threads that Telegram does not take are named, and nothing is posted."""
    async with bench() as at:
        assert await at.refused("sendMessage", chat_id="@kabar", **params) == f"Bad Request: {wanted}"
        assert at.texts() == []


async def test_the_longest_text_and_button_that_fit() -> None:
    """The limits themselves are allowed, markup and outer white space not counted."""
    async with bench() as at:
        await at.send(" <b>" + "😀" * 2048 + "</b> ", parse_mode="HTML")
        keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 64}]]}
        await at.send("x", reply_markup=keyboard)


async def test_captions_are_shorter() -> None:
    """1024 units for a picture's caption."""
    async with bench() as at:
        photo = {"chat_id": "@kabar", "photo": "https://p.id/1.jpg"}
        await at.ok("sendPhoto", **photo, caption="a" * 1024)
        wanted = "Bad Request: message caption is too long"
        assert await at.refused("sendPhoto", **photo, caption="a" * 1025) == wanted


async def test_pictures_that_cannot_be_had() -> None:
    """A bad id, and whatever refusal a test asks for of a URL."""
    async with bench() as at:
        wanted = "wrong file identifier/HTTP URL specified"
        assert await at.refused("sendPhoto", chat_id="@kabar", photo="AgACx") == f"Bad Request: {wanted}"
        for part, text in {
            "rusak": "failed to get HTTP URL content",
            "html": "wrong type of the web page content",
        }.items():
            at.sandbox.state.photos[part] = text
            refused = await at.refused("sendPhoto", chat_id="@kabar", photo=f"https://p.id/{part}.jpg")
            assert refused == f"Bad Request: {text}"
        sent = await at.ok("sendPhoto", chat_id="@kabar", photo="https://p.id/baik.jpg")
        await at.ok("sendPhoto", chat_id="@kabar", photo=sent["photo"][-1]["file_id"])


async def test_a_closed_topic() -> None:
    """A bot that does not manage topics cannot write in a closed one."""
    async with bench() as at:
        chat = at.moderators.add_chat("supergroup", "Ruang", status="member", forum=True)
        topic = at.moderators.add_topic(chat, "Olahraga")
        await at.send(chat=chat.id, message_thread_id=topic.id)
        at.moderators.change_topic(chat, topic.id, closed=True)
        send = {"chat_id": chat.id, "text": "x", "message_thread_id": topic.id}
        assert await at.refused("sendMessage", **send) == "Bad Request: TOPIC_CLOSED"
        at.moderators.change_topic(chat, topic.id, deleted=True)
        assert await at.refused("sendMessage", **send) == "Bad Request: message thread not found"


async def test_an_edit_that_changes_nothing() -> None:
    """Same words, preview and buttons are refused; another preview alone is a change."""
    async with bench() as at:
        number = await at.send("Judul", reply_markup=BUTTONS)
        same = {"chat_id": "@kabar", "message_id": number, "text": "Judul", "reply_markup": BUTTONS}
        assert await at.refused("editMessageText", **same) == f"Bad Request: {NOT_MODIFIED}"
        await at.ok("editMessageText", **same, link_preview_options={"is_disabled": True})


async def test_an_edit_resets_what_it_leaves_out() -> None:
    """Preview and buttons are gone unless they are sent again."""
    async with bench() as at:
        preview = {"prefer_large_media": True}
        number = await at.send("Judul", reply_markup=BUTTONS, link_preview_options=preview)
        edited = await at.ok("editMessageText", chat_id="@kabar", message_id=number, text="Baru")
        assert "reply_markup" not in edited
        assert "link_preview_options" not in edited
        assert edited["edit_date"] >= edited["date"]


async def test_messages_that_are_not_there() -> None:
    """Each method names what it was going to do."""
    async with bench() as at:
        gone = {"chat_id": "@kabar", "message_id": 77}
        assert (
            await at.refused("editMessageText", **gone, text="x") == "Bad Request: message to edit not found"
        )
        assert await at.refused("editMessageCaption", **gone) == "Bad Request: message to edit not found"
        assert await at.refused("editMessageReplyMarkup", **gone) == "Bad Request: message to edit not found"
        assert await at.refused("deleteMessage", **gone) == "Bad Request: message to delete not found"
        assert await at.refused("setMessageReaction", **gone) == "Bad Request: message to react not found"
        forward = {"chat_id": at.reader.id, "from_chat_id": "@kabar", "message_id": 77}
        assert await at.refused("forwardMessage", **forward) == "Bad Request: message to forward not found"
        assert await at.refused("copyMessage", **forward) == "Bad Request: message to copy not found"


async def test_kinds_of_content_that_an_edit_does_not_fit() -> None:
    """A picture has no text to edit, a text no caption."""
    async with bench() as at:
        photo = await at.ok("sendPhoto", chat_id="@kabar", photo="https://p.id/1.jpg", caption="a")
        text = await at.send()
        refused = await at.refused(
            "editMessageText", chat_id="@kabar", message_id=photo["message_id"], text="x"
        )
        assert refused == "Bad Request: there is no text in the message to edit"
        refused = await at.refused("editMessageCaption", chat_id="@kabar", message_id=text, caption="x")
        assert refused == "Bad Request: there is no caption in the message to edit"
        edit = {"chat_id": "@kabar", "message_id": photo["message_id"], "caption": "b"}
        assert (await at.ok("editMessageCaption", **edit))["caption"] == "b"


async def test_what_may_be_deleted() -> None:
    """Own messages for 48 hours; others' only with the right to delete."""
    async with bench() as at:
        own, foreign = await at.send(), at.people.post(at.channel, "Redaksi").id
        denied = "Bad Request: message can't be deleted"
        assert await at.refused("deleteMessage", chat_id="@kabar", message_id=foreign) == denied
        at.sandbox.state.clock.advance(48 * 3600 + 10)
        assert await at.refused("deleteMessage", chat_id="@kabar", message_id=own) == denied
        young = await at.send()
        assert await at.ok("deleteMessage", chat_id="@kabar", message_id=young) is True
        at.moderators.set_rights(at.channel, "administrator", ["can_post_messages", "can_delete_messages"])
        foreign = at.people.post(at.channel, "Redaksi").id
        assert await at.ok("deleteMessages", chat_id="@kabar", message_ids=[foreign, 999]) is True
        assert foreign not in [message.id for message in at.channel.messages.values() if not message.deleted]


async def test_protected_content_is_there_but_cannot_leave() -> None:
    """Forwarding tells that it exists; copying is refused, too."""
    async with bench() as at:
        number = await at.send(protect_content=True)
        forward = {"chat_id": at.reader.id, "from_chat_id": "@kabar", "message_id": number}
        refused = await at.refused("forwardMessage", **forward)
        assert refused == "Bad Request: message has protected content and can't be forwarded"
        assert await at.refused("copyMessage", **forward) == "Bad Request: message can't be copied"


async def test_queries_that_are_too_old_or_unknown() -> None:
    """Answered twice, after their time, or never asked: one refusal."""
    async with bench() as at:
        wanted = f"Bad Request: {QUERY_TOO_OLD}"
        number = await at.send(reply_markup=BUTTONS)
        query = at.people.tap(at.channel, number, at.reader, data="ya").id
        assert await at.ok("answerCallbackQuery", callback_query_id=query, text="a" * 200) is True
        assert await at.refused("answerCallbackQuery", callback_query_id=query) == wanted
        assert await at.refused("answerCallbackQuery", callback_query_id="1") == wanted
        late = at.people.tap(at.channel, number, at.reader, button="Ya").id
        at.sandbox.state.clock.advance(31)
        assert await at.refused("answerCallbackQuery", callback_query_id=late) == wanted
        assert [each.id for each in at.sandbox.state.queries.unanswered()] == [late]


async def test_the_length_of_a_callback_answer() -> None:
    """200 characters, not 201."""
    async with bench() as at:
        number = await at.send(reply_markup=BUTTONS)
        query = at.people.tap(at.channel, number, at.reader, data="ya").id
        refused = await at.refused("answerCallbackQuery", callback_query_id=query, text="a" * 201)
        assert refused == "Bad Request: MESSAGE_TOO_LONG"


def article(number: int, **more: Any) -> dict[str, Any]:
    content = {"message_text": "<b>Judul</b>", "parse_mode": "HTML"}
    return {"type": "article", "id": str(number), "title": "Judul", "input_message_content": content} | more


@pytest.mark.parametrize(
    ("results", "more", "wanted"),
    [
        ([article(number) for number in range(51)], {}, "too many inline query results specified"),
        ([article(1), article(1)], {}, "RESULT_ID_DUPLICATE"),
        ([article(1, id="")], {}, "RESULT_ID_INVALID"),
        ([article(1, input_message_content={"message_text": "<p>", "parse_mode": "HTML"})], {},
         "can't parse entities: Unclosed start tag at byte offset 0"),
        ([], {"next_offset": "x" * 65}, "NEXT_OFFSET_INVALID"),
    ],
)  # fmt: skip
async def test_inline_results_that_are_refused(results: list[Any], more: dict[str, str], wanted: str) -> None:
    """Too many, twice the same id, bad markup: nothing is shown."""
    async with bench() as at:
        query = at.people.ask_inline(at.reader, "banjir").id
        refused = await at.refused("answerInlineQuery", inline_query_id=query, results=results, **more)
        if "Unclosed" in wanted:
            assert refused.startswith("Bad Request: can't parse entities: ")
        else:
            assert refused == f"Bad Request: {wanted}"
        assert await at.ok("answerInlineQuery", inline_query_id=query, results=[article(1)]) is True


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ({"command": "Terbaru", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "a" * 33, "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "terbaru", "description": ""}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"command": "terbaru", "description": "x" * 257}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ],
)
async def test_commands_that_are_refused(command: dict[str, str], wanted: str) -> None:
    """Names of a-z, 0-9 and underscore, descriptions of 1 to 256 characters."""
    async with bench() as at:
        assert await at.refused("setMyCommands", commands=[command]) == f"Bad Request: {wanted}"
        many = [{"command": f"c{number}", "description": "x"} for number in range(101)]
        assert await at.refused("setMyCommands", commands=many) == "Bad Request: BOT_COMMANDS_TOO_MUCH"


async def test_a_wrong_token_and_an_unknown_method() -> None:
    """401 and 404, each with the server's words."""
    async with bench() as at:
        async with at.session.get(f"{at.sandbox.url}/bot1:wrong/getMe") as answer:
            assert answer.status == 401
            assert await answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
        body = await at.call("sendTelepathy")
        assert body == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


async def removed(at: Bench) -> set[str]:
    numbers = [message.id for message in at.channel.messages.values()]
    return {
        await at.refused("editMessageReplyMarkup", chat_id=at.channel.id, message_id=number)
        for number in [*numbers, 999]
    }


async def test_after_its_removal_every_id_reads_not_found() -> None:
    """The bot's own posts, others' and holes look the same until it is let back in."""
    async with bench() as at:
        own = await at.send()
        at.people.post(at.channel, "Redaksi")
        for status in ("kicked", "left"):
            at.moderators.set_rights(at.channel, status)
            assert await removed(at) == {"Bad Request: message to edit not found"}
        at.moderators.set_rights(at.channel, "kicked")
        refused = await at.refused(
            "getChatMember", chat_id=at.channel.id, user_id=at.sandbox.state.world.me.id
        )
        assert refused == "Forbidden: bot was kicked from the channel chat"
        at.moderators.set_rights(at.channel, "administrator")
        wanted = f"Bad Request: {NOT_MODIFIED}"
        assert await at.refused("editMessageReplyMarkup", chat_id="@kabar", message_id=own) == wanted


async def test_a_server_that_knows_of_the_removal_says_so() -> None:
    """With `removed_reads` the newer server's 403 is given instead."""
    async with bench(removed_reads="forbidden") as at:
        await at.send()
        at.moderators.set_rights(at.channel, "kicked")
        assert await removed(at) == {"Forbidden: bot was kicked from the channel chat"}
