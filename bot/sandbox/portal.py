"""The sample portal: a small Indonesian news site on 127.0.0.1 that publishes, changes its mind and breaks on demand.

It stands for any portal whose feed Kabarbot watches, and knows nothing of Kabarbot. All its news but the seed
page's headlines is invented. Use it in a test or a demo:

    async with SamplePortal() as portal:
        portal.publish("Judul")
        ...  # fetch portal.feed_url
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from aiohttp import web

from bot.sandbox.news import section_name
from bot.sandbox.news_words import SECTIONS
from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_control import control_routes
from bot.sandbox.portal_desk import Desk
from bot.sandbox.portal_feeds import ATOM_TYPE, JSON_TYPE, RSS_TYPE, Feed, atom, json_feed, rss
from bot.sandbox.portal_http import finish
from bot.sandbox.portal_pages import Pages, environment
from bot.sandbox.portal_pictures import picture
from bot.sandbox.portal_troubles import Handler

NAME = "Warta Contoh"

_HOST = "127.0.0.1"
_SECTION = "{section:" + "|".join(SECTIONS) + "}"
_FEEDS = ("/rss", "/atom", "/feed.json")
_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_FREE = ("/control", "/gambar")


def utc_now() -> datetime:
    """The real time, aware, UTC."""
    return datetime.now(UTC)


class SamplePortal(Desk):
    """A desk with its web server. Port 0 picks a free one.

    With `every` (seconds) it publishes by itself and readers come by; without, only what `publish` and its
    kin say happens. `clock` gives aware UTC, `sleep` waits between publications.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        every: float | None = None,
        seed: int = 1,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(clock=clock, seed=seed)
        self._port = port
        self._every = every
        self._sleep = sleep
        self._env = environment()
        self._pages = Pages(self, self._env)
        self._runner: web.AppRunner | None = None
        self._press: asyncio.Task[None] | None = None

    @property
    def feed_url(self) -> str:
        """The RSS feed of everything."""
        return f"{self.url}/rss"

    @property
    def popular_url(self) -> str:
        """The page with the list *Populer*."""
        return f"{self.url}/populer"

    @property
    def control_url(self) -> str:
        return f"{self.url}/control"

    def link(self, article: Article) -> str:
        """The address that the feed gives for `article` at the moment."""
        return self.view.feed_link(self.url, self.view.show(article))

    async def start(self) -> None:
        """Opens the portal. OSError if the port is taken."""
        self._runner = web.AppRunner(
            self._application(), handler_cancellation=True, shutdown_timeout=0.5, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, _HOST, self._port)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        self.url = f"http://{_HOST}:{self._runner.addresses[0][1]}"
        if self._every is not None:
            self._press = asyncio.create_task(self._publish_every(self._every))

    async def stop(self) -> None:
        """Closes the portal; answers under way are cut off."""
        if self._press is not None:
            self._press.cancel()
            with suppress(asyncio.CancelledError):
                await self._press
            self._press = None
        if self.affair is not None:
            self.affair.over.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _publish_every(self, seconds: float) -> None:
        while True:
            await self._sleep(seconds)
            self.publish()
            self.crowd()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[_finishing, self._troubling])
        app.add_routes(
            [
                web.get("/", self._front),
                web.get(f"/{_SECTION}/read/{{day:[0-9/]+}}/{{id:[0-9]{{1,12}}}}/{{slug}}", self._article),
                web.get("/indeks", self._index),
                web.get("/populer", self._popular),
                web.get("/gambar/{id:[0-9]{1,12}}.png", self._picture),
                web.get("/rss", self._rss),
                web.get(f"/rss/{_SECTION}", self._rss),
                web.get("/atom", self._atom),
                web.get("/feed.json", self._json),
                web.get(f"/{_SECTION}", self._index),
                *control_routes(self),
            ]
        )
        return app

    @web.middleware
    async def _troubling(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_FREE):
            return await handler(request)
        affair = self.strike(feed=request.path.startswith(_FEEDS))
        return await (handler(request) if affair is None else affair.trouble.answer(request, handler, affair))

    async def _front(self, _request: web.Request) -> web.Response:
        return _html(self._pages.front())

    async def _article(self, request: web.Request) -> web.Response:
        article = self._found(request)
        if request.method == "GET":
            self.archive.read(article.id)
        return _html(self._pages.article(article))

    async def _index(self, request: web.Request) -> web.Response:
        page = request.query.get("halaman", "1")
        if _PAGE_NUMBER.fullmatch(page) is None:
            raise web.HTTPNotFound(text="404 Halaman tidak ditemukan\n")
        return _html(self._pages.index(int(page), request.match_info.get("section")))

    async def _popular(self, _request: web.Request) -> web.Response:
        return _html(self._pages.popular())

    async def _picture(self, request: web.Request) -> web.Response:
        article = self._found(request)
        return web.Response(body=picture(article.section, article.id), content_type="image/png")

    async def _rss(self, request: web.Request) -> web.Response:
        return self._feed(rss(self._env, self._written(request)), RSS_TYPE)

    async def _atom(self, request: web.Request) -> web.Response:
        return self._feed(atom(self._env, self._written(request)), ATOM_TYPE)

    async def _json(self, request: web.Request) -> web.Response:
        return self._feed(json_feed(self._written(request)), JSON_TYPE)

    def _written(self, request: web.Request) -> Feed:
        section = request.match_info.get("section")
        title = NAME if section is None else f"{NAME} - {section_name(section)}"
        return Feed(self.url, request.path, title, self.feed_items(section), self.view, self.archive.changed)

    def _feed(self, text: str, content_type: str) -> web.Response:
        response = web.Response(text=text, content_type=content_type, charset="utf-8")
        response.last_modified = self.archive.changed
        return response

    def _found(self, request: web.Request) -> Article:
        article = self.article(int(request.match_info["id"]))
        if article is None:
            raise web.HTTPNotFound(text="404 Berita tidak ditemukan\n")
        return article


@web.middleware
async def _finishing(request: web.Request, handler: Handler) -> web.StreamResponse:
    return finish(request, await handler(request))


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")
