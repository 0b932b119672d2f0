"""A message as it is stored: small, because benchmarks leave more than 100,000 of them behind.

`content` is the packed JSON of everything that an edit may replace and everything else a Message object
carries besides its head. Rendering for the wire is in `render.py`.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.jsontext import dump

AuthorKind = Literal["bot", "user", "admin", "other_bot", "service"]


@dataclass(frozen=True, slots=True)
class Author:
    """Whose message it is: our bot's, a user's, another administrator's or bot's post, or nobody's (a service
    message).
    """

    kind: AuthorKind
    user_id: int = 0
    signature: str = ""


@dataclass(slots=True)
class Message:
    """One message. Times are whole seconds since the epoch, as Telegram keeps them; 0 means never or none."""

    id: int
    date: int
    author: Author
    content: str
    edit_date: int = 0
    thread: int = 0
    reply_to: int = 0
    deleted: bool = False
    protected: bool = False
    silent: bool = False
    reactions: dict[str, int] | None = None

    @property
    def own(self) -> bool:
        return self.author.kind == "bot"

    @property
    def service(self) -> bool:
        return self.author.kind == "service"

    def unpack(self) -> dict[str, Any]:
        """Its content, decoded."""
        content: dict[str, Any] = json.loads(self.content)
        return content

    @property
    def text(self) -> str:
        """Its text or caption, plain."""
        content = self.unpack()
        return str(content.get("text") or content.get("caption") or "")


def pack(content: dict[str, Any]) -> str:
    """Content as it is stored. Equal contents with the same order of keys are equal texts: that is "not
    modified".
    """
    return dump(content)


def text_content(
    text: str,
    entities: list[dict[str, Any]],
    preview: dict[str, Any] | None,
    markup: dict[str, Any] | None,
) -> dict[str, Any]:
    """The content of a text message; what is empty is left out, as the server does."""
    content: dict[str, Any] = {"text": text}
    if entities:
        content["entities"] = entities
    if preview:
        content["link_preview_options"] = preview
    if markup:
        content["reply_markup"] = markup
    return content


def photo_content(
    photo: list[dict[str, Any]],
    caption: str,
    entities: list[dict[str, Any]],
    markup: dict[str, Any] | None,
) -> dict[str, Any]:
    """The content of a photo."""
    content: dict[str, Any] = {"photo": photo}
    if caption:
        content["caption"] = caption
    if entities:
        content["caption_entities"] = entities
    if markup:
        content["reply_markup"] = markup
    return content


def links(content: dict[str, Any]) -> list[str]:
    """Every address that a message leads to: hidden links and bare URLs, in order."""
    text = str(content.get("text") or content.get("caption") or "")
    found = []
    for entity in content.get("entities") or content.get("caption_entities") or []:
        if entity["type"] == "text_link":
            found.append(entity["url"])
        elif entity["type"] == "url":
            units = text.encode("utf-16-le")
            start, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
            found.append(units[start:end].decode("utf-16-le"))
    return found
