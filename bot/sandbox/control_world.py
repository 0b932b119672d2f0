"""Control endpoints that make, change and show chats and users. The table of all endpoints is in
`control.py`.
"""

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.errors import ControlError
from bot.sandbox.messages import Message
from bot.sandbox.requests import Body, Request
from bot.sandbox.world import Chat

_MOST_USERS: Final = 200_000


def chat_view(chat: Chat) -> Body:
    """A chat as the control API shows it."""
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": chat.title or (chat.user.first_name if chat.user else ""),
        "username": chat.username,
        "status": chat.me.status,
        "rights": sorted(chat.me.rights),
        "messages": sum(not message.deleted for message in chat.messages.values()),
        "last_message": chat.last_message,
        "topics": [
            {"id": topic.id, "name": topic.name, "closed": topic.closed} for topic in chat.topics.values()
        ],
        "deleted": chat.deleted,
        "migrated_to": chat.migrated_to,
    }


def message_view(message: Message) -> Body:
    """A message as the control API shows it: every field, whoever reads it."""
    content = message.unpack()
    return {
        "id": message.id,
        "date": message.date,
        "by": message.author.kind,
        "user": message.author.user_id or None,
        "text": content.get("text") or content.get("caption") or "",
        "entities": content.get("entities") or content.get("caption_entities") or [],
        "link_preview_options": content.get("link_preview_options"),
        "reply_markup": content.get("reply_markup"),
        "photo": "photo" in content,
        "content": content,
        "thread": message.thread,
        "reply_to": message.reply_to,
        "silent": message.silent,
        "edited": bool(message.edit_date),
        "edit_date": message.edit_date,
        "deleted": message.deleted,
        "reactions": message.reactions or {},
    }


def list_chats(request: Request) -> list[Body]:
    return [chat_view(chat) for chat in request.sandbox.state.world.chats.values()]


def add_chat(request: Request) -> Body:
    given = request.some("kind", "title", "username", "id", "status", "rights", "forum", "protected")
    given["chat_id"] = given.pop("id", 0)
    kind = given.pop("kind", "channel")
    title = given.pop("title", "Kabar")
    return chat_view(request.moderators.add_chat(kind, title, **given))


def show_chat(request: Request) -> Body:
    return chat_view(request.chat)


def change_chat(request: Request) -> Body:
    chat = request.chat
    given = request.some("username", "title", "protected", "write_refusal")
    if "username" in given or "title" in given:
        request.moderators.rename(chat, username=given.get("username"), title=given.get("title"))
    chat.protected = bool(given.get("protected", chat.protected))
    chat.write_refusal = str(given.get("write_refusal", chat.write_refusal))
    return chat_view(chat)


def delete_chat(request: Request) -> Body:
    request.moderators.delete_chat(request.chat)
    return {}


def list_messages(request: Request) -> list[Body]:
    after = int(request.query.get("after", "0"))
    deleted = bool(request.query.get("deleted"))
    found = (
        each for each in request.chat.messages.values() if each.id > after and (deleted or not each.deleted)
    )
    return [message_view(message) for message in found]


def set_rights(request: Request) -> Body:
    request.moderators.set_rights(request.chat, **request.some("status", "rights"))
    return chat_view(request.chat)


def set_member(request: Request) -> Body:
    given = request.some("user", "status", "rights")
    given.pop("user", None)
    request.moderators.set_member(request.chat, request.user, **given)
    return {}


def upgrade(request: Request) -> Body:
    return {"id": request.moderators.upgrade(request.chat).id}


def add_topic(request: Request) -> Body:
    return {"id": request.moderators.add_topic(request.chat, str(request.need("name"))).id}


def change_topic(request: Request) -> Body:
    given = request.some("closed", "deleted")
    request.moderators.change_topic(request.chat, request.number("thread"), **given)
    return {}


def add_users(request: Request) -> Body:
    given = request.some("name", "id", "username", "language", "started", "count")
    count = int(given.pop("count", 1))
    first = int(given.pop("id", 0))
    if not 1 <= count <= _MOST_USERS:
        raise ControlError(f"count is 1 to {_MOST_USERS}")
    made = [
        request.moderators.add_user(user_id=first + number if first else 0, **given).id
        for number in range(count)
    ]
    return {"id": made[0], "last": made[-1]}


def change_user(request: Request) -> Body:
    user = request.people.user(request.number("user"))
    given = request.some("blocked", "deactivated", "started")
    if "blocked" in given:
        request.moderators.block(user, blocked=bool(given["blocked"]))
    user.deactivated = bool(given.get("deactivated", user.deactivated))
    user.started = bool(given.get("started", user.started))
    return {}


WORLD: Final[dict[tuple[str, str], Callable[[Request], Any]]] = {
    ("GET", "/control/chats"): list_chats,
    ("POST", "/control/chats"): add_chat,
    ("GET", "/control/chats/{chat}"): show_chat,
    ("PATCH", "/control/chats/{chat}"): change_chat,
    ("DELETE", "/control/chats/{chat}"): delete_chat,
    ("GET", "/control/chats/{chat}/messages"): list_messages,
    ("POST", "/control/chats/{chat}/rights"): set_rights,
    ("POST", "/control/chats/{chat}/members"): set_member,
    ("POST", "/control/chats/{chat}/upgrade"): upgrade,
    ("POST", "/control/chats/{chat}/topics"): add_topic,
    ("PATCH", "/control/chats/{chat}/topics/{thread}"): change_topic,
    ("POST", "/control/users"): add_users,
    ("PATCH", "/control/users/{user}"): change_user,
}
