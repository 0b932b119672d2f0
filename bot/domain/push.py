"""WebSub (https://www.w3.org/TR/websub/): what a hub is asked, what it may confirm, whether it speaks. Pure.

Polling never depends on any of this: a hub that is silent, refuses or lies costs speed, not headlines.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.headlines import Document
from bot.domain.links import parts_of

#: Bytes of what a hub brings that are read directly; of more it is only learnt that there is news.
MOST_PUSHED = 2 * 1024 * 1024
#: What is asked for; the hub decides (§5.1).
LEASE = timedelta(days=10)
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(minutes=1), timedelta(days=90)
#: Asked again when neither refusal nor confirmation came, and after each further failure twice as long.
_PATIENCE, _LONGEST_PATIENCE = timedelta(minutes=5), timedelta(days=1)
#: Between two requests, however short the lease.
_RUSH = timedelta(seconds=4)
#: The methods of §8; a hub may use any of them.
_METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class Named:
    """The hub that a feed's document names, and the topic under which it knows the feed."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed's place for a hub to bring news to: `path` ends its callback's address, `secret` signs the news.

    `named` is None where the feed names no hub any more. `found_on` is the feed's address. `asks` counts
    requests since the hub last confirmed one; `lease_until` (aware UTC) is None where it never did.
    """

    feed_id: int
    path: str = field(repr=False)
    secret: str = field(repr=False)
    named: Named | None
    found_on: str = ""
    asks: int = 0
    lease_until: datetime | None = None


def hub_of(document: Document, url: str) -> Named | None:
    """The hub of a document that was read at `url`; a feed that does not name itself is known by its address."""
    if document.hub is None or not parts_of(document.hub):
        return None
    return Named(document.hub, document.self_url or url)


def form(subscription: Subscription, named: Named, callback: str) -> dict[str, str]:
    """The fields of a subscription request (§5.1); the secret is always among them."""
    return {
        "hub.mode": "subscribe",
        "hub.topic": named.topic,
        "hub.callback": callback,
        "hub.secret": subscription.secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }


def lease_of(seconds: str) -> timedelta:
    """The lease that a hub grants (§5.3, required there): a missing or odd one is taken as asked, within limits."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 12):
        return LEASE
    return max(_SHORTEST_LEASE, min(timedelta(seconds=int(seconds)), _LONGEST_LEASE))


def renew_after(lease: timedelta) -> timedelta:
    """When to ask again, while a fifth of the lease is left for tries that fail."""
    return lease * 0.8


def ask_again_after(asks: int, lease_left: timedelta = timedelta()) -> timedelta:
    """After `asks` (1 or more) without confirmation: 5, 10, 20 … minutes, a day at most.

    While a lease lasts, at least three more tries fit into what is left of it.
    """
    usual = min(_PATIENCE * (1 << min(max(asks, 1) - 1, 16)), _LONGEST_PATIENCE)
    return max(_RUSH, min(usual, lease_left / 4)) if lease_left > timedelta() else usual


class Signature:
    """A check of `X-Hub-Signature` (§8) over a body that comes in pieces. Says no where there is nothing to check."""

    def __init__(self, header: str | None, secret: str) -> None:
        method, _, given = (header or "").strip().partition("=")
        digest = _METHODS.get(method.strip().lower())
        self._given = given.strip().lower()
        self._hmac = hmac.new(secret.encode(), digestmod=digest) if digest else None

    @property
    def possible(self) -> bool:
        """Whether the header names a method that is known; if not, no body can be valid."""
        return self._hmac is not None

    def add(self, piece: bytes) -> None:
        """The next bytes of the raw body."""
        if self._hmac is not None:
            self._hmac.update(piece)

    def valid(self) -> bool:
        """Whether the whole body was signed with the secret; compared in constant time."""
        if self._hmac is None:
            return False
        return hmac.compare_digest(self._hmac.hexdigest().encode(), self._given.encode(errors="replace"))
