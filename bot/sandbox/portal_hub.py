"""A sample portal with a WebSub hub of its own (https://www.w3.org/TR/websub/): it brings news instead of waiting.

The hub takes subscriptions to the portal's feeds at `/hub`, makes sure of them, and after every publication
brings the whole feed, signed, to whoever subscribed. It reaches callbacks on loopback addresses only.
"""

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import web

from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_feeds import Feed
from bot.sandbox.webhook import is_loopback

_CHALLENGE = "tantangan-7f3a"
_LONGEST_SECRET = 200
_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whom to bring a topic; `lease` is in seconds."""

    topic: str
    callback: str
    secret: str
    lease: int


@dataclass(slots=True)
class Manners:
    """How the hub behaves; tests change it.

    `sign`: the method of signatures, empty for none. `lease`: seconds, 0 as asked. `denies`: the reason, empty
    where it does not. `refuses`: the status of every request, 0 where it takes them. `silent`: it never makes
    sure. `topic_asked`: what it asks about instead of the topic.
    """

    sign: str = "sha256"
    lease: int = 0
    denies: str = ""
    refuses: int = 0
    silent: bool = False
    topic_asked: str = ""


@dataclass(slots=True)
class Hub:
    """Subscriptions by callback; `asked` are the requests, `statuses` the answers to what was brought.

    `deliver_to` is the loopback origin that stands for a public one, as the proxy in front of it.
    """

    deliver_to: str = ""
    manners: Manners = field(default_factory=Manners)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _http: aiohttp.ClientSession | None = None

    async def subscribe(self, request: web.Request) -> web.Response:
        """§5.1: 202, then intent is verified; 4xx with the reason for what cannot be."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        callback = form.get("hub.callback", "")
        if self.manners.refuses:
            return web.Response(status=self.manners.refuses, text="the hub is not in the mood\n")
        if form.get("hub.mode") != "subscribe" or not is_loopback(
            urlsplit(self._way(callback)).hostname or ""
        ):
            return web.Response(status=400, text="hub.mode subscribe, and a callback on this machine\n")
        if len(form.get("hub.secret", "").encode()) >= _LONGEST_SECRET:
            return web.Response(status=400, text="hub.secret is too long\n")
        self._later(self._verify(form, callback))
        return web.Response(status=202)

    async def _verify(self, form: Mapping[str, str], callback: str) -> None:
        manners, topic = self.manners, form.get("hub.topic", "")
        if manners.silent:
            return
        if manners.denies:
            denial = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": manners.denies}
            await self._get(callback, denial)
            return
        lease = manners.lease or int(form.get("hub.lease_seconds", "864000"))
        question = {
            "hub.mode": "subscribe",
            "hub.topic": manners.topic_asked or topic,
            "hub.challenge": _CHALLENGE,
            "hub.lease_seconds": str(lease),
        }
        if await self._get(callback, question) == _CHALLENGE:
            self.subscribers[callback] = Subscriber(topic, callback, form.get("hub.secret", ""), lease)

    def distribute(self) -> None:
        """§7: bring every subscriber its topic as it is now."""
        for subscriber in list(self.subscribers.values()):
            self._later(self._bring(subscriber))

    async def _bring(self, subscriber: Subscriber) -> None:
        http = self._session()
        async with http.get(subscriber.topic) as answer:
            body, kind = await answer.read(), answer.headers["Content-Type"]
        headers = {"Content-Type": kind, "Link": f'<{subscriber.topic}>; rel="self"'}
        await self.post(subscriber.callback, body, headers | self._signed(subscriber.secret, body))

    def _signed(self, secret: str, body: bytes) -> dict[str, str]:
        method = self.manners.sign
        if not method:
            return {}
        return {"X-Hub-Signature": f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"}

    async def post(self, callback: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Bring `body`; 410 ends the subscription."""
        async with self._session().post(self._way(callback), data=body, headers=headers, ssl=False) as answer:
            self.statuses.append(answer.status)
            if answer.status == 410:
                self.subscribers.pop(callback, None)
            return answer.status

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _get(self, callback: str, query: Mapping[str, str]) -> str:
        mark = "&" if urlsplit(callback).query else "?"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session().get(
                f"{self._way(callback)}{mark}{urlencode(query)}", ssl=False
            ) as answer:
                return await answer.text() if 200 <= answer.status < 300 else ""
        return ""

    def _way(self, callback: str) -> str:
        if not self.deliver_to:
            return callback
        parts = urlsplit(callback)
        return self.deliver_to + parts.path + (f"?{parts.query}" if parts.query else "")

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
            self._http = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        return self._http

    def _later(self, work: Any) -> None:  # noqa: ANN401 - a coroutine, whatever it gives
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Any) -> None:  # noqa: ANN401
    """A subscriber that is gone is its own trouble."""
    with suppress(aiohttp.ClientError, TimeoutError):
        await work


class HubPortal(SamplePortal):
    """A sample portal whose feeds name its own hub, which brings news at once when the desk has any.

    `names` is another hub that its feeds name instead; empty: none.
    """

    def __init__(self, *, port: int = 0, seed: int = 1) -> None:
        super().__init__(port=port, seed=seed)
        self.hub = Hub()
        self.names: str | None = None

    @property
    def hub_url(self) -> str:
        return f"{self.url}/hub"

    def publish(self, title: str | None = None, **words: str | None) -> Article:
        """As any portal, and the hub knows at once."""
        article = super().publish(title, **words)
        self.hub.distribute()
        return article

    async def stop(self) -> None:
        await self.hub.close()
        await super().stop()

    def _application(self) -> web.Application:
        app = super()._application()
        app.router.add_post("/hub", self.hub.subscribe)
        return app

    def _written(self, request: web.Request) -> Feed:
        return replace(super()._written(request), hub=self.hub_url if self.names is None else self.names)
