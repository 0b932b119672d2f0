"""The portal's words as plain text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.headlines import MAX_LEAD, MAX_TITLE
from bot.domain.text import clean_lead, clean_title, shorten

MARKUP = st.text(
    alphabet=st.sampled_from("<>/&;#\"'= !-abip scriptBR[]CDATA\u200d\u202e\x07\n🙂é"), max_size=400
)
ANYTHING = st.one_of(st.text(max_size=700), MARKUP)

TITLES = [
    ("Rusia Desak Armenia", "Rusia Desak Armenia"),
    ("Jual &amp; Beli", "Jual & Beli"),
    ("Jual &amp;amp; Beli", "Jual &amp; Beli"),
    ("5 &lt; 6", "5 < 6"),
    ("<b>Ru</b>sia <i>Desak</i>", "Rusia Desak"),
    ("Satu<br>Dua<p>Tiga</p>", "Satu Dua Tiga"),
    ("&lt;b&gt; adalah tag", "<b> adalah tag"),
    ("<Judul> <3 <x-y> a<1>", "<Judul> <3 <x-y> a<1>"),
    ("<script>alert(1)</script>Judul", "Judul"),
    ("Cara memakai <script> di web", "Cara memakai di web"),
    ("Judul <img src=x onerror=alert(1)> ini", "Judul ini"),
    ("<a href='a>b'>Tautan</a>", "Tautan"),
    ('<font color="red">Merah</font>', "Merah"),
    ("<!-- sembunyi -->Judul", "Judul"),
    ("<![CDATA[Judul]]>", "Judul"),
    ("Harga &#36;5 &#x26; &quot;naik&quot; &#39;lagi&#39", "Harga $5 & \"naik\" 'lagi'"),
    ("R&D, AT&T, Tom&Jerry &copy2020 &bukan;", "R&D, AT&T, Tom&Jerry &copy2020 &bukan;"),
    ("&nbsp; Judul\u00a0\n\tberita \u2028 ini ", "Judul berita ini"),
    ("a\x00b\x07c\x1bd", "abcd"),
    ("nol &#0; &#1; &#55296;", "nol"),
    ("\u0093kutip\u0094 \u0096 tanda", "“kutip” – tanda"),
    ("a\u202edbelik\u202c \u2066x\u2069", "adbelik x"),
    ("so\u00adal\u200b\ufeff", "soal"),
    ("👨\u200d👩\u200d👧 Keluarga ❤️", "👨\u200d👩\u200d👧 Keluarga ❤️"),
    (
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f Inggris",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f Inggris",
    ),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("\u200fمرحبا\u200f", "مرحبا"),
    ("a\u200db", "ab"),
    ("lone \ud800 surrogate", "lone surrogate"),
    ("", ""),
    (" \n ", ""),
]


@pytest.mark.parametrize(("raw", "clean"), TITLES)
def test_titles_are_cleaned(raw: str, clean: str) -> None:
    """Entities once, HTML's tags out, other brackets kept, what cannot be seen out."""
    assert clean_title(raw) == clean


def test_a_long_title_is_cut_at_a_word() -> None:
    """With an ellipsis, within the limit, never inside a word."""
    title = clean_title("Pemerintah mengumumkan " * 300)
    assert len(title) <= MAX_TITLE
    assert title.endswith(("mengumumkan…", "Pemerintah…"))
    assert clean_title("x" * 5000) == "x" * (MAX_TITLE - 1) + "…"
    assert clean_title("x " * 150) == ("x " * 150).strip()


def test_a_cut_parts_no_emoji() -> None:
    """A family of emoji at the limit goes whole."""
    family = "👨\u200d👩\u200d👧"
    title = clean_title("x" * (MAX_TITLE - 3) + family + "y")
    assert title == "x" * (MAX_TITLE - 3) + "…"


def test_leads_are_plain_text() -> None:
    """Markup, pictures, scripts and beacons out; paragraphs become spaces; cut at a word."""
    raw = (
        "<p>Satu &amp; dua.</p>\n<p>Tiga<img src='x' alt='gambar'></p><script>x()</script><iframe>y</iframe>"
    )
    assert clean_lead(raw) == "Satu & dua. Tiga"
    assert clean_lead("&lt;p&gt;Satu&lt;/p&gt;&lt;img src=x&gt;&amp;amp;") == "Satu &"
    assert len(clean_lead("<p>kata</p> " * 30_000)) <= MAX_LEAD
    assert clean_lead("<style>p{}</style>" + "<div>" * 3000 + "Isi") == "Isi"


def test_a_lead_cut_inside_a_tag_shows_no_tag() -> None:
    """Only the beginning of a very long description is read."""
    assert "<" not in clean_lead("kata " * 11_990 + "<a href='" + "x" * 10_000 + "'>tautan</a>")


@settings(deadline=None)
@given(ANYTHING)
def test_titles_are_safe_for_any_text(raw: str) -> None:
    """Never too long, never with a control character, and always valid UTF-8."""
    title = clean_title(raw)
    assert len(title) <= MAX_TITLE
    assert title == " ".join(title.split())
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in title)
    assert not set(title) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\ufdd0")
    title.encode("utf-8")


@settings(deadline=None)
@given(ANYTHING)
def test_leads_are_safe_for_any_text(raw: str) -> None:
    """The same for leads."""
    lead = clean_lead(raw)
    assert len(lead) <= MAX_LEAD
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in lead)
    lead.encode("utf-8")


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="<>&"), max_size=700))
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    """Where there is no markup to decode, a clean title is clean."""
    once = clean_title(raw)
    assert clean_title(once) == once


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(min_value=2, max_value=50))
def test_shortening_keeps_the_limit(text: str, limit: int) -> None:
    """Whatever the text, and untouched where it fits."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert (short == text) == (len(text) <= limit) or short.endswith("…")


@pytest.mark.parametrize(
    "raw",
    [
        "<a " * 20_000,
        "<a '" * 20_000,
        '<a "' * 20_000,
        "&" * 60_000,
        "<!--" * 20_000,
        f"-->{'<!--' * 20_000}",
        "<script " * 9000,
        "<script>" * 9000,
        f"{'<style>' * 9000}</style x",
    ],
)
def test_hostile_markup_costs_little(raw: str) -> None:
    """Nothing here takes more than linear time for what it looks at (the test would not end)."""
    assert len(clean_title(raw)) <= MAX_TITLE
    assert len(clean_lead(raw)) <= MAX_LEAD
