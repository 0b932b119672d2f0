"""The operator's page in a real browser, headless: it fits a laptop, a phone, both themes, and runs no script."""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from bot.observe.page import StatusPage
from bot.store.connection import Database
from bot.store.status import StatusStore
from bot.store.values import ticks
from tests.support_observe import HOUR, MINUTE, NOW, FixedClock, channel, delivery, feed, fill, headline, sent

CHROMIUM = "/usr/bin/chromium"
pytestmark = pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"there is no browser at {CHROMIUM}")

TITLES = (
    "Rusia Desak Armenia dan Azerbaijan Hentikan Permusuhan di Nagorno-Karabakh",
    "Harga Cabai Rawit di Pasar Induk Tembus Rp 90 Ribu",
    "Timnas U-23 Lolos ke Semifinal Usai Kalahkan Vietnam 2-1",
)
#: Asked of the page from outside it, in a frame: what overflows, and what the colours are.
PROBE = """<!doctype html><meta charset="utf-8"><iframe src="page.html" width="{width}" height="{height}"
 style="border:0"></iframe><pre id="out"></pre><script>
document.querySelector("iframe").addEventListener("load", function () {{
  const d = this.contentDocument, e = d.documentElement, w = this.contentWindow;
  const seen = (s) => {{ const n = d.querySelector(s); if (!n) return null; const r = n.getBoundingClientRect();
    return r.width > 0 && r.bottom <= {height} + 1 && r.right <= {width} + 1; }};
  const style = (s, p) => w.getComputedStyle(d.querySelector(s))[p];
  document.getElementById("out").textContent = JSON.stringify({{
    tall: e.scrollHeight, wide: e.scrollWidth, title: d.title, scripts: d.scripts.length,
    seen: Object.fromEntries(["h1", ".figures", "#channels", "#feeds", "#hours", "svg.chart", "#latest", "#popular"]
      .map((s) => [s, seen(s)])),
    background: style("body", "backgroundColor"), ink: style("h1", "color"), soft: style("small", "color"),
    card: style(".panels section", "backgroundColor")}});
}});
</script>"""


@dataclass(frozen=True)
class Size:
    """A window, in CSS pixels."""

    width: int
    height: int


LAPTOP, LAPTOP_WITH_BARS, PHONE = Size(1366, 768), Size(1366, 650), Size(390, 844)


async def _page(folder: Path, channels: int, *, kicked: bool = False) -> str:
    """The page of a newsroom with `channels` channels and a day of posts."""
    path = folder / "kabarbot.db"
    database = await Database.open(path)
    published = {n: NOW - (4 + 37 * (40 - n)) * MINUTE for n in range(1, 41)}
    paused = {
        "paused_at": ticks(NOW - HOUR),
        "pause_detail": "Forbidden: bot was kicked from the channel chat",
    }
    await fill(
        database,
        feeds=[feed(1, name="utama"), feed(2, name=""), feed(3, name="dunia")],
        channels=[channel(n, **(paused if kicked and n == 1 else {})) for n in range(1, channels + 1)],
        headlines=[headline(n, at, title=TITLES[n % 3]) for n, at in published.items()],
        deliveries=[
            sent(n, c, at + 20 * (MINUTE / 60), n) for n, at in published.items() for c in (1, 2) if n < 40
        ]
        + [delivery(40, n, "PENDING", NOW - MINUTE) for n in range(1, channels + 1)],
    )
    store = StatusStore(database, path)

    async def ready() -> str:
        return ""

    text = await StatusPage(store, FixedClock(), ZoneInfo("Asia/Jakarta"), ready=ready).html()
    await database.close()
    return text


@contextmanager
def _served(files: dict[str, str]) -> Iterator[str]:
    """A loopback server of `files`, for the frame and the page must have one origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path.lstrip("/"), "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _browse(folder: Path, *arguments: str, size: Size = LAPTOP, dark: bool = False) -> str:
    """Run the browser once, with a profile of its own; returns what it printed."""
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync --hide-scrollbars --disable-dev-shm-usage"
    )
    # Blink's own setting: 0 is dark, 1 is light.
    theme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [CHROMIUM, *flags.split(), f"--user-data-dir={folder / 'profile'}", theme]
    window = f"--window-size={size.width},{size.height}"
    done = subprocess.run(
        [*command, window, *arguments], capture_output=True, text=True, timeout=90, check=True
    )
    return done.stdout


def _measure(folder: Path, page: str, size: Size, *, dark: bool = False) -> dict[str, object]:
    """What `PROBE` sees of the page in a frame of `size`."""
    # A frame of the page itself would be reloaded by its own refresh in the middle of things.
    quiet = page.replace('<meta http-equiv="refresh" content="10">', "")
    probe = PROBE.format(width=size.width, height=size.height)
    with _served({"page.html": quiet, "probe.html": probe}) as root:
        dom = _browse(
            folder,
            "--dump-dom",
            "--virtual-time-budget=4000",
            f"{root}/probe.html",
            size=Size(1600, 1200),
            dark=dark,
        )
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[:500]
    measured: dict[str, object] = json.loads(html.unescape(found[1]))
    return measured


@pytest.mark.parametrize("size", [LAPTOP, LAPTOP_WITH_BARS], ids=["laptop", "laptop-with-bars"])
@pytest.mark.parametrize("channels", [3, 500])
def test_everything_is_seen_on_a_laptop_without_scrolling(tmp_path: Path, size: Size, channels: int) -> None:
    """Verdict, figures, channels, feeds, chart, latest posts and popular list, with 3 channels and with 500."""
    page = asyncio.run(_page(tmp_path, channels, kicked=True))
    assert len(page.encode()) < 100_000
    seen = _measure(tmp_path, page, size)
    assert seen["tall"] == size.height
    assert seen["wide"] == size.width
    assert seen["seen"] == dict.fromkeys(
        ["h1", ".figures", "#channels", "#feeds", "#hours", "svg.chart", "#latest", "#popular"], True
    )
    assert seen["title"] == "In trouble · Kabarbot"
    assert seen["scripts"] == 0


def test_a_phone_scrolls_down_but_never_sideways(tmp_path: Path) -> None:
    """At 390 pixels, with long feed addresses and a reason that takes lines."""
    seen = _measure(tmp_path, asyncio.run(_page(tmp_path, 3, kicked=True)), PHONE)
    assert seen["wide"] == PHONE.width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_words_can_be_read_in_both_themes(tmp_path: Path, dark: bool) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for headings and for the small print."""
    seen = _measure(tmp_path, asyncio.run(_page(tmp_path, 3)), LAPTOP, dark=dark)
    background = _luminance(str(seen["background"]))
    assert (background < 0.1) is dark
    assert _contrast(_luminance(str(seen["ink"])), background) > 7
    assert _contrast(_luminance(str(seen["soft"])), _luminance(str(seen["card"]))) > 4.5


def test_a_browser_draws_it(tmp_path: Path) -> None:
    """The screenshot of the page itself is no blank sheet: it has the banner's colour and the chart's."""
    page = asyncio.run(_page(tmp_path, 3))
    shot = tmp_path / "shot.png"
    with _served({"page.html": page}) as root:
        _browse(tmp_path, f"--screenshot={shot}", f"{root}/page.html", size=Size(1000, 570))
    colours = _colours(shot.read_bytes())
    assert (0xE6, 0xF1, 0xEA) in colours  # the banner: all is well
    assert (0x2B, 0x5F, 0x96) in colours  # bars


def _luminance(colour: str) -> float:
    """Relative luminance of ``rgb(…)`` (WCAG 2.2)."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: float, other: float) -> float:
    lighter, darker = max(one, other), min(one, other)
    return (lighter + 0.05) / (darker + 0.05)


def _colours(png: bytes) -> set[tuple[int, int, int]]:
    """Every colour of an 8-bit RGB(A) PNG without interlacing (PNG 1.2, §6)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind in {2, 6}) == (8, True)
    size, place, packed = (4 if kind == 6 else 3), 8, b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            packed += png[place + 8 : place + 8 + length]
        place += length + 12
    raw, line, found = zlib.decompress(packed), bytearray(width * size), set()
    for row in range(height):
        start = row * (width * size + 1)
        line = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * size]), line, size)
        if row % 4 == 0:
            found |= {(line[x], line[x + 1], line[x + 2]) for x in range(0, len(line), size * 4)}
    return found


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    for index in range(len(line)):
        left = line[index - size] if index >= size else 0
        corner = above[index - size] if index >= size else 0
        line[index] = (line[index] + _predicted(kind, left, above[index], corner)) & 255
    return line


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda one: abs(guess - one))
    return (0, left, up, (left + up) // 2)[kind]
