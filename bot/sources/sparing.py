"""Spares feedparser the items of a feed that it has read before: nine tenths of the cost of most looks.

A document is cut into its items. Those that stand there letter by letter as they stood at the last reading, in the
same surroundings, are taken from memory; the others are parsed in a document of their own, with everything around
them. Where a document cannot be cut cleanly it is parsed whole. Lives in the parsing child and dies with it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import blake2b

from bot.domain.headlines import Item
from bot.sources.wire import item_from_json, item_to_json

#: Bytes that are remembered in all, packed; a feed of 30 items takes about 4 KiB.
MOST_KEPT = 48 * 1024 * 1024
#: Bytes of items that are parsed at once: what feedparser makes of them takes ten times as much.
_PIECE = 512 * 1024
_FIRST = re.compile(rb"<((?:[\w.\-]+:)?(?:item|entry))[\s>]", re.IGNORECASE)
_ENCLOSED = rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->"
#: What changes from look to look and says nothing of items: the document's own dates, and comments.
_RESTLESS = re.compile(
    rb"<!--.*?-->|<((?:[\w.\-]+:)?(?:lastBuildDate|pubDate|updated|modified|date))\b[^<>]*>[^<]*</\1>",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A document: what stands before its items, the items, what stands behind them."""

    head: bytes
    items: tuple[bytes, ...]
    tail: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to parse of a document: its `fresh` items; the others are `known` by their digests."""

    cut: Cut
    fresh: tuple[bytes, ...]
    key: bytes
    digests: tuple[bytes, ...]
    known: dict[bytes, Item]

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """Documents of some fresh items each, with everything around them, and how many they are.

        There is one at least: what stands around the items is read too. Each is small, and so is what is made of it.
        """
        inside: list[bytes] = []
        size = 0
        for item in self.fresh:
            if inside and size + len(item) > _PIECE:
                yield self._document(inside), len(inside)
                inside, size = [], 0
            inside.append(item)
            size += len(item)
        yield self._document(inside), len(inside)

    def _document(self, items: Sequence[bytes]) -> bytes:
        return b"".join((self.cut.head, *items, self.cut.tail))

    @property
    def is_whole(self) -> bool:
        """Whether the only piece is the document itself."""
        return len(self.fresh) == len(self.cut.items) and sum(map(len, self.fresh)) <= _PIECE


class Spare:
    """Remembers the items of the last reading of each feed, the feeds read longest ago being forgotten first."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._most = most_kept
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self.size = 0

    def plan(self, body: bytes, url: str, zone: tzinfo, now: datetime) -> Plan | None:
        """How to read `body` (mended), None where it can only be read whole.

        What an item says may depend on its surroundings, on the zone, and on which day it is read.
        """
        cut = cut_items(body)
        if cut is None:
            return None
        read = f"{url}\0{zone}\0{now:%Y%m%d}".encode(errors="surrogatepass")
        key = _digest(b"\0".join((read, _RESTLESS.sub(b"", cut.head), _RESTLESS.sub(b"", cut.tail))))
        digests = tuple(_digest(item) for item in cut.items)
        known = self._known(key)
        fresh = [item for item, digest in zip(cut.items, digests, strict=True) if digest not in known]
        return Plan(cut, tuple(fresh), key, digests, known)

    def fill(self, plan: Plan, parsed: Sequence[Item]) -> tuple[Item, ...]:
        """All items of the document in its order, `parsed` being the fresh ones; they are remembered."""
        new = iter(parsed)
        items = tuple(plan.known[digest] if digest in plan.known else next(new) for digest in plan.digests)
        if parsed or len(items) != len(plan.known):
            self._keep(plan.key, dict(zip(plan.digests, items, strict=True)))
        return items

    def _known(self, key: bytes) -> dict[bytes, Item]:
        packed = self._kept.get(key)
        if packed is None:
            return {}
        self._kept.move_to_end(key)
        return {
            bytes.fromhex(digest): item_from_json(plain)
            for digest, plain in json.loads(zlib.decompress(packed))
        }

    def _keep(self, key: bytes, items: dict[bytes, Item]) -> None:
        plain = [(digest.hex(), item_to_json(item)) for digest, item in items.items()]
        packed = zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 1)
        self.size += len(packed) - len(self._kept.pop(key, b""))
        self._kept[key] = packed
        while self.size > self._most:
            _, forgotten = self._kept.popitem(last=False)
            self.size -= len(forgotten)


def cut_items(body: bytes) -> Cut | None:
    """`body` cut at its items; None where they do not stand cleanly in a row, with nothing between them."""
    first = _FIRST.search(body)
    # feedparser lets a base of one item reach into the next one
    if first is None or body.find(b"xml:base", first.start()) >= 0:
        return None
    name = re.escape(first[1])
    mark = re.compile(b"%b|<!|(?P<open><%b[\\s>])|(?P<close></%b\\s*>)" % (_ENCLOSED, name, name), re.DOTALL)
    bounds: list[tuple[int, int]] = []
    start = -1
    for match in mark.finditer(body):
        if match[0] == b"<!":  # something enclosed that does not end
            return None
        if match["open"]:
            if start >= 0 or (bounds and body[bounds[-1][1] : match.start()].strip()):
                return None
            start = match.start()
        elif match["close"]:
            if start < 0:
                return None
            bounds.append((start, match.end()))
            start = -1
    if start >= 0 or not bounds:
        return None
    items = tuple(body[begin:end] for begin, end in bounds)
    return Cut(body[: bounds[0][0]], items, body[bounds[-1][1] :])


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
