"""Whose message it is, which ids are used up, and what a careless recovery would get wrong."""

import pytest

from bot.sandbox.errors import NOT_MODIFIED
from tests.support_sandbox import Bench, bench

ABSENT = "Bad Request: message to edit not found"
FOREIGN = "Bad Request: message can't be edited"
OWN = f"Bad Request: {NOT_MODIFIED}"


async def ask(at: Bench, number: int, chat: int | str = "@kabar") -> str:
    """The question of a recovery: edit the buttons to what they are."""
    return await at.refused("editMessageReplyMarkup", chat_id=chat, message_id=number)


async def test_the_question_tells_absent_foreign_and_own_apart() -> None:
    """Own posts, others' posts, service messages, pictures of an album and holes, each as Telegram tells it."""
    async with bench() as at:
        own = await at.send()
        admin = at.people.post(at.channel, "Redaksi").id
        other_bot = at.people.post(at.channel, "Bot lain", by="other_bot").id
        service = at.people.service(at.channel).id
        album = [message.id for message in at.people.album(at.channel, 3)]
        (hole,) = at.moderators.make_hole(at.channel, 1)
        after = await at.send()
        assert [own, admin, other_bot, service, *album, hole, after] == list(range(2, 11))
        answers = [await ask(at, number) for number in range(2, 12)]
        assert answers == [OWN, *[FOREIGN] * 6, ABSENT, OWN, ABSENT]
        assert at.sandbox.state.limiter.wait(at.channel.id, at.sandbox.state.clock.now(), paid=False) == 0


async def test_questions_change_nothing_and_are_not_counted() -> None:
    """A hundred questions leave the channel's minute free and its posts as they were."""
    async with bench() as at:
        own = await at.send("Judul")
        for _ in range(100):
            assert await ask(at, own) == OWN
        assert at.texts() == ["Judul"]
        assert not at.channel.messages[own].edit_date
        assert at.sandbox.journal.entries("limited") == []


async def test_without_the_right_to_edit_others_posts_stay_untouchable() -> None:
    """Neither their words nor their buttons; with the right, both, but never a service message."""
    async with bench() as at:
        foreign, service = at.people.post(at.channel, "Redaksi").id, at.people.service(at.channel).id
        edit = {"chat_id": "@kabar", "text": "Diganti"}
        assert await at.refused("editMessageText", message_id=foreign, **edit) == FOREIGN
        at.moderators.set_rights(at.channel, "administrator", ["can_post_messages", "can_edit_messages"])
        await at.ok("editMessageText", message_id=foreign, **edit)
        assert await at.refused("editMessageText", message_id=service, **edit) == FOREIGN


async def test_own_posts_can_be_edited_at_any_age_but_not_without_the_right_to_post() -> None:
    """A year later it still works; without can_post_messages it does not."""
    async with bench() as at:
        own = await at.send()
        at.sandbox.state.clock.advance(365 * 86400)
        await at.ok("editMessageText", chat_id="@kabar", message_id=own, text="Baru")
        at.moderators.set_rights(at.channel, "administrator", [])
        assert await ask(at, own) == FOREIGN


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_in_groups_only_own_messages_can_be_edited(kind: str) -> None:
    """Whatever rights the bot has there."""
    async with bench() as at:
        chat = at.moderators.add_chat(kind, "Ruang", rights=["can_delete_messages"])  # type: ignore[arg-type]
        own, foreign = await at.send(chat=chat.id), at.people.say(chat, at.reader, "halo").id
        assert await ask(at, own, chat.id) == OWN
        assert await ask(at, foreign, chat.id) == FOREIGN


async def test_a_forward_cannot_be_edited() -> None:
    """It is the bot's message, with somebody's words."""
    async with bench() as at:
        own = await at.send()
        forward = {"chat_id": at.reader.id, "from_chat_id": "@kabar", "message_id": own}
        forwarded = await at.ok("forwardMessage", **forward)
        assert forwarded["forward_origin"]["chat"]["id"] == at.channel.id
        assert await ask(at, forwarded["message_id"], at.reader.id) == FOREIGN


async def test_private_chats_and_groups_share_one_sequence() -> None:
    """Channels and supergroups count for themselves."""
    async with bench() as at:
        group = at.moderators.add_chat("group", "Ruang", status="member")
        room = at.moderators.add_chat("supergroup", "Aula", status="member")
        other = at.moderators.add_user("Sari")
        order: list[int | str] = [at.reader.id, group.id, "@kabar", other.id, room.id, at.reader.id]
        assert [await at.send(chat=chat) for chat in order] == [1, 2, 2, 3, 2, 4]


async def test_names_change_and_ids_stay() -> None:
    """A renamed channel is found by its new name and its id only."""
    async with bench() as at:
        at.moderators.rename(at.channel, username="kabarbaru")
        assert await at.send(chat="@KabarBaru") == 2
        assert await at.send(chat=at.channel.id) == 3
        assert await at.refused("sendMessage", chat_id="@kabar", text="x") == "Bad Request: chat not found"
        at.moderators.rename(at.channel, username="")
        assert "username" not in await at.ok("getChat", chat_id=at.channel.id)


async def test_a_bot_that_is_let_back_in_finds_its_posts() -> None:
    """Its old posts are its own again, and what happened meanwhile used up ids."""
    async with bench() as at:
        own = await at.send()
        at.moderators.set_rights(at.channel, "kicked")
        at.people.post(at.channel, "Sementara itu")
        at.moderators.set_rights(at.channel, "administrator")
        assert await ask(at, own) == OWN
        assert await at.send() == own + 2


async def test_forwarding_shows_what_a_message_says() -> None:
    """Somebody else's post can be read by forwarding it; a service message cannot."""
    async with bench() as at:
        foreign, service = (
            at.people.post(at.channel, "Redaksi", by="other_bot").id,
            at.people.service(at.channel).id,
        )
        forward = {"chat_id": at.reader.id, "from_chat_id": "@kabar"}
        assert (await at.ok("forwardMessage", message_id=foreign, **forward))["text"] == "Redaksi"
        refused = await at.refused("forwardMessage", message_id=service, **forward)
        assert refused == "Bad Request: message can't be forwarded"
        copied = await at.ok("copyMessage", message_id=foreign, **forward)
        assert at.sandbox.state.world.chats[at.reader.id].messages[copied["message_id"]].text == "Redaksi"


async def test_members_and_administrators_are_told() -> None:
    """The bot's own rights, the owner's, a stranger's, and the count."""
    async with bench() as at:
        me = at.sandbox.state.world.me.id
        own = await at.ok("getChatMember", chat_id="@kabar", user_id=me)
        assert own["status"] == "administrator"
        assert own["can_post_messages"] is True
        assert own["can_edit_messages"] is False
        stranger = await at.ok("getChatMember", chat_id="@kabar", user_id=at.reader.id)
        assert stranger["status"] == "left"
        assert {each["status"] for each in await at.ok("getChatAdministrators", chat_id="@kabar")} == {
            "creator",
            "administrator",
        }
        assert await at.ok("getChatMemberCount", chat_id="@kabar") == 2
        assert await at.refused("getChatMember", chat_id="@kabar", user_id=5) == "Bad Request: user not found"
        at.moderators.set_rights(at.channel, "member")
        refused = await at.refused("getChatAdministrators", chat_id="@kabar")
        assert refused == "Bad Request: member list is inaccessible"


async def test_a_public_channel_can_be_looked_at_from_outside() -> None:
    """Left: a public chat answers, a private one does not."""
    async with bench() as at:
        await at.ok("leaveChat", chat_id="@kabar")
        me = at.sandbox.state.world.me.id
        assert (await at.ok("getChatMember", chat_id="@kabar", user_id=me))["status"] == "left"
        at.moderators.rename(at.channel, username="")
        refused = await at.refused("getChat", chat_id=at.channel.id)
        assert refused == "Forbidden: bot is not a member of the channel chat"


async def test_reactions_are_set_on_what_is_there() -> None:
    """A known emoji is taken, another is not."""
    async with bench() as at:
        react = {"chat_id": "@kabar", "message_id": await at.send()}
        good, bad = [{"type": "emoji", "emoji": "👍"}], [{"type": "emoji", "emoji": "x"}]
        assert await at.ok("setMessageReaction", **react, reaction=good) is True
        assert (
            await at.refused("setMessageReaction", **react, reaction=bad) == "Bad Request: REACTION_INVALID"
        )


async def test_old_messages_make_room_when_memory_is_bounded() -> None:
    """Only the newest are kept; ids go on."""
    async with bench(keep_messages=3, limits=False) as at:
        for number in range(10):
            await at.send(str(number))
        assert at.texts() == ["7", "8", "9"]
        assert await at.send() == 12
