"""Which name leads to which method. Names are lower-case: the server does not mind case."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.sandbox.calls import Call
from bot.sandbox.methods import answers, chats, commands, deleting, editing, forwarding, sending, updating
from bot.sandbox.state import State

Method = Callable[[State, Call], Any]
Waiting = Callable[[State, Call], Awaitable[str]]

METHODS: Final[dict[str, Method]] = {
    "getme": chats.get_me,
    "getchat": chats.get_chat,
    "getchatmember": chats.get_chat_member,
    "getchatadministrators": chats.get_chat_administrators,
    "getchatmembercount": chats.get_chat_member_count,
    "leavechat": chats.leave_chat,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "sendchataction": sending.send_chat_action,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": deleting.delete_message,
    "deletemessages": deleting.delete_messages,
    "forwardmessage": forwarding.forward_message,
    "copymessage": forwarding.copy_message,
    "setmessagereaction": forwarding.set_message_reaction,
    "answercallbackquery": answers.answer_callback_query,
    "answerinlinequery": answers.answer_inline_query,
    "setmycommands": commands.set_my_commands,
    "getmycommands": commands.get_my_commands,
    "deletemycommands": commands.delete_my_commands,
    "getwebhookinfo": updating.get_webhook_info,
}
# These answer `true` with a sentence of their own beside it.
DESCRIBED: Final[dict[str, Method]] = {
    "setwebhook": updating.set_webhook,
    "deletewebhook": updating.delete_webhook,
}
# These wait, and answer JSON text.
WAITING: Final[dict[str, Waiting]] = {"getupdates": updating.get_updates}
