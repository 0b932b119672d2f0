"""The settings' channels held against those that are known: who is new, who goes on, who has left.

A channel is its numeric id, but the settings may say a name, and what chat a name means is learnt later. So a
name that the table does not have makes a row at once, and when its chat turns out to be known, the old row
lives on with all that happened in it:

- it stands in the settings too: two names of one chat are one channel;
- it left the settings at the moment when the newcomer entered: it only has another name now, and nothing
  that came meanwhile is lost;
- it had left before: it is as new as any other channel, but never gets a headline twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.domain.identity import folded
from bot.domain.polling import ChannelSetup
from bot.store.connection import Row, Transaction
from bot.store.deliveries import make_due, put_on_hold
from bot.store.values import dump, ticks

_FIND = """
SELECT id, removed_at FROM channels
WHERE ifnull(topic, 0) = ifnull(:topic, 0)
    AND (ref = :ref COLLATE NOCASE AND removed_at IS NULL OR chat_id = :chat_id)
ORDER BY removed_at IS NOT NULL, chat_id IS NULL, id DESC LIMIT 1
"""
_ADD = """
INSERT INTO channels (ref, topic, chat_id, rules, added_at) VALUES (:ref, :topic, :chat_id, :rules, :now)
RETURNING id
"""
_UPDATE = "UPDATE channels SET ref = :ref, rules = :rules WHERE id = :id"
_REMOVE_OTHERS = """
UPDATE channels SET removed_at = :now
WHERE removed_at IS NULL AND id NOT IN (SELECT value FROM json_each(:ids))
"""
_PUT_BACK = """
UPDATE channels SET removed_at = NULL, added_at = :now, halted_at = NULL,
    paused_at = NULL, pause_detail = '', probe_at = NULL, probes = 0
WHERE id = :id
"""
_END_WAITING = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'channel_removed', at = :now
WHERE channel_id = :id AND state IN ('PENDING', 'RETRY', 'HELD')
"""
_FORGET_LOOKS = "DELETE FROM first_looks WHERE channel_id = :id"

_CHANNELS = "SELECT id, rules FROM channels WHERE removed_at IS NULL"
_FEEDS = "SELECT id, name FROM feeds WHERE removed_at IS NULL"
# Those of a channel that left are kept: it may only have another name now.
_PAIRS = """
SELECT channel_id, feed_id FROM first_looks
WHERE channel_id IN (SELECT id FROM channels WHERE removed_at IS NULL)
"""
_MEET = "INSERT INTO first_looks (channel_id, feed_id, state) VALUES (?, ?, 'waiting')"
_PART = "DELETE FROM first_looks WHERE channel_id = ? AND feed_id = ?"
# The pair that would have decided about them is gone.
_END_UNDECIDED = """
UPDATE deliveries SET state = 'SKIPPED', at = :now
WHERE state = 'HELD' AND reason = 'first_look' AND NOT EXISTS (SELECT 1 FROM first_looks l
    WHERE l.channel_id = deliveries.channel_id AND l.state <> 'done' AND l.state <> 'closed')
"""

_SELF = "SELECT ref, rules, added_at FROM channels WHERE id = ?"
_TWIN = """
SELECT id, removed_at FROM channels
WHERE chat_id = :chat_id AND id <> :id AND ifnull(topic, 0) = (SELECT ifnull(topic, 0) FROM channels WHERE id = :id)
ORDER BY removed_at IS NOT NULL, removed_at DESC, id DESC LIMIT 1
"""
_RESOLVE = """
UPDATE channels SET chat_id = :chat_id, title = :title, kind = :kind, paused_at = NULL, pause_detail = '',
    probe_at = NULL, probes = 0
WHERE id = :id
"""
_TAKE_ROWS = "UPDATE OR IGNORE deliveries SET channel_id = :old WHERE channel_id = :new RETURNING id"
_TAKE_SENT = (
    "UPDATE OR IGNORE deliveries SET channel_id = :old WHERE channel_id = :new AND sent_at IS NOT NULL"
)
_TAKE_LOOKS = "UPDATE OR IGNORE first_looks SET channel_id = :old WHERE channel_id = :new"
_DROP = (
    "DELETE FROM deliveries WHERE channel_id = ?",
    "DELETE FROM first_looks WHERE channel_id = ?",
    "DELETE FROM channels WHERE id = ?",
)
_RENAME = "UPDATE channels SET removed_at = NULL, ref = :ref, rules = :rules WHERE id = :old"
# A channel that only has another name knows its feeds: their headlines were never a first look's.
_MISTAKEN = """
SELECT d.id FROM json_each(:ids) j JOIN deliveries d ON d.id = j.value JOIN headlines h ON h.id = d.headline_id
WHERE d.state = 'PENDING' OR d.state IN ('HELD', 'SKIPPED') AND d.reason = 'first_look' AND h.hidden = 0
    AND NOT EXISTS (SELECT 1 FROM headline_feeds s JOIN first_looks l ON l.feed_id = s.feed_id
        WHERE s.headline_id = d.headline_id AND l.channel_id = :old AND l.state <> 'done')
ORDER BY h.published_at, h.id
"""


async def enrol(tx: Transaction, channels: Sequence[ChannelSetup], now: datetime) -> None:
    """Make the table say what the settings say.

    A channel that is not among them stops at once; its open rows end when every name is resolved,
    for a new name may turn out to be the same chat.
    """
    ids = [await _enrol(tx, setup, now) for setup in channels]
    await tx.run(_REMOVE_OTHERS, {"now": ticks(now), "ids": dump(ids)})
    await _meet(tx)
    await tx.run(_END_UNDECIDED, {"now": ticks(now)})


async def learn(
    tx: Transaction, channel_id: int, chat_id: int, *, title: str, kind: str, now: datetime
) -> None:
    """The channel's chat is known now."""
    me = await tx.one(_SELF, (channel_id,))
    if me is None:
        return
    twin = await tx.one(_TWIN, {"id": channel_id, "chat_id": chat_id})
    if twin is not None and twin["removed_at"] is None:  # which learns its own chat by itself
        await tx.run(_TAKE_SENT, {"old": twin["id"], "new": channel_id})
        await _drop(tx, channel_id)
        return
    if twin is not None:
        await _merge(tx, channel_id, me, twin, now)
    survivor = channel_id if twin is None else twin["id"]
    await tx.run(_RESOLVE, {"id": survivor, "chat_id": chat_id, "title": title, "kind": kind})


async def _enrol(tx: Transaction, setup: ChannelSetup, now: datetime) -> int:
    numeric = None if setup.ref.startswith("@") else int(setup.ref)
    rules = dump({k: v for k, v in asdict(setup).items() if k not in {"ref", "topic"}})
    values = {
        "ref": setup.ref,
        "topic": setup.topic,
        "chat_id": numeric,
        "rules": rules,
        "now": ticks(now),
    }
    found = await tx.one(_FIND, values)
    if found is None:
        row = await tx.one(_ADD, values)
        assert row is not None  # noqa: S101 - RETURNING always returns the row that was written
        return int(row["id"])
    if found["removed_at"] is not None:  # taken out and put back: new
        await _bury(tx, found["id"], now)
        await tx.run(_PUT_BACK, {"id": found["id"], "now": ticks(now)})
    await tx.run(_UPDATE, {**values, "id": found["id"]})
    return int(found["id"])


async def _bury(tx: Transaction, channel_id: int, now: datetime) -> None:
    """What waited when a channel left is not due any more, nor does it know its feeds."""
    for step in (_END_WAITING, _FORGET_LOOKS):
        await tx.run(step, {"id": channel_id, "now": ticks(now)})


async def _meet(tx: Transaction) -> None:
    """A first look is due for each channel and each feed of its that did not meet before."""
    feeds = [(row["id"], _plain(row["name"])) for row in await tx.all(_FEEDS)]
    wanted = {
        (channel["id"], feed)
        for channel in await tx.all(_CHANNELS)
        for names in [{_plain(name) for name in json.loads(channel["rules"])["feeds"]}]
        for feed, name in feeds
        if not names or name in names
    }
    known = {(row["channel_id"], row["feed_id"]) for row in await tx.all(_PAIRS)}
    await tx.many(_PART, sorted(known - wanted))
    await tx.many(_MEET, sorted(wanted - known))


def _plain(name: str) -> str:
    """As `domain.routing` compares names of feeds."""
    return folded(name).casefold()


async def _merge(tx: Transaction, newcomer: int, me: Row, twin: Row, now: datetime) -> None:
    """The newcomer's chat is one that had left: the old row lives on under the newcomer's words."""
    old = int(twin["id"])
    renamed = twin["removed_at"] == me["added_at"]
    if not renamed:
        await _bury(tx, old, now)
    taken = [row["id"] for row in await tx.all(_TAKE_ROWS, {"old": old, "new": newcomer})]
    await tx.run(_TAKE_LOOKS, {"old": old, "new": newcomer})
    await _drop(tx, newcomer)
    if not renamed:
        await tx.run(_PUT_BACK, {"id": old, "now": ticks(now)})
    await tx.run(_RENAME, {"old": old, "ref": me["ref"], "rules": me["rules"]})
    await _meet(tx)
    if renamed:
        await _let_go(tx, old, json.loads(me["rules"]), taken, now)


async def _drop(tx: Transaction, channel_id: int) -> None:
    for step in _DROP:
        await tx.run(step, (channel_id,))


async def _let_go(
    tx: Transaction, channel_id: int, rules: Mapping[str, Any], taken: Sequence[int], now: datetime
) -> None:
    """What came for the newcomer is due, in order of publication, as it would have been without a new name."""
    rows = await tx.all(_MISTAKEN, {"ids": dump(taken), "old": channel_id})
    ids = [row["id"] for row in rows]
    if rules["hold"]:
        await put_on_hold(tx, ids, now)
    else:
        await make_due(tx, ids, now, loud=ids[:1])
