"""Bytes of a document into text, whatever its labels claim. Never raises: the last resort reads every byte."""

from __future__ import annotations

import codecs
import re
import zlib

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: How ``<?`` or ``<r`` begin without a mark of order (XML 1.0, appendix F).
_WIDE = (
    (re.compile(rb"<\0\0\0.\0\0\0", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0.", re.DOTALL), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0", re.DOTALL), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]", re.DOTALL), "utf-16-be"),
)
_PROLOG = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']?\s*([A-Za-z0-9._:\-]+)""", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]+?charset\s*=\s*["']?\s*([A-Za-z0-9._:\-]+)""", re.IGNORECASE)
#: What the Web calls by these names is windows-1252 (WHATWG Encoding); gb2312 is written as its superset.
_ALIASES = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
#: In these, text beyond ASCII looks like ASCII to a test for UTF-8.
_SEVEN_BIT = ("iso2022", "hz")
_GZIP = b"\x1f\x8b\x08"


def decode(body: bytes, charset: str | None = None) -> str:
    """`body` as text: mark of order, `charset` of HTTP, valid UTF-8, its own declaration, windows-1252.

    A single-byte charset that HTTP claims for bytes that are valid UTF-8 is not believed: servers
    claim latin-1 by default, and latin-1 text never reads as UTF-8 by chance.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    for form, codec in _WIDE:
        if form.match(body):
            return body.decode(codec, "replace")
    declared = _declared(body)
    claimed = _codec(charset)
    if (text := _believed(body, claimed, declared)) is not None:
        return text
    if declared and declared != "utf-8" and (text := _strictly(body, declared)) is not None:
        return text
    return body.decode("utf-8", _as_windows_1252(_FALLBACK_NAME))


def gunzip(body: bytes, limit: int) -> bytes:
    """`body`, unpacked where it is a gzip file that no header announced; at most `limit` bytes of it."""
    if not body.startswith(_GZIP):
        return body
    try:
        return zlib.decompressobj(31).decompress(body, limit)
    except zlib.error:
        return body


def _believed(body: bytes, claimed: str | None, declared: str | None) -> str | None:
    """The text where a claim, or the bytes themselves, leave no doubt."""
    seven_bit = next((name for name in (claimed, declared) if name and name.startswith(_SEVEN_BIT)), None)
    if seven_bit:
        return _strictly(body, seven_bit)
    if claimed and claimed != "utf-8" and not _is_single_byte(claimed):
        return _strictly(body, claimed)
    if (text := _utf8(body)) is not None:
        return text
    return _strictly(body, claimed) if claimed and claimed != "utf-8" else None


def _utf8(body: bytes) -> str | None:
    """UTF-8, also where the last character was cut through."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None


def _strictly(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec, "ignore" if codec.startswith("cp125") else "strict")
    except (UnicodeError, ValueError):
        return None


def _declared(body: bytes) -> str | None:
    found = _PROLOG.search(body[:1024]) or _META.search(body[:4096])
    return _codec(found[1].decode("ascii")) if found else None


def _codec(name: str | None) -> str | None:
    """Python's own name of a charset, None for one that it does not know or that is no text."""
    try:
        info = codecs.lookup((name or "").strip("\"' \t").replace("x-sjis", "shift_jis"))
    except (LookupError, ValueError):
        return None
    text_only = getattr(info, "_is_text_encoding", True) and info.name != "utf-7"
    return _ALIASES.get(info.name, info.name) if text_only else None


def _is_single_byte(codec: str) -> bool:
    return codec.startswith(("cp12", "iso8859", "koi8", "mac"))


_FALLBACK_NAME = "kabarbot-windows-1252"


def _as_windows_1252(name: str) -> str:
    """The name of an error handler that reads bytes that are no UTF-8 as windows-1252."""
    try:
        codecs.lookup_error(name)
    except LookupError:
        codecs.register_error(name, _one_byte)
    return name


def _one_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end
