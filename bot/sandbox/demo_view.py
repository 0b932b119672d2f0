"""Messages as the demo's page draws them: plain values for JSON, never markup.

The page turns text and entities into nodes itself; no text from a feed or a person is ever HTML here.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from bot.sandbox.demo_count import article_of
from bot.sandbox.messages import Message, links
from bot.sandbox.portal import NAME
from bot.sandbox.portal_desk import Desk

Json = dict[str, Any]

REACTIONS = ("👍", "❤", "🔥", "👏", "😢", "🤔")
"""What may be tapped; Telegram names the heart without a variation selector."""

#: Where the demo's page serves the portal, so that a browser sees one origin.
PORTAL_PATH = "/portal"
#: Where it serves the pictures that the bot uploaded.
PICTURE_PATH = "/demo/picture"


def message_view(message: Message, desk: Desk, mine: str = "", pictures: Container[str] = ()) -> Json:
    """One message; `mine` is the reaction that the page's reader gave it, `pictures` are those that can be had.

    `edited` follows Telegram's apps: a message with buttons is not marked, for its buttons edit it all the time.
    """
    content = message.unpack()
    buttons = (content.get("reply_markup") or {}).get("inline_keyboard", [])
    return {
        "id": message.id,
        "date": message.date,
        "by": message.author.kind,
        "text": content.get("text") or content.get("caption") or "",
        "entities": content.get("entities") or content.get("caption_entities") or [],
        "buttons": buttons,
        "edited": bool(message.edit_date and not buttons),
        "silent": message.silent,
        "reactions": [
            {"emoji": emoji, "count": count, "mine": emoji == mine}
            for emoji, count in (message.reactions or {}).items()
        ],
        "picture": _picture(content, pictures),
        "preview": _preview(content, desk),
    }


def _picture(content: Json, pictures: Container[str]) -> str:
    """Where it is served; '' for none, and for one that the sandbox never had, such as one at an address."""
    found = [size["file_id"] for size in content.get("photo", [])[:1]]
    return f"{PICTURE_PATH}/{found[0]}" if found and found[0] in pictures else ""


def _preview(content: Json, desk: Desk) -> Json | None:
    """The card that Telegram would make of the article's page; None for any other link."""
    options = content.get("link_preview_options") or {}
    found = [options["url"]] if options.get("url") else links(content)[:1]
    if options.get("is_disabled") or "photo" in content:
        return None
    number = article_of(found)
    article = None if number is None else desk.article(number)
    if article is None:
        return None
    return {
        "site": NAME,
        "title": article.title,
        "lead": article.lead,
        "image": f"{PORTAL_PATH}/gambar/{article.id}.png",
        "large": bool(options.get("prefer_large_media")),
        "url": found[0],
    }
