"""`preview`: files, JSON lines, posts as a terminal shows them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from bot.cli.posts import Preview, show, troubles
from bot.cli.preview import address, fetch, json_line
from bot.domain.headlines import Document, Item
from bot.errors import FetchError

NOW = datetime(2024, 11, 29, 1, 8, tzinfo=UTC)
ITEM = Item(
    title="Rusia Desak Armenia dan Azerbaijan Hentikan Permusuhan di Nagorno-Karabakh",
    link="https://portal.example/dunia/read/2023/09/20/1/rusia",
    guid="g-1",
    published=datetime(2023, 9, 19, 23, 12, tzinfo=UTC),
    categories=("Dunia", "Rusia"),
    author="Reni Erina",
    image="https://portal.example/1.jpg",
)
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Portal</title>
<item><title>Satu &amp; dua</title><link>https://portal.example/1</link>
<pubDate>Wed, 20 Sep 2023 06:12:00 +0700</pubDate></item>
<item><title></title><link>https://portal.example/2</link></item>
<item><title>Satu &amp; dua</title><link>https://portal.example/1</link></item>
</channel></rss>"""


class FakeSource:
    """Documents by address; an error is raised, a number is a wait in seconds."""

    def __init__(self, answers: Mapping[str, Document | FetchError | float]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def preview(self, url: str) -> Document:
        self.asked.append(url)
        answer = self.answers[url]
        if isinstance(answer, FetchError):
            raise answer
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return Document(())
        return answer


@asynccontextmanager
async def opened(source: FakeSource) -> AsyncIterator[FakeSource]:
    """As `open_portal` hands a portal over."""
    yield source


async def previews(answers: Mapping[str, Document | FetchError | float], seconds: float = 5) -> list[Preview]:
    """What becomes of each address."""
    return await fetch(list(answers), opened(FakeSource(answers)), seconds)


async def test_one_that_fails_spoils_nothing() -> None:
    """Every address has its own result, in the order given."""
    found = await previews(
        {"https://a.example/": Document((ITEM,)), "https://b.example/": FetchError("b answers 404 Not Found")}
    )

    assert [(one.url, one.error) for one in found] == [
        ("https://a.example/", None),
        ("https://b.example/", "b answers 404 Not Found"),
    ]


async def test_one_that_hangs_is_given_up() -> None:
    """The whole call has an end."""
    found = await previews({"https://a.example/": Document((ITEM,)), "https://slow.example/": 30.0}, 0.05)

    assert found[0].error is None
    assert found[1].error is not None
    assert "no whole answer" in found[1].error


async def test_another_scheme_is_refused() -> None:
    """What no portal speaks is not even tried."""
    (found,) = await previews({"gopher://a.example/": Document(())})

    assert found.error is not None
    assert "file://" in found.error


def test_a_path_becomes_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative or absolute, with characters that need escaping; an address stays as it is."""
    monkeypatch.chdir(tmp_path)

    assert address("umpan 1.xml") == f"{tmp_path.as_uri()}/umpan%201.xml"
    assert address("/a/b") == "file:///a/b"
    assert address("https://a.example/rss") == "https://a.example/rss"
    assert address("http://[") == "http://["


def test_a_json_line_holds_every_field() -> None:
    """Exactly the names of the contract; times in UTC; nothing becomes null."""
    line = json.loads(json_line(Preview("f.xml", Document((ITEM, Item(""))))))

    assert line == {
        "url": "f.xml",
        "ok": True,
        "error": None,
        "headlines": [
            {
                "title": ITEM.title,
                "link": ITEM.link,
                "published": "2023-09-19T23:12:00Z",
                "category": "Dunia",
                "author": "Reni Erina",
                "guid": "g-1",
                "image": "https://portal.example/1.jpg",
            },
            dict.fromkeys(("link", "published", "category", "author", "guid", "image")) | {"title": ""},
        ],
    }


def test_a_json_line_of_a_failure() -> None:
    """A line all the same."""
    assert json.loads(json_line(Preview("x", error="gone"))) == {
        "url": "x",
        "ok": False,
        "error": "gone",
        "headlines": [],
    }


def shown(*found: Preview, width: int = 200) -> str:
    """What the terminal shows."""
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    show(found, now=NOW, console=screen)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_a_post_is_shown_as_it_would_be_made() -> None:
    """Headline, kicker and timestamp, link."""
    said = shown(Preview("f.xml", Document((ITEM,))))

    assert "Dunia · Rabu, 20 September 2023 | 06:12 WIB" in said
    assert "https://portal.example/dunia/read/2023/09/20/1/rusia" in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_long_address_is_told_whole_within_80_columns() -> None:
    """As it was given, in the post, and in what is wrong with it."""
    address = "https://portal.example/" + "x" * 300
    said = shown(
        Preview(address, Document((Item("Judul", address),))), Preview("y", error=f"no answer from {address}")
    )

    assert max(map(len, said.splitlines())) <= 80
    assert "".join(said.split()).count(address) == 3


def test_the_words_of_a_portal_are_no_markup() -> None:
    """Brackets and slashes stand as they are."""
    said = shown(Preview("[red]f.xml", Document((Item("[bold]Tegas[/bold]"),))), Preview("x", error="[a]"))

    assert "[bold]Tegas[/bold]" in said
    assert "[red]f.xml" in said
    assert "[a]" in said


def test_an_empty_document_is_said_to_be_empty() -> None:
    """Not just nothing."""
    assert "no headlines" in shown(Preview("f.xml", Document(())))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://localhost/x", "https://intranet/x"])
def test_a_link_that_telegram_drops_is_named(link: str) -> None:
    """An editor would otherwise wonder where it went."""
    assert any("Telegram drops this link" in said for said in troubles(Item("Judul", link=link), NOW))


def test_a_good_item_has_no_troubles() -> None:
    """Nothing is said about what is right."""
    assert list(troubles(ITEM, NOW)) == []


def test_a_flaw_and_a_time_to_come_are_named() -> None:
    """Both change what is posted."""
    item = Item(
        "Judul", link=ITEM.link, published=datetime(2030, 1, 1, tzinfo=UTC), flaw="an entity of its own"
    )

    said = " ".join(troubles(item, NOW))

    assert "not posted: an entity of its own" in said
    assert "future" in said


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program itself."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-m", "bot", "preview", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_program_reads_files_without_settings(tmp_path: Path) -> None:
    """Untitled and repeated items are there, in order; a missing file, a folder and no address at all are lines too."""
    (tmp_path / "umpan.xml").write_text(FEED)
    (tmp_path / "folder").mkdir()

    umpan = (tmp_path / "umpan.xml").as_uri()
    done = run(tmp_path, "--json", "umpan.xml", "nowhere.xml", "folder", "http://[", umpan)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert done.stderr == ""
    assert [line["url"] for line in lines][:3] == ["umpan.xml", "nowhere.xml", "folder"]
    assert [line["ok"] for line in lines] == [True, False, False, False, True]
    assert [item["title"] for item in lines[0]["headlines"]] == ["Satu & dua", "", "Satu & dua"]
    assert lines[0]["headlines"][0]["published"] == "2023-09-19T23:12:00Z"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "umpan.xml"]


def test_the_program_ends_well_where_all_is_well(tmp_path: Path) -> None:
    """Exit 0, and a page for people."""
    (tmp_path / "umpan.xml").write_text(FEED)

    done = run(tmp_path, "umpan.xml")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Rabu, 20 September 2023 | 06:12 WIB" in done.stdout


def test_no_address_is_a_wrong_argument(tmp_path: Path) -> None:
    """Exit 2, as for every wrong argument."""
    assert run(tmp_path).returncode == 2
