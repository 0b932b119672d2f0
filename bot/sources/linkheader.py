"""The Link header (RFC 8288), as far as WebSub needs it: which hub, and under which name it knows the document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.links import absolute, parts_of

_LINK = re.compile(r"<([^<>]{1,2000})>([^<>]{0,2000})")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HubLinks:
    """The first `rel=hub` and the first `rel=self`, absolute; None where there is none."""

    hub: str | None = None
    self_url: str | None = None


def hub_links(headers: Iterable[str], url: str) -> HubLinks:
    """What the Link headers of the answer from `url` say."""
    found: dict[str, str] = {}
    for header in headers:
        for address, parameters in _LINK.findall(header):
            rel = _REL.search(parameters)
            target = absolute(address.strip(), url)
            if rel is None or target is None or not parts_of(target):
                continue
            for name in (rel[1] or rel[2] or "").lower().split():
                found.setdefault(name, target)
    return HubLinks(found.get("hub"), found.get("self"))
