"""python-telegram-bot against the sandbox: its objects are filled, its errors are the classes we rely on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import (
    Bot,
    ChatMemberAdministrator,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    ReactionTypeEmoji,
    Update,
)
from telegram.constants import ChatType, MessageEntityType, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from tests.support_sandbox import Bench, bench

POST = '<b><a href="https://p.id/read/1">Rusia Desak Armenia</a></b>\nDunia · Rabu, 20 September 2023 | 06:12 WIB'
BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("Selengkapnya ›", callback_data="n:1")]])


@asynccontextmanager
async def talking(**options: object) -> AsyncIterator[tuple[Bench, Bot]]:
    """A sandbox and PTB's own bot, on its own HTTP client, shut down afterwards."""
    async with (
        bench(**options) as at,
        Bot(at.sandbox.token, base_url=f"{at.sandbox.url}/bot") as bot,
    ):
        yield at, bot


async def test_a_post_comes_back_as_a_whole_message() -> None:
    """Chat, sender, entities, preview and buttons are parsed by PTB."""
    async with talking() as (at, bot):
        message = await bot.send_message(
            "@kabar",
            POST,
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(prefer_large_media=True),
            reply_markup=BUTTONS,
            disable_notification=True,
        )
        assert message.chat.type == ChatType.CHANNEL
        assert message.sender_chat is not None
        assert message.sender_chat.username == "kabar"
        assert [entity.type for entity in message.entities] == [
            MessageEntityType.TEXT_LINK,
            MessageEntityType.BOLD,
        ]
        assert message.entities[0].url == "https://p.id/read/1"
        assert message.link_preview_options == LinkPreviewOptions(prefer_large_media=True)
        assert message.reply_markup == BUTTONS
        assert at.texts() == ["Rusia Desak Armenia\nDunia · Rabu, 20 September 2023 | 06:12 WIB"]
        (entry,) = at.sandbox.journal.entries("sent")
        assert entry["links"] == ["https://p.id/read/1"]
        assert entry["silent"] is True


async def test_the_life_of_a_message() -> None:
    """Sent, edited, forwarded, copied, reacted to, deleted."""
    async with talking() as (at, bot):
        message = await bot.send_photo(
            "@kabar", "https://p.id/1.jpg", caption="<b>Judul</b>", parse_mode="HTML"
        )
        assert message.photo[-1].width == 1280
        edited = await bot.edit_message_caption(
            "@kabar", message.message_id, caption="Baru", reply_markup=BUTTONS
        )
        assert isinstance(edited, type(message))
        assert edited.edit_date is not None
        text = await bot.send_message(at.channel.id, "Judul")
        await bot.edit_message_text("Judul baru", "@kabar", text.message_id)
        await bot.edit_message_reply_markup("@kabar", text.message_id, reply_markup=BUTTONS)
        forwarded = await bot.forward_message(at.reader.id, "@kabar", text.message_id)
        assert forwarded.forward_origin is not None
        copied = await bot.copy_message(at.reader.id, "@kabar", text.message_id)
        assert copied.message_id == forwarded.message_id + 1
        assert await bot.set_message_reaction("@kabar", text.message_id, [ReactionTypeEmoji("👍")])
        assert await bot.delete_message("@kabar", text.message_id)
        assert await bot.delete_messages("@kabar", [message.message_id])
        assert at.texts() == []


async def test_what_the_bot_asks_about_itself_and_its_chats() -> None:
    """getMe, chats, members, commands, webhook: all parsed."""
    async with talking() as (at, bot):
        assert bot.bot.supports_inline_queries is True
        assert (await bot.get_chat("@kabar")).id == at.channel.id
        member = await bot.get_chat_member("@kabar", bot.id)
        assert isinstance(member, ChatMemberAdministrator)
        assert member.can_post_messages is True
        assert member.can_edit_messages is False
        assert len(await bot.get_chat_administrators("@kabar")) == 2
        assert await bot.get_chat_member_count("@kabar") == 2
        assert await bot.set_my_commands([("terbaru", "Berita terbaru")], language_code="id")
        assert (await bot.get_my_commands(language_code="id"))[0].command == "terbaru"
        assert await bot.get_my_commands() == ()
        assert await bot.delete_my_commands(language_code="id")
        assert (await bot.get_webhook_info()).url == ""
        assert await bot.send_chat_action(at.reader.id, "typing")
        assert await bot.leave_chat("@kabar")


async def test_updates_of_every_kind_are_parsed() -> None:
    """Messages, posts, taps, inline questions, membership, reactions."""
    async with talking(reaction_delay=0) as (at, bot):
        await bot.get_updates(allowed_updates=Update.ALL_TYPES)
        number = (await bot.send_message("@kabar", "Judul", reply_markup=BUTTONS)).message_id
        at.people.say(at.people.chat(at.reader.id), at.reader, "/terbaru olahraga")
        at.people.post(at.channel, "Redaksi")
        tap = at.people.tap(at.channel, number, at.reader, data="n:1")
        inline = at.people.ask_inline(at.reader, "banjir")
        at.moderators.block(at.reader, blocked=True)
        at.moderators.react(at.channel, number, at.reader, "👍")
        updates = await bot.get_updates(timeout=5)
        if len(updates) == 5:
            updates += await bot.get_updates(offset=updates[-1].update_id + 1, timeout=5)
        assert [each.effective_message.text for each in updates[:2] if each.effective_message] == [
            "/terbaru olahraga",
            "Redaksi",
        ]
        assert updates[2].callback_query is not None
        assert updates[2].callback_query.id == tap.id
        assert updates[3].inline_query is not None
        assert updates[4].my_chat_member is not None
        assert updates[5].message_reaction_count is not None
        assert updates[5].message_reaction_count.reactions[0].total_count == 1
        assert await bot.answer_callback_query(tap.id, "Baik")
        article = InlineQueryResultArticle("1", "Judul", InputTextMessageContent("Judul"))
        assert await bot.answer_inline_query(inline.id, [article], next_offset="10")
        assert at.sandbox.state.queries.unanswered() == []


async def outcome(bot: Bot, chat: int | str, text: str = "x") -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await bot.send_message(chat, text, parse_mode="HTML")
    return caught.value


async def test_refusals_are_the_classes_we_rely_on() -> None:
    """The table of errors, as PTB raises them."""
    async with talking() as (at, bot):
        assert type(await outcome(bot, "@tiada")) is BadRequest
        assert type(await outcome(bot, "@kabar", "<br>")) is BadRequest
        at.moderators.set_rights(at.channel, "kicked")
        assert type(await outcome(bot, "@kabar")) is Forbidden
        at.moderators.block(at.reader, blocked=True)
        assert type(await outcome(bot, at.reader.id)) is Forbidden
        group = at.moderators.add_chat("group", "Ruang", status="member")
        new = at.moderators.upgrade(group)
        migrated = await outcome(bot, group.id)
        assert isinstance(migrated, ChatMigrated)
        assert migrated.new_chat_id == new.id


@pytest.mark.filterwarnings("ignore:.*retry_after.*timedelta")
async def test_floods_conflicts_and_wrong_tokens() -> None:
    """RetryAfter with its seconds, Conflict for a webhook, InvalidToken for 401 and 404."""
    async with talking() as (at, bot):
        at.sandbox.state.faults.add(kind="flood_after", method="sendMessage", retry_after=7)
        flood = await outcome(bot, "@kabar")
        assert isinstance(flood, RetryAfter)
        await bot.set_webhook("http://127.0.0.1:9/x")
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        with pytest.raises(InvalidToken):
            await bot.get_my_name()
        with pytest.raises(InvalidToken):
            async with Bot("1:wrong", base_url=f"{at.sandbox.url}/bot"):
                pass


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_after", "html", "cut_json", "cut_body"])
async def test_unknown_outcomes_are_network_errors(kind: str) -> None:
    """Whatever breaks, PTB says NetworkError (or its like) and never success."""
    async with talking() as (at, bot):
        at.sandbox.state.faults.add(kind=kind, method="sendMessage")
        error = await outcome(bot, "@kabar")
        assert not isinstance(error, BadRequest | Forbidden | RetryAfter)
        assert isinstance(error, NetworkError) or kind in {"html", "cut_json"}


async def test_a_read_timeout_is_timed_out_and_the_post_is_there() -> None:
    """The server accepted what the client gave up on."""
    async with talking() as (at, bot):
        at.sandbox.state.faults.add(kind="hang_after", method="sendMessage")
        with pytest.raises(TimedOut):
            await bot.send_message("@kabar", "Judul", read_timeout=0.1)
        assert at.texts() == ["Judul"]


async def test_a_client_that_keeps_the_limits_meets_no_429() -> None:
    """Sends spaced evenly at thirty a second to different chats are all taken."""
    async with talking() as (at, bot):
        readers = [at.moderators.add_user(f"Pembaca {number}").id for number in range(45)]
        loop = asyncio.get_running_loop()
        turn = loop.time()
        for reader in readers:
            await asyncio.sleep(turn - loop.time())
            turn = max(turn, loop.time()) + 1 / 30
            await bot.send_message(reader, "Judul")
        assert at.sandbox.journal.entries("limited") == []
