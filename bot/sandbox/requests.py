"""A request to the control API: path, query and JSON body, and what they name in the world."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from bot.sandbox.errors import ControlError
from bot.sandbox.messages import Message
from bot.sandbox.moderators import Moderators
from bot.sandbox.people import People
from bot.sandbox.world import Chat, User

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Its views raise ControlError for what is missing or unknown."""

    sandbox: "Sandbox"
    path: dict[str, str]
    query: dict[str, str]
    body: Body

    @classmethod
    async def read(cls, request: web.Request, sandbox: "Sandbox") -> Self:
        body: Any = await request.json() if request.can_read_body else {}
        if not isinstance(body, dict):
            raise ControlError("a JSON object is expected")
        return cls(sandbox, dict(request.match_info), dict(request.query), body)

    @property
    def people(self) -> People:
        return self.sandbox.people

    @property
    def moderators(self) -> Moderators:
        return self.sandbox.moderators

    @property
    def chat(self) -> Chat:
        return self.people.chat(self.path["chat"])

    @property
    def message(self) -> Message:
        return self.people.message(self.chat, self.number("message"))

    @property
    def user(self) -> User:
        """Who acts: the `user` named, or the one whose private chat this is."""
        if "user" in self.body:
            return self.people.user(int(self.body["user"]))
        user = self.chat.user if "chat" in self.path else None
        if user is None:
            raise ControlError("who? name a user")
        return user

    def number(self, name: str) -> int:
        return int(self.path[name])

    def need(self, name: str) -> Any:  # noqa: ANN401 - a JSON value
        """A field that must be there."""
        if name not in self.body:
            raise ControlError(f"{name} is missing")
        return self.body[name]

    def some(self, *names: str) -> Body:
        """Those of the named fields that are there, to be passed on by name. Refuses any other field."""
        unknown = set(self.body) - set(names)
        if unknown:
            raise ControlError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(names))}")
        return {name: self.body[name] for name in names if name in self.body}
