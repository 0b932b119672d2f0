"""The sandbox reads Telegram HTML as strictly as Telegram, with and without TDLib's own library."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox import html_tdlib
from bot.sandbox.errors import ApiError
from bot.sandbox.html_plain import PlainParser, checked_link
from bot.sandbox.markup import Composer, MarkupError, Parser, units
from bot.sandbox.parsers import choose_parser

PIECES = [
    "<b>", "</b>", "<i>", "</i>", '<a href="https://p.id/x?a=1&amp;b=2">', "</a>", "<code>", "</code>", "<pre>",
    "</pre>", "<blockquote>", "<blockquote expandable>", "</blockquote>", "<br>", "<p>", "<", ">", "&", "&amp;", "&lt;",
    "&nbsp;", "&#39;", "&#x1F600;", "&#0;", "kata", " ", "\n", "😀", "é", '<span class="tg-spoiler">', "</span>",
    "<tg-spoiler>", "</tg-spoiler>", "</>", '"', "'", "=", "/", "<a href='http://localhost/'>", "<B>", "<s>", "</s>",
    '<code class="language-py">', "<a>", "<a href=x>", "<b x>", "<!--", "<u", "</u",
    "<tg-emoji emoji-id='5'>", "</tg-emoji>", "<pre><code class='language-x'>", "</code></pre>", "&quot", "&#x41",
    "&#99999999999;", "<blockquote  expandable = '' >", "<a href='a.b/c d'>", "<A HREF='HTTP://X.Y'>", '<b a="1',
    "<b a='1' c=\"2\">", "\t", "\r", "<b/>", "<a href='tg://user?id=5'>", "<a href='http://u:p@h.i:8/?q#f'>",
    "<a href='http://h.i?q=1'>", "<a href='http://A.B/Ç ?x y'>", "<a href='https://h..i'>", "<a href='http://h.i:0/'>",
    "<a href='mailto:x@h.i'>", "<a href='tel:+62'>", "<a href='//h.i'>", "<a href='h.i:80'>", "<a href='http://h.i:/'>",
]  # fmt: skip


def parsers() -> list[Parser]:
    tdlib = html_tdlib.load()
    return [PlainParser(), tdlib] if tdlib else [PlainParser()]


@pytest.fixture(params=parsers(), ids=lambda parser: parser.name)
def parser(request: pytest.FixtureRequest) -> Parser:
    """Each parser that this machine has."""
    found: Parser = request.param
    return found


def reading(parser: Parser, text: str) -> object:
    try:
        parsed = parser.parse(text, "html")
    except MarkupError as error:
        return str(error)
    return parsed.text, sorted(map(repr, parsed.entities))


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("x<br>y", 'Unsupported start tag "br" at byte offset 1'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("é<", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href=http://p.id/x>l</a>", "Unexpected end of name token at byte offset 8"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
    ],
)  # fmt: skip
def test_bad_markup_is_refused_in_telegrams_words(parser: Parser, text: str, refusal: str) -> None:
    """What Telegram refuses is refused with the same sentence and byte offset."""
    with pytest.raises(MarkupError) as caught:
        parser.parse(text, "html")
    assert str(caught.value) == f"Can't parse entities: {refusal}"


def test_entities_are_measured_in_utf_16(parser: Parser) -> None:
    """An emoji counts as two units, in offsets and lengths alike."""
    parsed = parser.parse("😀<b>😀a</b>", "html")
    assert parsed.text == "😀😀a"
    assert parsed.entities == [{"type": "bold", "offset": 2, "length": 3}]


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("http://localhost/x", None),
        ("http://host/x", None),
        ("javascript:alert(1)", None),
        ("ftp://p.id/x", None),
        ("/x", None),
        ("http://p.id:99999/", None),
        ("http://127.0.0.1:80/x", "http://127.0.0.1:80/x"),
        ("HTTPS://P.id/X", "https://p.id/X"),
        ("https://p.id", "https://p.id/"),
        ("p.id/x", "http://p.id/x"),
        ("tg://resolve?domain=x", "tg://resolve?domain=x"),
    ],
)
def test_a_link_that_telegram_drops_loses_its_entity(parser: Parser, href: str, kept: str | None) -> None:
    """A hidden link to nowhere disappears without a word, its text stays."""
    parsed = parser.parse(f'<a href="{href}">x</a>', "html")
    assert parsed.text == "x"
    assert [entity["url"] for entity in parsed.entities] == ([kept] if kept else [])


def test_only_four_named_entities_are_known(parser: Parser) -> None:
    """`&nbsp;` and the like stay as they are written."""
    parsed = parser.parse("&lt;&gt;&amp;&quot;&nbsp;&hellip;&#65;&#x41;&#xZZ;", "html")
    assert parsed.text == '<>&"&nbsp;&hellip;AA&#xZZ;'


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
def test_both_parsers_agree(text: str) -> None:
    """Without TDLib the sandbox is exactly as strict: same text, same entities, same refusals."""
    tdlib = html_tdlib.load()
    if tdlib is not None:
        assert reading(PlainParser(), text) == reading(tdlib, text)


def test_the_one_that_is_wanted_is_chosen() -> None:
    """`plain` never loads TDLib; an unknown name is an error."""
    assert choose_parser("plain").name == "plain"
    with pytest.raises(ValueError, match="no such parser"):
        choose_parser("lenient")


def test_text_is_trimmed_and_entities_follow(parser: Parser) -> None:
    """White space at both ends and carriage returns go, entities keep to their words."""
    parsed = Composer(parser).compose(" \n <b> Judul\r\n</b> isi\t ", "HTML")
    assert parsed.text == "Judul\n isi"
    assert parsed.entities == [{"type": "bold", "offset": 0, "length": 6}]


def test_telegram_marks_links_and_commands_by_itself(parser: Parser) -> None:
    """A bare URL, a command and a name get entities, but not inside a link that was marked explicitly."""
    parsed = Composer(parser).compose(
        '<a href="https://p.id/x">https://q.id/</a> https://r.id/y /terbaru @kabar', "HTML"
    )
    kinds = [(entity["type"], entity["offset"]) for entity in parsed.entities]
    assert kinds == [("text_link", 0), ("url", 14), ("bot_command", 29), ("mention", 38)]


def test_links_are_found_inside_bold_text(parser: Parser) -> None:
    """Bold text with an address in it has both entities."""
    parsed = Composer(parser).compose("<b>lihat https://p.id/x</b>", "HTML")
    assert [entity["type"] for entity in parsed.entities] == ["bold", "url"]


def test_a_link_comes_before_the_bold_around_it(parser: Parser) -> None:
    """Entities of the same range are ordered as TDLib orders them."""
    parsed = Composer(parser).compose('<b><a href="https://p.id/x">x</a></b>', "html")
    assert [entity["type"] for entity in parsed.entities] == ["text_link", "bold"]


def test_raw_text_has_a_limit_in_bytes(parser: Parser) -> None:
    """32768 bytes of raw text are read, one more is refused before parsing."""
    composer = Composer(parser)
    assert len(composer.compose("a" * 32768, "").text) == 32768
    with pytest.raises(ApiError, match="text is too long"):
        composer.compose("é" * 16385, "HTML")


def test_an_unknown_parse_mode_is_refused(parser: Parser) -> None:
    """Nothing is guessed about a mode that does not exist."""
    with pytest.raises(ApiError, match="unsupported parse_mode"):
        Composer(parser).compose("x", "BBCode")


def test_explicit_entities_are_taken_as_given(parser: Parser) -> None:
    """Without a parse mode the client's own list of entities counts."""
    parsed = Composer(parser).compose("tebal", "", [{"type": "bold", "offset": 0, "length": 5}])
    assert parsed.entities == [{"type": "bold", "offset": 0, "length": 5}]


@given(st.text())
def test_units_are_utf_16_code_units(text: str) -> None:
    """The measure is that of UTF-16, whatever the characters."""
    assert units(text) == sum(2 if ord(char) > 0xFFFF else 1 for char in text)


def test_a_link_with_white_space_in_its_host_is_none() -> None:
    """What cannot be an address is dropped."""
    assert checked_link(" http://p.id/") == ""
    assert checked_link("http://[::1") == ""
