"""Bytes into text, whatever their labels claim."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.decoding import decode, gunzip

TEXT = "<rss>café – “kutip”</rss>"
LATIN = "<rss>café</rss>"
PROLOG = "<?xml version='1.0' encoding='{}'?>"

CASES = [
    (TEXT.encode(), None, TEXT),
    (TEXT.encode("utf-8-sig"), "iso-8859-1", TEXT),
    (TEXT.encode("utf-16"), None, TEXT),
    (TEXT.encode("utf-16-be"), None, TEXT),
    (TEXT.encode("utf-16-le"), "utf-8", TEXT),
    (TEXT.encode("utf-32"), None, TEXT),
    (TEXT.encode("utf-32-be"), None, TEXT),
    (LATIN.encode("latin-1"), None, LATIN),
    (TEXT.encode("cp1252"), None, TEXT),
    (TEXT.encode("cp1252"), "iso-8859-1", TEXT),
    (TEXT.encode("cp1252"), "utf-8", TEXT),
    (TEXT.encode(), "iso-8859-1", TEXT),
    (PROLOG.format("windows-1252").encode() + TEXT.encode(), None, PROLOG.format("windows-1252") + TEXT),
    (PROLOG.format("utf-8").encode() + LATIN.encode("latin-1"), None, PROLOG.format("utf-8") + LATIN),
    (
        PROLOG.format("koi8-r").encode() + "новости".encode("koi8-r"),
        None,
        PROLOG.format("koi8-r") + "новости",
    ),
    ("новости".encode("koi8-r"), '"KOI8-R"', "новости"),
    (PROLOG.format("utf-8").encode() + "뉴스".encode("euc-kr"), "euc-kr", PROLOG.format("utf-8") + "뉴스"),
    (PROLOG.format("gb2312").encode() + "新闻".encode("gb2312"), None, PROLOG.format("gb2312") + "新闻"),
    (
        PROLOG.format("iso-2022-jp").encode() + "新聞".encode("iso-2022-jp"),
        None,
        PROLOG.format("iso-2022-jp") + "新聞",
    ),
    (PROLOG.format("x-fake").encode() + TEXT.encode(), "x-faker", PROLOG.format("x-fake") + TEXT),
    (b"<meta charset=windows-1251>" + "новости".encode("cp1251"), None, "<meta charset=windows-1251>новости"),
    ("judul é".encode()[:-1], None, "judul "),
    ("é".encode() + "é.".encode("latin-1"), None, "éé."),
    (b"plus+AGE-", "utf-7", "plus+AGE-"),
    (b"abc", "hex", "abc"),
    (b"", None, ""),
]


@pytest.mark.parametrize(("body", "charset", "text"), CASES)
def test_labels_are_believed_as_far_as_they_fit(body: bytes, charset: str | None, text: str) -> None:
    """Mark of order, HTTP, valid UTF-8, declaration, windows-1252; UTF-7 and codecs that are no text never."""
    assert decode(body, charset) == text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\ufeff")))
def test_utf_8_is_always_read(text: str) -> None:
    """With and without a label, also a wrong one of the Western kind."""
    body = f"<rss>{text}</rss>".encode()
    assert decode(body) == decode(body, "utf-8") == decode(body, "latin-1") == f"<rss>{text}</rss>"


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "latin-1", "utf-16", "shift_jis", "no such"]))
def test_any_bytes_become_text(body: bytes, charset: str | None) -> None:
    """The last resort reads everything."""
    assert isinstance(decode(body, charset), str)


def test_a_gzip_file_is_unpacked() -> None:
    """One that no header announced, within the limit; what only begins like one is left."""
    assert gunzip(gzip.compress(TEXT.encode()), 1000) == TEXT.encode()
    assert len(gunzip(gzip.compress(bytes(100_000)), 1000)) == 1000
    assert gunzip(b"\x1f\x8b\x08garbage", 1000) == b"\x1f\x8b\x08garbage"
    assert gunzip(b"<rss/>", 1000) == b"<rss/>"
