"""The tables of `kabarbot.toml`: what a flat list cannot say about a feed or a channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from bot.settings import values

Url = Annotated[str, BeforeValidator(values.url)]
Chat = Annotated[str, BeforeValidator(values.chat)]
Seconds = Annotated[timedelta, BeforeValidator(values.duration(timedelta(seconds=1), 1, 86_400, "seconds"))]

_SELECTORS = frozenset({"item", "title", "link", "date", "image", "lead", "category", "author"})


class _Table(BaseModel):
    """One `[[…]]` of the file: unknown keys are faults, and so is a value of the wrong kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)


class Feed(_Table):
    """A feed or page of the portal. `interval` None: as `POLL_INTERVAL` says.

    `headers` are sent with every request to it and may hold secrets, so `repr` leaves them out;
    `selectors` are CSS, for pages without a feed: `item` and, within it, the rest (`bot.domain.looks`).
    """

    url: Url
    name: str = ""
    category: str = ""
    interval: Seconds | None = None
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    selectors: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("selectors")
    @classmethod
    def _are_known(cls, selectors: Mapping[str, str]) -> Mapping[str, str]:
        if not set(selectors) <= _SELECTORS:
            raise ValueError(f"expected some of {', '.join(sorted(_SELECTORS))}")
        return selectors


class Channel(_Table):
    """A channel and its rules. Empty `feeds` or `categories`: all of them.

    `template` is a Jinja source ("" the usual post), `utm` a query string for every link, `hold` lets an
    editor release each post. What `breaking` names (words as in `include`, or categories) goes before all else.
    """

    chat: Chat
    topic: int | None = Field(default=None, ge=1)
    feeds: tuple[str, ...] = Field(default=(), strict=False)
    categories: tuple[str, ...] = Field(default=(), strict=False)
    include: tuple[str, ...] = Field(default=(), strict=False)
    exclude: tuple[str, ...] = Field(default=(), strict=False)
    breaking: tuple[str, ...] = Field(default=(), strict=False)
    template: str = ""
    silent: bool = False
    hold: bool = False
    utm: str = ""

    @field_validator("feeds", "categories", "include", "exclude", "breaking")
    @classmethod
    def _says_something(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if not all(word.strip() for word in words):
            raise ValueError("expected a list of words, none of them empty")
        return tuple(word.strip() for word in words)

    @field_validator("utm")
    @classmethod
    def _is_a_query(cls, text: str) -> str:
        try:
            parse_qsl(text, strict_parsing=bool(text))
        except ValueError:
            raise ValueError("expected a query string like utm_source=telegram&utm_medium=kanal") from None
        return text

    @field_validator("template")
    @classmethod
    def _is_a_template(cls, text: str) -> str:
        if text:
            from jinja2 import TemplateSyntaxError
            from jinja2.sandbox import SandboxedEnvironment

            try:
                SandboxedEnvironment().parse(text)
            except TemplateSyntaxError as error:
                raise ValueError(f"expected a Jinja template: line {error.lineno}: {error.message}") from None
        return text
