"""Broken XML into XML that a strict parser takes, as far as that is possible without guessing words.

A text of 10 MiB that holds one emoji takes 40 in memory, so none is copied but where something had to be mended.

What a document defines itself is thrown away with its DOCTYPE: an entity of its own becomes `MARK`, so that
whoever finds one in a headline knows that the headline is not whole. Nothing here opens files or addresses.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Stands where an entity stood that the document defines itself: no character (Unicode §23.7), so in no text.
MARK = "\ufdd0"

#: Characters that are encoded at once.
_PIECE = 256 * 1024
_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DOCTYPE = re.compile(
    r"""<!DOCTYPE(?:[^\[>"'<]|"[^"]*+"|'[^']*+')*+
        (?:\[(?P<subset>(?:<!--(?:[^-]|-(?!->))*+-->|"[^"]*+"|'[^']*+'|<\?(?:[^?]|\?(?!>))*+\?>|[^\]"'])*+)\]\s*+)?>""",
    re.VERBOSE | re.IGNORECASE,
)
_DOCTYPE_BEGIN = re.compile("<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s+([^\s%"'<>]+)\s+(?:"([^"]*)"|'([^']*)'|(?:SYSTEM|PUBLIC)\b)""")
_PARAMETER_ENTITY = re.compile(r"<!ENTITY\s+%")
_ROOT = re.compile(r"<(?:[\w.\-]+:)?(rss|feed|rdf|channel|html|urlset|sitemapindex|opml)\b", re.IGNORECASE)
_SKIPPED = re.compile(r"\s+|\ufeff|<\?.*?\?>|<!--.*?-->", re.DOTALL)
#: Characters that XML 1.0 §2.2 does not allow, and `MARK`'s own neighbours.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
#: What may hold the end of an item without being one, to the end of the text where it is not closed.
_ENCLOSED = r"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--(?:.*?-->|.*)"
_AMPERSAND = re.compile(
    _ENCLOSED
    + r"|&(?:#(?P<dec>[0-9]{1,9});|#[xX](?P<hex>[0-9a-fA-F]{1,8});|(?P<name>[A-Za-z_:][\w.:\-]{0,63});)?",
    re.DOTALL,
)
_ITEM = re.compile(r"<((?:[\w.\-]+:)?(?:item|entry))[\s>]", re.IGNORECASE)
_OPEN_TAG = re.compile(r"<(?P<name>(?:[\w.\-]+:)?[\w.\-]+)")
#: A start tag that only a hostile document has: parsers take the square of its attributes in time.
_ENDLESS_TAG = re.compile(r"<([\w.:\-]{1,80})\s[^<>]{20000,}+>")
#: Some CMS write an item's picture as the bare text of an element that RSS has for channels only.
_BARE_IMAGE = re.compile(
    r"""<image>\s*(?:<!\[CDATA\[)?\s*((?:https?:)?//[^\s<>"\]]+)\s*(?:\]\]>)?\s*</image>""", re.IGNORECASE
)
#: A page's element where a feed has a plain date: its attribute is what a machine should read.
_DATE_ELEMENT = re.compile(
    r"""(<(?:pubDate|published|updated|dc:date)>\s*)<time\b[^<>]*?\bdatetime\s*=\s*["']([^"'<>]+)["'][^<>]*>[^<>]*</time>"""
)
_PREFIXED_ITEM = re.compile(r"<([\w.\-]+):(?:item|entry)[\s>]")
_FIRST_ITEM = re.compile(r"<item[\s>]", re.IGNORECASE)
_WRAPPER = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
)


@dataclass(frozen=True, slots=True)
class Mended:
    """XML without prolog and DOCTYPE, in UTF-8; `cut_off` where the end was missing, `items` as far as they are whole.

    `more`: there are items beyond those that were asked for; `is_feed`: it begins as a feed does, with or without items.
    """

    body: bytes
    items: int
    cut_off: bool
    more: bool
    is_feed: bool


@dataclass(frozen=True, slots=True)
class _Whole:
    """Where the last whole item ends, or the document, and what must be said to close it there."""

    end: int
    items: int
    closing: str = ""
    cut_off: bool = False
    more: bool = False


def mend(text: str, most_items: int) -> Mended:
    """`text` with its whole items, at most `most_items` of them, and with what XML would stumble over mended."""
    text = without_endless_tags(_FORBIDDEN.sub("", text))
    text, own_names, open_ended = _without_doctype(text)
    text = _BARE_IMAGE.sub(r'<thumbnail xmlns="http://search.yahoo.com/mrss/" url="\1"/>', text)
    text = _without_stray_prefix(_DATE_ELEMENT.sub(r"\1\2", text))
    text, start = _from_root(text)
    whole = _cut_to_whole_items(text, start, most_items)

    def ampersand(match: re.Match[str]) -> str:
        return _mend_ampersand(match, own_names, open_ended=open_ended)

    body = _encoded(text, start, whole.end, ampersand)
    body += whole.closing.encode()
    is_feed = root_name(text, start) in _FEED_ROOTS
    return Mended(bytes(body), whole.items, whole.cut_off, whole.more, is_feed)


def without_endless_tags(text: str) -> str:
    """`text` with start tags of more than 20,000 characters cut to their names."""
    return _ENDLESS_TAG.sub(lambda tag: f"<{tag[1]}{'/' * (text[tag.end() - 2] == '/')}>", text)


def root_name(text: str, place: int = 0) -> str:
    """The local name of the first element behind `place`, lower case, prolog and comments skipped; or empty."""
    while found := _SKIPPED.match(text, place):
        place = found.end()
    if doctype := _DOCTYPE.match(text, place):
        claimed = re.match(r"<!DOCTYPE\s+html", doctype[0], re.IGNORECASE)
        name = root_name(text, doctype.end())
        return "html" if claimed and name not in _FEED_ROOTS else name
    tag = _OPEN_TAG.match(text, place)
    return tag["name"].rpartition(":")[2].lower() if tag else ""


def _without_doctype(text: str) -> tuple[str, frozenset[str], bool]:
    """The text without DOCTYPE, the names it defines, and whether it may define more elsewhere."""
    root = _ROOT.search(text)
    begin = _DOCTYPE_BEGIN.search(text, 0, root.start() if root else len(text))
    if begin is None:
        return text, frozenset(), False
    start = begin.start()
    found = _DOCTYPE.match(text, start)
    if found is None:  # never closed: what follows up to the root belongs to it
        rest = text[root.start() :] if root else ""
        return text[:start] + rest, frozenset(), True
    subset = found["subset"] or ""
    names = frozenset(match[1] for match in _ENTITY.finditer(subset) if not _is_html(match))
    return text[:start] + text[found.end() :], names, bool(_PARAMETER_ENTITY.search(subset))


def _is_html(match: re.Match[str]) -> bool:
    """A document that repeats what HTML (or XML) defines anyway defines nothing of its own."""
    usual = html.entities.html5.get(f"{match[1]};")
    value = match[2] or match[3] or ""
    return usual is not None and len(value) < 40 and html.unescape(html.unescape(value)) == usual


def _from_root(text: str) -> tuple[str, int]:
    """The text, and where its root element begins; items that have lost their root get one."""
    root = _ROOT.search(text)
    first = _FIRST_ITEM.search(text)
    if first and (root is None or root.start() > first.start()):
        return _WRAPPER + text[first.start() :], 0
    return text, root.start() if root else 0


def _without_stray_prefix(text: str) -> str:
    """Elements of the feed itself under a prefix that nobody has declared (``<rss:item>``) lose it."""
    found = _PREFIXED_ITEM.search(text)
    if found is None or f"xmlns:{found[1]}" in text:
        return text
    return re.sub(rf"(</?){re.escape(found[1])}:", r"\1", text)


def _cut_to_whole_items(text: str, start: int, most_items: int) -> _Whole:
    opening = _OPEN_TAG.match(text, start)
    root = opening["name"] if opening else ""
    end_of_root = text.rfind(f"</{root}", start) if root else -1
    ends = 0
    last = -1
    more = False
    for match in _item_ends(text, start):
        if match["end"]:
            if more := ends == most_items:
                break
            ends, last = ends + 1, match.end()
    if end_of_root >= 0 and not more:
        return _Whole(text.find(">", end_of_root) + 1 or len(text), ends)
    if last < 0:
        return _Whole(len(text), 0, cut_off=True)
    return _Whole(last, ends, _closing(text, start, last, root), cut_off=not more, more=more)


def _item_ends(text: str, start: int) -> Iterator[re.Match[str]]:
    """Where items end; elements of the same name in other namespaces (``content:item``) are parts of items."""
    first = _ITEM.search(text, start)
    name = re.escape(first[1]) if first else "item"
    return re.compile(rf"{_ENCLOSED}|(?P<end></{name}\s*>)", re.DOTALL | re.IGNORECASE).finditer(text, start)


def _closing(text: str, start: int, end: int, root: str) -> str:
    prefix = root.rpartition(":")[0]
    channel = f"{prefix}:channel" if prefix and root.lower().endswith("rss") else "channel"
    head = text[start : min(start + 20_000, end)]
    still_open = re.search(rf"<{channel}[\s>]", head) and text.find(f"</{channel}", start, end) < 0
    return f"</{channel}></{root}>" if still_open else f"</{root}>"


def _encoded(text: str, start: int, end: int, ampersand: Callable[[re.Match[str]], str]) -> bytearray:
    """What stands between, in UTF-8, every ampersand mended outside of what is enclosed."""
    body = bytearray()
    place = start
    for match in _AMPERSAND.finditer(text, start, end):
        if text[match.start()] == "&":
            _append(body, text, place, match.start())
            body += ampersand(match).encode()
            place = match.end()
    _append(body, text, place, end)
    return body


def _append(body: bytearray, text: str, start: int, end: int) -> None:
    for place in range(start, end, _PIECE):
        body += text[place : min(place + _PIECE, end)].encode("utf-8", "replace")


def _mend_ampersand(match: re.Match[str], own_names: frozenset[str], *, open_ended: bool) -> str:
    found, name = match[0], match["name"]
    if not found.startswith("&"):
        return found
    if match["dec"] or match["hex"]:
        return _mend_number(int(match["dec"] or match["hex"], 10 if match["dec"] else 16))
    if name in _XML_NAMES and name not in own_names:
        return found
    if name and name in own_names:
        return MARK
    usual = html.entities.html5.get(f"{name};") if name else None
    if usual:
        return "".join(f"&#{ord(char)};" for char in usual)
    return MARK if name and open_ended else f"&amp;{found[1:]}"


def _mend_number(code: int) -> str:
    """A character reference that XML allows; C1 codes mean windows-1252, as in browsers."""
    if 0x80 <= code <= 0x9F:
        return f"&#{ord(html.unescape(f'&#{code};'))};"
    allowed = (
        code in {9, 10, 13} or 32 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    )
    return f"&#{code};" if allowed and not 0xFDD0 <= code <= 0xFDEF else ""
