"""What people do to chats and rights: make and unmake them, let the bot in and throw it out, react, delete,
block.

Like `people.py` each act is journaled and becomes the update Telegram would send, or none.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.errors import ControlError
from bot.sandbox.messages import Message
from bot.sandbox.people import People
from bot.sandbox.render import member_json
from bot.sandbox.world import (
    CHANNEL_RIGHTS,
    GROUP_RIGHTS,
    MEMBER_PERMISSIONS,
    Chat,
    Kind,
    Member,
    Status,
    Topic,
    User,
)

OWNER_ID: Final = 700_000_000
_STATUSES: Final = frozenset({"creator", "administrator", "member", "restricted", "left", "kicked"})


@dataclass(slots=True)
class Moderators:
    """Acts upon the world of one sandbox. `reaction_delay`: seconds in which reactions are gathered into one
    update.
    """

    people: People
    reaction_delay: float = 0.05
    _counts: dict[tuple[int, int], asyncio.TimerHandle] = field(default_factory=dict)

    def add_user(self, name: str = "Pembaca", *, user_id: int = 0, started: bool = True, **more: Any) -> Chat:  # noqa: ANN401
        """A person, and the private chat with them. `more`: fields of User."""
        world = self.people.state.world
        number = user_id or next(each for each in iter(world.ids.user, 0) if each not in world.users)
        return world.add_user(User(number, name, started=started, **more))

    def add_chat(
        self,
        kind: Kind,
        title: str,
        *,
        chat_id: int = 0,
        username: str = "",
        status: Status = "administrator",
        rights: Iterable[str] | None = None,
        **more: Any,  # noqa: ANN401 - fields of Chat
    ) -> Chat:
        """A group, supergroup or channel with an owner, and the bot in it as `status` (no update tells of
        that).

        Without `rights` an administrator may post in a channel, and has no special right in a group.
        """
        state = self.people.state
        if kind == "private":
            raise ControlError("a private chat comes with its user")
        ids = state.world.ids
        number = chat_id or (ids.group() if kind == "group" else ids.channel())
        chat = Chat(number, kind, title, username=username.removeprefix("@"), **more)
        chat.me = _member(kind, status, rights)
        chat.members[self.owner().id] = Member("creator")
        if chat.own_sequence:
            chat.last_message = 1
        state.world.add_chat(chat)
        state.journal.add("world", what="chat", chat=chat.id, type=kind, name=chat.username or None)
        return chat

    def owner(self) -> User:
        """The person who made every chat and appears in updates about rights."""
        users = self.people.state.world.users
        return users.setdefault(OWNER_ID, User(OWNER_ID, "Redaktur", username="redaktur"))

    def set_rights(self, chat: Chat, status: Status, rights: Iterable[str] | None = None) -> None:
        """Promote, demote, restrict, kick the bot or let it back in: my_chat_member tells it at once."""
        old, chat.me = chat.me, _member(chat.kind, status, rights)
        self._tell_of_membership(chat, old, chat.me, self.owner())
        self.people.state.journal.add("rights", chat=chat.id, status=status, rights=sorted(chat.me.rights))

    def set_member(self, chat: Chat, user: User, status: Status, rights: Iterable[str] | None = None) -> None:
        """What a person (or another bot) is in a chat. The bot hears of it by chat_member, if it asked for
        those.
        """
        old = chat.members.get(user.id, Member())
        chat.members[user.id] = _member(chat.kind, status, rights)
        if chat.me.status == "administrator":
            self.people.state.updates.add("chat_member", self._change(chat, user, old, chat.members[user.id]))

    def _change(
        self, chat: Chat, user: User, old: Member, new: Member, by: User | None = None
    ) -> dict[str, Any]:
        return {
            "chat": chat.json(),
            "from": (by or self.owner()).json(),
            "date": int(self.people.state.clock.now()),
            "old_chat_member": member_json(chat, user, old),
            "new_chat_member": member_json(chat, user, new),
        }

    def _tell_of_membership(self, chat: Chat, old: Member, new: Member, by: User) -> None:
        state = self.people.state
        if old != new:
            state.updates.add("my_chat_member", self._change(chat, state.world.me, old, new, by))

    def block(self, user: User, *, blocked: bool) -> None:
        """A reader blocks the bot, or takes that back."""
        if user.blocked == blocked:
            return
        user.blocked = blocked
        chat = self.people.chat(user.id)
        old, new = Member("kicked" if not blocked else "member"), Member("kicked" if blocked else "member")
        self._tell_of_membership(chat, old, new, user)
        self.people.state.journal.add("rights", chat=chat.id, blocked=blocked)

    def deactivate(self, user: User) -> None:
        """A reader deletes their account: no update tells of it."""
        user.deactivated = True

    def rename(self, chat: Chat, *, username: str | None = None, title: str | None = None) -> None:
        """Change the public name (empty: none) or the title. Neither is told; the title's service message
        takes an id.
        """
        if username is not None:
            self.people.state.world.rename(chat, username.removeprefix("@"))
        if title is not None:
            chat.title = title
            self.people.service(chat, {"new_chat_title": title})
        self.people.state.journal.add(
            "world", what="renamed", chat=chat.id, name=chat.username, title=chat.title
        )

    def delete_chat(self, chat: Chat) -> None:
        """The chat is gone: from now on it is `chat not found`."""
        self.people.state.world.delete(chat)
        self.people.state.journal.add("world", what="chat_deleted", chat=chat.id)

    def upgrade(self, chat: Chat) -> Chat:
        """A group becomes a supergroup: a new id, a new sequence; both sides tell of it by a service message."""
        if chat.kind != "group" or chat.migrated_to:
            raise ControlError("only a basic group can be upgraded")
        state = self.people.state
        new = Chat(
            state.world.ids.channel(), "supergroup", chat.title, me=chat.me, members=dict(chat.members)
        )
        state.world.add_chat(new)
        self.people.service(chat, {"migrate_to_chat_id": new.id}, announce=True)
        self.people.service(new, {"migrate_from_chat_id": chat.id}, announce=True)
        chat.migrated_to = new.id
        state.journal.add("world", what="upgraded", chat=chat.id, to=new.id)
        return new

    def add_topic(self, chat: Chat, name: str) -> Topic:
        """A forum topic, made by a service message whose id is the thread's."""
        chat.forum = True
        message = self.people.service(chat, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        topic = Topic(message.id, name)
        message.thread = topic.id
        chat.topics[topic.id] = topic
        return topic

    def change_topic(
        self, chat: Chat, thread: int, *, closed: bool | None = None, deleted: bool = False
    ) -> None:
        """Close or reopen a topic, or delete it."""
        topic = chat.topics.get(thread)
        if topic is None:
            raise ControlError(f"no topic {thread} in {chat.id}")
        if closed is not None:
            topic.closed = closed
        if deleted:
            del chat.topics[thread]

    def delete_messages(self, chat: Chat, numbers: Iterable[int]) -> None:
        """An administrator deletes messages, anybody's: nobody is told, the ids stay used up."""
        for number in numbers:
            message = self.people.message(chat, number)
            message.deleted = True
            self.people.state.journal.add(
                "message", method="delete", chat=chat.id, message_id=number, of=message.author.kind
            )

    def make_hole(self, chat: Chat, count: int) -> list[int]:
        """Use up `count` ids by messages that are gone already."""
        made = [self.people.post(chat, "…", announce=False).id for _ in range(count)]
        self.delete_messages(chat, made)
        return made

    def age(self, message: Message, seconds: float) -> None:
        """Let a message be older by so many seconds."""
        message.date -= int(seconds)

    def react(self, chat: Chat, message_id: int, user: User, emoji: str, count: int = 1) -> dict[str, int]:
        """`count` readers react (a negative number takes reactions back); the totals afterwards.

        A channel's reactions are anonymous: gathered, then told as totals. In a group each is told as it is.
        """
        message = self.people.message(chat, message_id)
        totals = dict(message.reactions or {})
        totals[emoji] = max(totals.get(emoji, 0) + count, 0)
        message.reactions = {each: number for each, number in totals.items() if number}
        self.people.state.journal.add(
            "message", method="react", chat=chat.id, message_id=message_id, reaction=emoji, count=count
        )
        if chat.me.status != "administrator":
            return message.reactions
        if chat.kind == "channel":
            self._gather(chat, message)
        else:
            self._tell_of_reaction(chat, message, user, emoji, count)
        return message.reactions

    def _gather(self, chat: Chat, message: Message) -> None:
        key = (chat.id, message.id)
        if key not in self._counts:
            loop = asyncio.get_running_loop()
            self._counts[key] = loop.call_later(self.reaction_delay, self._tell_totals, chat, message)

    def _tell_totals(self, chat: Chat, message: Message) -> None:
        del self._counts[chat.id, message.id]
        self.people.state.updates.add(
            "message_reaction_count",
            {
                "chat": chat.json(),
                "message_id": message.id,
                "date": int(self.people.state.clock.now()),
                "reactions": [
                    {"type": {"type": "emoji", "emoji": emoji}, "total_count": total}
                    for emoji, total in (message.reactions or {}).items()
                ],
            },
        )

    def _tell_of_reaction(self, chat: Chat, message: Message, user: User, emoji: str, count: int) -> None:
        reaction = [{"type": "emoji", "emoji": emoji}]
        self.people.state.updates.add(
            "message_reaction",
            {
                "chat": chat.json(),
                "message_id": message.id,
                "user": user.json(),
                "date": int(self.people.state.clock.now()),
                "old_reaction": [] if count > 0 else reaction,
                "new_reaction": reaction if count > 0 else [],
            },
        )

    def close(self) -> None:
        """Forget totals that were still to be told."""
        for handle in self._counts.values():
            handle.cancel()
        self._counts.clear()


def _member(kind: Kind, status: Status, rights: Iterable[str] | None) -> Member:
    """Checks status and rights. An administrator can always manage the chat; a restricted member has what is
    given.
    """
    if status not in _STATUSES:
        raise ControlError(f"no such status: {status}")
    if rights is None:
        rights = ("can_post_messages",) if kind == "channel" and status == "administrator" else ()
    chosen = frozenset(rights)
    known = CHANNEL_RIGHTS if kind == "channel" else GROUP_RIGHTS
    allowed = frozenset(MEMBER_PERMISSIONS if status == "restricted" else known)
    if chosen - allowed:
        raise ControlError(f"no such right here: {', '.join(sorted(chosen - allowed))}")
    if status == "administrator":
        chosen |= {"can_manage_chat"}
    return Member(status, chosen)
