"""What stands in an update, read from it and nothing else: commands, links, who writes in which language. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.domain.replies import Pointed

#: Kinds of update that are read; always said to Telegram, which otherwise keeps the last list.
ALLOWED_UPDATES = (
    "message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "inline_query",
    "chosen_inline_result",
    "message_reaction_count",
)

_INDONESIAN = frozenset({"id", "in", "ms", "jv", "su"})


def command_of(body: Mapping[str, Any], username: str) -> tuple[str, str] | None:
    """(name in lower case, text behind it) of a message that is a command to us, None for any other.

    `body` is a message as Telegram wrote it. A command that names another bot is not ours, and one that somebody
    forwards is what somebody else said to somebody else.
    """
    if "forward_origin" in body:
        return None
    text = body.get("text") or ""
    entity: Mapping[str, Any] = next(iter(body.get("entities") or ()), {})
    if entity.get("type") != "bot_command" or entity.get("offset") != 0:
        return None
    length = int(entity["length"])
    name, _, bot = text[1:length].partition("@")
    if bot and bot.casefold() != username.casefold():
        return None
    return name.casefold(), text[length:].strip()


def message_in(update: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message of an update, whatever its kind; empty where it has none."""
    for kind in ("message", "channel_post", "edited_channel_post"):
        if kind in update:
            found: Mapping[str, Any] = update[kind]
            return found
    tapped: Mapping[str, Any] = (update.get("callback_query") or {}).get("message") or {}
    return tapped


def lane_of(update: Mapping[str, Any]) -> int:
    """What orders updates: their chat, else their user. Updates of different lanes wait for nobody."""
    elsewhere = update.get("my_chat_member") or update.get("message_reaction_count") or {}
    chat = message_in(update).get("chat") or elsewhere.get("chat") or {}
    user: Mapping[str, Any] = next(
        (part["from"] for part in update.values() if isinstance(part, dict) and "from" in part), {}
    )
    return int(chat.get("id") or user.get("id") or 0)


def written_at(message: Mapping[str, Any]) -> datetime | None:
    """When a message was written, aware UTC; None where it does not say."""
    date = message.get("date")
    return datetime.fromtimestamp(date, UTC) if isinstance(date, int) and date > 0 else None


def language_of(code: str | None) -> str:
    """``id`` or ``en``: the reader's language by Telegram's `language_code` (IETF tag), absent meaning ``id``."""
    primary = (code or "id").partition("-")[0].casefold()
    return "id" if primary in _INDONESIAN else "en"


def links_in(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Every link of text or caption, hidden ones and the previewed one too, in order, each once."""
    return tuple(dict.fromkeys(_links(message)))


def pointed_in(message: Mapping[str, Any]) -> Pointed | None:
    """What a message replies to may stand for: itself, the post that it forwards, the links it holds."""
    here = message.get("reply_to_message") or {}
    elsewhere = message.get("external_reply") or {}
    replied = here or elsewhere
    if not replied:
        return None
    origin = replied.get("forward_origin") or replied.get("origin") or {}
    places = [
        (origin.get("chat"), origin.get("message_id")),
        (replied.get("chat"), replied.get("message_id")),
    ]
    posts = tuple((int(chat["id"]), int(number)) for chat, number in places if chat and number)
    # In a forum every message is a reply to the one that opened its topic.
    if "forum_topic_created" in replied:
        return None
    return Pointed(posts, links_in(replied))


def _links(message: Mapping[str, Any]) -> Iterator[str]:
    for words, marks in (("text", "entities"), ("caption", "caption_entities")):
        for entity in message.get(marks) or ():
            if entity.get("type") == "text_link":
                yield entity["url"]
            elif entity.get("type") == "url":
                text = _part(message[words], entity)
                yield text if "://" in text else f"https://{text}"
    if url := (message.get("link_preview_options") or {}).get("url"):
        yield url


def _part(text: str, entity: Mapping[str, Any]) -> str:
    """What an entity marks; offsets count UTF-16 units (Bot API, MessageEntity)."""
    begin, length = entity["offset"] * 2, entity["length"] * 2
    return text.encode("utf-16-le")[begin : begin + length].decode("utf-16-le", "replace")
