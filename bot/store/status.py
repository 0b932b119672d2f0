"""What the operator's page and the metrics ask of the database. Reads only.

Every statement is bounded, whatever is stored: counts stop at a limit, lists are cut short.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.status import (
    Amount,
    ChannelStatus,
    FeedStatus,
    LatestPost,
    Popular,
    PopularHeadline,
    Room,
    Status,
    Vitals,
)
from bot.errors import StoreError
from bot.store.connection import Database, Row
from bot.store.hours import Hours
from bot.store.values import dump, maybe_moment, moment

#: Feeds and channels that the page is given; those in trouble come first.
MOST_LISTED = 60
#: Where counting stops, in one channel and of held rows.
_MOST_WAITING, _MOST_HELD = 500, 2000
#: Posts that the latest are taken from.
_LATEST_OF = 2500
_LATEST, _POPULAR = 8, 7

_FEEDS = """
SELECT url, name, interval, looked_at, tried_at, last_new_at, next_at, failures, failing_since, failure, paused
FROM feeds WHERE removed_at IS NULL ORDER BY failures = 0, failing_since, id
"""
_CHANNELS = """
SELECT c.id, c.ref, c.title, c.chat_id, c.paused_at, c.pause_detail, c.halted_at, t.blocked_until,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE d.channel_id = c.id
        AND d.state IN ('PENDING', 'RETRY') LIMIT :most)) AS waiting,
    -- the head of the queue, or of those that breaking news goes before: whichever waits longer
    (SELECT min(due_at) FROM (
        SELECT * FROM (SELECT due_at FROM deliveries d WHERE d.channel_id = c.id
            AND d.state IN ('PENDING', 'RETRY') ORDER BY d.state DESC, d.lane, d.seq LIMIT 1)
        UNION ALL SELECT * FROM (SELECT due_at FROM deliveries d WHERE d.channel_id = c.id
            AND d.state IN ('PENDING', 'RETRY') AND d.state = 'PENDING' AND d.lane = 1 ORDER BY d.seq LIMIT 1)
    )) AS waiting_since,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE d.channel_id = c.id
        AND d.state = 'HELD' AND d.reason <> 'first_look' LIMIT :most)) AS held,
    (SELECT count(*) FROM deliveries d WHERE d.chat_id = c.chat_id AND d.channel_id = c.id
        AND d.state IN ('SENDING', 'UNCERTAIN') AND d.state = 'UNCERTAIN') AS uncertain
FROM channels c LEFT JOIN chats t ON t.chat_id = c.chat_id WHERE c.removed_at IS NULL
"""
# Message ids of a chat run in one sequence: its newest post has the highest. Topics share a chat.
_LAST_POSTS = """
SELECT c.id, d.sent_at, h.published_at FROM channels c
JOIN deliveries d ON d.id = (SELECT id FROM (SELECT id, channel_id FROM deliveries
    WHERE chat_id = c.chat_id AND message_id IS NOT NULL ORDER BY message_id DESC LIMIT 200)
    WHERE channel_id = c.id LIMIT 1)
JOIN headlines h ON h.id = d.headline_id
WHERE c.id IN (SELECT value FROM json_each(?))
"""
_HELD = """
SELECT count(DISTINCT headline_id) AS headlines, count(*) AS n, min(at) AS since
FROM (SELECT headline_id, at FROM deliveries WHERE state = 'HELD' AND reason <> 'first_look' LIMIT ?)
"""
_LATEST_POSTS = """
SELECT h.title, h.link, h.published_at, h.revision, p.first, p.last, p.n
FROM (SELECT headline_id, min(sent_at) AS first, max(sent_at) AS last, count(*) AS n
    FROM (SELECT headline_id, sent_at FROM deliveries WHERE sent_at IS NOT NULL ORDER BY sent_at DESC LIMIT ?)
    GROUP BY headline_id) p
JOIN headlines h ON h.id = p.headline_id WHERE h.withdrawn_at IS NULL ORDER BY p.last DESC, h.id DESC LIMIT ?
"""
_POPULAR_LOOK = "SELECT looked_at FROM popular_looks WHERE url = ?"
_POPULAR_LIST = """
SELECT ifnull(h.title, p.title) AS title, ifnull(h.link, p.link) AS link,
    ifnull(h.published_at, p.published_at) AS published_at
FROM popular p LEFT JOIN headlines h ON h.id = p.headline_id
WHERE p.url = ? AND h.withdrawn_at IS NULL AND ifnull(h.hidden, 0) = 0 ORDER BY p.position LIMIT ?
"""
_HEALTH = "SELECT key, value FROM health"

Disk = Callable[[Path], tuple[int, int, int]]


class StatusStore:
    """Implements `domain.status.StatusSource`. `disk` gives (total, used, free) bytes of a folder's disk."""

    def __init__(
        self, database: Database, path: Path, *, popular_url: str = "", disk: Disk = shutil.disk_usage
    ) -> None:
        self._database = database
        self._path = path
        self._popular_url = popular_url
        self._disk = disk
        self._hours = Hours(database)

    async def vitals(self, now: datetime) -> Vitals:
        """The numbers of the moment."""
        return await self._vitals(await self._channels(now), await self._feeds(), now)

    async def status(self, now: datetime) -> Status:
        """All that the page shows."""
        channels, feeds = await self._channels(now), await self._feeds()
        return Status(
            vitals=await self._vitals(channels, feeds, now),
            feeds=tuple(feeds[:MOST_LISTED]),
            channels=await self._with_last_posts(sorted(channels, key=_urgency)[:MOST_LISTED]),
            hours=await self._hours.counted(now),
            delays=await self._hours.delays(now - timedelta(days=1)),
            latest=await self._latest(),
            popular=await self._popular(),
        )

    async def health_values(self) -> Mapping[str, str]:
        """The table `health` as it stands: what `kabarbot health` judges by."""
        return {row["key"]: row["value"] for row in await self._database.read(_HEALTH)}

    async def _vitals(
        self, channels: Sequence[_Channel], feeds: Sequence[FeedStatus], now: datetime
    ) -> Vitals:
        held = (await self._database.read(_HELD, (_MOST_HELD,)))[0]
        every = [channel.status for channel in channels]
        free = [one for one in every if one.open]
        return Vitals(
            at=now,
            waiting=sum((one.waiting for one in free), Amount()),
            stuck=sum((one.waiting for one in every if not one.open), Amount()),
            waiting_since=min((one.waiting_since for one in free if one.waiting_since), default=None),
            held=Amount(held["headlines"], more=held["n"] >= _MOST_HELD),
            held_since=maybe_moment(held["since"]),
            uncertain=sum(one.uncertain for one in every),
            channels=len(every),
            channels_paused=sum(one.paused is not None for one in every),
            channels_halted=sum(one.halted is not None and one.paused is None for one in every),
            channels_unknown=sum(not one.known for one in every),
            feeds=len(feeds),
            feeds_failing=sum(feed.failures > 0 for feed in feeds),
            room=self._room(),
            beats=_beats(await self.health_values()),
        )

    async def _feeds(self) -> list[FeedStatus]:
        return [_feed(row) for row in await self._database.read(_FEEDS)]

    async def _channels(self, now: datetime) -> list[_Channel]:
        rows = await self._database.read(_CHANNELS, {"most": _MOST_WAITING})
        return [_Channel(row["id"], _channel(row, now)) for row in rows]

    async def _with_last_posts(self, channels: Sequence[_Channel]) -> tuple[ChannelStatus, ...]:
        ids = dump([channel.id for channel in channels])
        last = {row["id"]: row for row in await self._database.read(_LAST_POSTS, (ids,))}
        return tuple(_with_last_post(channel.status, last.get(channel.id)) for channel in channels)

    async def _latest(self) -> tuple[LatestPost, ...]:
        rows = await self._database.read(_LATEST_POSTS, (_LATEST_OF, _LATEST))
        return tuple(_latest_post(row) for row in rows)

    async def _popular(self) -> Popular:
        looks = await self._database.read(_POPULAR_LOOK, (self._popular_url,))
        if not looks:
            return Popular()
        rows = await self._database.read(_POPULAR_LIST, (self._popular_url, _POPULAR))
        lines = (PopularHeadline(r["title"], r["link"], maybe_moment(r["published_at"])) for r in rows)
        return Popular(moment(looks[0]["looked_at"]), tuple(lines))

    def _room(self) -> Room:
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        try:
            size = sum(file.stat().st_size for file in files if file.exists())
            total, _, free = self._disk(self._path.parent)
        except OSError as exc:
            raise StoreError(f"the database's folder cannot be read: {exc.strerror}") from exc
        return Room(size, free, total)


@dataclass(frozen=True, slots=True)
class _Channel:
    id: int
    status: ChannelStatus


def _urgency(channel: _Channel) -> tuple[object, ...]:
    one = channel.status
    trouble = (one.paused is None, one.known, one.halted is None, not one.uncertain, not one.held)
    return (*trouble, not one.waiting, channel.id)


def _feed(row: Row) -> FeedStatus:
    return FeedStatus(
        name=row["name"] or row["url"],
        interval=timedelta(microseconds=row["interval"]),
        looked=maybe_moment(row["looked_at"]),
        tried=maybe_moment(row["tried_at"]),
        last_new=maybe_moment(row["last_new_at"]),
        next_look=None if row["paused"] else moment(row["next_at"]),
        failures=row["failures"],
        failing_since=maybe_moment(row["failing_since"]),
        failure=row["failure"],
        paused=bool(row["paused"]),
    )


def _channel(row: Row, now: datetime) -> ChannelStatus:
    blocked = maybe_moment(row["blocked_until"])
    ref: str = row["ref"]
    return ChannelStatus(
        name=ref if ref.startswith("@") else row["title"] or ref,
        known=row["chat_id"] is not None,
        waiting=Amount(row["waiting"], more=row["waiting"] >= _MOST_WAITING),
        waiting_since=maybe_moment(row["waiting_since"]),
        held=Amount(row["held"], more=row["held"] >= _MOST_WAITING),
        uncertain=row["uncertain"],
        paused=maybe_moment(row["paused_at"]),
        pause_detail=row["pause_detail"],
        halted=maybe_moment(row["halted_at"]),
        blocked=blocked if blocked and blocked > now else None,
    )


def _with_last_post(status: ChannelStatus, row: Row | None) -> ChannelStatus:
    if row is None:
        return status
    sent = moment(row["sent_at"])
    return replace(status, last_post=sent, delay=max(sent - moment(row["published_at"]), timedelta()))


def _latest_post(row: Row) -> LatestPost:
    first = moment(row["first"])
    delay = max(first - moment(row["published_at"]), timedelta())
    return LatestPost(row["title"], row["link"], first, delay, row["n"], corrected=row["revision"] > 1)


def _beats(values: Mapping[str, str]) -> dict[str, datetime]:
    return {
        key.removeprefix("beat:"): datetime.fromisoformat(json.loads(value))
        for key, value in values.items()
        if key.startswith("beat:")
    }
