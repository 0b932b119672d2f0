"""The portal's levers over HTTP: `GET /control` lists them, `POST /control/<name>` pulls one.

Bodies are JSON objects with the lever's parameters, or empty. Answers are JSON: 200 with the new state, 400 or
404 with `{"error"}`. A page of another site that a browser has open may not pull a lever.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_desk import Desk, DeskError
from bot.sandbox.portal_troubles import TROUBLES
from bot.sandbox.portal_view import CHANGES

Group = Literal["news", "trouble", "change", "mend"]
Value = str | int | float | None
Result = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that can be done to the portal; `parameters` are names and defaults (None: made up)."""

    name: str
    group: Group
    about: str
    pull: Callable[[Desk, dict[str, Value]], Result]
    parameters: Mapping[str, Value] = field(default_factory=dict)


def levers() -> tuple[Lever, ...]:
    """All levers: news, then troubles, then changes, then the one that ends both."""
    troubles = (
        Lever(one.name, "trouble", one.about, _cause(one.name), {**one.options, "times": None})
        for one in TROUBLES
    )
    changes = (Lever(one.name, "change", one.about, _cause(one.name)) for one in CHANGES)
    return (*_news(), *troubles, *changes, Lever("mend", "mend", "Ends every trouble and change.", _mend))


def _news() -> tuple[Lever, ...]:
    words: Mapping[str, Value] = dict.fromkeys(("title", "section", "lead", "reporter"))
    return (
        Lever("publish", "news", "Publishes a headline: any text, or an invented one.", _publish, words),
        Lever("flood", "news", "Publishes many invented headlines at once.", _flood, {"count": 40}),
        Lever(
            "correct",
            "news",
            "Gives an article (the newest) another headline under the same GUID.",
            _correct,
            {"id": None, "title": None},
        ),
        Lever(
            "withdraw", "news", "Takes an article (the newest) off pages and feeds.", _withdraw, {"id": None}
        ),
    )


def _publish(desk: Desk, values: dict[str, Value]) -> Result:
    title, section, lead, reporter = (_text(values, n) for n in ("title", "section", "lead", "reporter"))
    return _shown(desk, desk.publish(title, section=section, lead=lead, reporter=reporter))


def _flood(desk: Desk, values: dict[str, Value]) -> Result:
    count = _whole(values, "count")
    return {"articles": len(desk.flood() if count is None else desk.flood(count))}


def _correct(desk: Desk, values: dict[str, Value]) -> Result:
    return _shown(desk, desk.correct(_whole(values, "id"), _text(values, "title")))


def _withdraw(desk: Desk, values: dict[str, Value]) -> Result:
    return _shown(desk, desk.withdraw(_whole(values, "id")))


def _mend(desk: Desk, _values: dict[str, Value]) -> Result:
    desk.mend()
    return {}


def _cause(name: str) -> Callable[[Desk, dict[str, Value]], Result]:
    def pull(desk: Desk, values: dict[str, Value]) -> Result:
        times = _whole(values, "times")
        options = {key: _number(value, key) for key, value in values.items() if key != "times"}
        desk.cause(name, times=times, **options)
        return {}

    return pull


def _shown(desk: Desk, article: Article) -> Result:
    shown = desk.view.show(article)
    return {"article": {"id": shown.id, "title": shown.title, "url": f"{desk.url}{shown.path}"}}


def _text(values: Mapping[str, Value], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    raise DeskError(f"{name} is a text")


def _whole(values: Mapping[str, Value], name: str) -> int | None:
    value = values.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise DeskError(f"{name} is a whole number")


def _number(value: Value, name: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise DeskError(f"{name} is a number, 0 or more")


def control_routes(desk: Desk) -> list[web.RouteDef]:
    """Routes for an application; the desk's answers are given as JSON."""
    known = {lever.name: lever for lever in levers()}

    async def offer(_request: web.Request) -> web.Response:
        offered = [_described(lever) for lever in known.values()]
        return web.json_response({"portal": desk.url, "state": desk.state(), "levers": offered})

    async def pull(request: web.Request) -> web.Response:
        if not _from_here(request):
            return _refusal(403, "levers are pulled from this machine only")
        lever = known.get(request.match_info["name"])
        if lever is None:
            return _refusal(404, f"no such lever; there are {', '.join(known)}")
        try:
            done = lever.pull(desk, await _values(request, lever))
        except DeskError as error:
            return _refusal(400, str(error))
        return web.json_response({"done": lever.name, **done, "state": desk.state()})

    return [web.get("/control", offer), web.post("/control/{name}", pull)]


def _described(lever: Lever) -> dict[str, object]:
    return {
        "name": lever.name,
        "group": lever.group,
        "about": lever.about,
        "parameters": dict(lever.parameters),
    }


def _from_here(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).hostname in {"127.0.0.1", "localhost"}


def _refusal(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)


async def _values(request: web.Request, lever: Lever) -> dict[str, Value]:
    try:
        values = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise DeskError("the body is not JSON") from error
    if not isinstance(values, dict):
        raise DeskError("the body is a JSON object")
    if unknown := values.keys() - lever.parameters.keys():
        raise DeskError(f"{lever.name} has no parameter {', '.join(sorted(unknown))}")
    return {key: value for key, value in values.items() if value is not None}
