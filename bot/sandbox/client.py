"""A small client of the sandbox's control API, for tests and the demo. Needs aiohttp only.

    async with SandboxClient(control_url) as sandbox:
        channel = await sandbox.add_chat("channel", "Kabar", username="kabar")
        await sandbox.fault(kind="drop_after", method="sendMessage", nth=2)

Every method raises ControlRefusedError with the server's reason. What an endpoint takes and does is told in
`control.py`.
"""

import json
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import aiohttp

Json = dict[str, Any]
ChatKey = int | str


class ControlRefusedError(Exception):
    """The control API would not: its reason."""


class SandboxClient:
    """Calls the control API at `url` (as printed at start: `http://127.0.0.1:PORT/control`)."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, method: str, path: str = "", body: Json | None = None, **query: Any) -> Any:  # noqa: ANN401
        """Any endpoint: `path` after `/control`, a JSON `body`, query parameters; the decoded answer."""
        if self._session is None:
            raise RuntimeError("use the client as a context manager")
        params = {name: str(value) for name, value in query.items() if value is not None}
        async with self._session.request(method, self._url + path, json=body or {}, params=params) as answer:
            text = await answer.text()
            if answer.status != 200:
                raise ControlRefusedError(text)
            return json.loads(text)

    async def overview(self) -> Json:
        found: Json = await self.call("GET")
        return found

    async def journal(self, since: int = 0, kind: str | None = None) -> list[Json]:
        found: list[Json] = await self.call("GET", "/journal", since=since, kind=kind)
        return found

    async def events(self, since: int = 0) -> AsyncIterator[Json]:
        """Journal entries as they come, without end."""
        if self._session is None:
            raise RuntimeError("use the client as a context manager")
        timeout = aiohttp.ClientTimeout(total=None)
        params = {"since": str(since)}
        async with self._session.get(f"{self._url}/events", params=params, timeout=timeout) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    async def calls(self) -> list[Json]:
        found: list[Json] = await self.call("GET", "/calls")
        return found

    async def unanswered(self) -> list[Json]:
        """Callback and inline queries that nobody answered."""
        found: list[Json] = await self.call("GET", "/queries", open=1)
        return found

    async def queries(self) -> list[Json]:
        found: list[Json] = await self.call("GET", "/queries")
        return found

    async def add_chat(self, kind: str, title: str, **more: Any) -> int:  # noqa: ANN401 - fields of the endpoint
        return int((await self.call("POST", "/chats", {"kind": kind, "title": title, **more}))["id"])

    async def add_user(self, name: str = "Pembaca", **more: Any) -> int:  # noqa: ANN401 - fields of the endpoint
        return int((await self.call("POST", "/users", {"name": name, **more}))["id"])

    async def change_user(self, user: int, **changes: bool) -> None:
        await self.call("PATCH", f"/users/{user}", changes)

    async def chats(self) -> list[Json]:
        found: list[Json] = await self.call("GET", "/chats")
        return found

    async def messages(self, chat: ChatKey, *, deleted: bool = False, after: int = 0) -> list[Json]:
        """What the chat shows, oldest first; with what was deleted, if asked for."""
        found: list[Json] = await self.call(
            "GET", f"/chats/{chat}/messages", deleted=1 if deleted else None, after=after
        )
        return found

    async def set_rights(self, chat: ChatKey, status: str, rights: list[str] | None = None) -> None:
        body: Json = {"status": status} if rights is None else {"status": status, "rights": rights}
        await self.call("POST", f"/chats/{chat}/rights", body)

    async def kick(self, chat: ChatKey) -> None:
        await self.set_rights(chat, "kicked")

    async def restore(self, chat: ChatKey) -> None:
        """Let the bot back in, with the right to post and no other."""
        await self.set_rights(chat, "administrator")

    async def set_member(
        self, chat: ChatKey, user: int, status: str, rights: list[str] | None = None
    ) -> None:
        await self.call(
            "POST", f"/chats/{chat}/members", {"user": user, "status": status, "rights": rights or []}
        )

    async def change_chat(self, chat: ChatKey, **changes: Any) -> None:  # noqa: ANN401 - fields of the endpoint
        await self.call("PATCH", f"/chats/{chat}", changes)

    async def delete_chat(self, chat: ChatKey) -> None:
        await self.call("DELETE", f"/chats/{chat}")

    async def upgrade(self, chat: ChatKey) -> int:
        """Make a group a supergroup; the new id."""
        return int((await self.call("POST", f"/chats/{chat}/upgrade"))["id"])

    async def add_topic(self, chat: ChatKey, name: str) -> int:
        return int((await self.call("POST", f"/chats/{chat}/topics", {"name": name}))["id"])

    async def change_topic(self, chat: ChatKey, thread: int, **changes: bool) -> None:
        await self.call("PATCH", f"/chats/{chat}/topics/{thread}", changes)

    async def say(self, chat: ChatKey, text: str, **more: Any) -> int:  # noqa: ANN401 - fields of the endpoint
        """A user writes to the bot or in a group; the message's id."""
        return int((await self.call("POST", f"/chats/{chat}/say", {"text": text, **more}))["id"])

    async def post(self, chat: ChatKey, text: str, **more: Any) -> int:  # noqa: ANN401 - fields of the endpoint
        """Another administrator (or `by="other_bot"`) posts; the message's id."""
        return int((await self.call("POST", f"/chats/{chat}/post", {"text": text, **more}))["id"])

    async def album(self, chat: ChatKey, count: int, **more: Any) -> list[int]:  # noqa: ANN401 - as above
        found: list[int] = (await self.call("POST", f"/chats/{chat}/album", {"count": count, **more}))["ids"]
        return found

    async def service(self, chat: ChatKey, **more: Any) -> int:  # noqa: ANN401 - fields of the endpoint
        return int((await self.call("POST", f"/chats/{chat}/service", more))["id"])

    async def hole(self, chat: ChatKey, count: int = 1) -> list[int]:
        found: list[int] = (await self.call("POST", f"/chats/{chat}/hole", {"count": count}))["ids"]
        return found

    async def edit(self, chat: ChatKey, message: int, text: str, mode: str = "") -> None:
        """An administrator edits anybody's message."""
        await self.call("PATCH", f"/chats/{chat}/messages/{message}", {"text": text, "mode": mode})

    async def age(self, chat: ChatKey, message: int, seconds: float) -> None:
        await self.call("PATCH", f"/chats/{chat}/messages/{message}", {"age": seconds})

    async def delete(self, chat: ChatKey, message: int) -> None:
        await self.call("DELETE", f"/chats/{chat}/messages/{message}")

    async def tap(self, chat: ChatKey, message: int, **more: Any) -> str:  # noqa: ANN401 - `button` or `data`, `user`
        """A user taps a button; the callback query's id."""
        return str((await self.call("POST", f"/chats/{chat}/messages/{message}/tap", more))["query"])

    async def react(self, chat: ChatKey, message: int, emoji: str, **more: Any) -> Json:  # noqa: ANN401
        found: Json = await self.call(
            "POST", f"/chats/{chat}/messages/{message}/react", {"emoji": emoji, **more}
        )
        return found

    async def ask_inline(self, user: int, query: str, offset: str = "") -> str:
        """A user types after `@bot`; the inline query's id."""
        body = {"user": user, "query": query, "offset": offset}
        return str((await self.call("POST", "/inline", body))["query"])

    async def choose(self, query: str, result: str) -> None:
        await self.call("POST", f"/inline/{query}/choose", {"result": result})

    async def fault(self, **fields: Any) -> int:  # noqa: ANN401 - fields of faults.Fault
        """Put a fault in force; its number."""
        return int((await self.call("POST", "/faults", fields))["id"])

    async def clear_faults(self) -> None:
        await self.call("DELETE", "/faults")

    async def limits(self, *, enabled: bool | None = None, **rates: float) -> None:
        body: Json = {} if enabled is None else {"enabled": enabled}
        await self.call("POST", "/limits", body | ({"rates": rates} if rates else {}))

    async def line(self, **changes: Any) -> None:  # noqa: ANN401 - offline, slow, refuse
        await self.call("POST", "/line", changes)

    async def fail_photos(self, match: str, error: str) -> None:
        await self.call("POST", "/photos", {"match": match, "error": error})

    async def advance(self, seconds: float) -> None:
        """Let the sandbox's clock jump ahead."""
        await self.call("POST", "/clock", {"advance": seconds})

    async def flags(self, **flags: bool) -> None:
        await self.call("POST", "/flags", flags)

    async def deliver_webhooks_to(self, origin: str) -> None:
        await self.call("POST", "/webhook", {"deliver_to": origin})
