"""Control endpoints by which people write, post, tap, ask, react and delete. The table is in `control.py`."""

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.errors import ControlError
from bot.sandbox.requests import Body, Request


def say(request: Request) -> Body:
    given = request.some("user", "text", "reply_to", "thread", "mode")
    given.pop("user", None)
    return {"id": request.people.say(request.chat, request.user, **given).id}


def post(request: Request) -> Body:
    given = request.some("text", "by", "announce", "mode", "photo", "signature")
    return {"id": request.people.post(request.chat, **given).id}


def album(request: Request) -> Body:
    given = request.some("count", "caption", "by", "announce")
    return {"ids": [message.id for message in request.people.album(request.chat, **given)]}


def service(request: Request) -> Body:
    return {"id": request.people.service(request.chat, **request.some("content", "announce")).id}


def hole(request: Request) -> Body:
    return {"ids": request.moderators.make_hole(request.chat, int(request.body.get("count", 1)))}


def change_message(request: Request) -> Body:
    given = request.some("text", "mode", "age")
    if "age" in given:
        request.moderators.age(request.message, float(given.pop("age")))
    if "text" in given:
        request.people.edit(request.chat, request.number("message"), **given)
    return {}


def delete_message(request: Request) -> Body:
    request.moderators.delete_messages(request.chat, [request.number("message")])
    return {}


def tap(request: Request) -> Body:
    given = request.some("user", "button", "data")
    given.pop("user", None)
    if not given:
        raise ControlError("which button? name its text or its data")
    return {"query": request.people.tap(request.chat, request.number("message"), request.user, **given).id}


def react(request: Request) -> Body:
    given = request.some("user", "emoji", "count")
    user = request.user if "user" in given else request.moderators.owner()
    count = int(given.get("count", 1))
    return dict(
        request.moderators.react(
            request.chat, request.number("message"), user, str(request.need("emoji")), count
        )
    )


def ask_inline(request: Request) -> Body:
    given = request.some("user", "query", "offset", "chat_type")
    text = str(given.pop("query", ""))
    given.pop("user", None)
    return {"query": request.people.ask_inline(request.user, text, **given).id}


def choose(request: Request) -> Body:
    request.people.choose(request.path["query"], str(request.need("result")))
    return {}


PEOPLE: Final[dict[tuple[str, str], Callable[[Request], Any]]] = {
    ("POST", "/control/chats/{chat}/say"): say,
    ("POST", "/control/chats/{chat}/post"): post,
    ("POST", "/control/chats/{chat}/album"): album,
    ("POST", "/control/chats/{chat}/service"): service,
    ("POST", "/control/chats/{chat}/hole"): hole,
    ("PATCH", "/control/chats/{chat}/messages/{message}"): change_message,
    ("DELETE", "/control/chats/{chat}/messages/{message}"): delete_message,
    ("POST", "/control/chats/{chat}/messages/{message}/tap"): tap,
    ("POST", "/control/chats/{chat}/messages/{message}/react"): react,
    ("POST", "/control/inline"): ask_inline,
    ("POST", "/control/inline/{query}/choose"): choose,
}
