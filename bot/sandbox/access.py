"""Who may do what: the checks of the Bot API server and of TDLib, in their order and their words.

A bot that was removed from a chat reads `message to edit not found` for every id there (or, with
`removed_reads` set to `forbidden`, the 403 that newer servers give when they already know of the removal). It
judges; it changes nothing.
"""

from dataclasses import dataclass
from typing import Final, Literal

from bot.sandbox.errors import UPGRADED, ApiError, bad_request, forbidden
from bot.sandbox.messages import Message
from bot.sandbox.world import Chat, World

TWO_DAYS: Final = 48 * 3600


@dataclass(slots=True)
class Access:
    """Judgements on one world."""

    world: World
    removed_reads: Literal["not_found", "forbidden"] = "not_found"

    def chat(self, key: str | int) -> Chat:
        """The chat that `key` names. Refuses one that does not exist."""
        if key == "":
            raise bad_request("chat_id is empty")
        chat = self.world.find(key)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def readable(self, key: str | int) -> Chat:
        """A chat that the bot may look at: it is there, or the chat is public and the bot was not thrown out."""
        chat = self.chat(key)
        status = chat.me.status
        if chat.own_sequence and (status == "kicked" or (not chat.me.present and not chat.username)):
            raise removal(chat)
        return chat

    def with_members(self, key: str | int) -> Chat:
        """A chat whose members the bot may ask for."""
        chat = self.readable(key)
        if chat.kind == "group":
            _refuse_dead_group(chat)
            if not chat.me.present:
                raise removal(chat)
        return chat

    def writable(self, key: str | int, what: str = "text messages") -> Chat:
        """A chat that the bot may send `what` to."""
        chat = self.chat(key)
        if chat.kind == "private":
            _refuse_private(chat)
        else:
            _refuse_dead_group(chat)
            if not chat.me.present:
                raise removal(chat)
            _refuse_rights(chat, what)
        if chat.write_refusal:
            raise bad_request(chat.write_refusal)
        return chat

    def thread(self, chat: Chat, thread: int, *, allow_closed: bool = False) -> None:
        """Refuses a topic that is not there, or is closed to the bot."""
        if not thread:
            return
        topic = chat.topics.get(thread)
        if topic is None:
            raise bad_request("message thread not found")
        if topic.closed and not allow_closed and not chat.me.may("can_manage_topics"):
            raise bad_request("TOPIC_CLOSED")

    def message(self, key: str | int, message_id: int, what: str) -> tuple[Chat, Message]:
        """The message, and its chat. `what` completes `… not found`."""
        chat = self.chat(key)
        if not chat.me.present and chat.kind != "private":
            raise removal(chat) if self.removed_reads == "forbidden" else bad_request(f"{what} not found")
        message = chat.messages.get(message_id)
        if message is None or message.deleted:
            raise bad_request(f"{what} not found")
        return chat, message

    def editable(self, key: str | int, message_id: int) -> tuple[Chat, Message]:
        """A message that the bot may edit. Asks in this order: is it there, may the bot edit it."""
        chat, message = self.message(key, message_id, "message to edit")
        if not may_edit(chat, message):
            raise bad_request("message can't be edited")
        return chat, message

    def deletable(self, chat: Chat, message: Message) -> bool:
        """Whether the bot may delete it: nothing older than 48 hours, others' only with the right to."""
        if self.world.clock.now() - message.date > TWO_DAYS:
            return False
        if chat.kind == "private":
            return True
        if chat.me.may("can_delete_messages"):
            return True
        if chat.kind == "channel":
            return message.own and chat.me.may("can_post_messages")
        return message.own


def may_edit(chat: Chat, message: Message) -> bool:
    """TDLib's answer: own messages; in a channel with `can_edit_messages` anybody's; service messages and
    forwards never.
    """
    if message.service or chat.migrated_to:
        return False
    if '"forward_origin"' in message.content:
        return False
    if chat.kind != "channel":
        return message.own
    return chat.me.may("can_edit_messages") or (message.own and chat.me.may("can_post_messages"))


def removal(chat: Chat) -> ApiError:
    """The refusal to a bot that is no longer in a group or channel."""
    if chat.me.status == "kicked":
        return forbidden(f"bot was kicked from the {chat.kind} chat")
    return forbidden(f"bot is not a member of the {chat.kind} chat")


def _refuse_private(chat: Chat) -> None:
    user = chat.user
    if user is None:
        raise bad_request("private chat not found")
    if user.deactivated:
        raise forbidden("user is deactivated")
    if user.blocked:
        raise forbidden("bot was blocked by the user")
    if user.is_bot:
        raise forbidden("bot can't send messages to bots")
    if not user.started:
        raise forbidden("bot can't initiate conversation with a user")


def _refuse_dead_group(chat: Chat) -> None:
    if chat.migrated_to:
        raise bad_request(UPGRADED, {"migrate_to_chat_id": chat.migrated_to})


def _refuse_rights(chat: Chat, what: str) -> None:
    if chat.kind == "channel":
        if not chat.me.may("can_post_messages"):
            raise bad_request("need administrator rights in the channel chat")
        return
    permission = "can_send_photos" if what == "photos" else "can_send_messages"
    if chat.me.status == "restricted" and permission not in chat.me.rights:
        raise bad_request(f"not enough rights to send {what} to the chat")
