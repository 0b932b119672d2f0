"""Channels as chats: their ids, their trouble, and how routing sees them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.domain.delivery import Target
from bot.domain.polling import Channel, ChannelSetup
from bot.store.connection import Database, Row
from bot.store.enrolment import enrol, learn
from bot.store.rows import TARGET, target_of
from bot.store.values import ticks

_ROUTING = """
SELECT c.id, c.rules,
    (SELECT json_group_array(feed_id) FROM first_looks
        WHERE channel_id = c.id AND state <> 'done' AND state <> 'closed') AS waiting,
    (SELECT json_group_array(feed_id) FROM first_looks
        WHERE channel_id = c.id AND state <> 'done' AND state = 'closed') AS closed
FROM channels c WHERE c.removed_at IS NULL ORDER BY c.id
"""
_UNRESOLVED = (
    "SELECT id, ref FROM channels WHERE removed_at IS NULL AND (chat_id IS NULL OR kind = '') ORDER BY id"
)
_KNOW_CHAT = "INSERT OR IGNORE INTO chats (chat_id) VALUES (?)"
_END_REMOVED = """
UPDATE deliveries SET state = 'SKIPPED', reason = 'channel_removed', at = :now
WHERE state IN ({states}) AND channel_id IN (SELECT id FROM channels WHERE removed_at IS NOT NULL)
"""
#: Two statements, for each has an index of its own.
_END_QUEUED, _END_HELD = (_END_REMOVED.format(states=states) for states in ("'PENDING', 'RETRY'", "'HELD'"))
_PAUSE = """
UPDATE channels SET paused_at = :now, pause_detail = :detail, probe_at = :probe_at
WHERE id = :id AND paused_at IS NULL RETURNING id
"""
_STILL_PAUSED = "UPDATE channels SET pause_detail = :detail, probe_at = :probe_at WHERE id = :id"
_RESUME = """
UPDATE channels SET paused_at = NULL, pause_detail = '', probe_at = NULL, probes = 0
WHERE chat_id = ? AND paused_at IS NOT NULL AND removed_at IS NULL RETURNING id
"""
# What stayed uncertain while nobody could be asked.
_ASK_NOW = """
UPDATE deliveries SET next_at = ?
WHERE chat_id = ? AND state IN ('SENDING', 'UNCERTAIN') AND state = 'UNCERTAIN'
"""
_PROBES = f"""
SELECT {TARGET}, c.chat_id FROM channels c
WHERE c.removed_at IS NULL AND c.paused_at IS NOT NULL AND c.chat_id IS NOT NULL AND c.probe_at <= ?
ORDER BY c.probe_at
"""  # noqa: S608 - TARGET is a constant of ours
_PROBE_FAILED = "UPDATE channels SET pause_detail = ?, probe_at = ?, probes = probes + 1 WHERE id = ?"
_PROBES_SO_FAR = "SELECT probes FROM channels WHERE id = ?"
_MOVE = (
    "UPDATE channels SET chat_id = :new WHERE chat_id = :old",
    # In the new chat ids start anew: none is known from before the attempt.
    """
UPDATE deliveries SET chat_id = :new, known_before = NULL
WHERE chat_id = :old AND state IN ('SENDING', 'UNCERTAIN')
""",
    """
UPDATE deliveries SET chat_id = :new, known_before = NULL
WHERE chat_id = :old AND state IN ('PENDING', 'RETRY')
    AND channel_id IN (SELECT id FROM channels WHERE chat_id = :new)
""",
    # What stands in the old group can neither be edited nor looked for any more.
    """
UPDATE deliveries SET edit_at = NULL, twin_open = 0
WHERE chat_id = :old AND message_id IS NOT NULL AND (edit_at IS NOT NULL OR twin_open = 1)
""",
)
_OF_CHAT = "SELECT id, ref FROM channels WHERE chat_id = ? AND removed_at IS NULL ORDER BY id"
_NAME = "SELECT ref, title FROM channels WHERE id = ?"


async def routing_channels(database: Database) -> Sequence[Channel]:
    """Every channel of the settings, as routing sees it."""
    return [_routing(row) for row in await database.read(_ROUTING)]


class Channels:
    """Implements `ports.ChannelStore`, and keeps the table true to the settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def configure(self, channels: Sequence[ChannelSetup], now: datetime) -> None:
        """Make the table say what the settings say (see `enrolment`); call it after `Feeds.configure`."""
        async with self._database.transaction() as tx:
            await enrol(tx, channels, now)

    async def unresolved(self) -> Sequence[tuple[int, str]]:
        """(channel id, the setting's own words) of channels whose chat was not seen yet."""
        return [(row["id"], row["ref"]) for row in await self._database.read(_UNRESOLVED)]

    async def resolved(self, channel_id: int, chat_id: int, title: str, kind: str, now: datetime) -> None:
        """The numeric id was learnt. A chat that was known under another name goes on as that channel."""
        async with self._database.transaction() as tx:
            await learn(tx, channel_id, chat_id, title=title, kind=kind, now=now)
            await tx.run(_KNOW_CHAT, (chat_id,))

    async def finish_removals(self, now: datetime) -> None:
        """Every name is resolved: what still waits for a removed channel is not due any more."""
        async with self._database.transaction() as tx:
            for step in (_END_QUEUED, _END_HELD):
                await tx.run(step, {"now": ticks(now)})

    async def pause(self, channel_id: int, detail: str, probe_at: datetime, now: datetime) -> bool:
        """The chat refuses. True when it was not paused before."""
        values = {"id": channel_id, "detail": detail, "probe_at": ticks(probe_at), "now": ticks(now)}
        async with self._database.transaction() as tx:
            newly = await tx.one(_PAUSE, values) is not None
            if not newly:
                await tx.run(_STILL_PAUSED, values)
        return newly

    async def resume_chat(self, chat_id: int, now: datetime) -> Sequence[int]:
        """The chat lets us in again; returns the channels that were paused."""
        async with self._database.transaction() as tx:
            await tx.run(_ASK_NOW, (ticks(now), chat_id))
            return [row["id"] for row in await tx.all(_RESUME, (chat_id,))]

    async def probes_due(self, now: datetime) -> Sequence[Target]:
        """Paused channels that may be tried again."""
        return [target_of(row) for row in await self._database.read(_PROBES, (ticks(now),))]

    async def probes_so_far(self, channel_id: int) -> int:
        """How often a paused channel was tried again in vain."""
        rows = await self._database.read(_PROBES_SO_FAR, (channel_id,))
        return int(rows[0]["probes"]) if rows else 0

    async def probe_failed(self, channel_id: int, detail: str, probe_at: datetime) -> None:
        """Still refused."""
        async with self._database.transaction() as tx:
            await tx.run(_PROBE_FAILED, (detail, ticks(probe_at), channel_id))

    async def moved(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup: ids start anew there, and what stands in the old one stays as it is."""
        async with self._database.transaction() as tx:
            for step in _MOVE:
                await tx.run(step, {"old": old_chat_id, "new": new_chat_id})
            await tx.run(_KNOW_CHAT, (new_chat_id,))

    async def of_chat(self, chat_id: int) -> Sequence[tuple[int, str]]:
        """(channel id, name) of the channels that stand in a chat."""
        return [(row["id"], row["ref"]) for row in await self._database.read(_OF_CHAT, (chat_id,))]

    async def channel_name(self, channel_id: int) -> str:
        """The setting's words; with a numeric id, its title."""
        rows = await self._database.read(_NAME, (channel_id,))
        if not rows:
            return str(channel_id)
        ref: str = rows[0]["ref"]
        return ref if ref.startswith("@") else rows[0]["title"] or ref


def _routing(row: Row) -> Channel:
    rules = json.loads(row["rules"])
    return Channel(
        id=row["id"],
        feeds=frozenset(rules["feeds"]),
        categories=frozenset(rules["categories"]),
        include=tuple(rules["include"]),
        exclude=tuple(rules["exclude"]),
        breaking=tuple(rules.get("breaking", ())),
        hold=rules["hold"],
        waiting=frozenset(json.loads(row["waiting"])),
        closed=frozenset(json.loads(row["closed"])),
    )
