"""Parameters that sends and edits share: text, caption, preview and buttons, checked as the server checks
them.
"""

from typing import Any, Final

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.markup import MAX_CAPTION, MAX_TEXT, Entity, Parsed, units
from bot.sandbox.state import State

Json = dict[str, Any]
MAX_CALLBACK_BYTES: Final = 64
_PREVIEW: Final = ("is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text")
_OTHER_KEYBOARDS: Final = ("keyboard", "remove_keyboard", "force_reply")
_BUTTON_ACTIONS: Final = (
    "url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "web_app", "login_url", "copy_text", "callback_game", "pay",
)  # fmt: skip


def text_of(state: State, call: Call) -> Parsed:
    """The `text` of a message, parsed. Refuses an empty or too long one."""
    return message_text(
        state, call.text("text"), call.text("parse_mode"), call.nested("entities", "entities")
    )


def message_text(state: State, raw: str, mode: str, entities: list[Entity] | None) -> Parsed:
    """1 to 4096 UTF-16 units after parsing."""
    parsed = _compose(state, raw, mode, entities)
    if not parsed.text:
        raise bad_request("message text is empty")
    if units(parsed.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return parsed


def caption_of(state: State, call: Call) -> Parsed:
    """The `caption` of a photo, parsed: at most 1024 UTF-16 units after parsing."""
    entities = call.nested("caption_entities", "caption_entities")
    parsed = _compose(state, call.text("caption"), call.text("parse_mode"), entities)
    if units(parsed.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return parsed


def _compose(state: State, raw: str, mode: str, entities: list[Entity] | None) -> Parsed:
    parsed = state.composer.compose(raw, mode, entities)
    if all(entity["type"] != "text_mention" or "user" in entity for entity in parsed.entities):
        return parsed
    return Parsed(parsed.text, [found for entity in parsed.entities if (found := _mention(state, entity))])


def _mention(state: State, entity: Entity) -> Entity | None:
    """A mention by id shows the user; of one that the bot never met, nothing is left."""
    if entity["type"] != "text_mention" or "user" in entity:
        return entity
    user = state.world.users.get(entity["user_id"])
    if user is None:
        return None
    return {
        "type": "text_mention",
        "offset": entity["offset"],
        "length": entity["length"],
        "user": user.json(),
    }


def preview_of(call: Call) -> Json | None:
    """The `link_preview_options` that a message keeps; None if nothing in them differs from the default."""
    given = call.nested("link_preview_options", "link preview options")
    if given is None and call.flag("disable_web_page_preview"):
        return {"is_disabled": True}
    if given is None:
        return None
    if not isinstance(given, dict):
        raise bad_request("object expected as link preview options")
    return {name: given[name] for name in _PREVIEW if given.get(name)} or None


def markup_of(call: Call) -> Json | None:
    """The inline keyboard that a message gets; None for no buttons or for another kind of keyboard."""
    return check_markup(call.nested("reply_markup", "reply keyboard markup"))


def check_markup(given: Any) -> Json | None:  # noqa: ANN401 - decoded JSON
    """An inline keyboard as Telegram stores it. Refuses a malformed one."""
    if not given:
        return None
    if not isinstance(given, dict):
        raise bad_request("object expected as reply markup")
    rows = given.get("inline_keyboard")
    if rows is None and any(name in given for name in _OTHER_KEYBOARDS):
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard: expected an Array of Arrays")
    kept = [[_button(button) for button in row] for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _button(given: Any) -> Json:  # noqa: ANN401 - decoded JSON
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise bad_request(
            "can't parse inline keyboard button: InlineKeyboardButton must be an Object with a text"
        )
    if not given["text"].strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    actions = [name for name in _BUTTON_ACTIONS if given.get(name) is not None]
    if len(actions) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if (
        "callback_data" in actions
        and not 1 <= len(str(given["callback_data"]).encode()) <= MAX_CALLBACK_BYTES
    ):
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in actions:
        _check_button_url(str(given["url"]))
    return {"text": given["text"], actions[0]: given[actions[0]]}


def _check_button_url(url: str) -> None:
    from bot.sandbox.html_plain import checked_link

    if not checked_link(url):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
