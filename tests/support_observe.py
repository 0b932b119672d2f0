"""A newsroom's day in a real store, for the tests of the operator's page: plain SQL, bounded, deterministic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bot.domain.status import Status, Vitals
from bot.errors import StoreError
from bot.store.connection import Database, Transaction
from bot.store.values import dump, ticks

#: A Wednesday, 06:12:22 in Jakarta.
NOW = datetime(2026, 11, 24, 23, 12, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
_RULES = dump({"feeds": [], "categories": [], "include": [], "exclude": [], "template": "", "silent": False,
               "hold": False, "utm": ""})  # fmt: skip


async def insert(tx: Transaction, table: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Rows of any table; the first row's keys name the columns."""
    rows = list(rows)
    if rows:
        names = list(rows[0])
        places = ", ".join(f":{name}" for name in names)
        await tx.many(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)  # noqa: S608 - names of ours


def feed(number: int, **changes: object) -> dict[str, object]:
    """A feed that is well."""
    return {
        "id": number,
        "url": f"https://portal.example/rss/{number}",
        "name": f"feed-{number}",
        "interval": 30_000_000,
        "added_at": ticks(NOW - 30 * 24 * HOUR),
        "looked_at": ticks(NOW - timedelta(seconds=12)),
        "tried_at": ticks(NOW - timedelta(seconds=12)),
        "next_at": ticks(NOW + timedelta(seconds=18)),
        "last_new_at": ticks(NOW - 4 * MINUTE),
        "failures": 0,
        "failing_since": None,
        "failure": "",
        "paused": 0,
        **changes,
    }


def channel(number: int, **changes: object) -> dict[str, object]:
    """A channel that takes posts; its chat id is -1000 - number."""
    return {
        "id": number,
        "ref": f"@kanal{number}",
        "chat_id": -1000 - number,
        "title": f"Kanal {number}",
        "rules": _RULES,
        "added_at": ticks(NOW - 30 * 24 * HOUR),
        "paused_at": None,
        "pause_detail": "",
        "halted_at": None,
        **changes,
    }


def headline(number: int, published: datetime, **changes: object) -> dict[str, object]:
    """A headline of feed 1."""
    title = f"Headline {number}"
    return {
        "id": number,
        "title": title,
        "link": f"https://portal.example/dunia/read/{number}/slug",
        "kicker": "Dunia",
        "published_at": ticks(published),
        "portal_title": title,
        "owner_feed": 1,
        "first_seen_at": ticks(published),
        "revision": 1,
        "hidden": 0,
        **changes,
    }


def sent(headline_id: int, channel_id: int, at: datetime, message_id: int) -> dict[str, object]:
    """A delivery that stands in its channel."""
    return delivery(headline_id, channel_id, "SENT", at, sent_at=ticks(at), message_id=message_id)


def delivery(
    headline_id: int, channel_id: int, state: str, at: datetime, **changes: object
) -> dict[str, object]:
    """A delivery in any state, since `at`."""
    return {
        "headline_id": headline_id,
        "channel_id": channel_id,
        "state": state,
        "reason": None,
        "at": ticks(at),
        "due_at": ticks(at),
        "seq": headline_id,
        "chat_id": -1000 - channel_id,
        "message_id": None,
        "sent_at": None,
        **changes,
    }


async def fill(
    database: Database,
    *,
    feeds: Iterable[Mapping[str, object]] = (),
    channels: Iterable[Mapping[str, object]] = (),
    headlines: Iterable[Mapping[str, object]] = (),
    deliveries: Iterable[Mapping[str, object]] = (),
) -> None:
    """All in one transaction, in the order in which they refer to each other."""
    async with database.transaction() as tx:
        await insert(tx, "feeds", feeds)
        await insert(tx, "channels", channels)
        await insert(tx, "headlines", headlines)
        await insert(tx, "deliveries", deliveries)


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, time: datetime = NOW) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FixedSource:
    """Answers with what it was given, or raises; counts how often it was asked."""

    def __init__(
        self, *, vitals: Vitals | None = None, status: Status | None = None, error: StoreError | None = None
    ) -> None:
        self.asked = 0
        self.error = error
        self._status = status or Status(vitals or Vitals(NOW))

    async def vitals(self, now: datetime) -> Vitals:
        return (await self.status(now)).vitals

    async def status(self, now: datetime) -> Status:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self._status
