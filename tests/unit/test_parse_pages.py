"""The lists of a page, in every markup that a portal may wrap them in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.headlines import Document
from bot.domain.stamps import list_stamp
from bot.errors import ParseError
from bot.sources.pages import named_feeds
from bot.sources.tasks import Want
from tests.support_sources import JAKARTA, NOW, read

Rows = list[tuple[str, str, str]]

POPULAR: Rows = [
    (
        f"/politik/read/2024/11/{20 + n}/{645000 + n}/populer-{n}",
        f"Kabar Populer Nomor {n} dari Ibu Kota",
        f"{n}",
    )
    for n in range(1, 8)
]
UPDATE: Rows = [
    (
        f"/dunia/read/2024/11/29/{646000 - n}/baru-{n}",
        f"Kabar Baru Nomor {n}, 29 November dari Luar Negeri",
        f"{n}",
    )
    for n in range(1, 11)
]


def when(row: tuple[str, str, str]) -> datetime:
    """The minute at which the headline of a row came out."""
    return datetime(2024, 11, 29, 1, 8, tzinfo=UTC) - timedelta(hours=5 * int(row[2]))


def dated(rows: Rows) -> Rows:
    """Rows with the stamp that a page prints."""
    return [(link, title, list_stamp(when((link, title, n)), JAKARTA, "id")) for link, title, n in rows]


def lists_of_items(heading: str, rows: Rows) -> str:
    """A box with a heading, a list, and the date in an element of its own."""
    items = "".join(
        f'<li><a href="{link}">{title}</a><p class="date">{at}</p></li>' for link, title, at in rows
    )
    return f'<div class="box"><div class="head"><h3>{heading}</h3></div><ul>{items}</ul></div>'


def flat(heading: str, rows: Rows) -> str:
    """Heading, headlines and dates all side by side in one body, ended by *Selengkapnya*."""
    items = "".join(f'<div><a href="{link}">{title}</a></div><div>{at}</div>' for link, title, at in rows)
    return f'<div>{heading}</div>{items}<div><a href="/indeks">Selengkapnya</a></div>'


def pictures(heading: str, rows: Rows) -> str:
    """A picture links to the article too, the section stands between, and the date is split in two."""
    items = "".join(
        f'<article><a href="{link}"><img src="/img/{n}.jpg" alt="{title}"></a><a href="/kategori/x">POLITIK</a>'
        f'<h4><a href="{link}">{title}</a></h4><span>{at.split(" | ")[0]}</span> | <span>{at.split(" | ")[1]}</span></article>'
        for n, (link, title, at) in enumerate(rows)
    )
    return f"<section><span class='widget-title'>{heading}</span><div>{items}</div></section>"


def date_first(heading: str, rows: Rows) -> str:
    """The date above its headline."""
    items = "".join(
        f"<p><small>{at}</small><br><a href='{link}'><b>{title}</b></a></p>" for link, title, at in rows
    )
    return f"<aside><strong>{heading} :</strong>{items}</aside>"


def within_link(heading: str, rows: Rows) -> str:
    """All of an item is one link."""
    items = "".join(
        f"<a href='{link}'><div><span>Portal</span><span>{at} WIB</span></div><h2>{title}</h2></a>"
        for link, title, at in rows
    )
    return f"<div><h2><a href='/populer'>{heading}</a></h2><div>{items}</div></div>"


def table(heading: str, rows: Rows) -> str:
    """As pages were made in 2005."""
    items = "".join(f"<tr><td><a href='{link}'>{title}</a><td>{at}" for link, title, at in rows)
    return f"<table><tr><th colspan=2>{heading}</th></tr>{items}</table>"


def machine_times(heading: str, rows: Rows) -> str:
    """``<time>`` with a time for machines, and a clone of every item for a slider."""
    moments = {list_stamp(when(row), JAKARTA, "id"): when(row) for row in (*POPULAR, *UPDATE)}
    items = "".join(
        f"<div><h3><a href='{link}' title='{title}'>{title[:20]}...</a></h3>"
        f"<time datetime='{moments[at].isoformat()}'>tadi</time></div>"
        for link, title, at in rows
    )
    return f"<div><h2>{heading}</h2><div class=slick>{items}</div><div class=slick-cloned>{items}</div></div>"


MARKUPS = [lists_of_items, flat, pictures, date_first, within_link, table, machine_times]


def page(markup: Callable[[str, Rows], str]) -> str:
    """An article's page as a reader meets it: menu, the article, *Populer*, *UPDATE*, footer."""
    menu = "".join(
        f"<li><a href='/kategori/{name}'>{name.title()}</a></li>" for name in ("politik", "hukum", "dunia")
    )
    return (
        f"<html><head><title>Rusia &amp; Armenia</title></head><body><header>Jumat, 29 November 2024 08:30"
        f"<nav><ul>{menu}<li><a href='/terpopuler'>Terpopuler</a></li></ul></nav></header><main><h1>Judul Artikel Ini</h1>"
        "<p>RABU, 20 SEPTEMBER 2023 | 06:12 WIB | LAPORAN: RENI ERINA</p><p>Isi berita dengan "
        "<a href='https://elsewhere.example/a-b-c'>sebuah tautan keluar yang panjang</a>.</p>"
        f"{markup('Populer', dated(POPULAR))}{markup('UPDATE', dated(UPDATE))}"
        "</main><footer><a href='/redaksi'>Susunan Redaksi Portal Kami</a> <a href='https://facebook.com/portal'>Ikuti kami di Facebook</a>"
    )


def told(document: Document) -> list[tuple[str, str | None, datetime | None]]:
    return [(item.title, item.link, item.published) for item in document.items]


def expected(rows: Rows) -> list[tuple[str, str | None, datetime | None]]:
    return [(title, f"https://portal.example{link}", when((link, title, n))) for link, title, n in rows]


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_popular_list_is_read_whole(markup: Callable[[str, Rows], str]) -> None:
    """All seven with their dates, in their order, and nothing else."""
    document = read(page(markup), want=Want.POPULAR)
    assert told(document) == expected(POPULAR)
    assert (document.kind, document.title) == ("page", "Rusia & Armenia")


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_latest_list_is_read_whole(markup: Callable[[str, Rows], str]) -> None:
    """All ten of UPDATE with their dates, in their order."""
    found = told(read(page(markup)))
    assert [row for row in found if "Baru" in row[0]] == expected(UPDATE)
    assert not [row for row in found if "Kabar" not in row[0]]


HEADINGS = [
    "Populer",
    "TERPOPULER",
    "Berita Terpopuler",
    "Paling Banyak Dibaca",
    "Most Read",
    "» Terpopuler «",
    "TOP SEVEN",
    "Populer Hari Ini",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_popular_lists_have_many_names(heading: str) -> None:
    """What Indonesian portals call theirs."""
    assert len(read(flat(heading, dated(POPULAR)), want=Want.POPULAR).items) == 7


@pytest.mark.parametrize(
    "heading",
    ["UPDATE", "Terbaru", "Terkini", "Berita Terbaru", "BERITA TERKINI", "Latest News", "Indonesia Terkini"],
)
def test_latest_lists_have_many_names(heading: str) -> None:
    """And what they call the other one."""
    assert len(read(flat(heading, dated(UPDATE))).items) == 10


def test_a_list_of_others_is_not_the_popular_one() -> None:
    """*Berita Terkait* is no popular list, nor is a menu entry of that name."""
    with pytest.raises(ParseError, match="Populer"):
        read(flat("Berita Terkait", dated(POPULAR)), want=Want.POPULAR)


def test_a_page_that_is_called_popular_is_the_list() -> None:
    """Under an address like /terpopuler the heading may be missing."""
    rows = "".join(f"<a href='{link}'>{title}</a> {at}<br>" for link, title, at in dated(POPULAR))
    assert len(read(rows, want=Want.POPULAR, url="https://portal.example/terpopuler").items) == 7


def test_a_section_beside_a_headline_is_its_category() -> None:
    """A link to a section, between picture and headline."""
    items = read(pictures("Populer", dated(POPULAR)), want=Want.POPULAR).items
    assert {item.categories for item in items} == {("POLITIK",)}
    assert items[0].image == "https://portal.example/img/0.jpg"


def test_tabs_are_told_apart() -> None:
    """Two headings side by side, each opening a part of the page further down."""
    html = (
        "<ul><li><a href='#new'>Terbaru</a></li><li><a href='#pop'>Populer</a></li></ul>"
        f"<div id=new>{flat('', dated(UPDATE))}</div><div id=pop>{flat('', dated(POPULAR))}</div>"
    )
    assert told(read(html, want=Want.POPULAR)) == expected(POPULAR)


def test_links_to_strangers_are_left_out() -> None:
    """Advertisements between the headlines."""
    rows = dated(POPULAR)
    advert = ("https://ads.example/click?id=1", "Tujuh Rahasia yang Tidak Pernah Diceritakan", "")
    assert len(read(lists_of_items("Populer", [*rows[:3], advert, *rows[3:]]), want=Want.POPULAR).items) == 7


@pytest.mark.parametrize("bad", ["http://[", "https://[x]/a/b", "https://℀.example/a"])
def test_a_link_that_is_no_address_costs_no_headline(bad: str) -> None:
    """Among the headlines, beside one, as the page's base, and as the feed that it names."""
    stranger = (bad, "Kabar yang Alamatnya Salah Ketik", "3")
    html = (
        f'<base href="{bad}">{lists_of_items("UPDATE", dated([*UPDATE, stranger]))}<a href="{bad}">Dunia</a>'
    )
    assert told(read(html, url="https://portal.example/")) == expected(UPDATE)
    named = f'<link rel="alternate" type="application/rss+xml" href="{bad}"><a href="{bad}/rss.xml">RSS</a>'
    assert named_feeds(named, "https://portal.example/") == ()


def test_relative_times_count_from_now() -> None:
    """*17 jam lalu*: what Antara prints."""
    html = "<h3>Terkini</h3>" + "".join(
        f"<p><a href='/berita/{n}00000/judul'>Judul berita nomor {n}</a> <span>{n} jam lalu</span>"
        for n in range(1, 5)
    )
    assert [item.published for item in read(html).items] == [NOW - timedelta(hours=n) for n in range(1, 5)]


def test_a_page_without_headings_is_read_by_its_articles() -> None:
    """An index: dated or numbered links count, menus and footers do not."""
    rows = "".join(f"<div><a href='{link}'>{title}</a><i>{at}</i></div>" for link, title, at in dated(UPDATE))
    html = f"<nav><a href='/a-b-c'>Satu dua tiga empat lima</a></nav>{rows}<footer><a href='/x-y'>Tentang kami di sini semua</a></footer>"
    assert told(read(html)) == expected(UPDATE)


def test_a_page_without_headlines_is_an_error() -> None:
    """Said in words, not an empty success."""
    with pytest.raises(ParseError, match="names no feed and lists no headlines"):
        read("<html><body><h1>Halo</h1><a href=/kontak>Kontak</a>")


def test_selectors_decide_alone() -> None:
    """Where the settings say what is a headline, nothing is guessed."""
    html = "".join(
        f"<div class=row data-n={n}><a class=t href=/x/{n}>Judul {n}</a><span class=d>29 Nov 2024 0{n}.15</span>"
        f"<img src=/i/{n}.png><em>Hukum</em><cite>Budi</cite><p>Isi <b>berita</b></p></div>"
        for n in range(1, 4)
    )
    selectors = {
        "item": "div.row",
        "title": ".t",
        "date": ".d",
        "category": "em",
        "author": "cite",
        "lead": "p",
    }
    first = read(html, selectors=selectors).items[0]
    assert (first.title, first.link) == ("Judul 1", "https://portal.example/x/1")
    assert first.published == datetime(2024, 11, 28, 18, 15, tzinfo=UTC)
    assert (first.categories, first.author, first.lead) == (("Hukum",), "Budi", "Isi berita")
    assert first.image == "https://portal.example/i/1.png"


@pytest.mark.parametrize("bad", ["a[", "::::", "div >"])
def test_selectors_that_are_no_css_are_named(bad: str) -> None:
    """An operator's slip, in words."""
    with pytest.raises(ParseError, match="not all CSS"):
        read("<p>x", selectors={"item": bad})


def test_selectors_that_find_nothing_are_named() -> None:
    """The portal has changed its page."""
    with pytest.raises(ParseError, match="selectors point"):
        read("<p>x", selectors={"item": ".row"})


FEED_LINKS = [
    ("<link rel=alternate type='application/rss+xml' href='/rss'>", ["/rss"]),
    (
        "<LINK REL='Alternate Stylesheet' TYPE='application/atom+xml; charset=utf-8' HREF=atom.xml>",
        ["/atom.xml"],
    ),
    (
        "<link rel=alternate type='application/feed+json' href='https://cdn.example/feed.json'>",
        ["https://cdn.example/feed.json"],
    ),
    (
        (
            "<link rel=alternate type=application/rss+xml title='Umpan Komentar' href=/komentar/feed>"
            "<link rel=alternate type=application/json+oembed href=/oembed>"
            "<link rel=alternate type=application/rss+xml href=/feed>"
        ),
        ["/feed"],
    ),
    (
        "<base href='https://portal.example/a/'><link rel=alternate type=application/rss+xml href=rss>",
        ["/a/rss"],
    ),
    ("<p><a href='/rss/terkini.xml'>RSS</a> <a href=/tentang>Tentang</a>", ["/rss/terkini.xml"]),
    ("<link rel=alternate type=application/rss+xml href='javascript:alert(1)'>", []),
    ("<link rel=stylesheet type=text/css href=/x.css>", []),
]


@pytest.mark.parametrize(("head", "links"), FEED_LINKS)
def test_a_page_names_its_feeds(head: str, links: list[str]) -> None:
    """In its head, else by a link that looks like one; feeds of comments are none."""
    full = [link if link.startswith("https:") else f"https://portal.example{link}" for link in links]
    assert list(named_feeds(f"<html><head>{head}", "https://portal.example/")) == full


def test_what_is_not_read_is_not_read() -> None:
    """Scripts and templates may hold markup that no reader sees."""
    hidden = "<script>document.write(\"<a href='/read/2024/11/29/1/x'>Judul palsu dari skrip</a>\")</script><template><a href='/a/b'>Satu dua tiga empat</a></template>"
    document = read(hidden + flat("Terbaru", dated(UPDATE)))
    assert told(document) == expected(UPDATE)
