"""`explain URL-or-words`: the life of a headline, as a page for people or JSON lines for scripts."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.store.explain import DeliveryTold, Explanation, OrderTold


def explain(words: str, *, as_json: bool) -> int:
    """Print what is known of the headlines that `words` or a link name; 1 where there is none."""
    from bot.settings import load

    settings = load()
    from bot.app import explain as ask

    lives: Sequence[Explanation] = asyncio.run(ask(settings, words))
    for life in lives:
        print(json_line(life) if as_json else page(life))
    if not lives:
        print(f'No headline is known by "{words}".', file=sys.stderr)
    return 0 if lives else 1


def json_line(life: Explanation) -> str:
    """One headline as product.md §1 writes it; times in ISO 8601, UTC."""
    deliveries = [
        {
            "channel": delivery.channel,
            "message_id": delivery.message_id,
            "state": delivery.state,
            "reason": delivery.reason or None,
        }
        for delivery in life.deliveries
    ]
    edits = [{"title": edit.title, "link": edit.link, "at": _iso(edit.at)} for edit in life.edits]
    line: dict[str, object] = {
        "title": life.title,
        "link": life.link,
        "first_seen": _iso(life.first_seen),
        "edits": edits,
        "deliveries": deliveries,
    }
    if life.orders:
        line["orders"] = [
            {"verb": one.verb, "who": one.who, "at": _iso(one.at), "words": one.words} for one in life.orders
        ]
    return json.dumps(line, ensure_ascii=False)


def page(life: Explanation) -> str:
    """One headline for people, times in the zone of this machine."""
    edits = [f"  {_local(edit.at)}  corrected: {edit.title}" for edit in life.edits]
    deliveries = [f"  {_sentence(delivery)}" for delivery in life.deliveries] or ["  no channel wants it"]
    orders = [f"  {_local(one.at)}  {_ordered(one)}" for one in life.orders]
    first = f"  {_local(life.first_seen)}  first seen"
    return "\n".join([life.title, life.link or "(no link)", first, *edits, *orders, *deliveries, ""])


def _sentence(delivery: DeliveryTold) -> str:
    number = f" as message {delivery.message_id}" if delivery.message_id else ""
    reason = f": {delivery.reason}" if delivery.reason else ""
    return f"{delivery.channel}  {delivery.state}{number}{reason}"


def _ordered(order: OrderTold) -> str:
    words = f": {order.words}" if order.words else ""
    return f"/{order.verb} by {order.who}{words}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
