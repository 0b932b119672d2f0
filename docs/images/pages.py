"""Photographs of the running demo: its page in the browser, the operator's page, and the picture of `/statistik`.

The bot, the portal and the browser are real; the news is the demo's, and so are the numbers but those of the picture,
which shows an invented day, since a demo of a minute has none to show.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from bot.commands.desk.sheets import Words
from bot.domain.statistics import ChannelReactions, Figures
from bot.domain.status import Delays, Hour
from bot.locale import load
from bot.pictures.drawing import draw
from tests.support_browser import LAPTOP, Browser, chromium
from tests.support_demo import demo, drained, page_of

_POSTS = "document.querySelectorAll('#channel-messages article').length"
_ALL_IN = "document.querySelector('#posted span').textContent === 'in the channel'"
#: Headlines by hour, from ten in the morning on.
_DAY = (18, 15, 16, 13, 14, 17, 19, 15, 11, 9, 6, 5, 2, 1, 1, 0, 1, 2, 6, 9, 14, 17, 20, 6)


async def photograph_demo(folder: Path) -> None:
    """Write `demo.png` and `status.png` into `folder`."""
    with tempfile.TemporaryDirectory() as place:
        async with demo(Path(place), speed=1) as process, chromium(Path(place)) as browser:
            await browser.look(LAPTOP)
            await browser.go(await page_of(process))
            async with drained(process):
                await _use(browser)
                await _photograph(browser, folder / "demo.png")
                await browser.go(await browser.ask("document.querySelector('#operator').href"))
                await _photograph(browser, folder / "status.png")


async def _use(browser: Browser) -> None:
    """A reaction, a correction, a question, as a newcomer might."""
    await browser.until(f"{_POSTS} > 4", 60)
    await browser.click("#channel-messages article:last-child [data-choose]")
    await browser.click("#channel-messages article:last-child .choice [data-react='❤']")
    await browser.click("[data-act=correct]")
    await browser.until("!!document.querySelector('#channel-messages .edited')")
    await browser.click("[data-say='/populer']")
    await browser.until("document.querySelectorAll('#private-messages article').length > 1")
    await browser.ask("document.activeElement.blur()")
    await asyncio.sleep(2)  # until nothing shines or moves any more
    await browser.until(_ALL_IN)


async def _photograph(browser: Browser, target: Path) -> None:
    await browser.screenshot(target)
    shrink(target.read_bytes(), target)


def draw_statistics(target: Path) -> None:
    """The picture of `/statistik` on an invented day, half as wide as a telephone gets it."""
    now = datetime(2026, 11, 25, 2, 17, tzinfo=UTC)
    first = now.replace(minute=0) - timedelta(hours=23)
    figures = Figures(
        now,
        tuple(Hour(first + timedelta(hours=place), n, n * 4) for place, n in enumerate(_DAY)),
        Delays(948, now - timedelta(days=1), timedelta(seconds=4), timedelta(seconds=71)),
        (
            ChannelReactions("@warta_contoh", 1834),
            ChannelReactions("Warta Contoh Olahraga", 912),
            ChannelReactions("@warta_ekonomi", 221),
            ChannelReactions("@warta_daerah", 64),
        ),
    )
    words = Words(figures, ZoneInfo("Asia/Jakarta"), "id", load().speaker("id"))
    shrink(draw(words.sheet()), target, width=540)


def shrink(picture: bytes, target: Path, *, width: int = 0) -> None:
    """Write `picture` with 256 colours, `width` pixels wide (0: as it is): a README should be quick to load."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    if width:
        image = image.resize((width, image.height * width // image.width), Image.Resampling.LANCZOS)
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(target, optimize=True)


def main(folder: Path) -> None:
    """Make all three."""
    asyncio.run(photograph_demo(folder))
    draw_statistics(folder / "statistik.png")
