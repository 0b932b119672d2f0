"""Who and what exists: users, chats of every kind, who is what in them, and which name leads where.

It holds state and answers lookups. Rights are judged in `access.py`, people act in `people.py`.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.clock import Clock
from bot.sandbox.errors import ControlError
from bot.sandbox.ids import Ids
from bot.sandbox.messages import Message

Kind = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

CHANNEL_RIGHTS = (
    "can_manage_chat", "can_change_info", "can_post_messages", "can_edit_messages", "can_delete_messages",
    "can_invite_users", "can_restrict_members", "can_promote_members", "can_manage_video_chats",
    "can_post_stories", "can_edit_stories", "can_delete_stories", "can_manage_direct_messages",
)  # fmt: skip
GROUP_RIGHTS = (
    "can_manage_chat", "can_change_info", "can_delete_messages", "can_invite_users", "can_restrict_members",
    "can_pin_messages", "can_manage_topics", "can_promote_members", "can_manage_video_chats",
    "can_post_stories", "can_edit_stories", "can_delete_stories",
)  # fmt: skip
MEMBER_PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
)  # fmt: skip
PRESENT = frozenset({"creator", "administrator", "member", "restricted"})


@dataclass(slots=True)
class User:
    """A person or a bot. The last three say how they stand with *our* bot."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language: str = ""
    is_bot: bool = False
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def json(self) -> dict[str, Any]:
        """The Bot API's User."""
        found: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.last_name:
            found["last_name"] = self.last_name
        if self.username:
            found["username"] = self.username
        if self.language:
            found["language_code"] = self.language
        return found


@dataclass(frozen=True, slots=True)
class Member:
    """What somebody is in a chat, and the rights (of an administrator) or permissions (of a restricted
    member) held.
    """

    status: Status = "left"
    rights: frozenset[str] = frozenset()

    @property
    def present(self) -> bool:
        return self.status in PRESENT

    def may(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)


@dataclass(slots=True)
class Topic:
    """A forum topic; its id is that of the service message that made it."""

    id: int
    name: str
    closed: bool = False


@dataclass(slots=True)
class Chat:
    """A chat, what the bot is in it (`me`), and every message it ever held, by id, deleted ones included."""

    id: int
    kind: Kind
    title: str = ""
    user: User | None = None
    username: str = ""
    me: Member = field(default_factory=Member)
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    forum: bool = False
    protected: bool = False
    deleted: bool = False
    migrated_to: int = 0
    write_refusal: str = ""
    last_message: int = 0

    @property
    def own_sequence(self) -> bool:
        """Whether its message ids are its own, and not drawn from the bot's shared sequence."""
        return self.kind in {"channel", "supergroup"}

    def json(self) -> dict[str, Any]:
        """The Bot API's Chat."""
        found: dict[str, Any] = {"id": self.id, "type": self.kind}
        if self.user is not None:
            found["first_name"] = self.user.first_name
            if self.user.last_name:
                found["last_name"] = self.user.last_name
            if self.user.username:
                found["username"] = self.user.username
            return found
        found["title"] = self.title
        if self.username:
            found["username"] = self.username
        if self.forum:
            found["is_forum"] = True
        return found


class World:
    """Everything there is. Message contents live in their chats; at most `keep_messages` a chat (0: all)."""

    def __init__(self, me: User, clock: Clock, *, keep_messages: int = 0) -> None:
        self.me = me
        self.clock = clock
        self.ids = Ids()
        self.keep_messages = keep_messages
        self.users: dict[int, User] = {me.id: me}
        self.chats: dict[int, Chat] = {}
        self._names: dict[str, int] = {}

    def add_user(self, user: User) -> Chat:
        """Let `user` exist, with the private chat that the bot may have with them. Raises ControlError for a
        known id.
        """
        if user.id in self.chats or user.id in self.users:
            raise ControlError(f"user {user.id} exists")
        self.users[user.id] = user
        chat = Chat(user.id, "private", user=user, me=Member("member"))
        self.chats[user.id] = chat
        return chat

    def add_chat(self, chat: Chat) -> Chat:
        """Let `chat` exist. Raises ControlError for a known id or a name that is taken."""
        if chat.id in self.chats:
            raise ControlError(f"chat {chat.id} exists")
        self._claim_name(chat.username, chat.id)
        self.chats[chat.id] = chat
        return chat

    def rename(self, chat: Chat, username: str) -> None:
        """Change a public name; empty makes the chat private. The old name leads nowhere from then on."""
        self._claim_name(username, chat.id)
        if chat.username.lower() != username.lower():
            self._names.pop(chat.username.lower(), None)
        chat.username = username

    def delete(self, chat: Chat) -> None:
        """The chat is gone, for good, with its name."""
        chat.deleted = True
        self._names.pop(chat.username.lower(), None)

    def find(self, key: str | int) -> Chat | None:
        """The chat of a numeric id (in text, too) or of a public `@name`; None if there is none any more."""
        text = str(key)
        if text.startswith("@"):
            found = self.chats.get(self._names.get(text[1:].lower(), 0))
        else:
            try:
                found = self.chats.get(int(text))
            except ValueError:
                return None
        return None if found is None or found.deleted else found

    def find_id(self, key: str | int) -> int | None:
        """The id of the chat that `find` would give."""
        chat = self.find(key)
        return None if chat is None else chat.id

    def member(self, chat: Chat, user_id: int) -> Member:
        """What a user is in a chat; `left` for a stranger."""
        return chat.me if user_id == self.me.id else chat.members.get(user_id, Member())

    def next_message_id(self, chat: Chat) -> int:
        """Use up an id of the sequence that the chat draws from."""
        if not chat.own_sequence:
            chat.last_message = self.ids.next_shared_message()
        else:
            chat.last_message += 1
        return chat.last_message

    def store(self, chat: Chat, message: Message) -> None:
        chat.messages[message.id] = message
        if self.keep_messages and len(chat.messages) > self.keep_messages:
            del chat.messages[next(iter(chat.messages))]

    def _claim_name(self, username: str, chat_id: int) -> None:
        if username:
            if self._names.get(username.lower(), chat_id) != chat_id:
                raise ControlError(f"the name @{username} is taken")
            self._names[username.lower()] = chat_id
