"""deleteMessage, deleteMessages."""

from typing import Final

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.messages import Message
from bot.sandbox.state import State
from bot.sandbox.world import Chat

MAX_AT_ONCE: Final = 100


def delete_message(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemessage"""
    if not call.chat:
        raise bad_request("chat identifier is not specified")
    if not call.integer("message_id"):
        raise bad_request("message identifier is not specified")
    chat, message = state.access.message(call.chat, call.integer("message_id"), "message to delete")
    _delete(state, call, chat, [message])
    return True


def delete_messages(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemessages - those that are not there are passed over."""
    given = call.nested("message_ids", "message identifiers")
    if not isinstance(given, list) or not given:
        raise bad_request("message identifiers are not specified")
    if len(given) > MAX_AT_ONCE:
        raise bad_request("too many message identifiers specified")
    chat = state.access.writable(call.chat)
    found = [chat.messages.get(int(number)) for number in given]
    _delete(state, call, chat, [message for message in found if message is not None and not message.deleted])
    return True


def _delete(state: State, call: Call, chat: Chat, messages: list[Message]) -> None:
    if not all(state.access.deletable(chat, message) for message in messages):
        raise bad_request("message can't be deleted")
    for message in messages:
        message.deleted = True
        state.journal.add(
            "deleted",
            method=call.method,
            chat=chat.id,
            message_id=message.id,
            by="bot",
            of=message.author.kind,
        )
