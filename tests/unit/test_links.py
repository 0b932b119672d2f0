"""The address of an article: what is one page, what is one article, which section, what can be posted."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.links import (
    absolute,
    article_id,
    article_key,
    canonical,
    house,
    postable,
    section,
    site,
    with_query,
)

ARTICLE = "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia"

SAME_PAGE = [
    "http://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia",
    "https://www.rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia/",
    "HTTPS://M.RMOL.ID:443/dunia/read/2023/09/20/589876/rusia-desak-armenia#komentar",
    "https://amp.rmol.id/amp/dunia/read/2023/09/20/589876/rusia-desak-armenia/amp/",
    "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia.amp?amp=1",
    "https://rmol.id/dunia/./x/../read/2023/09/20/589876/rusia%2ddesak%2Darmenia",
    "https://user:secret@rmol.id./dunia/read/2023/09/20/589876/rusia-desak-armenia?",
    "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia?utm_source=telegram&utm_medium=kanal",
    "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia?fbclid=abc&gclid=1&UTM_Campaign=x&page=all",
    "  https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia\n",
]


@pytest.mark.parametrize("link", SAME_PAGE)
def test_views_of_a_page_are_one_page(link: str) -> None:
    """Scheme, host, AMP, tracking and spelling fold away."""
    assert canonical(link) == ARTICLE


OTHER_PAGES = [
    "https://rmol.id/dunia/read/2023/09/20/589876/Rusia-desak-armenia",
    "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia?id=2",
    "https://rmol.co/dunia/read/2023/09/20/589876/rusia-desak-armenia",
    "https://politik.rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia",
    "https://rmol.id:8443/dunia/read/2023/09/20/589876/rusia-desak-armenia",
    "https://rmol.id/dunia/read/2023/09/20/589876/rusia-desak-armenia?page=2",
]


@pytest.mark.parametrize("link", OTHER_PAGES)
def test_other_pages_stay_other_pages(link: str) -> None:
    """Case of the path, other parameters, hosts and ports mean something."""
    assert canonical(link) != ARTICLE
    assert canonical(canonical(link)) == canonical(link)


FORMS = [
    ("https://münchen.de/ä", "https://xn--mnchen-3ya.de/%C3%A4"),
    ("https://xn--mnchen-3ya.de/%c3%a4", "https://xn--mnchen-3ya.de/%C3%A4"),
    ("http://a.example/?b=2&a=1&b=1", "https://a.example?a=1&b=2&b=1"),
    ("http://a.example/?q=a+b", "https://a.example?q=a%20b"),
    ("http://a.example/100%", "https://a.example/100%25"),
    ("http://m.co.id/x", "https://m.co.id/x"),
    ("http://www.com/x", "https://www.com/x"),
    ("http://[::1]:80/x", "https://[::1]/x"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("tag:blogger.com,1999:blog-1", "tag:blogger.com,1999:blog-1"),
    (" just words ", "just words"),
    ("http://", "http://"),
    ("http://[broken", "http://[broken"),
    ("http://a.example:99999/x", "http://a.example:99999/x"),
]


@pytest.mark.parametrize(("link", "form"), FORMS)
def test_canonical_forms(link: str, form: str) -> None:
    """IDNA, percent-encoding, sorted query; what is no web address is only trimmed."""
    assert canonical(link) == form


LINKS = st.builds(
    "{}://{}{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(
        ["rmol.id", "www.rmol.id", "m.amp.www.rmol.id", "amp.co.id", "münchen.de", "127.0.0.1:80", "u@a.b:81"]
    ),
    st.text(alphabet=st.sampled_from("/.%aAé -~2fF;:@!*"), max_size=30).map(lambda text: f"/{text}"),
    st.sampled_from(["", "/amp", "/amp/", ".amp", "/./..", "/%61mp", "//"]),
    st.text(alphabet=st.sampled_from("?&=utm_ab%41+/#é"), max_size=20).map(lambda text: f"?{text}"),
    st.sampled_from(["", "#x", "#"]),
)
ANYTHING = st.one_of(st.text(max_size=60), LINKS, st.text(max_size=20).map(lambda text: f"http://{text}"))


@settings(deadline=None)
@given(ANYTHING)
def test_folding_twice_changes_nothing(link: str) -> None:
    """And never raises, whatever the text."""
    once = canonical(link)
    assert canonical(once) == once


@settings(deadline=None)
@given(ANYTHING, ANYTHING)
def test_nothing_raises(link: str, base: str) -> None:
    """Any text at all may stand where a link is expected."""
    site(link), house(link), section(link), article_key(link), postable(link)
    with_query(link, base)
    joined = absolute(link, base)
    assert joined is None or " " not in joined


@settings(deadline=None)
@given(LINKS, st.sampled_from(["utm_source=x", "fbclid=1", "gclid=2&utm_term=y"]))
def test_tracking_folds_from_any_link(link: str, tracking: str) -> None:
    """Added parameters of this kind change no page."""
    bare = link.partition("#")[0]
    assert canonical(f"{bare}&{tracking}") == canonical(link)


IDS = [
    (ARTICLE, "589876"),
    ("https://rmol.id/amp/2011/02/21/18861/rmol-serukan-satu-indonesia-", "18861"),
    ("https://rmol.id/amp/2011/02/21/18861/whatsapp:/send?text=RMOL", "18861"),
    ("https://rmol.id/foto/2011/12/17/49300/istana-memanas", "49300"),
    ("http://politik.rmol.co/read/2015/04/03/197820/Wajarlah,-Ini-Semua-Akibat-Kabinet-Kerja...-", "197820"),
    ("http://www.rmolbanten.com/read/2018/06/27/1485/Belum-Ada-Pemenang", "1485"),
    ("http://www.rmolsumsel.com/read/2016/01/17/43807/1/Aswari-Menunggu-Sinyal", "43807"),
    ("http://finance.detik.com/read/2017/04/28/065546/3486166/4/bumn-malaysia", "3486166"),
    ("http://news.detik.com/read/2014/04/29/160540/2568253/10/perjalanan-ipod", "2568253"),
    ("http://foto.detik.com/readfoto/2016/11/21/135045/3350389/1696/1/ayu-ting-ting", "3350389"),
    ("https://news.detik.com/berita/d-8667314/psel-bogor", "8667314"),
    ("https://nasional.okezone.com/read/2020/07/09/337/2243658/slug", "2243658"),
    ("https://www.tempo.co/read/news/2017/04/06/063863185/Sidang-E-KTP", "063863185"),
    ("https://nasional.tempo.co/read/1774400/judul-berita", "1774400"),
    ("http://bola.liputan6.com/read/2934383/misi-rooney?utm_source=lpfeed", "2934383"),
    ("https://jambi.antaranews.com/berita/519381/malisya", "519381"),
    ("https://www.cnnindonesia.com/nasional/20250725074012-12-1254567/judul", "1254567"),
    ("https://radarbogor.jawapos.com/bansos/2477309604/silaturahmi-dengan-warga", "2477309604"),
    (
        "http://nasional.republika.co.id/berita/nasional/daerah/17/04/28/op3ew8365-kepsek-di-makassar",
        "op3ew8365",
    ),
    ("http://www.bbc.com/indonesia/indonesia-39730365", "39730365"),
    ("https://mediaindonesia.com/politik-dan-hukum/612345/judul-berita", "612345"),
    ("https://nasional.kompas.com/read/2023/09/20/06123451/judul", "20230920-06123451"),
    ("https://portal.example/read/2023/09/20/123456/judul", "20230920-123456"),
]


@pytest.mark.parametrize(("link", "number"), IDS)
def test_the_articles_id_is_found(link: str, number: str) -> None:
    """In every named form of path; a number that may be a clock counts with its day only."""
    assert article_id(link) == number


NO_IDS = [
    "https://www.suara.com/news/2023/09/20/061234/judul-berita",
    "https://portal.example/read/2023/09/20/061234/judul-berita",
    "https://portal.example/read/2023/09/20/0612/judul",
    "https://portal.example/read/2023/09/20/2/judul",
    "https://portal.example/read/2023/09/20/judul-berita",
    "https://portal.example/read/20230920/judul",
    "https://www.rmollampung.id/garis-kemiskinan-lampung-naik",
    "https://www.rmollampung.id/category/daerah?page=2",
    "https://keuangan.kontan.co.id/news/kelar-buyback-1637-juta-saham",
    "https://rmol.id/images/berita/normal/2022/09/556490_04170910092022_BerkAH_.jpg",
    "https://blog.example/author/123456/some-long-title",
    "https://portal.example/?p=12345",
    "javascript:alert(123456)",
    "",
]


@pytest.mark.parametrize("link", NO_IDS)
def test_a_number_that_is_no_id_is_none(link: str) -> None:
    """A clock time, a page number, a date, another site's form: None is better than two stories in one."""
    assert article_id(link) is None
    assert article_key(link) is None


def test_ids_are_of_their_site() -> None:
    """One number on two sites is two articles; views of a site are one site."""
    path = "/read/2018/06/27/148512/judul"
    assert article_key(f"http://www.rmolbanten.com{path}") == article_key(
        f"https://m.rmolbanten.com{path}?x=1"
    )
    assert article_key(f"http://rmolbanten.com{path}") != article_key(f"http://rmolsumsel.com{path}")
    assert article_key(ARTICLE) == "rmol.id|589876"
    assert (site("https://amp.rmol.id:8080/x"), site("javascript:x")) == ("rmol.id:8080", "")
    assert (house("https://news.detik.com/x"), house("https://a.kontan.co.id/")) == (
        "detik.com",
        "kontan.co.id",
    )


SECTIONS = [
    (ARTICLE, "Dunia"),
    ("http://politik.rmol.co/read/2015/04/03/197820/Wajarlah,-Ini", "Politik"),
    ("https://rmol.id/foto/2011/12/17/49300/istana-memanas", "Foto"),
    ("https://mediaindonesia.com/politik-dan-hukum/612345/judul-berita", "Politik dan Hukum"),
    ("https://www.viva.co.id/berita/nasional/1635123-judul-berita-x", "Nasional"),
    ("https://portal.example/kategori/hukum/judul-berita-hari-ini", "Hukum"),
    ("https://portal.example/dunia/2024/11/judul", "Dunia"),
    ("https://portal.example/UMKM/read/2024/11/1/900001/x", "UMKM"),
    ("https://jambi.antaranews.com/berita/519381/malisya-x", "Jambi"),
    ("https://rmol.id/amp/2011/02/21/18861/rmol-serukan", None),
    ("http://www.rmol.co/read/2015/04/01/197651/Yusril", None),
    ("https://news.detik.com/berita/d-8667314/psel-bogor", None),
    ("https://www.rmollampung.id/garis-kemiskinan-lampung-naik", None),
    ("https://portal.example/tag/politik/judul-berita-panjang", None),
    ("https://portal.example/berita/2024/11/29/judul-berita", None),
    ("https://portal.example/2024/11/29/judul-berita", None),
    ("https://portal.example/", None),
    ("https://www.portal.example/a/b", None),
    ("nothing", None),
]


@pytest.mark.parametrize(("link", "name"), SECTIONS)
def test_the_section_is_named_by_the_address(link: str, name: str | None) -> None:
    """A word of the path or the sub-domain; never a marker, a date or the slug."""
    assert section(link) == name


JOINS = [
    ("/a", "https://portal.example/x/y", "https://portal.example/a"),
    ("a b", "https://portal.example/x/y", "https://portal.example/x/a%20b"),
    (" https://portal.example/a\n/b ", None, "https://portal.example/a/b"),
    ("//cdn.example/a", None, "https://cdn.example/a"),
    ("//cdn.example/a", "http://portal.example/", "http://cdn.example/a"),
    ("www.portal.example/a", "https://other.example/", "https://www.portal.example/a"),
    ("javascript:alert(1)", "https://portal.example/", "javascript:alert(1)"),
    ("/a", None, None),
    ("", "https://portal.example/", None),
    (None, "https://portal.example/", None),
    ("http://[broken", "https://portal.example/", "http://[broken"),
]


@pytest.mark.parametrize(("link", "base", "joined"), JOINS)
def test_links_are_made_absolute(link: str | None, base: str | None, joined: str | None) -> None:
    """As a browser would, for whatever stands in a feed."""
    assert absolute(link, base) == joined


POSTABLE = [
    "https://rmol.id/x",
    "http://127.0.0.1:8080/x",
    "http://[::1]/x",
    "HTTP://RMOL.ID",
    "https://münchen.de",
]
NOT_POSTABLE = ["javascript:alert(1)", "http://localhost/x", "http://portal/x", "http://portal./x", "ftp://rmol.id/x",
                "tg://resolve?domain=x", "/x", "", None, "http://", "http://a b.example/", 'http://a".example/', "http://.x"]  # fmt: skip


@pytest.mark.parametrize("link", POSTABLE)
def test_what_telegram_keeps(link: str) -> None:
    """A web address with a dot in its host, or an IP address."""
    assert postable(link)


@pytest.mark.parametrize("link", NOT_POSTABLE)
def test_what_telegram_would_drop(link: str | None) -> None:
    """Without a word, and the headline would stand there without its link."""
    assert not postable(link)


QUERIES = [
    (
        "https://rmol.id/x",
        "utm_source=telegram&utm_medium=kanal",
        "https://rmol.id/x?utm_source=telegram&utm_medium=kanal",
    ),
    (
        "https://rmol.id/x?a=1&utm_source=rss#y",
        "utm_source=telegram",
        "https://rmol.id/x?a=1&utm_source=telegram#y",
    ),
    ("https://rmol.id/x?a=%20b", "?a=2", "https://rmol.id/x?a=2"),
    ("https://rmol.id/x?a=1", "", "https://rmol.id/x?a=1"),
    ("javascript:alert(1)", "a=1", "javascript:alert(1)"),
]


@pytest.mark.parametrize(("link", "utm", "result"), QUERIES)
def test_a_channels_parameters_are_added(link: str, utm: str, result: str) -> None:
    """In place of those of the same name; the rest stays byte for byte."""
    assert with_query(link, utm) == result


@settings(deadline=None)
@given(LINKS)
def test_a_channels_parameters_change_no_page(link: str) -> None:
    """A post with utm in its link is still that article's post."""
    tagged = with_query(link, "utm_source=telegram&utm_medium=kanal")
    assert canonical(tagged) == canonical(link)
    assert urlsplit(tagged).path == urlsplit(link.strip()).path


def test_an_endless_address_is_none() -> None:
    """A picture written out in base64, or ten megabytes of a mistake: nothing to follow, nothing to keep."""
    assert absolute("https://a.example/" + "x" * 5000, None) is None
    assert absolute("data:image/png;base64," + "A" * 5000, "https://a.example/") is None
    assert absolute("/" + "x" * 2000, "https://a.example/") == "https://a.example/" + "x" * 2000
