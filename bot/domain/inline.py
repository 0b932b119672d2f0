"""What is asked and answered inline (``@bot words`` in any chat), as data. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.headlines import Headline

#: Results on a page; Telegram takes 50 (Bot API, answerInlineQuery), a phone shows a handful.
INLINE_PAGE = 20


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """`words` as typed (at most 256 characters), `offset` as our last answer said; ``id`` or ``en``."""

    words: str
    offset: str
    language: str


@dataclass(frozen=True, slots=True)
class InlinePage:
    """Headlines to choose from; `next_offset` is at most 64 bytes, '' at the end.

    `hint` is for who sees none: a line that leads to the bot itself.
    """

    headlines: tuple[Headline, ...]
    next_offset: str = ""
    hint: str = ""
