"""forwardMessage, copyMessage, setMessageReaction: what a bot may do with a message that need not be its own."""

from typing import Final

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.messages import Message
from bot.sandbox.methods.content import Json, caption_of, markup_of
from bot.sandbox.methods.sending import put
from bot.sandbox.render import message_json, origin_json
from bot.sandbox.state import State
from bot.sandbox.world import Chat

REACTIONS: Final = frozenset(
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"
)


def forward_message(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#forwardmessage"""
    chat = state.access.writable(call.chat)
    source, message = _source(state, call, "message to forward")
    if message.protected or source.protected:
        raise bad_request("message has protected content and can't be forwarded")
    if message.service:
        raise bad_request("message can't be forwarded")
    thread = call.integer("message_thread_id")
    state.access.thread(chat, thread)
    stars = state.charge(call, chat)
    content = message.unpack()
    content.pop("reply_markup", None)
    content.setdefault("forward_origin", origin_json(state.world, source, message))
    forwarded = put(state, call, chat, content, thread=thread)
    state.record("forwarded", call.method, chat, forwarded, source=source.id, of=message.id, stars=stars)
    return message_json(state.world, chat, forwarded)


def copy_message(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#copymessage"""
    chat = state.access.writable(call.chat)
    source, message = _source(state, call, "message to copy")
    if message.protected or source.protected or message.service:
        raise bad_request("message can't be copied")
    content = message.unpack()
    for transient in ("reply_markup", "forward_origin"):
        content.pop(transient, None)
    if "caption" in call.params and "photo" in content:
        caption = caption_of(state, call)
        content.update(caption=caption.text, caption_entities=caption.entities)
    markup = markup_of(call)
    if markup:
        content["reply_markup"] = markup
    stars = state.charge(call, chat)
    copied = put(state, call, chat, content)
    state.record("copied", call.method, chat, copied, source=source.id, of=message.id, stars=stars)
    return {"message_id": copied.id}


def _source(state: State, call: Call, what: str) -> tuple[Chat, Message]:
    return state.access.message(call.text("from_chat_id").strip(), call.integer("message_id"), what)


def set_message_reaction(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmessagereaction"""
    given = call.nested("reaction", "reaction") or []
    chat, message = state.access.message(call.chat, call.integer("message_id"), "message to react")
    emoji = [str(each.get("emoji", "")).rstrip("\ufe0f") for each in given if isinstance(each, dict)]
    if any(each not in REACTIONS for each in emoji):
        raise bad_request("REACTION_INVALID")
    if len(emoji) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    state.journal.add(
        "reacted", method=call.method, chat=chat.id, message_id=message.id, reaction=emoji, by="bot"
    )
    return True
