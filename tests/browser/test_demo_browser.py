"""The demo's page in a real browser: what a newcomer sees, clicks and types, with the real bot behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support_browser import DESKTOP, LAPTOP, PHONE, Browser, chromium, needs_browser
from tests.support_demo import demo, drained, page_of

pytestmark = needs_browser

CHANNEL, CHAT = "#channel-messages", "#private-messages"
LAPTOP_WITH_BARS = (1366, 650)
SEEN = (
    "[...document.querySelectorAll('main > .pane')].filter((each) => each.offsetWidth).map((each) => each.id)"
)
NOBODY_WAITS = "document.querySelector('#posted span').textContent === 'in the channel'"


@asynccontextmanager
async def page(folder: Path, size: tuple[int, int] = LAPTOP) -> AsyncIterator[Browser]:
    """A browser that has the demo's page open, with the first post in it. No script may have complained."""
    async with demo(folder, speed=2) as process, chromium(folder) as browser:
        await browser.look(size)
        await browser.go(await page_of(process))
        async with drained(process):
            await browser.until(f"document.querySelectorAll('{CHANNEL} article').length > 0", 60)
            yield browser
        assert browser.complaints == []


def _post(words: str) -> str:
    """An expression: the post whose text begins with `words`."""
    found = f"[...document.querySelectorAll('{CHANNEL} article')]"
    return f"{found}.find((each) => each.querySelector('.text').textContent.startsWith({json.dumps(words)}))"


async def _numbers(browser: Browser) -> dict[str, int]:
    """The counter, as it stands on the page."""
    found: dict[str, int] = await browser.ask(
        "Object.fromEntries(['published', 'posted', 'lost', 'doubled'].map((id) =>"
        " [id, Number(document.querySelector(`#${id} b`).textContent)]))"
    )
    return found


async def _settled(browser: Browser) -> dict[str, int]:
    """The counter once nothing is on its way."""
    await browser.until(NOBODY_WAITS, 60)
    return await _numbers(browser)


async def test_a_picture_of_the_bots_is_seen_in_the_chat(tmp_path: Path) -> None:
    """`/statistik`, one click away: drawn by the real bot, fetched by the browser, with its words under it."""
    async with page(tmp_path) as browser:
        await browser.click("[data-say='/statistik']")
        picture = f"document.querySelector('{CHAT} .picture img')"
        assert await browser.until(f"{picture}?.complete && {picture}.naturalWidth") == 1080
        assert "Terkirim: " in await browser.ask(f"{picture}.closest('article').innerText")


async def test_a_headline_of_ones_own_travels_as_text(tmp_path: Path) -> None:
    """Published by the form, it stands on the portal's front page as written and in the channel without HTML's tags;
    whatever is said in the chat is words, too.
    """
    title = 'Hujan <script>alert("x")</script> & "kutip" di <Kota>'
    shown = 'Hujan & "kutip" di <Kota>'
    words = '<img src=x onerror="window.harm = 1"><b>tebal</b>'
    async with page(tmp_path) as browser:
        await browser.type("#title", title)
        await browser.press("Enter", 13)
        await browser.until(f"document.querySelector('#story').textContent.includes({json.dumps(title)})")
        await browser.until(
            "[...document.querySelector('#frame').contentDocument.querySelectorAll('h1, .update a')]"
            f".some((each) => each.textContent === {json.dumps(title)})"
        )
        await browser.until(f"!!({_post('Hujan ')})")
        assert (await browser.ask(f"{_post('Hujan ')}.querySelector('.text').textContent")).startswith(shown)
        assert await browser.ask(f"{_post('Hujan ')}.querySelector('.text a').textContent") == shown
        await browser.type("#text", words)
        await browser.press("Enter", 13)
        said = f"document.querySelector('{CHAT} .mine .text')?.textContent"
        await browser.until(f"{said} === {json.dumps(words)}")
        assert await browser.ask("document.querySelectorAll('article script, article .text img').length") == 0
        assert await browser.ask("window.harm === undefined")
        assert await browser.ask("document.querySelector('#title').value") == ""
        assert (await _numbers(browser))["doubled"] == 0


async def test_posts_come_live_change_and_can_be_reacted_to(tmp_path: Path) -> None:
    """Without reloading. A reaction is counted, marked as one's own, and taken back by a second tap. A correction
    changes a post in place, with the mark that Telegram gives it, and brings no second one.
    """
    async with page(tmp_path) as browser:
        await browser.ask("window.here = true")
        before = (await _numbers(browser))["posted"]
        await browser.until(f"Number(document.querySelector('#posted b').textContent) > {before}")
        assert await browser.ask("window.here")
        number = await browser.ask(f"document.querySelector('{CHANNEL} article').dataset.id")
        post = f"{CHANNEL} [data-id='{number}']"
        await browser.click(f"{post} [data-choose]")
        assert await browser.ask("document.activeElement.dataset.react") == "👍"
        await browser.click(f"{post} .choice [data-react='🔥']")
        await browser.until(
            f"document.querySelector(`{post} .reaction[aria-pressed=true]`)?.textContent === '🔥1'"
        )
        await browser.click(f"{post} .reaction")
        await browser.until(f"!document.querySelector(`{post} .reaction`)")
        await browser.click("[data-act=correct]")
        await browser.until(f"!!document.querySelector('{CHANNEL} .edited')")
        edited = f"document.querySelector('{CHANNEL} .edited').closest('article').querySelector('.text')"
        assert "Begini Penjelasannya" in await browser.ask(f"{edited}.textContent")
        numbers = await _settled(browser)
        assert (numbers["lost"], numbers["doubled"]) == (0, 0)


async def test_a_reader_asks_and_turns_pages(tmp_path: Path) -> None:
    """`/populer` typed, `/terbaru` from the menu by keyboard alone, and its button edits the answer in place."""
    async with page(tmp_path) as browser:
        await browser.until("document.querySelectorAll('#greeting button').length > 0")
        await browser.type("#text", "/populer")
        await browser.press("Enter", 13)
        await browser.until(
            f"document.querySelector('{CHAT}').textContent.includes('Jaksa Agung Tidak Jujur')"
        )
        assert await browser.ask("document.querySelector('#greeting').hidden")

        await browser.type("#text", "/ter")
        await browser.until("!document.querySelector('#menu').hidden")
        await browser.press("ArrowDown", 40)
        assert await browser.ask("document.activeElement.dataset.say") == "/terbaru"
        await browser.press("Enter", 13)
        button = f"{CHAT} article:last-child [data-tap]"
        await browser.until(f"!!document.querySelector('{button}')")
        answer = f"document.querySelector('{CHAT} article:last-child')"
        number, first = await browser.ask(
            f"[{answer}.dataset.id, {answer}.querySelector('.text').textContent]"
        )
        await browser.click(f"{CHAT} article:last-child .keyboard button:last-child")
        await browser.until(f"{answer}.querySelector('.text').textContent !== {json.dumps(first)}")
        assert await browser.ask(f"{answer}.dataset.id") == number


async def test_a_broken_portal_is_shown_and_mended(tmp_path: Path) -> None:
    """Readers get the error in the frame; what was published meanwhile arrives after the mending."""
    async with page(tmp_path) as browser:
        await browser.click("[data-act=break]")
        await browser.until("!document.querySelector('#broken').hidden")
        await browser.until(
            "document.querySelector('#frame').contentDocument.body.textContent.startsWith('500')"
        )
        await browser.until("document.querySelector('[data-act=break] b').textContent === 'Mend the portal'")
        await browser.type("#title", "Berita saat gangguan")
        await browser.click("#own button")
        await browser.until("document.querySelector('#posted span').textContent.endsWith(' way')")
        await browser.click("[data-act=break]")
        await browser.until("document.querySelector('#broken').hidden")
        await browser.until("!!document.querySelector('#frame').contentDocument.querySelector('.brand')")
        await browser.until(f"!!({_post('Berita saat gangguan')})")
        assert (await _settled(browser))["lost"] == 0
        # The frame's own 500, which the browser notes.
        browser.complaints = [each for each in browser.complaints if "500" not in each]


async def test_a_kicked_bot_catches_up(tmp_path: Path) -> None:
    """Nothing is posted while it is out; let back in, it brings what the channel missed, once each."""
    async with page(tmp_path) as browser:
        await browser.click("[data-act=kick]")
        await browser.until("!document.querySelector('#kicked').hidden")
        await browser.click("[data-act=ten]")
        await browser.until("/^\\d\\d on their way/.test(document.querySelector('#posted span').textContent)")
        posted = (await _numbers(browser))["posted"]
        await asyncio.sleep(2)
        assert (await _numbers(browser))["posted"] == posted
        await browser.click("[data-act=kick]")
        await browser.until("document.querySelector('#kicked').hidden")
        await browser.until("document.querySelector('#story').textContent.includes('Caught up')", 60)
        numbers = await _settled(browser)
        assert numbers["posted"] >= posted + 10
        assert (numbers["lost"], numbers["doubled"]) == (0, 0)


async def test_a_kill_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """`kill -9` between Telegram's taking a post and its saying so: another process, the same ten headlines."""
    async with page(tmp_path) as browser:
        first = await browser.ask("document.querySelector('#bot-state').textContent")
        await browser.click("[data-act=kill]")
        await browser.until("document.querySelector('#story').textContent.includes('kill -9: message')")
        await browser.until("document.body.classList.contains('dead')")
        await browser.until("!document.body.classList.contains('dead')")
        assert await browser.ask("document.querySelector('#bot-state').textContent") != first
        await browser.until(
            "document.querySelector('#story').textContent.includes('It is. Nothing is sent again.')"
        )
        await browser.until("document.querySelector('#story').textContent.includes('Caught up')", 60)
        numbers = await _settled(browser)
        assert numbers["posted"] >= 11
        assert (numbers["lost"], numbers["doubled"]) == (0, 0)


async def test_it_fits_every_window_and_speaks_to_screen_readers(tmp_path: Path) -> None:
    """Nothing sticks out; all panes at once where there is room, one of four tabs where not; light and dark; and
    by the browser's own accessibility tree no button, field, link or frame is without a name.
    """
    async with page(tmp_path) as browser:
        for dark in (False, True):
            for size in (LAPTOP, LAPTOP_WITH_BARS, DESKTOP, PHONE):
                await browser.look(size, dark=dark)
                await _fits(browser, size, dark=dark)
        await browser.ask("document.querySelector('#tab-channel').focus()")
        await browser.press("ArrowRight", 39)
        assert await browser.ask(SEEN) == ["chat"]
        assert (
            await browser.ask("document.querySelector('#tab-chat').getAttribute('aria-selected')") == "true"
        )
        await browser.look(LAPTOP)
        await browser.click("#menu-button")
        assert await _nameless(browser) == []


async def _fits(browser: Browser, size: tuple[int, int], *, dark: bool) -> None:
    panes = ["channel"] if size == PHONE else ["try", "portal", "channel", "chat"]
    await browser.until(f"JSON.stringify({SEEN}) === JSON.stringify({json.dumps(panes)})")
    wide, tall = await browser.ask("[document.body.scrollWidth, document.body.scrollHeight]")
    assert (wide, tall) == size
    backdrop = await browser.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(backdrop) < 200) is dark


async def _nameless(browser: Browser) -> list[str]:
    """The roles of all controls and landmarks that have no name."""
    tree = await browser.call("Accessibility.getFullAXTree")
    named = {"button", "textbox", "link", "tab", "region", "log", "Iframe"}
    nodes = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree["nodes"]
        if not node.get("ignored") and node["role"]["value"] in named
    ]
    assert len(nodes) > 25
    return [role for role, name in nodes if not name.strip()]
