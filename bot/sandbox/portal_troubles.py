"""Troubles on demand: the wrong answers that a portal may give instead of its own.

One trouble is on at a time. A trouble answers requests; what it is about (feeds or everything) and how long
it lasts is decided by the caller. Every answer ends by itself, after `PATIENCE` seconds at the latest.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PATIENCE = 600.0

_MIB = 1 << 20
_RSS = "application/rss+xml; charset=utf-8"
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Warta Contoh</title>'
    b"<link>http://127.0.0.1/</link><description>"
)
_CHALLENGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>Sebentar&hellip;</title>
<meta name="robots" content="noindex"></head>
<body><h1>Memeriksa peramban Anda</h1><p>Halaman ini akan terbuka setelah pemeriksaan selesai.</p>
<noscript>Aktifkan JavaScript dan kuki untuk melanjutkan.</noscript></body></html>
"""
_MAINTENANCE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>Pemeliharaan</title></head>
<body><h1>Situs sedang dalam pemeliharaan</h1><p>Kami akan segera kembali.</p></body></html>
"""
_EMPTY = _HEAD + b"Tidak ada berita</description></channel></rss>\n"


@dataclass(slots=True)
class Affair:
    """A trouble that is on: its options, how many answers are left (None: any number), and when it is over."""

    trouble: "Trouble"
    options: Mapping[str, float]
    left: int | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def spent(self) -> bool:
        """True when it has answered as often as it should; the last answer may still be under way."""
        return self.left == 0

    async def pause(self, seconds: float) -> bool:
        """Waits, but not beyond the end of the affair; True if that has come."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), seconds)
        return self.over.is_set()


Answer = Callable[[web.Request, Handler, Affair], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A wrong answer with a name; `options` are its numbers and their defaults."""

    name: str
    about: str
    answer: Answer
    feeds_only: bool = False
    options: Mapping[str, float] = field(default_factory=dict)


def _status(status: int, text: str) -> Answer:
    async def answer(_request: web.Request, _handler: Handler, affair: Affair) -> web.StreamResponse:
        response = web.Response(status=status, text=f"{status} {text}\n")
        if "seconds" in affair.options:
            response.headers["Retry-After"] = str(int(affair.options["seconds"]))
        return response

    return answer


def _page(status: int, html: str) -> Answer:
    async def answer(_request: web.Request, _handler: Handler, _affair: Affair) -> web.StreamResponse:
        return web.Response(status=status, text=html, content_type="text/html")

    return answer


async def _empty(_request: web.Request, _handler: Handler, _affair: Affair) -> web.StreamResponse:
    return web.Response(body=_EMPTY, headers={"Content-Type": _RSS})


async def _hang(_request: web.Request, _handler: Handler, affair: Affair) -> web.StreamResponse:
    await affair.pause(PATIENCE)
    return web.Response(status=503, text="503 Layanan tidak tersedia\n")


async def _genuine(request: web.Request, handler: Handler) -> tuple[bytes, str]:
    response = await handler(request)
    body = response.body if isinstance(response, web.Response) else None
    return (body if isinstance(body, bytes) else b""), response.headers.get("Content-Type", "text/plain")


async def _slow(request: web.Request, handler: Handler, affair: Affair) -> web.StreamResponse:
    body, kind = await _genuine(request, handler)
    response = web.StreamResponse(headers={"Content-Type": kind, "Content-Length": str(len(body))})
    await response.prepare(request)
    pause = affair.options["pause"]
    for sent in range(len(body)):
        await response.write(body[sent : sent + 1])
        if await affair.pause(pause) or sent * pause > PATIENCE:
            return _hang_up(request, response)
    return response


async def _truncate(request: web.Request, handler: Handler, _affair: Affair) -> web.StreamResponse:
    body, kind = await _genuine(request, handler)
    return web.Response(body=body[: len(body) * 2 // 3], headers={"Content-Type": kind})


async def _drop(request: web.Request, handler: Handler, _affair: Affair) -> web.StreamResponse:
    body, kind = await _genuine(request, handler)
    response = web.StreamResponse(headers={"Content-Type": kind, "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return _hang_up(request, response)


def _hang_up(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response


async def _huge(request: web.Request, _handler: Handler, affair: Affair) -> web.StreamResponse:
    head = _HEAD + b"Berita tanpa akhir</description>"
    item = (
        b"<item><title>Berita Tanpa Akhir</title><description>"
        + b"panjang " * 8000
        + b"</description></item>"
    )
    return await _stream(request, affair, _repeat(head, item, affair.options["mib"]), {})


async def _bomb(request: web.Request, _handler: Handler, affair: Affair) -> web.StreamResponse:
    packed = _pack(_repeat(_HEAD, b" " * 65_536, affair.options["mib"]))
    return await _stream(request, affair, packed, {"Content-Encoding": "gzip"})


def _repeat(head: bytes, block: bytes, mib: float) -> Iterator[bytes]:
    yield head
    for _ in range(int(mib * _MIB) // len(block) + 1):
        yield block


def _pack(blocks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()


async def _stream(
    request: web.Request, affair: Affair, blocks: Iterator[bytes], headers: dict[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": _RSS, **headers})
    await response.prepare(request)
    async for block in _breathing(blocks):
        if affair.over.is_set():
            return _hang_up(request, response)
        await response.write(block)
    return response


async def _breathing(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Lets others run between blocks: packing a bomb is work without a wait in it."""
    for block in blocks:
        await asyncio.sleep(0)
        if block:
            yield block


TROUBLES: tuple[Trouble, ...] = (
    Trouble("break", "Everything answers 500.", _status(500, "Kesalahan server")),
    Trouble("missing", "Everything answers 404.", _status(404, "Tidak ditemukan")),
    Trouble("gone", "Everything answers 410: gone for good.", _status(410, "Sudah tidak ada")),
    Trouble(
        "unavailable",
        "Everything answers 503 with Retry-After.",
        _status(503, "Layanan tidak tersedia"),
        options={"seconds": 30},
    ),
    Trouble("slow", "Everything comes a byte a second.", _slow, options={"pause": 1.0}),
    Trouble("hang", "Requests are accepted and not answered.", _hang),
    Trouble("truncate", "Feeds end in the middle of an item.", _truncate, feeds_only=True),
    Trouble("drop", "The connection breaks off in the middle of a feed.", _drop, feeds_only=True),
    Trouble("challenge", "A page that checks the browser, with status 200.", _page(200, _CHALLENGE)),
    Trouble("forbid", "A page that checks the browser, with status 403.", _page(403, _CHALLENGE)),
    Trouble("html", "Feeds answer with a maintenance page.", _page(200, _MAINTENANCE), feeds_only=True),
    Trouble("empty", "Feeds are well formed and have no items.", _empty, feeds_only=True),
    Trouble("huge", "Feeds are 50 MB long.", _huge, feeds_only=True, options={"mib": 50}),
    Trouble(
        "bomb",
        "Feeds are a small gzip that unpacks to 300 MB.",
        _bomb,
        feeds_only=True,
        options={"mib": 300},
    ),
)
"""Everything that can be wrong with the portal's answers."""
