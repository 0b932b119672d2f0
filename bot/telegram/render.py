"""A headline as a Telegram post (product.md §3): the exact request, its plainer forms, its corrections.

Pure: the same words give the same request, and nothing here sends anything. Everything of the portal's is
text: it is escaped, never interpreted. An operator's template runs in Jinja's sandbox; one that fails, or
says nothing, or too much, is reported once and the default takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from bot.domain.delivery import FrozenRequest, Post, Target
from bot.domain.desk import Mark, line
from bot.domain.headlines import Words
from bot.domain.links import postable, with_query
from bot.domain.stamps import list_stamp, stamp
from bot.telegram.markup import MAX_CAPTION, MAX_TEXT, cut, first_link, fits, plain, units

#: The post of product.md §3. A link that Telegram would drop stands under it as text.
DEFAULT_TEMPLATE = """\
<b>{% if link %}<a href="{{ link }}">{{ title }}</a>{% else %}{{ title }}{% endif %}</b>
{% if kicker %}{{ kicker }} · {% endif %}{{ stamp }}{% if bare_link %}
{{ bare_link }}{% endif %}"""

#: Characters; a longer address or kicker is a portal's mistake and would crowd out the headline.
_MAX_LINK = 2000
_MAX_KICKER = 64

#: Whatever an expression in a template can come to.
_TEMPLATE_FAULTS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)

_PREVIEWS: Mapping[str, Mapping[str, Any]] = {
    "large": {"prefer_large_media": True},
    "small": {"prefer_small_media": True},
}


class PostRenderer:
    """Implements `Renderer` for one zone, language and style. `report` hears of templates that fail."""

    def __init__(
        self,
        *,
        zone: tzinfo,
        language: str = "id",
        link_preview: str = "large",
        post_style: str = "text",
        report: Callable[[str], None] = lambda _detail: None,
    ) -> None:
        self._zone = zone
        self._language = language
        self._preview = link_preview
        self._photos = post_style == "photo"
        self._report = report
        self._jinja = ImmutableSandboxedEnvironment(autoescape=True)
        self._default = self._jinja.from_string(DEFAULT_TEMPLATE)
        self._templates: dict[str, Template | None] = {}

    def post(
        self,
        words: Words,
        target: Target,
        *,
        loud: bool,
        first_seen: datetime | None = None,
        marks: Sequence[Mark] = (),
    ) -> FrozenRequest:
        """The request that posts `words` to `target`; a photo only where the text fits under it."""
        words = _not_ahead(words, first_seen)
        body = self._delivery(target, loud=loud)
        notes = tuple(line(mark, self._zone, self._language) for mark in marks)
        text = self._rich(words, target, MAX_TEXT, notes=notes)
        if self._photos and words.image and postable(words.image) and fits(text, MAX_CAPTION):
            photo = {"photo": words.image, "caption": text, "parse_mode": "HTML"}
            return FrozenRequest("sendPhoto", photo | body)
        preview = self._options(_link(words, target))
        message = {"text": text, "parse_mode": "HTML", "link_preview_options": preview}
        return FrozenRequest("sendMessage", message | body)

    def plainer(self, request: FrozenRequest) -> FrozenRequest | None:
        """Photo, then text, then text without markup; None when there is nothing plainer."""
        if request.method != "sendPhoto":
            return self.without_markup(request)
        body = dict(request.body)
        body.pop("photo", None)
        body["text"] = body.pop("caption", "")
        body["link_preview_options"] = self._options(first_link(body["text"]))
        return FrozenRequest("sendMessage", body, request.level + 1)

    def without_markup(self, request: FrozenRequest) -> FrozenRequest | None:
        """The same kind of message as plain text; None where it is that already."""
        if not request.body.get("parse_mode"):
            return None
        key, limit = _words_of(request)
        body = {**request.body, key: _bare(request.body[key], limit)}
        del body["parse_mode"]
        return FrozenRequest(request.method, body, request.level + 1)

    def revised(self, post: Post) -> FrozenRequest:
        """What `post` must look like now: its method, preview, buttons and plainness kept."""
        body = dict(post.request.body)
        key, limit = _words_of(post.request)
        rich = self._rich(post.words, post.target, limit, notes=post.notes, struck=post.struck)
        if body.get("parse_mode") and fits(rich, limit):
            body[key] = rich
        else:
            body.pop("parse_mode", None)
            body[key] = _bare(rich, limit)
        if "link_preview_options" in body:
            old = body["link_preview_options"]
            body["link_preview_options"] = _moved_preview(old, _link(post.words, post.target))
        return FrozenRequest(post.request.method, body, post.request.level)

    def _delivery(self, target: Target, *, loud: bool) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if target.topic is not None:
            body["message_thread_id"] = target.topic
        if target.silent or not loud:
            body["disable_notification"] = True
        return body

    def _options(self, link: str | None) -> dict[str, Any]:
        if self._preview == "off" or link is None:
            return {"is_disabled": True}
        return {"url": link, **_PREVIEWS.get(self._preview, {})}

    def _rich(
        self,
        words: Words,
        target: Target,
        limit: int,
        *,
        notes: tuple[str, ...] = (),
        struck: bool = False,
    ) -> str:
        values = self._values(words, target, struck=struck)
        own = self._operators(target.template, values, limit)
        return _with_notes(own or self._default.render(values).strip(), notes, limit)

    def _operators(self, source: str, values: Mapping[str, Any], limit: int) -> str:
        """The operator's template filled in; empty where there is none or it is of no use."""
        if not source.strip() or (template := self._compiled(source)) is None:
            return ""
        try:
            text = template.render(values).strip()
        except _TEMPLATE_FAULTS as error:
            self._give_up(source, f"{type(error).__name__}: {error}")
            return ""
        if fits(text, limit):
            return text
        if limit == MAX_TEXT:
            self._give_up(source, "what it makes is empty or too long for a message")
        return ""

    def _compiled(self, source: str) -> Template | None:
        if source not in self._templates:
            try:
                self._templates[source] = self._jinja.from_string(source)
            except TemplateError as error:
                self._give_up(source, f"{type(error).__name__}: {error}")
        return self._templates[source]

    def _give_up(self, source: str, why: str) -> None:
        self._templates[source] = None
        self._report(f"a channel's template is not used: {why}")

    def _values(self, words: Words, target: Target, *, struck: bool) -> dict[str, Any]:
        link = _link(words, target)
        return {
            "title": Markup("<s>{}</s>").format(words.title) if struck else words.title,
            "link": link or "",
            "bare_link": "" if link else (words.link or "")[:_MAX_LINK],
            "kicker": cut(words.kicker, _MAX_KICKER),
            "stamp": stamp(words.published, self._zone, self._language),
            "list_stamp": list_stamp(words.published, self._zone, self._language),
            "published": words.published.astimezone(self._zone),
            "reporter": words.reporter,
            "lead": words.lead,
            "image": words.image or "",
        }


def _not_ahead(words: Words, first_seen: datetime | None) -> Words:
    """A publication time after the moment it was first seen lies: that moment is shown (product.md §3)."""
    return replace(words, published=first_seen) if first_seen and words.published > first_seen else words


def _words_of(request: FrozenRequest) -> tuple[str, int]:
    """Where in its body the words stand, and how many characters they may be."""
    return ("caption", MAX_CAPTION) if request.method == "sendPhoto" else ("text", MAX_TEXT)


def _link(words: Words, target: Target) -> str | None:
    """The address that the post links to, None where Telegram would drop it."""
    if not words.link or not postable(words.link):
        return None
    link = with_query(words.link, target.utm) if target.utm else words.link
    return link if len(link) <= _MAX_LINK else None


def _with_notes(text: str, notes: tuple[str, ...], limit: int) -> str:
    """`text` with `notes` as lines under it, the last of them cut where there is no more room."""
    room = limit - units(plain(text))
    for note in notes:
        said = cut(" ".join(note.split()), room - 1) if room > 1 else ""
        if not said:
            break
        text += "\n" + str(Markup.escape(said))
        room -= units(said) + 1
    return text


def _bare(markup: str, limit: int) -> str:
    """The text without tags, the link on a line of its own."""
    link = first_link(markup)
    tail = f"\n{link}" if link else ""
    return cut(plain(markup), limit - units(tail)) + tail


def _moved_preview(options: Mapping[str, Any], link: str | None) -> dict[str, Any]:
    if options.get("is_disabled") or link is None:
        return {"is_disabled": True}
    return {**options, "url": link}
