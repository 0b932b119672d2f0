"""One call of a Bot API method: its parameters, wherever the client put them, and typed views of them.

The server takes parameters from the query string, a JSON body, a form or multipart; in the last two nested
objects arrive as JSON text. A wrongly typed number or flag reads as its default, as on the server.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.web_request import FileField

from bot.sandbox.errors import bad_request

MAX_BODY_BYTES = 20 * 1024 * 1024


@dataclass(slots=True)
class Call:
    """A method in lower case, its parameters, and the uploaded files by field name."""

    method: str
    params: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.params.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        value = self.params.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        value = self.params.get(name)
        return value if isinstance(value, bool) else str(value).lower() in {"true", "yes", "1"}

    def nested(self, name: str, kind: str) -> Any:  # noqa: ANN401 - whatever the client encoded
        """A nested object or list; None if it was not given. Refuses text that is not JSON."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {kind} JSON object") from error

    @property
    def chat(self) -> str:
        """The `chat_id` as given, in text: a number or `@name`, empty if there was none."""
        return str(self.params.get("chat_id", "")).strip()


async def read_call(request: web.Request, method: str) -> Call:
    """The call in `request`. Refuses a JSON body that is no object, as the server does."""
    params: dict[str, Any] = dict(request.query)
    call = Call(method.lower(), params)
    if not request.can_read_body:
        return call
    if request.content_type == "application/json":
        params.update(_json_body(await request.read()))
    elif request.content_type == "application/x-www-form-urlencoded":
        params.update(parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True))
    elif request.content_type == "multipart/form-data":
        await _read_multipart(request, call)
    return call


def _json_body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON object")
    return value


async def _read_multipart(request: web.Request, call: Call) -> None:
    for name, value in (await request.post()).items():
        if isinstance(value, FileField):
            call.files[name] = value.file.read()
            value.file.close()
        else:
            call.params[name] = (
                value.decode(errors="replace") if isinstance(value, bytes | bytearray) else value
            )
