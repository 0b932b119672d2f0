"""Feeds into items: what portals write, well and badly."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.headlines import MAX_TITLE, Document, Item
from bot.errors import ParseError
from bot.sources.parsing import parse
from bot.sources.tasks import Want
from tests.support_sources import read, rss, task

ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
MEDIA = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def item(inside: str, **changes: object) -> Item:
    """The only item of a feed."""
    items = read(rss(inside), **changes).items
    assert len(items) == 1
    return items[0]


def test_an_rss_item_is_read() -> None:
    """Everything that is kept of it."""
    found = item(
        "<title>Rusia &amp; Armenia</title><link>https://portal.example/a</link><guid isPermaLink='false'>7</guid>"
        "<pubDate>Wed, 20 Sep 2023 06:12:00 +0700</pubDate><category>Dunia</category><category>Rusia</category>"
        "<author>reni@portal.example (Reni Erina)</author><description>&lt;p&gt;Isi &amp;amp; berita&lt;/p&gt;</description>"
        "<enclosure url='https://portal.example/a.jpg' type='image/jpeg' length='1'/>"
    )
    assert found == Item(
        title="Rusia & Armenia",
        link="https://portal.example/a",
        guid="7",
        published=datetime(2023, 9, 19, 23, 12, tzinfo=UTC),
        categories=("Dunia", "Rusia"),
        author="Reni Erina",
        lead="Isi & berita",
        image="https://portal.example/a.jpg",
    )


def test_an_atom_entry_is_read() -> None:
    """XHTML title, relative link under xml:base, hub and self."""
    document = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://portal.example/blog/"><title>Portal</title>'
        '<link rel="hub" href="https://hub.example/"/><link rel="self" href="https://portal.example/atom"/>'
        '<updated>2024-11-29T08:00:00+07:00</updated><entry><id>tag:a,1</id><title type="xhtml">'
        '<div xmlns="http://www.w3.org/1999/xhtml">Satu <b>dua</b> &lt;tiga&gt;</div></title>'
        '<link href="a/b"/><published>2024-11-29T07:00:00Z</published><updated>2024-11-30T07:00:00Z</updated>'
        "<author><name>Budi</name></author><summary>Isi</summary></entry></feed>"
    )
    assert (document.title, document.hub, document.self_url) == (
        "Portal",
        "https://hub.example/",
        "https://portal.example/atom",
    )
    assert document.built == datetime(2024, 11, 29, 1, tzinfo=UTC)
    found = document.items[0]
    assert (found.title, found.link, found.guid, found.author) == (
        "Satu dua <tiga>",
        "https://portal.example/blog/a/b",
        "tag:a,1",
        "Budi",
    )
    assert found.published == datetime(2024, 11, 29, 7, tzinfo=UTC)


def test_an_rdf_item_is_read() -> None:
    """RSS 1.0: its about is its GUID, dc:date its time, dc:creator its reporter."""
    document = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>BBC</title></channel>'
        '<item rdf:about="https://bbc.example/1"><title>Fiji</title><link>https://bbc.example/1</link>'
        "<dc:date>2009-11-30T12:21:52+00:00</dc:date><dc:creator>Ani</dc:creator></item></rdf:RDF>"
    )
    assert document.items[0] == Item(
        title="Fiji", link="https://bbc.example/1", guid="https://bbc.example/1",
        published=datetime(2009, 11, 30, 12, 21, 52, tzinfo=UTC), author="Ani",
    )  # fmt: skip


TITLES = [
    ("AT&amp;T", "AT&T"),
    ("A &amp;amp; B", "A & B"),
    ("A &amp;amp;amp; B", "A &amp; B"),
    ("<![CDATA[A &amp; B]]>", "A & B"),
    ("<![CDATA[A & B <b>c</b>]]>", "A & B c"),
    ("&lt;b&gt;Judul&lt;/b&gt; baru", "Judul baru"),
    ("&lt;Judul&gt; 5 &lt; 6", "<Judul> 5 < 6"),
    ("&lt;script&gt;alert(1)&lt;/script&gt;Judul", "Judul"),
    ("caf&eacute; &nbsp; x &hellip; &#8217;", "café x … ’"),
    ("raw & ampersand &unknown; &", "raw & ampersand &unknown; &"),
    ("&#147;kutip&#148; &#0;&#x1F;", "“kutip”"),
    ("🙂 \u200fمرحبا\u200f", "🙂 \u200fمرحبا"),
    ("<b>tanpa</b> escape", "tanpa escape"),
    ("\x08kendali\x1f", "kendali"),
    ("", ""),
    ("x" * 5000, "x" * (MAX_TITLE - 1) + "…"),
]


@pytest.mark.parametrize(("wire", "title"), TITLES)
def test_titles_from_the_wire(wire: str, title: str) -> None:
    """XML's decoding, then HTML's once; broken references are text."""
    assert item(f"<title>{wire}</title><link>https://portal.example/a</link>").title == title


LINKS = [
    ("<link>https://portal.example/a</link>", "https://portal.example/a"),
    ("<link> \n/a?x=1&amp;y=2 </link>", "https://portal.example/a?x=1&y=2"),
    ("<link>https://portal.example/a?x=1&bar=2</link>", "https://portal.example/a?x=1&bar=2"),
    ("<guid>https://portal.example/g</guid>", "https://portal.example/g"),
    ("<guid isPermaLink='false'>https://portal.example/g</guid>", "https://portal.example/g"),
    ("<guid isPermaLink='false'>123</guid>", None),
    ("<link>javascript:alert(1)</link>", "javascript:alert(1)"),
    ("<link>http://localhost/a</link>", "http://localhost/a"),
    ("<link></link>", None),
    ("", None),
    (
        "<link>http://x.feedsportal.com/c/1</link><guid isPermaLink='false'>https://portal.example/g</guid>",
        "https://portal.example/g",
    ),
]


@pytest.mark.parametrize(("wire", "link"), LINKS)
def test_links_from_the_wire(wire: str, link: str | None) -> None:
    """The article's own, absolute; from the GUID where there is no other; left as it is where it is no web address."""
    assert item(f"<title>x</title>{wire}").link == link


def test_relative_links_are_the_channels() -> None:
    """Channel link before feed address; a channel link that is relative itself counts from the feed."""
    body = rss("<title>x</title><link>a</link>", channel="<link>https://www.portal.example/berita/</link>")
    assert read(body, url="https://feeds.example/rss").items[0].link == "https://www.portal.example/berita/a"
    body = rss("<title>x</title><link>a</link>", channel="<link>/berita/</link>")
    assert read(body, url="https://feeds.example/rss").items[0].link == "https://feeds.example/berita/a"
    assert (
        read(rss("<title>x</title><link>a</link>", channel=""), url="https://feeds.example/rss").items[0].link
        == "https://feeds.example/a"
    )
    body = rss("<title>x</title><link>/a</link>", channel="<link>http://[</link>")
    assert read(body, url="https://feeds.example/rss").items[0].link == "https://feeds.example/a"
    body = '{"home_page_url": "http://[", "items": [{"id": "1", "title": "x", "url": "/a"}]}'
    assert read(body, url="https://feeds.example/rss").items[0].link == "https://feeds.example/a"


def test_an_item_may_speak_as_a_news_sitemap_does() -> None:
    """Title and time where it has no other; its own elements come first."""
    news = "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
    wire = (
        f"<news:news {news}><news:publication_date>2024-11-29T08:08:00+07:00</news:publication_date>"
        "<news:title>Kabar &amp;amp; peta</news:title></news:news>"
    )
    when = datetime(2024, 11, 29, 1, 8, tzinfo=UTC)
    assert (item(wire).title, item(wire).published) == ("Kabar & peta", when)
    assert item(f"<title>x</title>{wire}<pubDate>Fri, 29 Nov 2024 01:00:00 GMT</pubDate>") == replace(
        item(wire), title="x", published=when - timedelta(minutes=8)
    )


PICTURES = [
    (f"<media:content {MEDIA} url='/m.jpg' medium='image'/>", "https://portal.example/m.jpg"),
    (
        f"<media:content {MEDIA} url='/m.mp4' type='video/mp4'/><media:thumbnail {MEDIA} url='/t.jpg'/>",
        "https://portal.example/t.jpg",
    ),
    (f"<itunes:image {MEDIA} href='/i.png'/>", "https://portal.example/i.png"),
    ("<enclosure url='/e.mp3' type='audio/mpeg'/>", None),
    ("<enclosure url='/e.JPG?x=1'/>", "https://portal.example/e.JPG?x=1"),
    ("<image><![CDATA[https://portal.example/v.jpg]]></image>", "https://portal.example/v.jpg"),
    (
        "<description>&lt;img src='/d.jpg?a=1&amp;amp;b=2'&gt;</description>",
        "https://portal.example/d.jpg?a=1&b=2",
    ),
    ("<description>&lt;img width='1' height='1' src='/beacon'&gt;Isi</description>", None),
    ("", None),
]


@pytest.mark.parametrize(("wire", "image"), PICTURES)
def test_pictures_from_the_wire(wire: str, image: str | None) -> None:
    """Wherever a feed puts the article's picture; beacons are none."""
    assert item(f"<title>x</title>{wire}").image == image


def test_an_item_may_lack_everything() -> None:
    """No GUID, no date, no link, no title: it is an item all the same."""
    assert read(rss("", "<title>x</title>")).items == (Item(title=""), Item(title="x"))


def test_absurd_dates_are_none() -> None:
    """Never 1970, never now."""
    assert item("<title>x</title><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>").published is None
    assert item("<title>x</title><pubDate>besok</pubDate>").published is None
    assert item("<title>x</title><pubDate>05 Agustus 2019</pubDate>").published == datetime(
        2019, 8, 4, 17, tzinfo=UTC
    )


def test_a_second_date_helps_where_the_first_is_absurd() -> None:
    """dc:date beside a broken pubDate."""
    wire = "<title>x</title><pubDate>-</pubDate><dc:date xmlns:dc='http://purl.org/dc/elements/1.1/'>2024-11-29</dc:date>"
    assert item(wire).published == datetime(2024, 11, 28, 17, tzinfo=UTC)


def test_no_more_than_two_thousand_items() -> None:
    """The first of them, in their order."""
    items = read(rss(*(f"<title>Judul {n}</title>" for n in range(2500)))).items
    assert (len(items), items[0].title, items[-1].title) == (2000, "Judul 0", "Judul 1999")


THREE = rss("<title>Satu</title>", "<title>Dua</title>", "<title>Tiga</title>")


@pytest.mark.parametrize("end", [len(THREE) - n for n in (1, 8, 10, 16, 26, 30, 40)])
def test_a_feed_counts_up_to_its_last_whole_item(end: int) -> None:
    """Cut anywhere: never half an item."""
    titles = [found.title for found in read(THREE[:end]).items]
    assert titles == ["Satu", "Dua", "Tiga"][: THREE[:end].count("</item>")]


@pytest.mark.parametrize(
    "cut", ["<title>Judul yang", "<title><![CDATA[Judul</item>", "<title>x</title><!-- </item>"]
)
def test_half_an_item_is_none(cut: str) -> None:
    """An end within CDATA or a comment is no end."""
    head = THREE[: THREE.index("<title>Tiga")]
    assert [found.title for found in read(head + cut).items] == ["Satu", "Dua"]
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Satu</title></entry><entry>{cut}'
    assert [found.title for found in read(atom).items] == ["Satu"]


def test_a_feed_without_a_whole_item_is_an_error() -> None:
    """It broke off too early to say anything."""
    with pytest.raises(ParseError, match="breaks off"):
        read(THREE[: THREE.index("Satu")])


def test_an_empty_feed_is_a_feed() -> None:
    """A quiet portal is no error."""
    assert read(rss()) == Document(items=(), title="Portal")
    assert read(ATOM.format("")).items == ()


BROKEN = [
    "<item><title>Satu</title><description><b>tak <i>tertutup</b></description></item><item><title>Dua</title></item>",
    "<item><title>Satu</title><media:x url=1></item><item><title>Dua</title></item>",
    "<item><title>Satu</title><link>https://a.example/?a=1&b=2</link></item><item><title>Dua</title></item>",
    "<item><title>Satu</title></item><item><title>Dua</title></item></channel></rss><script>x</script>",
    "<item><title>Satu</title><x a=1 b></x></item><item><title>Dua</title></item>",
]


@pytest.mark.parametrize("inside", BROKEN)
def test_broken_xml_is_recovered(inside: str) -> None:
    """Every whole item, as a browser's reader would show it."""
    body = f"<rss version='2.0'><channel><title>P</title>{inside}</channel></rss>"
    assert [found.title for found in read(body).items] == ["Satu", "Dua"]


PREFIXES = [
    "\ufeff",
    "\n\n  ",
    "<!-- komentar -->\n",
    "<?xml?xml version='1.0' ??>\n",
    "Warning: mysql\n",
    "<?xml version='1.0'?>\n<!DOCTYPE rss>\n",
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://site.invalid/">',
]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_junk_before_the_feed_does_no_harm(prefix: str) -> None:
    """Blanks, marks, comments, a second prolog, a warning of PHP."""
    body = THREE.split("?>", 1)[1]
    assert len(read(prefix + body).items) == 3


def test_stray_prefixes_are_dropped() -> None:
    """``<rss:item>`` where nobody said what rss: means."""
    body = "<rss rss:version=2.0><rss:channel><rss:item><rss:title>Satu</rss:title></rss:item></rss:channel></rss>"
    assert [found.title for found in read(body).items] == ["Satu"]


def test_items_without_a_root_are_read() -> None:
    """A file that begins in the middle."""
    body = (
        "of an article</description></item>"
        + "<item><title>Dua</title><dc:creator>Budi</dc:creator></item>" * 2
    )
    assert [found.title for found in read("<p>" + body[30:] + "</channel></rss>").items] == ["Dua", "Dua"]


ENTITIES = [
    '<!ENTITY e "Rahasia">',
    "<!ENTITY e SYSTEM 'file:///etc/passwd'>",
    "<!ENTITY e PUBLIC 'x' 'http://127.0.0.1/x'>",
    "<!ENTITY % p \"<!ENTITY e 'Rahasia'>\"> %p;",
    "<!ENTITY % p SYSTEM 'http://127.0.0.1/x.dtd'> %p;",
    '<!ENTITY e "a"><!-- "\' ]> -->',
]


@pytest.mark.parametrize("subset", ENTITIES)
@pytest.mark.parametrize("place", ["title", "link", "guid"])
def test_own_entities_are_never_expanded(subset: str, place: str) -> None:
    """A headline that needs one has a flaw; its neighbours have none."""
    other = "" if place == "title" else "<title>Judul</title>"
    body = rss(f"{other}<{place}>a &e; b</{place}>", "<title>Baik</title>").split("?>", 1)[1]
    items = read(f"<?xml version='1.0'?><!DOCTYPE rss [{subset}]>{body}").items
    assert [bool(found.flaw) for found in items] == [True, False]
    assert "Rahasia" not in repr(items)
    assert "root:" not in repr(items)
    assert "\ufdd0" not in repr(items)


def test_own_entities_in_a_description_do_no_harm() -> None:
    """The headline does not need them."""
    body = rss("<title>Judul</title><description>a &e; b</description>").split("?>", 1)[1]
    found = read(f'<!DOCTYPE rss [<!ENTITY e "Rahasia">]>{body}').items[0]
    assert (found.flaw, found.lead) == ("", "a b")


def test_entities_of_html_that_a_document_repeats_are_htmls() -> None:
    """Old feeds declare nbsp and its like; what they mean is known anyway. Another meaning is their own."""
    body = rss("<title>a&nbsp;&eacute;&amp;</title>").split("?>", 1)[1]
    usual = '<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY eacute "&#xE9;"><!ENTITY amp "&#38;#38;">]>'
    assert (read(usual + body).items[0].title, read(usual + body).items[0].flaw) == ("a é&", "")
    assert read('<!DOCTYPE rss [<!ENTITY nbsp "tipu">]>' + body).items[0].flaw
    assert read('<!DOCTYPE rss [<!ENTITY amp "tipu">]>' + body).items[0].flaw
    netscape = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">'
    assert read(netscape + body).items[0].title == "a é&"


NOT_FEEDS = [
    ("", "empty"),
    ("\ufeff \n\0", "empty"),
    ("Not Found", "plain text"),
    (
        "<html><head><title>404</title></head><body>Not Found</body></html>",
        "names no feed and lists no headlines",
    ),
    ("{}", "no JSON Feed"),
    ("[1, 2]", "no JSON Feed"),
    ("{broken", "is none"),
    ('{"items": ' + "[" * 100_000, "is none"),
    ("<?xml version='1.0'?><opml version='2.0'><body/></opml>", "OPML"),
    ("<?xml version='1.0'?><urlset><url/></urlset>", "sitemap"),
    ("<?xml version='1.0'?><katalog><buku/></katalog>", "its root is <katalog>"),
]


@pytest.mark.parametrize(("body", "words"), NOT_FEEDS)
def test_what_is_no_feed_is_said_in_words(body: str, words: str) -> None:
    """An error for the operator, never an empty success."""
    with pytest.raises(ParseError, match=words):
        read(body)


def test_a_label_does_not_make_a_feed_nor_unmake_one() -> None:
    """The content tells what it is: popular or not, feed or page."""
    assert parse(THREE.encode(), task(want=Want.POPULAR)).document.kind == "feed"
    assert parse(THREE.encode(), task(charset="nonsense")).document.items


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Portal",
    "home_page_url": "https://portal.example/",
    "feed_url": "https://portal.example/feed.json",
    "hubs": [
        {"type": "rssCloud", "url": "https://x.example"},
        {"type": "WebSub", "url": "https://hub.example/"},
    ],
    "items": [
        {
            "id": 7,
            "url": "/a",
            "title": "Satu &amp; dua",
            "date_published": "2024-11-29T08:00:00+07:00",
            "authors": [{"name": "Budi"}],
            "tags": ["Dunia", 5, None],
            "content_html": "<p>Isi</p>",
            "image": "/a.jpg",
        },
        {
            "id": "https://portal.example/b",
            "content_text": "tanpa judul",
            "author": {"name": "Ani"},
            "date_modified": "2024-11-29",
        },
        "no item",
    ],
}


def test_a_json_feed_is_read() -> None:
    """1.0 and 1.1, ids that are numbers, values of the wrong type."""
    document = read(json.dumps(JSON_FEED))
    assert (document.title, document.hub, document.self_url) == (
        "Portal",
        "https://hub.example/",
        "https://portal.example/feed.json",
    )
    assert document.items == (
        Item(
            "Satu & dua",
            "https://portal.example/a",
            "7",
            datetime(2024, 11, 29, 1, tzinfo=UTC),
            ("Dunia",),
            "Budi",
            "Isi",
            "https://portal.example/a.jpg",
        ),
        Item(
            "",
            "https://portal.example/b",
            "https://portal.example/b",
            datetime(2024, 11, 28, 17, tzinfo=UTC),
            (),
            "Ani",
            "tanpa judul",
        ),
    )


JSON_NAMES = [
    *JSON_FEED,
    "id",
    "url",
    "title",
    "date_published",
    "authors",
    "tags",
    "content_html",
    "image",
    "name",
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(JSON_NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
@settings(max_examples=60, deadline=None)
def test_any_json_is_a_feed_or_an_error(value: object) -> None:
    """Whatever stands where."""
    try:
        document = read(
            json.dumps({"items": [value, {"title": value, "url": value, "tags": value}], "title": value})
        )
    except ParseError:
        return
    assert len(document.items) <= 2


PIECES = st.sampled_from(
    ["<rss>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<title>", "</title>", "<![CDATA[", "]]>", "<!--", "-->", "&", "&amp;",
     "&e;", "<!DOCTYPE", "[", "]>", "<!ENTITY e 'x'>", "<link>", "</link>", "x", "<", ">", '"', "<feed>", "<entry>", "</entry>", "<?xml", "?>", "<html>", "<a href=/x/y>", "{", "\0"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=150, deadline=None)
def test_any_mixture_of_markup_is_a_document_or_an_error(body: str) -> None:
    """Nothing else comes out, and no mark of ours."""
    try:
        document = read(body)
    except ParseError:
        return
    assert "\ufdd0" not in repr(document)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_document_or_an_error(body: bytes) -> None:
    """Not even a feed's beginning."""
    for raw in (body, b"<rss><channel><item><title>" + body):
        try:
            parse(raw, task())
        except ParseError:
            continue


def test_what_was_not_read_is_said() -> None:
    """More items than are read, an end that is missing; nothing where all was read."""
    entries = ["<title>Judul</title>"] * 2001
    assert read(rss(*entries[1:])).flaw == ""
    assert "more than 2,000 items" in read(rss(*entries)).flaw
    assert "breaks off" in read("<rss><channel><item><title>Satu</title></item><item><title>Du").flaw
    many = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "Satu"}] * 2001}
    found = read(json.dumps(many))
    assert (len(found.items), "more than 2,000 items" in found.flaw) == (2000, True)


def test_an_endless_guid_is_kept_short_and_tells_items_apart() -> None:
    """As long as the article itself: its beginning is the same, what stands for it is not."""
    long = "x" * 50_000
    items = read(rss(*(f"<title>Judul {n}</title><guid>{long}{n}</guid>" for n in range(2)))).items
    assert len({item.guid for item in items}) == 2
    assert all(item.guid and len(item.guid) < 200 for item in items)
