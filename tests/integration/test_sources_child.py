"""The parsing child: what it survives, how it ends, and what it weighs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.confined import limit_resources
from bot.errors import ParseError
from bot.sources.parser import ParserProcess
from bot.sources.parsing import parse
from bot.sources.tasks import Parsed, Want
from tests.support_sources import read, rss, task

SMALL = rss("<title>Satu</title><link>https://portal.example/1</link>", "<title>Dua</title>").encode()
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
async def parser() -> AsyncIterator[ParserProcess]:
    made = ParserProcess(deadline=60)
    yield made
    await made.aclose()


async def test_it_answers_as_the_parser_does(parser: ParserProcess) -> None:
    """Through the pipe and back, nothing is lost: items, dates, categories, feeds."""
    body = rss(
        "<title>Satu – “dua” 🙂</title><link>/1</link><guid isPermaLink='false'>x</guid>"
        "<pubDate>Fri, 29 Nov 2024 08:08:00 +0700</pubDate><category>Politik</category><category>KPK</category>"
    ).encode()
    assert await parser.parse(body, task()) == parse(body, task())
    page = b"<link rel=alternate type='application/rss+xml' href=/rss><p>Halaman"
    assert (await parser.parse(page, task())).feeds == ("https://portal.example/rss",)


async def test_one_child_serves_many(parser: ParserProcess) -> None:
    """It is started with the first document and kept."""
    assert parser.pid is None
    await parser.parse(SMALL, task())
    first = parser.pid
    answers = await asyncio.gather(*(parser.parse(SMALL, task()) for _ in range(5)))
    assert parser.pid == first
    assert {len(answer.document.items) for answer in answers} == {2}


async def test_errors_come_back_in_words(parser: ParserProcess) -> None:
    """And the child goes on."""
    with pytest.raises(ParseError, match="empty"):
        await parser.parse(b" ", task())
    first = parser.pid
    assert (await parser.parse(SMALL, task())).document.items
    assert parser.pid == first


async def test_what_takes_too_long_is_ended() -> None:
    """A million levels of nesting: the child is killed and the next document gets a new one."""
    parser = ParserProcess(deadline=3)
    await _started(parser)
    pid = parser.pid
    with pytest.raises(ParseError, match=r"took more than 3 seconds"):
        await parser.parse(b"<html><body>" + b"<div>" * 2_000_000, task())
    assert parser.pid is None
    assert pid is not None
    assert not _alive(pid)
    await _started(parser)
    await parser.aclose()


async def _started(parser: ParserProcess) -> None:
    """A parse that may need a second try on a machine that starts processes slowly."""
    for _ in range(20):
        try:
            await parser.parse(SMALL, task())
        except ParseError:
            continue
        return
    raise AssertionError("the child never answered in time")


@linux_only
async def test_what_takes_too_much_memory_is_ended() -> None:
    """What unfolds beyond the limit: an error in words, and the child that was full is replaced."""
    parser = ParserProcess(deadline=60, memory=30_000_000)
    bomb = b'{"items":[' + b'{"a":{"a":0}},' * 200_000 + b"{}]}"
    with pytest.raises(ParseError, match="memory"):
        await parser.parse(bomb, task())
    assert parser.pid is None
    assert (await parser.parse(SMALL, task())).document.items
    await parser.aclose()


async def test_an_element_of_a_million_attributes_is_cut(parser: ParserProcess) -> None:
    """A parser would take the square of their number in time; the headline is read without them."""
    attributes = " ".join(f"a{n}='1'" for n in range(800_000))
    feed = f"<rss><channel><item><title {attributes}>Satu</title></item></channel></rss>".encode()
    assert [item.title for item in (await parser.parse(feed, task())).document.items] == ["Satu"]
    page = f"<h2>Terbaru</h2><p {attributes}><a href=/x/y>Satu judul yang panjang</a>".encode()
    assert [item.title for item in (await parser.parse(page, task())).document.items] == [
        "Satu judul yang panjang"
    ]


async def test_ten_thousand_levels_are_read(parser: ParserProcess) -> None:
    """Deep, but not dangerous."""
    deep = "<a>" * 10_000 + "</a>" * 10_000
    body = rss(f"<title>Satu</title>{deep}", "<title>Dua</title>").encode()
    assert [item.title for item in (await parser.parse(body, task())).document.items] == ["Satu", "Dua"]


async def test_entity_bombs_are_no_bombs(parser: ParserProcess) -> None:
    """A billion laughs: entities of the document are not expanded, and what needs one is not posted."""
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{layers}]>' + rss("<title>&l9;</title>", "<title>Baik</title>")
    items = (await parser.parse(body.split("?>")[0].encode() + b"?>" + body.encode(), task())).document.items
    assert [bool(item.flaw) for item in items] == [True, False]
    assert "ha" not in items[0].title


async def test_a_child_that_dies_is_replaced(parser: ParserProcess) -> None:
    """Killed by the system between two documents, or in the middle of one."""
    await parser.parse(SMALL, task())
    assert parser.pid is not None
    os.kill(parser.pid, signal.SIGKILL)
    outcomes = [await _try(parser) for _ in range(3)]
    assert isinstance(outcomes[-1], Parsed)
    assert sum(isinstance(outcome, ParseError) for outcome in outcomes) <= 1


async def _try(parser: ParserProcess) -> Parsed | ParseError:
    try:
        return await parser.parse(SMALL, task())
    except ParseError as error:
        return error


async def test_a_cancelled_look_leaves_no_answer_behind(parser: ParserProcess) -> None:
    """The next document must not get the last one's answer."""
    await parser.parse(SMALL, task())
    running = asyncio.create_task(parser.parse(b"<html><body>" + b"<div>" * 300_000, task()))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len((await parser.parse(SMALL, task())).document.items) == 2


async def test_closing_ends_the_child(parser: ParserProcess) -> None:
    """No process is left, and closing twice is no harm."""
    await parser.parse(SMALL, task())
    pid = parser.pid
    assert pid is not None
    await parser.aclose()
    await parser.aclose()
    assert not _alive(pid)


async def test_it_ends_with_its_parent() -> None:
    """A closed pipe is the end of work, and no error."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.sources.child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    out, _ = await child.communicate(b"")
    assert (child.returncode, out) == (0, b"")


@linux_only
async def test_its_weight_at_rest(parser: ParserProcess) -> None:
    """After an ordinary feed it takes less than 30 MB; no core dumps; memory is limited."""
    body = rss(
        *(f"<title>Judul {n}</title><link>https://portal.example/{n}</link>" for n in range(50))
    ).encode()
    await parser.parse(body, task())
    status = Path(f"/proc/{parser.pid}/status").read_text(encoding="ascii")
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < 30_000, f"{resident} kB"
    limits = Path(f"/proc/{parser.pid}/limits").read_text(encoding="ascii")
    rows = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()}
    assert rows["Max core file size"] == "0"
    assert rows["Max address space"] != "unlimited"


@linux_only
async def test_a_child_that_grew_is_replaced(parser: ParserProcess) -> None:
    """A feed of 8 MB is read; its memory goes back with the process."""
    filler = "kata &amp; kata " * 500
    body = rss(
        *(f"<title>Judul {n}</title><description>{filler}</description>" for n in range(1000))
    ).encode()
    assert len((await parser.parse(body, task())).document.items) == 1000
    assert parser.pid is None


async def test_it_imports_little() -> None:
    """No HTTP client, no settings, no formatter of dates; pages' reader only with the first page."""
    code = (
        "import bot.sources.child, feedparser, sys; print(*sorted(m.partition('.')[0] for m in sys.modules))"
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    out, _ = await child.communicate()
    loaded = set(out.decode().split())
    assert "feedparser" in loaded
    assert not loaded & {"aiohttp", "pydantic", "babel", "selectolax", "telegram", "asyncio", "structlog"}


@linux_only
async def test_limits_hold_in_a_process_of_their_own() -> None:
    """What `limit_resources` allows is what can be had."""
    code = (
        "from bot.confined import limit_resources\nlimit_resources(50_000_000)\n"
        "try:\n    bytearray(100_000_000)\nexcept MemoryError:\n    print('held')"
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    out, _ = await child.communicate()
    assert out.strip() == b"held"
    assert callable(limit_resources)


async def test_popular_and_selectors_reach_the_child(parser: ParserProcess) -> None:
    """Every part of a task goes through the pipe."""
    page = b"<h3>Populer</h3><a href=/a/satu>Judul pertama yang panjang</a><a href=/a/dua>Judul kedua yang panjang</a>"
    popular = await parser.parse(page, task(want=Want.POPULAR))
    assert [item.title for item in popular.document.items] == [
        "Judul pertama yang panjang",
        "Judul kedua yang panjang",
    ]
    chosen = await parser.parse(page, task(selectors={"item": "a[href$=dua]"}))
    assert [item.title for item in chosen.document.items] == ["Judul kedua yang panjang"]
    assert read(page, want=Want.POPULAR) == popular.document


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


MIB = 1024 * 1024
LEAD = "Sebuah paragraf dari isi berita yang panjang sekali, &lt;b&gt;tebal&lt;/b&gt;. " * 56
#: What a document of ten mebibytes may look like, and whether it can be read.
LARGE: dict[str, tuple[Callable[[], str], bool]] = {
    "two thousand articles with emoji": (
        lambda: rss(
            *(
                f"<title>Judul {n} 😀</title><link>/{n}</link><description>{LEAD}</description>"
                for n in range(2000)
            )
        ),
        True,
    ),
    "one endless title": (lambda: rss("<title>" + "<b>x &lt;" * (MIB // 9 * 10) + "</title>"), False),
    "objects without number": (lambda: '{"items": [' + "{}," * (3 * MIB) + "{}]}", False),
}


@linux_only
@pytest.mark.parametrize("name", LARGE)
async def test_what_a_document_may_take(name: str) -> None:
    """With the bot's own 90 MB it stays below 200 in all, whether it can be read or is refused in words."""
    make, readable = LARGE[name]
    body = make().encode()
    assert 8.5 * MIB < len(body) < 10.1 * MIB
    parser = ParserProcess(deadline=60)  # it is memory that is measured
    await _started(parser)
    reading = asyncio.create_task(parser.parse(body, task()))
    peak = 0
    while not reading.done():
        peak = max(peak, _peak(parser.pid))
        await asyncio.sleep(0.01)
    if readable:
        assert len(reading.result().document.items) == 2000
    else:
        assert isinstance(reading.exception(), ParseError)
    assert 40 * MIB < peak < 105 * MIB
    await parser.aclose()


def _peak(pid: int | None) -> int:
    """The most memory that a process has had so far, in bytes; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
