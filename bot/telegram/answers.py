"""A `Reply` as a Telegram message: text and keyboard. Escapes everything, sends nothing, knows no command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from bot.domain.headlines import Headline
from bot.domain.links import postable
from bot.domain.replies import Button, Reply
from bot.domain.stamps import list_stamp
from bot.telegram.markup import MAX_CAPTION, MAX_TEXT, cut, escape, fits, plain

#: Bytes of callback data (Bot API, InlineKeyboardButton).
_MAX_DATA = 64
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, as sendMessage and editMessageText take it, but for the chat."""

    text: str
    keyboard: Sequence[Sequence[dict[str, str]]] = field(default=())

    def body(self) -> dict[str, Any]:
        """JSON-able parameters. The keyboard is always said: an edit without it would remove it."""
        return {
            "text": self.text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {"inline_keyboard": [list(row) for row in self.keyboard]},
        }


def render_reply(reply: Reply, zone: tzinfo, language: str) -> Answer:
    """`reply` in as many characters as fit: a list that is too long loses its last headlines."""
    headlines = reply.listing.headlines if reply.listing else ()
    entries = [entry(headline, zone, language) for headline in headlines]
    head = [f"<b>{escape(reply.heading)}</b>"] if reply.heading.strip() else []
    tail = [escape(text) for text in (reply.text, reply.note) if text.strip()]
    limit = MAX_CAPTION if reply.picture else MAX_TEXT
    return Answer(_fitted(head, entries, tail, limit), _keyboard(reply.buttons))


def _fitted(head: list[str], entries: list[str], tail: list[str], limit: int) -> str:
    for kept in range(len(entries), -1, -1):
        more = ["…"] if kept < len(entries) else []
        text = _GAP.join([*head, *entries[:kept], *more, *tail])
        if fits(text, limit):
            return text
    return _shortened(head, tail, limit)


def _shortened(head: list[str], tail: list[str], limit: int) -> str:
    """Words alone that are too many, or none at all: Telegram takes no blank text."""
    words = plain(_GAP.join([*head, *tail]))
    return escape(cut(words, limit)) or "…"


def entry(headline: Headline, zone: tzinfo, language: str) -> str:
    """A headline as lists show it: linked where Telegram keeps the link, its list stamp under it."""
    words = headline.words
    title = escape(words.title)
    if words.link and postable(words.link):
        title = f'<a href="{escape(words.link)}">{title}</a>'
    return f"{title}\n{list_stamp(words.published, zone, language)}"


def _keyboard(rows: Sequence[Sequence[Button]]) -> list[list[dict[str, str]]]:
    """A button whose data is too long would have the whole answer refused, so it is left out."""
    kept = [
        [{"text": button.text, "callback_data": button.data} for button in row if _usable(button)]
        for row in rows
    ]
    return [row for row in kept if row]


def _usable(button: Button) -> bool:
    return bool(button.text.strip()) and 0 < len(button.data.encode()) <= _MAX_DATA
