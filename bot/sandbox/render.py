"""What is stored, as the Bot API shows it to the bot: Message, ChatFullInfo, ChatMember and their kin."""

from typing import Any

from bot.sandbox.messages import Message
from bot.sandbox.world import CHANNEL_RIGHTS, GROUP_RIGHTS, MEMBER_PERMISSIONS, Chat, Member, User, World

Json = dict[str, Any]


def message_json(world: World, chat: Chat, message: Message, *, with_reply: bool = True) -> Json:
    """The Bot API's Message. Its replied-to message comes without that one's own reply, as Telegram sends it."""
    found: Json = {"message_id": message.id}
    _add_sender(found, world, chat, message)
    found["chat"] = chat.json()
    found["date"] = message.date
    if message.edit_date:
        found["edit_date"] = message.edit_date
    if message.thread:
        found["message_thread_id"] = message.thread
        found["is_topic_message"] = True
    if message.protected:
        found["has_protected_content"] = True
    if with_reply and message.reply_to:
        replied = chat.messages.get(message.reply_to)
        if replied is not None and not replied.deleted:
            found["reply_to_message"] = message_json(world, chat, replied, with_reply=False)
    found.update(message.unpack())
    return found


def _add_sender(found: Json, world: World, chat: Chat, message: Message) -> None:
    author = message.author
    if chat.kind == "channel":
        found["sender_chat"] = chat.json()
        if author.signature:
            found["author_signature"] = author.signature
        return
    sender = world.me if author.kind == "bot" else world.users.get(author.user_id)
    if sender is not None:
        found["from"] = sender.json()


def origin_json(world: World, chat: Chat, message: Message) -> Json:
    """The MessageOrigin of a forward of `message`."""
    if chat.kind == "channel":
        found: Json = {"type": "channel", "chat": chat.json(), "message_id": message.id, "date": message.date}
        if message.author.signature:
            found["author_signature"] = message.author.signature
        return found
    sender = world.me if message.own else world.users.get(message.author.user_id)
    if sender is None:
        return {"type": "hidden_user", "sender_user_name": "Somebody", "date": message.date}
    return {"type": "user", "sender_user": sender.json(), "date": message.date}


def chat_full_json(chat: Chat) -> Json:
    """The Bot API's ChatFullInfo, with the fields that every server sends."""
    found = chat.json()
    found["accent_color_id"] = abs(chat.id) % 7
    found["max_reaction_count"] = 11
    found["accepted_gift_types"] = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        chat.kind in {"private", "channel"},
    )
    if chat.username or (chat.user is not None and chat.user.username):
        found["active_usernames"] = [chat.username or (chat.user.username if chat.user else "")]
    if chat.protected:
        found["has_protected_content"] = True
    if chat.kind in {"group", "supergroup"}:
        found["permissions"] = dict.fromkeys(MEMBER_PERMISSIONS, True)
    return found


def member_json(chat: Chat, user: User, member: Member) -> Json:
    """The Bot API's ChatMember, every right of the chat's kind spelt out."""
    found: Json = {"user": user.json(), "status": member.status}
    rights = CHANNEL_RIGHTS if chat.kind == "channel" else GROUP_RIGHTS
    if member.status == "creator":
        found["is_anonymous"] = False
    elif member.status == "administrator":
        found.update({"can_be_edited": False, "is_anonymous": False})
        found.update((right, right in member.rights) for right in rights)
        for needed in _ALWAYS:
            found.setdefault(needed, needed in member.rights)
    elif member.status == "restricted":
        found.update({"is_member": True, "until_date": 0})
        found.update((permission, permission in member.rights) for permission in MEMBER_PERMISSIONS)
    elif member.status == "kicked":
        found["until_date"] = 0
    return found


# ChatMemberAdministrator requires these of every kind of chat.
_ALWAYS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
