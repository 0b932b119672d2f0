"""answerCallbackQuery, answerInlineQuery."""

from typing import Any, Final

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.content import Json, check_markup, message_text
from bot.sandbox.state import State

MAX_ALERT: Final = 200
MAX_RESULTS: Final = 50
MAX_OFFSET_BYTES: Final = 64


def answer_callback_query(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#answercallbackquery - not limited."""
    text = call.text("text")
    if len(text) > MAX_ALERT:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = {"text": text, "show_alert": call.flag("show_alert"), "url": call.text("url")}
    query = state.queries.close(call.text("callback_query_id"), "callback", answer)
    state.journal.add(
        "answered", method=call.method, query=query.id, user=query.user_id, data=query.data, text=text or None
    )
    return True


def answer_inline_query(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#answerinlinequery"""
    given = call.nested("results", "inline query results") or []
    if not isinstance(given, list):
        raise bad_request("expected an Array of inline query results")
    if len(given) > MAX_RESULTS:
        raise bad_request("too many inline query results specified")
    next_offset = call.text("next_offset")
    if len(next_offset.encode()) > MAX_OFFSET_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    results = [_result(state, each) for each in given]
    if len({each["id"] for each in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    answer = {
        "results": results,
        "next_offset": next_offset,
        "cache_time": call.integer("cache_time", 300),
        "is_personal": call.flag("is_personal"),
        "button": call.nested("button", "inline query results button"),
    }
    query = state.queries.close(call.text("inline_query_id"), "inline", answer)
    state.journal.add(
        "answered",
        method=call.method,
        query=query.id,
        user=query.user_id,
        data=query.data,
        results=len(results),
    )
    return True


def _result(state: State, given: Any) -> Json:  # noqa: ANN401 - decoded JSON
    if not isinstance(given, dict):
        raise bad_request("can't parse inline query result: Inline query result must be an object")
    if not 1 <= len(str(given.get("id", "")).encode()) <= MAX_OFFSET_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    result = dict(given)
    result["reply_markup"] = check_markup(given.get("reply_markup"))
    content = given.get("input_message_content")
    if given.get("type") == "article":
        if not given.get("title"):
            raise bad_request("can't parse inline query result: Can't find field \"title\"")
        if not isinstance(content, dict):
            raise bad_request("can't parse inline query result: Can't find field \"message_text\"")
    if isinstance(content, dict) and "message_text" in content:
        parsed = message_text(
            state, str(content["message_text"]), str(content.get("parse_mode") or ""), content.get("entities")
        )
        result["message"] = {"text": parsed.text, "entities": parsed.entities}
    return result
