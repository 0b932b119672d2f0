"""editMessageText, editMessageCaption, editMessageReplyMarkup: what is left out of an edit is reset."""

from typing import Any

from bot.sandbox.calls import Call
from bot.sandbox.errors import NOT_MODIFIED, bad_request
from bot.sandbox.messages import Message, pack, photo_content, text_content
from bot.sandbox.methods.content import Json, caption_of, markup_of, preview_of, text_of
from bot.sandbox.render import message_json
from bot.sandbox.state import State
from bot.sandbox.world import Chat


def edit_message_text(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#editmessagetext"""
    parsed = text_of(state, call)
    preview, markup = preview_of(call), markup_of(call)
    chat, message = _editable(state, call)
    old = message.unpack()
    if "text" not in old:
        raise bad_request("there is no text in the message to edit")
    state.charge(call, chat)
    content = text_content(parsed.text, parsed.entities, preview, markup)
    return _replace(state, call, chat, message, content)


def edit_message_caption(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#editmessagecaption"""
    caption = caption_of(state, call)
    markup = markup_of(call)
    chat, message = _editable(state, call)
    old = message.unpack()
    if "photo" not in old:
        raise bad_request("there is no caption in the message to edit")
    state.charge(call, chat)
    content = photo_content(old["photo"], caption.text, caption.entities, markup)
    return _replace(state, call, chat, message, content)


def edit_message_reply_markup(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#editmessagereplymarkup

    Not counted against the limits: asked of an id, it tells absent, foreign and own apart and changes
    nothing.
    """
    markup = markup_of(call)
    chat, message = _editable(state, call)
    content: dict[str, Any] = message.unpack()
    content.pop("reply_markup", None)
    if markup:
        content["reply_markup"] = markup
    return _replace(state, call, chat, message, content)


def _editable(state: State, call: Call) -> tuple[Chat, Message]:
    if call.chat == "" and not call.integer("message_id"):
        if call.text("inline_message_id"):
            raise bad_request("MESSAGE_ID_INVALID")
        raise bad_request("message identifier is not specified")
    return state.access.editable(call.chat, call.integer("message_id"))


def _replace(state: State, call: Call, chat: Chat, message: Message, content: Json) -> Json:
    packed = pack(content)
    if packed == message.content:
        raise bad_request(NOT_MODIFIED)
    message.content = packed
    message.edit_date = int(state.clock.now())
    state.record("edited", call.method, chat, message)
    return message_json(state.world, chat, message)
