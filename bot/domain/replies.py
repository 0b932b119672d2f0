"""What a reader asks and what is answered, as data; who renders it is another matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.headlines import Headline


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a message that is replied to may stand for: posts by (chat, message id), links in their order."""

    posts: tuple[tuple[int, int], ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One command or tapped button.

    `name` is the command's Indonesian name without the slash (aliases are already folded), `argument`
    the text behind it. `language` is ``id`` or ``en``; `button` the callback data of a tapped button.
    `is_editor`: from `OPS_CHAT` or one of `ADMINS`. `user_name` is what to call the user, `message_id`
    the command's own message, `reply` what it replies to. Times are aware UTC.
    """

    name: str
    argument: str
    chat_id: int
    user_id: int | None
    language: str
    at: datetime
    private: bool = True
    topic: int | None = None
    button: str = ""
    is_editor: bool = False
    user_name: str = ""
    message_id: int | None = None
    reply: Pointed | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button under an answer; `data` is at most 64 bytes (Bot API, InlineKeyboardButton)."""

    text: str
    data: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of headlines, each linked, with its list stamp under it."""

    headlines: tuple[Headline, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: paragraphs of plain text (escaped by whoever renders) around an optional list.

    `edits`: replace the message whose button was tapped. `toast` answers a callback in a bubble.
    An empty reply (`silent`) says nothing at all. `picture` is a PNG above the words, which must do without it.
    """

    heading: str = ""
    listing: Listing | None = None
    text: str = ""
    note: str = ""
    buttons: tuple[tuple[Button, ...], ...] = field(default=())
    edits: bool = False
    toast: str = ""
    silent: bool = False
    picture: bytes = b""
