"""The portal's words as plain text: markup out, entities decoded once, control characters out, space folded.

It does not escape: what comes out is text, and whoever writes it into HTML escapes it there.
"""

from __future__ import annotations

import html
import re
import unicodedata

from bot.domain.headlines import MAX_LEAD, MAX_TITLE

#: Characters of markup that are looked at; a headline never needs more.
_MAX_RAW_TITLE = 20_000
_MAX_RAW_LEAD = 60_000

_INLINE = (
    "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s"
    " samp small span strike strong sub sup time tt u var wbr"
)
_BLOCK = (
    "address applet area article aside audio base basefont blockquote body br button canvas caption center col"
    " colgroup datalist dd details dialog dir div dl dt embed fieldset figcaption figure footer form frame frameset"
    " h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img input legend li link main map marquee menu meta meter"
    " nav noframes noscript object ol optgroup option output p param picture plaintext pre progress script search"
    " section select slot source style summary svg table tbody td template textarea tfoot th thead title tr track"
    " ul video xmp"
)
_INLINE_NAMES = frozenset(_INLINE.split())
_NAMES = _INLINE_NAMES | frozenset(_BLOCK.split())

_TAG = re.compile(r"""</?([a-zA-Z][a-zA-Z0-9]{0,11})(?:[\s/](?:[^<>"']|"[^"<]*"|'[^'<]*')*)?>""")
#: The same, for an attribute whose quotes do not pair.
_UNPAIRED_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,11})\s[a-zA-Z-]+\s*=[^<>]*>")
_COMMENT = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>", re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
#: Elements whose text is not for reading.
_HIDDEN = re.compile(r"<(script|style|iframe|noscript|template|svg|object)\b[^<>]*>", re.IGNORECASE)
_CUT_OFF_TAG = re.compile(r"<[a-zA-Z/!][^<>]*$")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)")
_CLOSING = re.compile(r"</[a-zA-Z][a-zA-Z0-9]*\s*>|<br\s*/?>|<img\s", re.IGNORECASE)

_KEPT_FORMATS = frozenset("\u200c\u200d\u200e\u200f\u061c")  # joiners and plain direction marks
_JOINERS = re.compile(r"(?<![^\x00-\u02af\s])[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\u02af\s]|$)")
_FLAG_TAGS = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
_MARKS_AT_ENDS = "\u200e\u200f\u061c\u200c\u200d \t\n"


def clean_title(raw: str) -> str:
    """A headline as plain text of at most `MAX_TITLE` characters; empty where there is none.

    Tags that HTML defines go (with the text of ``script`` and the like), any other ``<…>`` is text.
    """
    text = _strip_markup(raw[:_MAX_RAW_TITLE])
    return shorten(_fold(_decode(text)), MAX_TITLE)


def clean_lead(raw: str) -> str:
    """A description as plain text of at most `MAX_LEAD` characters, also where its markup is escaped twice."""
    source = raw[:_MAX_RAW_LEAD]
    text = _decode(
        _CUT_OFF_TAG.sub("", _strip_markup(source)) if len(raw) > len(source) else _strip_markup(source)
    )
    if _CLOSING.search(text):
        text = _decode(_strip_markup(text))
    return shorten(_fold(text), MAX_LEAD)


def shorten(text: str, limit: int) -> str:
    """`text`, cut at a word with ``…`` where it is longer than `limit` characters, the ``…`` included."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    at_word = cut.rfind(" ")
    end = at_word if at_word > limit // 2 else _between_graphemes(text, limit - 1)
    return text[:end].rstrip(" ,;:-–—(\u200d\u200e\u200f") + "…"


def _strip_markup(text: str) -> str:
    if "<" not in text:
        return text
    # Behind the last end no comment ends, and each would look for one through all the rest.
    end = text.rfind("-->") + len("-->") if "-->" in text else 0
    text = _without_hidden(_COMMENT.sub("", text[:end]) + _CDATA.sub("", text[end:]))
    return _UNPAIRED_TAG.sub(_tag_to_space, _TAG.sub(_tag_to_space, text))


def _without_hidden(text: str) -> str:
    """Without elements whose text is not for reading; one that does not end is left to the tags' own rules."""
    kept: list[str] = []
    done = at = 0
    endless: set[str] = set()  # looked for once: a thousand of them would each look through all the rest
    while (opening := _HIDDEN.search(text, at)) is not None:
        name, at = opening[1].lower(), opening.end()
        closing = None if name in endless else re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, at)
        if closing is None:
            endless.add(name)
            continue
        kept += (text[done : opening.start()], " ")
        done = at = closing.end()
    return "".join((*kept, text[done:]))


def _tag_to_space(match: re.Match[str]) -> str:
    name = match[1].lower()
    if name not in _NAMES:
        return match[0]
    return "" if name in _INLINE_NAMES else " "


def _decode(text: str) -> str:
    """Entities decoded once; one without its semicolon is text (``R&Drum``), a number may lack it."""
    return _ENTITY.sub(_decode_one, text) if "&" in text else text


def _decode_one(match: re.Match[str]) -> str:
    char = html.unescape(match[0])
    return "" if char == "\ufffd" else char  # a number that is no character


def _fold(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = "".join(map(_readable, text))
        text = _FLAG_TAGS.sub("", _JOINERS.sub("", text))
    return " ".join(text.split()).strip(_MARKS_AT_ENDS)


def _readable(char: str) -> str:
    """The character, a space for one that separates, nothing for one that could only garble a post.

    Bytes 80 to 9F come of windows-1252 that was taken for latin-1, as browsers assume too.
    """
    if char.isprintable() or char.isspace():
        return char
    if "\x80" <= char <= "\x9f":
        return char.encode("latin-1").decode("cp1252", "ignore")
    if char in _KEPT_FORMATS or "\U000e0020" <= char <= "\U000e007f":
        return char
    return "" if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Cn"} else char


def _between_graphemes(text: str, end: int) -> int:
    """The last place up to `end` that parts no emoji sequence and no letter from its marks."""
    for place in range(end, max(end - 40, 1), -1):
        after, before = text[place], text[place - 1]
        joined = after in "\u200d\ufe0f" or before == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff"
        if not joined and not unicodedata.combining(after):
            return place
    return end
