"""Telegram HTML parsed with the standard library, as strictly as TDLib does, for machines without `tdjson`.

The grammar is Telegram's own, not HTML's: a few tags, four named entities, no void elements. `html.parser`
forgives what Telegram refuses, so this is a scanner over bytes (errors tell byte offsets). A test holds it
against TDLib. It finds fewer links in plain text than TDLib does (no bare domains without a scheme), and
reads no Markdown.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from bot.sandbox.markup import Entity, MarkupError, Parsed, units

_TAGS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_NAMED: Final = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_CHARACTER: Final = re.compile(rb"&(?:#x([0-9a-fA-F]*)|#([0-9]*)|([A-Za-z]+))(;?)")
_SPACE: Final = b" \t\r\n\v\f\0"
_NAME_END: Final = re.compile(rb"[ \t\r\n\v\f\0>]")
_ATTRIBUTE_END: Final = re.compile(rb"[ \t\r\n\v\f\0=>/\"']")
_TOKEN: Final = re.compile(rb"[A-Za-z0-9.\-]*")
_DETECT: Final = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)'])"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<!\w)(?P<mention>@[A-Za-z][A-Za-z0-9_]{2,31})(?!\w)"
    r"|(?<!\w)(?P<hashtag>#\w*[^\W\d]\w*)"
)


def _fail(text: str) -> MarkupError:
    return MarkupError(f"Can't parse entities: {text}")


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    begin: int


@dataclass(slots=True)
class _Scan:
    """The state of one run over the bytes of a text."""

    data: bytes
    at: int = 0
    offset: int = 0
    out: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def emit(self, text: str) -> None:
        if text:
            self.out.append(text)
            self.offset += units(text)

    def skip_space(self) -> None:
        while self.at < len(self.data) and self.data[self.at] in _SPACE:
            self.at += 1

    def peek(self) -> bytes:
        return self.data[self.at : self.at + 1]

    def until(self, end: re.Pattern[bytes]) -> bytes:
        """The bytes before the next match of `end`, which is not consumed; to the end if there is none."""
        found = end.search(self.data, self.at)
        start, self.at = self.at, found.start() if found else len(self.data)
        return self.data[start : self.at]


class PlainParser:
    """The parser without TDLib. Stateless."""

    name = "plain"
    modes = frozenset({"html"})

    def parse(self, text: str, mode: str) -> Parsed:
        """Text and entities of Telegram HTML. Raises MarkupError in the server's words."""
        del mode
        scan = _Scan(text.encode())
        markup = re.compile(rb"[<&]")
        while scan.at < len(scan.data):
            scan.emit(scan.until(markup).decode())
            if scan.peek() == b"&":
                scan.emit(_character(scan))
            elif scan.peek() == b"<":
                _close(scan) if scan.data[scan.at + 1 : scan.at + 2] == b"/" else _start(scan)
        if scan.open:
            raise _fail(f'Can\'t find end tag corresponding to start tag "{scan.open[-1].tag}"')
        for entity in scan.entities:
            if entity["type"] == "code":  # a language counts only inside <pre>
                entity.pop("language", None)
        return Parsed("".join(scan.out), scan.entities)

    def detect(self, text: str) -> list[Entity]:
        """Addresses, names, tags and commands in plain text."""
        found = []
        for match in _DETECT.finditer(text):
            if match.lastgroup == "url" and not checked_link(match[0]):
                continue
            found.append(
                {"type": match.lastgroup, "offset": units(text[: match.start()]), "length": units(match[0])}
            )
        return found


def _character(scan: _Scan) -> str:
    """The character that `&…` stands for; the ampersand itself where Telegram knows no such name."""
    match = _CHARACTER.match(scan.data, scan.at)
    if match:
        hexadecimal, decimal, name, _ = match.groups()
        found = _NAMED.get(name) if name else _numbered(hexadecimal, decimal, match)
        if found:
            scan.at = match.end()
            return found
    scan.at += 1
    return "&"


def _numbered(hexadecimal: bytes | None, decimal: bytes | None, match: re.Match[bytes]) -> str | None:
    digits, base = (hexadecimal, 16) if hexadecimal is not None else (decimal or b"", 10)
    too_long = match.end() - match.start() - len(match[4]) >= 10
    number = int(digits, base) if digits and not too_long else 0
    return chr(number) if 0 < number < 0x10FFFF and not 0xD800 <= number < 0xE000 else None


def _start(scan: _Scan) -> None:
    begin = scan.at
    scan.at += 1
    tag = scan.until(_NAME_END).decode().lower()
    if scan.at >= len(scan.data):
        raise _fail(f"Unclosed start tag at byte offset {begin}")
    if tag not in _TAGS:
        raise _fail(f'Unsupported start tag "{tag}" at byte offset {begin}')
    argument = ""
    while True:
        scan.skip_space()
        if scan.peek() == b">":
            break
        name, value = _attribute(scan, tag, begin)
        argument = _argument(tag, name, value) or argument
    scan.at += 1
    if tag == "span" and argument != "tg-spoiler":
        raise _fail(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
    scan.open.append(_Open(tag, argument, scan.offset, len(scan.out)))


def _attribute(scan: _Scan, tag: str, begin: int) -> tuple[str, str]:
    name = scan.until(_ATTRIBUTE_END).decode()  # as in TDLib, HREF is not href
    if not name:
        raise _fail(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
    scan.skip_space()
    if not scan.peek():
        raise _fail(f'Unclosed start tag "{tag}" at byte offset {begin}')
    if scan.peek() != b"=":
        return name, ""
    scan.at += 1
    scan.skip_space()
    quote = scan.peek()
    if not quote:
        raise _fail(f'Unclosed start tag "{tag}" at byte offset {begin}')
    value = _quoted(scan, quote) if quote in {b'"', b"'"} else _token(scan)
    if not scan.peek():
        raise _fail(f"Unclosed start tag at byte offset {begin}")
    return name, value


def _token(scan: _Scan) -> str:
    token_begin = scan.at
    token = _TOKEN.match(scan.data, scan.at)
    scan.at = token.end() if token else scan.at
    if scan.peek() and scan.peek() not in {b">", *(bytes([byte]) for byte in _SPACE)}:
        raise _fail(f"Unexpected end of name token at byte offset {token_begin}")
    return scan.data[token_begin : scan.at].decode().lower()


def _quoted(scan: _Scan, quote: bytes) -> str:
    scan.at += 1
    value = []
    stop = re.compile(rb"[&" + quote + rb"]")
    while True:
        value.append(scan.until(stop).decode())
        if scan.peek() == b"&":
            value.append(_character(scan))
            continue
        scan.at += len(scan.peek())
        return "".join(value)


def _argument(tag: str, name: str, value: str) -> str:
    wanted = {"a": "href", "span": "class", "tg-emoji": "emoji-id"}
    if name == wanted.get(tag):
        return value
    if tag == "code" and name == "class" and value.startswith("language-"):
        return value.removeprefix("language-")
    return "1" if tag == "blockquote" and name == "expandable" else ""


def _close(scan: _Scan) -> None:
    begin = scan.at
    if not scan.open:
        raise _fail(f"Unexpected end tag at byte offset {begin}")
    scan.at += 2
    tag = scan.until(_NAME_END).decode().lower()
    scan.skip_space()
    if scan.peek() != b">":
        raise _fail(f"Unclosed end tag at byte offset {begin}")
    scan.at += 1
    opened = scan.open.pop()
    if tag and tag != opened.tag:
        raise _fail(
            f'Unmatched end tag at byte offset {begin}, expected "</{opened.tag}>", found "</{tag}>"',
        )
    if scan.offset > opened.offset:
        _add_entity(scan, opened)


def _add_entity(scan: _Scan, opened: _Open) -> None:
    entity: dict[str, Any] = {
        "type": _TAGS[opened.tag],
        "offset": opened.offset,
        "length": scan.offset - opened.offset,
    }
    if opened.tag == "a" and not _point(entity, opened.argument or "".join(scan.out[opened.begin :])):
        return
    if opened.tag == "blockquote" and opened.argument:
        entity["type"] = "expandable_blockquote"
    elif opened.tag == "tg-emoji":
        if not opened.argument.isdecimal() or not 0 < int(opened.argument) < 2**63:
            raise _fail("Invalid custom emoji identifier specified")
        entity["custom_emoji_id"] = str(int(opened.argument))
    elif opened.tag == "code" and opened.argument:
        entity["language"] = opened.argument
    elif opened.tag == "pre":
        _join_code(scan, entity)
    scan.entities.append(entity)


def _join_code(scan: _Scan, pre: dict[str, Any]) -> None:
    last = scan.entities[-1] if scan.entities else None
    if last and last["type"] == "code" and (last["offset"], last["length"]) == (pre["offset"], pre["length"]):
        scan.entities.pop()
        if "language" in last:
            pre["language"] = last["language"]


def _point(entity: dict[str, Any], target: str) -> bool:
    """Let the entity lead to `target`; False if Telegram would drop the link without a word."""
    user = re.fullmatch(r"tg://user\?id=(\d+)", target)
    if user:
        entity.update(type="text_mention", user_id=int(user[1]))
        return True
    url = checked_link(target)
    if url:
        entity["url"] = url
    return bool(url)


def checked_link(link: str) -> str:
    """`link` as Telegram keeps it (scheme and host in lower case, a path), or an empty string if it drops it."""
    if re.match(r"(?i)(tg|ton|tonsite)://", link):
        return link
    try:
        parts = urlsplit(link if re.match(r"(?i)[a-z][a-z0-9+.-]*://", link) else f"http://{link}")
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    valid = (("." in host and host != ".") or ":" in host) and not re.search(r"[\s\\]|:$", parts.netloc)
    if parts.scheme not in {"http", "https"} or port == 0 or not valid:
        return ""
    path = (parts.path or "/").replace(" ", "%20")
    query = parts.query.replace(" ", "%20")
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, query, parts.fragment.replace(" ", "%20")))
