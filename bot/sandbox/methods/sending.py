"""sendMessage, sendPhoto, sendChatAction: new messages of the bot's own."""

from typing import Any, Final

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.messages import Author, Message, pack, photo_content, text_content
from bot.sandbox.methods.content import Json, caption_of, markup_of, preview_of, text_of
from bot.sandbox.render import message_json
from bot.sandbox.state import State
from bot.sandbox.world import Chat

OWN: Final = Author("bot")
_ACTIONS: Final = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip
_PHOTO_SIZES: Final = ((90, 60), (800, 533), (1280, 853))


def send_message(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendmessage"""
    parsed = text_of(state, call)
    content = text_content(parsed.text, parsed.entities, preview_of(call), markup_of(call))
    return _send(state, call, state.access.writable(call.chat), content)


def send_photo(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendphoto - a picture at an address is never fetched."""
    caption = caption_of(state, call)
    markup = markup_of(call)
    chat = state.access.writable(call.chat, "photos")
    photo = _photo(state, call)
    return _send(state, call, chat, photo_content(photo, caption.text, caption.entities, markup))


def send_chat_action(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#sendchataction"""
    if call.text("action").lower() not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    state.access.writable(call.chat)
    return True


def _send(state: State, call: Call, chat: Chat, content: Json) -> Json:
    thread = call.integer("message_thread_id")
    state.access.thread(chat, thread)
    reply_to = _replied(chat, call)
    stars = state.charge(call, chat)
    message = put(state, call, chat, content, thread=thread, reply_to=reply_to)
    state.record("sent", call.method, chat, message, silent=message.silent or None, stars=stars)
    return message_json(state.world, chat, message)


def put(
    state: State, call: Call, chat: Chat, content: Json, *, thread: int = 0, reply_to: int = 0
) -> Message:
    """Store a new message of the bot's own under the chat's next id."""
    message = Message(
        state.world.next_message_id(chat),
        int(state.clock.now()),
        OWN,
        pack(content),
        thread=thread,
        reply_to=reply_to,
        protected=call.flag("protect_content") or chat.protected,
        silent=call.flag("disable_notification"),
    )
    state.world.store(chat, message)
    return message


def _replied(chat: Chat, call: Call) -> int:
    given: Any = call.nested("reply_parameters", "reply parameters") or {}
    wanted = int(given.get("message_id", 0)) or call.integer("reply_to_message_id")
    if not wanted:
        return 0
    replied = chat.messages.get(wanted)
    if replied is not None and not replied.deleted:
        return wanted
    if given.get("allow_sending_without_reply") or call.flag("allow_sending_without_reply"):
        return 0
    raise bad_request("message to be replied not found")


def _photo(state: State, call: Call) -> list[Json]:
    given = call.text("photo")
    if "photo" in call.files or given.startswith("attach://"):
        return _uploaded(state, call)
    if not given:
        raise bad_request("there is no photo in the request")
    if given.startswith(("http://", "https://")):
        for part, refusal in state.photos.items():
            if part in given:
                raise bad_request(refusal)
        return _sizes(state, 90_000)
    if given not in state.known_files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return _sizes(state, 90_000, given)


def _uploaded(state: State, call: Call) -> list[Json]:
    content = max(call.files.values(), key=len, default=b"")
    if not content:
        raise bad_request("file must be non-empty")
    sizes = _sizes(state, len(content))
    state.keep_picture(sizes[0]["file_id"], content)
    return sizes


def _sizes(state: State, size: int, file_id: str = "") -> list[Json]:
    stem = file_id or state.world.ids.file()
    state.known_files.add(stem)
    return [
        {
            "file_id": stem,
            "file_unique_id": f"AQAD{stem[-8:]}{width}",
            "file_size": max(size * width // 1280, 1),
            "width": width,
            "height": height,
        }
        for width, height in _PHOTO_SIZES
    ]
