"""A page as a row of links, texts and headings, in the order in which a reader meets them.

What lies inside what is kept as ranges of that row, so that lists can be told apart without knowing the
markup. It judges nothing: which links are headlines is `bot.sources.lists`' question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

#: Tokens of one page that are looked at; a home page has some three thousand.
_MOST_TOKENS = 12_000
_DEEPEST = 400
_UNREAD = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "select", "form", "head"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(slots=True)
class Frame:
    """An element: its tokens are those from `start` up to, not including, `end`."""

    start: int
    tag: str
    end: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """A link (`href` not None) or a text; `frames` are the elements around it, innermost last.

    `title` is the link's own text where a heading or attribute tells it from what else stands inside;
    `target` the id of the part of the page that a tab opens; `when` a machine-readable time.
    """

    text: str
    href: str | None = None
    title: str = ""
    image: str | None = None
    when: str = ""
    target: str = ""
    pieces: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()

    @property
    def in_heading(self) -> bool:
        """Whether it stands in an ``h1`` to ``h6``."""
        return any(frame.tag in _HEADINGS for frame in self.frames[-6:])


@dataclass(slots=True)
class Outline:
    """The tokens of a page, and the elements that have an id."""

    tokens: list[Token] = field(default_factory=list)
    by_id: dict[str, Frame] = field(default_factory=dict)


def outline(root: LexborNode) -> Outline:
    """Read a page below `root`, in document order."""
    result = Outline()
    frames = [Frame(0, root.tag or "")]
    for node, depth in _walk(root):
        _close(frames, depth + 1, len(result.tokens))
        if len(result.tokens) >= _MOST_TOKENS:
            break
        token = _token(node, tuple(frames))
        if token:
            result.tokens.append(token)
        if node.tag not in {"-text", "a"}:
            frame = Frame(len(result.tokens), node.tag or "")
            frames.append(frame)
            if name := node.attributes.get("id"):
                result.by_id.setdefault(name, frame)
    _close(frames, 0, len(result.tokens))
    return result


def _close(frames: list[Frame], depth: int, place: int) -> None:
    while len(frames) > depth:
        frames.pop().end = place


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, int]]:
    """Every node worth reading with its depth, without recursion: pages may be nested without end."""
    node, depth = root.child, 0
    while node is not None:
        tag = node.tag or ""
        skipped = tag in _UNREAD or tag.startswith("-") and tag != "-text" or depth > _DEEPEST  # noqa: RUF021
        if not skipped:
            yield node, depth
        inner = None if skipped or tag == "a" else node.child
        if inner is not None:
            node, depth = inner, depth + 1
            continue
        while node is not None and node.next is None and depth > 0:
            node, depth = node.parent, depth - 1
        node = node.next if node is not None else None


def _token(node: LexborNode, frames: tuple[Frame, ...]) -> Token | None:
    if node.tag == "-text":
        text = _tidy(node.text(deep=False))
        return Token(text, frames=frames) if text else None
    if node.tag == "time":
        when = node.attributes.get("datetime") or ""
        return Token("", when=when, frames=frames) if when else None
    return _link(node, frames) if node.tag == "a" else None


def _link(node: LexborNode, frames: tuple[Frame, ...]) -> Token:
    attributes = node.attributes
    pieces = tuple(piece for piece in map(_tidy, node.text(separator="\n").split("\n")) if piece)
    heading = node.css_first("h1, h2, h3, h4, h5, h6, [class*=title], [class*=judul]")
    picture = node.css_first("img")
    time = node.css_first("time[datetime]")
    told = _tidy(heading.text(separator=" ")) if heading else ""
    return Token(
        text=" ".join(pieces),
        href=attributes.get("href") or "",
        title=told or _tidy(attributes.get("title") or ""),
        image=_source(picture),
        when=(time.attributes.get("datetime") or "") if time else "",
        target=_target(node),
        pieces=pieces,
        frames=frames,
    )


def _source(picture: LexborNode | None) -> str | None:
    if picture is None:
        return None
    sources = (picture.attributes.get(name) for name in ("data-src", "data-original", "data-lazy-src", "src"))
    return next((source for source in sources if source and not source.startswith("data:")), None)


def _target(node: LexborNode) -> str:
    names = ("data-bs-target", "data-target", "aria-controls", "href")
    values = (node.attributes.get(name) or "" for name in names)
    found = next((value for value in values if value.startswith("#") and len(value) > 1), "")
    return found[1:] or (node.attributes.get("aria-controls") or "")


def _tidy(text: str) -> str:
    return " ".join(text.split())
