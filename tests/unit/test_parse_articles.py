"""One article's page, in every way in which portals say what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Item
from bot.errors import ParseError
from bot.sources.parsing import parse
from bot.sources.tasks import Task, Want
from tests.support_corpus import CORPUS
from tests.support_sources import JAKARTA, NOW

URL = "https://www.kabar.example/dunia/read/2024/11/29/646001/judul?utm_source=wa"
OWN = "https://www.kabar.example/dunia/read/2024/11/29/646001/judul"
OUT = datetime(2024, 11, 29, 1, 8, tzinfo=UTC)
TASK = Task(URL, JAKARTA, NOW, Want.ARTICLE)

META = """<html><head><title>Rusia Desak Armenia - Kabar Contoh</title>
<link rel="canonical" href="{own}">
<meta property="og:site_name" content="Kabar Contoh"><meta property="og:title" content="Rusia Desak Armenia - Kabar Contoh">
<meta property="og:type" content="article"><meta property="og:description" content="Moskow &amp; Baku">
<meta property="og:image" content="/gambar/1.jpg"><meta name="author" content="Reni Erina">
<meta property="article:published_time" content="2024-11-29T08:08:00+07:00">
<meta property="article:section" content="Dunia"></head><body><p>Isi.</p></body></html>""".replace(
    "{own}", OWN
)
DATA = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebPage", "name": "lain"},
        {
            "@type": ["NewsArticle"],
            "headline": "Rusia Desak Armenia",
            "datePublished": "2024-11-29T08:08:00+07:00",
            "articleSection": ["Dunia", "Utama"],
            "author": [{"@type": "Person", "name": "Reni Erina"}],
            "description": "Moskow & Baku",
            "image": {"url": "https://www.kabar.example/gambar/1.jpg"},
            "mainEntityOfPage": OWN,
        },
    ],
}
WHOLE = Item(
    title="Rusia Desak Armenia",
    link=OWN,
    published=OUT,
    categories=("Dunia",),
    author="Reni Erina",
    lead="Moskow & Baku",
    image="https://www.kabar.example/gambar/1.jpg",
)


def article(html: str, url: str = URL) -> Item:
    """The article of a page."""
    (item,) = parse(html.encode(), replace(TASK, url=url)).document.items
    return item


def test_open_graph() -> None:
    """Everything from ``meta``, the portal's name taken off the title, the address its own."""
    assert article(META) == WHOLE


def test_json_ld() -> None:
    """In a graph, with lists and things where texts may stand."""
    html = f"""<html><head><link rel="canonical" href="{OWN}"></head><body>
        <script type="application/ld+json">{{broken</script>
        <script type="application/ld+json">{json.dumps(DATA)}</script></body></html>"""

    assert article(html) == WHOLE


def test_what_readers_see() -> None:
    """The seed page's own form: a heading and a dateline, no data at all."""
    html = """<html><head><title>Rusia Desak Armenia | Kabar</title></head><body><div>Dunia</div>
        <h1>Rusia Desak Armenia</h1><div>JUMAT, 29 NOVEMBER 2024 | 08:08 WIB | LAPORAN: RENI ERINA</div>
        <p>Isi.</p></body></html>"""

    assert article(html) == Item(title="Rusia Desak Armenia", link=URL, published=OUT)


def test_a_headline_with_a_dash_keeps_it() -> None:
    """Only the portal's own name is cut off; what the heading says goes before."""
    html = META.replace("Rusia Desak Armenia - Kabar", "Rusia - Armenia: Damai - Kabar")
    assert article(html).title == "Rusia - Armenia: Damai"
    with_heading = html.replace("<p>", "<h1>Rusia - Armenia: <i>Damai</i></h1><p>")
    assert article(with_heading).title == "Rusia - Armenia: Damai"


@pytest.mark.parametrize(
    "own",
    ["https://lain.example/curian", "https://www.kabar.example/", "javascript:alert(1)", ""],
)
def test_an_address_of_its_own_that_is_none(own: str) -> None:
    """A stranger's, the front page, a script: then it is the address that was asked for."""
    assert article(META.replace(OWN, own)).link == URL


def test_markup_in_the_data_is_text() -> None:
    """As in feeds: tags go, anything else is a character."""
    html = META.replace("Rusia Desak Armenia", "&lt;b&gt;Rusia&lt;/b&gt; 1 &amp;lt; 2")

    assert article(html).title == "Rusia 1 < 2"


@pytest.mark.parametrize(
    "body",
    [
        "<html><head><meta property='og:type' content='article'><title>Indeks</title></head><body>x</body></html>",
        "<html><body><p>halo</p></body></html>",
        "<html><body><h1>Populer</h1><a href='/a/1'>Kabar yang dibaca orang</a> Jumat, 29 November 2024 | 08:08</body>",
        '<?xml version="1.0"?><rss><channel><item><title>x</title></item></channel></rss>',
        '{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        "kosong",
    ],
)
def test_what_is_no_article_says_so(body: str) -> None:
    """Lists that call themselves articles, pages without a time, feeds, plain text."""
    with pytest.raises(ParseError, match="no article"):
        article(body)


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_makes_it_fall(head: str, data: str) -> None:
    """Whatever a page says, it is an article or a `ParseError`."""
    html = f"<html><head>{head}<script type='application/ld+json'>{data}</script></head><body>{head}</body></html>"
    try:
        item = article(html)
    except ParseError:
        return
    assert item.title


def test_data_nested_without_end() -> None:
    """Is not followed."""
    deep = "[" * 50_000 + "]" * 50_000
    html = META.replace("</head>", f"<script type='application/ld+json'>{deep}</script></head>")

    assert article(html) == WHOLE


def test_pages_of_real_portals() -> None:
    """As they were saved: two articles, and lists that are none."""
    folder = CORPUS / "indonesia" / "html"
    if not folder.is_dir():
        pytest.skip("the pages are kept elsewhere")
    read = {}
    for path in folder.glob("*.html"):
        try:
            (item,) = parse(path.read_bytes(), TASK).document.items
        except ParseError:
            continue
        read[item.title] = item.published

    assert read == {
        "6 Rekomendasi Bisnis dengan Tingkat Kerugian Kecil, Tertarik Mencoba?": datetime(
            2020, 7, 9, 0, 26, 5, tzinfo=UTC
        ),
        "Tak Kirim Karangan Bunga, Sandiaga Nyanyikan 2 Lagu untuk Djarot": datetime(
            2017, 4, 27, 16, 1, tzinfo=UTC
        ),
    }
