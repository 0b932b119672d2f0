"""News for subscribers as one Telegram message, in the form of every list. Pure; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.domain.delivery import FrozenRequest
from bot.domain.headlines import Headline
from bot.domain.replies import Listing, Reply
from bot.telegram.answers import render_reply

#: What stands above a digest.
_DIGEST = {"id": "Ringkasan hari ini", "en": "Today in brief"}


class ListRenderer:
    """Implements `ports.NewsRenderer` for one zone; `language` where a reader chose none."""

    def __init__(self, zone: tzinfo, language: str) -> None:
        self._zone = zone
        self._language = language

    def news(
        self, headlines: Sequence[Headline], language: str | None, *, digest: bool = False
    ) -> FrozenRequest:
        """Every headline linked, its list stamp under it; no preview, no buttons."""
        heading = _DIGEST.get(language or self._language, "") if digest else ""
        reply = Reply(heading=heading, listing=Listing(tuple(headlines)))
        body = render_reply(reply, self._zone, language or self._language).body()
        del body["reply_markup"]
        return FrozenRequest("sendMessage", body)
