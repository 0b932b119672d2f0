"""Whatever a portal sends: no crash, no hang, and every post valid Telegram HTML that says what the portal said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.sandbox import html_tdlib
from bot.sources.tasks import Want
from tests.support_fuzz import composer, posts_of
from tests.support_sources import rss

#: What documents are made of, whole and in pieces; what stands between them is anything.
WORDS = (
    *("<item>", "</item>", "<entry>", "</entry>", "<title>", "</title>", "<title type='html'>", "<link>", "</link>"),
    *("<link href='", "<link href='/a' rel='alternate'/>", "<guid isPermaLink='false'>", "<guid>", "</guid>", "<id>"),
    *("<pubDate>", "</pubDate>", "<dc:date>", "<description>", "</description>", "<content:encoded>", "<media:content "),
    *("<![CDATA[", "]]>", "<!--", "-->", "<?xml ", "?>", "<!DOCTYPE x [", "<!ENTITY a 'b'>", "]>", "&a;", "&amp;lt;b&gt;"),
    *("&#x1F600;", "&#0;", "&#xD800;", "&nbsp;", "&", "&#38;#60;", "<b>", "</b>", "<script>", "<a href='javascript:x'>"),
    *("xml:base='//x/'", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\u202e", "\ufeff", "\x00"),
    *("Rabu, 20 Sep 2023 06:12 WIB", "17 jam lalu", "2023-09-20T06:12:00+07:00", "31 Februari 99", "99999999999"),
    *("https://portal.example/read/2023/09/20/065546/3486166/4/slug", "http://[::1", "https://℀.id/", "http://a:b@c:99999/", "//", "%zz"),
    *("Gempa 5,1 guncang Cianjur", "<i>miring", "\"'><", "\r\n", " ", "\t", "ﷺ", "👩‍👩‍👧‍👦", "é" * 40, "a" * 400),
)  # fmt: skip
SHELLS = (
    "<rss version='2.0'><channel><item>{}</item></channel></rss>",
    "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><item><title>{}</title></item></channel></rss>",
    "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='html'>{}</title></entry></feed>",
    "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a.example/'>{}</feed>",
    "<rdf:RDF xmlns='http://purl.org/rss/1.0/' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{}</rdf:RDF>",
    '{{"version": "https://jsonfeed.org/version/1.1", "items": [{{"id": 1, "title": "{}"}}]}}',
    '{{"items": [{}]}}',
    "<html><body><h2>Populer</h2><ul><li>{}</li><li><a href='/read/1'>Judul yang panjang sekali</a></li></ul></body></html>",
    "<rss version='2.0'><channel><link>{0}</link><item><title>a</title><guid>{0}</guid><link>{0}</link></item></channel></rss>",
    "<html><base href='{0}'><body><h2>UPDATE</h2><a href='{0}'>Judul yang panjang sekali</a></body></html>",
    "{}",
)
PIECES = st.one_of(st.sampled_from(WORDS), st.text(max_size=12), st.characters(codec="utf-8"))
DOCUMENTS = st.builds(
    lambda shell, pieces: shell.format("".join(pieces)).encode("utf-8", "surrogatepass"),
    st.sampled_from(SHELLS),
    st.lists(PIECES, max_size=25),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.one_of(DOCUMENTS, st.binary(max_size=200)),
    want=st.sampled_from(Want),
    charset=st.sampled_from([None, "utf-8", "iso-8859-1", "utf-16", "shift_jis", "nonsense"]),
)
@example(body=b"", want=Want.FEED, charset=None)
def test_any_bytes_make_posts_that_telegram_takes(body: bytes, want: Want, charset: str | None) -> None:
    """Or an error in plain words."""
    posts_of(body, want, charset)


@settings(max_examples=150, deadline=None)
@given(titles=st.lists(st.text(max_size=400), min_size=1, max_size=5))
def test_any_title_is_posted_as_it_reads(titles: list[str]) -> None:
    """Through CDATA, so that nothing is lost on the way to the post."""
    inside = (title.replace("]]>", "").replace("&", "&amp;").replace("<", "&lt;") for title in titles)
    posts_of(rss(*(f"<title><![CDATA[{title}]]></title>" for title in inside)).encode("utf-8", "ignore"))


def test_the_fuzzer_runs(tmp_path: Path) -> None:
    """Some seconds of it, so that it runs when somebody needs it."""
    pytest.importorskip("atheris", reason="atheris is not installed: it has no wheel for every system")
    script = Path(__file__).parents[1] / "fuzz" / "fuzz_posts.py"
    ended = subprocess.run([sys.executable, script, "5"], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode("utf-8", "replace")[-4000:]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(html_tdlib.load() is None, reason="tdjson is not installed")
def test_telegrams_own_parser_judges() -> None:
    """Where it is installed, the posts above were read by it and by nothing of ours."""
    assert composer().parser.name == "tdlib"
