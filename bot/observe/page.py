"""The operator's page: one HTML document without JavaScript that refreshes itself and can change nothing.

It reads through `StatusSource` and judges with `verdict`; what it shows has gone through `redact` last.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.links import postable
from bot.domain.status import Status, StatusSource, Vitals
from bot.errors import StoreError
from bot.observe import words
from bot.observe.chart import chart
from bot.observe.redaction import Redactor
from bot.observe.troubles import Kind, Trouble
from bot.observe.verdict import Finding, Level, findings
from bot.ports import Clock

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).with_name("templates")
#: Seconds between two refreshes, and for how long one rendering serves everybody.
_REFRESH, _FRESH = 10, timedelta(seconds=1)
#: Sentences under the first one.
_MOST_FINDINGS = 3


class StatusPage:
    """Renders the page. `ready` says what ails the bot (empty: nothing), `troubles` what lasts.

    However many ask, the store is read once a second at most.
    """

    def __init__(
        self,
        source: StatusSource,
        clock: Clock,
        zone: tzinfo,
        *,
        ready: Callable[[], Awaitable[str]],
        troubles: Callable[[], Mapping[Kind, Trouble]] = dict,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._zone = zone
        self._ready = ready
        self._troubles = troubles
        self._redact = redact or Redactor()
        self._template = _template()  # now, so that the first to look does not wait for it
        self._lock = asyncio.Lock()
        self._last: tuple[datetime, str] | None = None

    async def html(self) -> str:
        """The page as it is now."""
        async with self._lock:
            now = self._clock.now()
            if self._last is None or not timedelta() <= now - self._last[0] < _FRESH:
                self._last = (now, await self._render(now))
            return self._last[1]

    @cached_property
    def style(self) -> str:
        """The policy source (CSP 3, §2.3.1) that allows the page's own style sheet and no other."""
        return f"'sha256-{b64encode(sha256(self._css.encode()).digest()).decode()}'"

    @cached_property
    def _css(self) -> str:
        lines = (_TEMPLATES / "status.css").read_text(encoding="utf-8").splitlines()
        return "\n".join(line.strip() for line in lines if line.strip())

    async def _render(self, now: datetime) -> str:
        try:
            status, ailment = await self._source.status(now), await self._ready()
        except StoreError as exc:
            status, ailment = Status(Vitals(now)), f"the database cannot be read ({exc})"
        face = words.Clockface(self._zone, now)
        said = findings(status, ailment, self._troubles(), face)
        text = self._template.render(
            now=now,
            face=face,
            ago=lambda when: words.ago(when, now),
            css=_safe(self._css),
            refresh=_REFRESH,
            first=said[0],
            others=said[1 : 1 + _MOST_FINDINGS],
            unsaid=max(len(said) - 1 - _MOST_FINDINGS, 0),
            status=status,
            vitals=status.vitals,
            chart=chart(status.hours, face),
            level=_level,
        )
        return self._redact(text)


def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(span=words.span, size=words.size, bare=words.bare, breakable=_breakable)
    environment.globals["count"] = words.count
    environment.tests["postable"] = postable
    return environment.get_template("status.html.j2")


def _level(finding: Finding) -> str:
    return Level(finding.level).name.lower()


def _breakable(address: str) -> str:
    from markupsafe import Markup, escape

    return Markup("/<wbr>").join(escape(part) for part in address.split("/"))


def _safe(css: str) -> str:
    from markupsafe import Markup

    return Markup(css)  # noqa: S704 - our own file
