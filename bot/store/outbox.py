"""The queue of every channel. A claim stores the exact request, an outcome is saved once, nothing is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from bot.domain.delivery import Candidate, Claim, FrozenRequest, SkipReason, State
from bot.domain.desk import Mark
from bot.domain.headlines import Words
from bot.store.connection import Database, Row
from bot.store.copies import NOT_ASKED
from bot.store.endings import OVER
from bot.store.rows import MARKS, TARGET, WORDS, marks_of, target_of, words_of
from bot.store.values import dump, freeze, maybe_moment, moment, thaw, ticks

#: The channels in whose queue anything stands, found by as many seeks in the index, and the head of each:
#: what is tried again goes before what is new. Names `waiting` (channel_id) and `head` (a delivery's id).
WAITING = """
WITH RECURSIVE waiting (channel_id) AS (
    SELECT min(channel_id) FROM deliveries WHERE state IN ('PENDING', 'RETRY')
    UNION ALL
    SELECT (SELECT min(channel_id) FROM deliveries
        WHERE state IN ('PENDING', 'RETRY') AND channel_id > w.channel_id)
    FROM waiting w WHERE w.channel_id IS NOT NULL
)
"""
HEAD = """(
    SELECT id FROM deliveries WHERE channel_id = c.id AND state IN ('PENDING', 'RETRY')
    ORDER BY state DESC, lane, seq LIMIT 1)"""
_AMONG = """
WITH waiting (channel_id) AS (
    SELECT c.id FROM json_each(:among) j CROSS JOIN channels c ON c.chat_id = j.value
)
"""
# A chat with an unsettled send waits. Only the few that are wanted are read in full.
_HEADS = f"""
SELECT d.id, d.headline_id, d.state, d.attempts, d.loud, d.due_at, d.request, d.keep_request,
    d.shown_revision, d.resend, d.ignores_age, {TARGET}, c.chat_id, h.revision, {MARKS}, {WORDS}
FROM ({{waiting}}
    SELECT q.id, q.due_at, q.seq FROM waiting w CROSS JOIN channels c ON c.id = w.channel_id
    CROSS JOIN deliveries q ON q.id = {HEAD}
    LEFT JOIN chats t ON t.chat_id = c.chat_id
    WHERE c.removed_at IS NULL AND c.paused_at IS NULL AND c.halted_at IS NULL AND c.chat_id IS NOT NULL
        AND ifnull(t.blocked_until, 0) <= :now AND q.next_at <= :now
        AND c.chat_id NOT IN (SELECT value FROM json_each(:beside)) AND {NOT_ASKED}
        AND NOT EXISTS (SELECT 1 FROM deliveries u
            WHERE u.chat_id = c.chat_id AND u.state IN ('SENDING', 'UNCERTAIN'))
    ORDER BY q.due_at, q.seq LIMIT :limit) chosen
CROSS JOIN deliveries d ON d.id = chosen.id CROSS JOIN channels c ON c.id = d.channel_id
CROSS JOIN headlines h ON h.id = d.headline_id
ORDER BY chosen.due_at, chosen.seq
"""  # noqa: S608 - constants of ours
_HEADS_OF_ALL = _HEADS.format(waiting=WAITING)
_HEADS_AMONG = _HEADS.format(waiting=_AMONG)
# What is due already is not told again: who asks has looked for it just now.
_NEXT_DUE = """
SELECT min(at) AS at FROM (
    SELECT min(next_at) AS at FROM deliveries WHERE state = 'RETRY' AND next_at > :now
    UNION ALL SELECT min(next_at) FROM deliveries WHERE state = 'UNCERTAIN' AND next_at > :now
    UNION ALL SELECT min(edit_at) FROM deliveries WHERE edit_at > :now
    UNION ALL SELECT min(blocked_until) FROM chats WHERE blocked_until > :now
)
"""
_CLAIM = f"""
UPDATE deliveries SET state = 'SENDING', at = :now, claimed_at = :now, attempts = attempts + 1,
    request = :requests ->> (j.value ->> 4), keep_request = 0,
    chat_id = j.value ->> 1, shown_revision = j.value ->> 2,
    known_before = iif(resend, known_before,
        (SELECT highest_id FROM chats WHERE chats.chat_id = j.value ->> 1)),
    resent_at = iif(resend, :now, resent_at), twin_open = iif(resend, 1, twin_open)
FROM json_each(:chosen) j
WHERE deliveries.id = j.value ->> 0 AND state IN ('PENDING', 'RETRY') AND {NOT_ASKED}
    AND EXISTS (SELECT 1 FROM headlines h
        WHERE h.id = deliveries.headline_id AND h.revision = j.value ->> 3 AND h.withdrawn_at IS NULL)
    AND EXISTS (SELECT 1 FROM channels c
        WHERE c.id = deliveries.channel_id AND c.chat_id = j.value ->> 1
            AND c.removed_at IS NULL AND c.paused_at IS NULL AND c.halted_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM deliveries u
        WHERE u.chat_id = j.value ->> 1 AND u.state IN ('SENDING', 'UNCERTAIN'))
RETURNING id
"""  # noqa: S608 - NOT_ASKED is a constant of ours
# Stars are counted before they are spent: in the claim's own transaction.
_PAY = """
INSERT INTO meta (key, value) VALUES (:day, :count)
ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + :count
"""
_PAID_ON = "SELECT value FROM meta WHERE key = ?"
_TRAFFIC = "INSERT INTO traffic (chat_id, at) VALUES (?, ?)"
_SKIP = """
UPDATE deliveries SET state = 'SKIPPED', reason = ?, detail = '', at = ? WHERE id = ?
    AND state IN ('PENDING', 'RETRY', 'HELD')
"""
# Words that changed while the row was under way are shown by an edit.
SENT = """
UPDATE deliveries SET state = 'SENT', reason = NULL, at = :now, sent_at = :now, message_id = :message,
    detail = '', resend = 0,
    edit_at = (SELECT iif(:follow AND shown_revision < h.revision OR shown_revision < h.ordered_revision
        OR h.withdrawn_at IS NOT NULL, :now, NULL) FROM headlines h WHERE h.id = headline_id)
WHERE id = :id AND state IN ('SENDING', 'UNCERTAIN')
"""
KNOW_ID = """
INSERT INTO chats (chat_id, highest_id) VALUES (:chat, :message)
ON CONFLICT (chat_id) DO UPDATE SET highest_id = max(ifnull(highest_id, 0), excluded.highest_id)
"""
_RETRY = f"""
UPDATE deliveries SET state = iif({OVER} IS NULL, 'RETRY', 'SKIPPED'), reason = {OVER},
    at = :now, next_at = :next_at, detail = :detail,
    request = coalesce(:request, iif(resend, request, NULL)), keep_request = :request IS NOT NULL OR resend
WHERE id = :id AND state = 'SENDING'
"""  # noqa: S608 - OVER is a constant of ours
_REQUEUE = f"""
UPDATE deliveries SET state = CASE WHEN {OVER} IS NOT NULL THEN 'SKIPPED' WHEN resend THEN 'RETRY' ELSE 'PENDING' END,
    reason = {OVER}, at = :now, next_at = 0, detail = :detail, keep_request = resend
WHERE id = :id AND state = 'SENDING'
"""  # noqa: S608 - OVER is a constant of ours
_UNCERTAIN = """
UPDATE deliveries SET state = 'UNCERTAIN', at = :now, next_at = :ask_at, asks = 0, detail = :detail
WHERE id = :id AND state = 'SENDING'
"""
_FAILED = """
UPDATE deliveries SET state = 'FAILED', at = :now, reason = :detail, detail = '', twin_open = 0
WHERE id = :id AND state = 'SENDING'
"""
_ORPHANS = """
UPDATE deliveries SET state = 'UNCERTAIN', at = :now, next_at = :ask_at, asks = 0,
    detail = 'its sending ended without an outcome'
WHERE state = 'SENDING' AND id NOT IN (SELECT value FROM json_each(:running)) RETURNING id
"""


class OutboxStore:
    """Implements `ports.Outbox`. `follow_edits` as in the settings."""

    def __init__(self, database: Database, *, follow_edits: bool = True, zone: tzinfo = UTC) -> None:
        self._database = database
        self._follow = follow_edits
        self._zone = zone

    async def paid_today(self, now: datetime) -> int:
        """Messages that were paid for on the day of `now`, in the newsroom's zone."""
        rows = await self._database.read(_PAID_ON, (self._day(now),))
        return int(rows[0]["value"]) if rows else 0

    def _day(self, now: datetime) -> str:
        return f"paid:{now.astimezone(self._zone):%Y-%m-%d}"

    async def heads(
        self,
        now: datetime,
        limit: int,
        *,
        among: Collection[int] | None = None,
        beside: Collection[int] = (),
    ) -> Sequence[Candidate]:
        """The head of each channel that is free, longest waiting first: of the chats `among`, or all `beside`."""
        values = {"now": ticks(now), "limit": limit, "beside": dump(list(beside))}
        if among is None:
            rows = await self._database.read(_HEADS_OF_ALL, values)
        else:
            rows = await self._database.read(_HEADS_AMONG, {**values, "among": dump(list(among))})
        return _candidates(rows)

    async def next_due(self, now: datetime) -> datetime | None:
        """When something that waits for its time will be due; later than `now`."""
        rows = await self._database.read(_NEXT_DUE, {"now": ticks(now)})
        return maybe_moment(rows[0]["at"])

    async def claim(
        self, chosen: Sequence[tuple[Candidate, FrozenRequest]], now: datetime
    ) -> Sequence[Claim]:
        """One statement; what changed since it was read is left out and comes again, as is a chat's second row."""
        first: dict[int, tuple[Candidate, FrozenRequest]] = {}
        for one in chosen:
            first.setdefault(one[0].target.chat_id, one)
        rows, requests = _batch(first.values())
        async with self._database.transaction() as tx:
            values = {"now": ticks(now), "chosen": dump(rows), "requests": dump(requests)}
            claimed = {row["id"] for row in await tx.all(_CLAIM, values)}
            claims = [_claim(c, request) for c, request in first.values() if c.id in claimed]
            await tx.many(_TRAFFIC, [(claim.target.chat_id, ticks(now)) for claim in claims])
            if paid := sum(claim.request.paid for claim in claims):
                await tx.run(_PAY, {"day": self._day(now), "count": paid})
        return claims

    async def skip(self, delivery_ids: Sequence[int], reason: SkipReason, now: datetime) -> None:
        """End open rows that are no longer due; those that are under way are left alone."""
        async with self._database.transaction() as tx:
            await tx.many(_SKIP, [(reason.value, ticks(now), delivery) for delivery in delivery_ids])

    async def sent(self, claims: Sequence[tuple[Claim, int | None]], now: datetime) -> None:
        """Rows stand in their channels under these message ids."""
        async with self._database.transaction() as tx:
            await tx.many(
                SENT,
                [
                    {"id": claim.id, "message": message, "now": ticks(now), "follow": self._follow}
                    for claim, message in claims
                ],
            )
            await tx.many(KNOW_ID, [{"chat": c.target.chat_id, "message": m} for c, m in claims if m])

    async def retry(
        self, claim: Claim, at: datetime, detail: str, request: FrozenRequest | None, now: datetime
    ) -> None:
        """Surely not sent: again at `at`; with `request`, in exactly that form."""
        values = {"id": claim.id, "next_at": ticks(at), "detail": detail, "now": ticks(now)}
        await self._run(_RETRY, {**values, "request": None if request is None else freeze(request)})

    async def requeue(self, claim: Claim, detail: str, now: datetime) -> None:
        """Surely not sent, and no fault of the post: it keeps its place and waits for its channel."""
        await self._run(_REQUEUE, {"id": claim.id, "detail": detail, "now": ticks(now)})

    async def uncertain(self, claim: Claim, ask_at: datetime, detail: str, now: datetime) -> None:
        """Nobody knows: ask at `ask_at`."""
        await self._run(
            _UNCERTAIN, {"id": claim.id, "ask_at": ticks(ask_at), "detail": detail, "now": ticks(now)}
        )

    async def failed(self, claim: Claim, detail: str, now: datetime) -> None:
        """Refused for good."""
        await self._run(_FAILED, {"id": claim.id, "detail": detail, "now": ticks(now)})

    async def orphans(self, running: Collection[int], ask_at: datetime, now: datetime) -> Sequence[int]:
        """Rows in SENDING whose task is gone become UNCERTAIN."""
        values = {"running": dump(list(running)), "ask_at": ticks(ask_at), "now": ticks(now)}
        async with self._database.transaction() as tx:
            return [row["id"] for row in await tx.all(_ORPHANS, values)]

    async def _run(self, sql: str, values: dict[str, object]) -> None:
        async with self._database.transaction() as tx:
            await tx.run(sql, values)


def _batch(
    chosen: Iterable[tuple[Candidate, FrozenRequest]],
) -> tuple[list[tuple[int, int, int, int, int]], list[str]]:
    """What `_CLAIM` reads: (id, chat, revision shown, newest revision, index among the requests) of each, the requests.

    Channels that look alike share one request, and it is frozen once.
    """
    rows: list[tuple[int, int, int, int, int]] = []
    texts: list[str] = []
    indexes: dict[int, int] = {}
    for candidate, request in chosen:
        index = indexes.get(id(request))
        if index is None:
            index = indexes[id(request)] = len(texts)
            texts.append(freeze(request))
        # a request kept from before shows the words of its time, not the newest
        shown = candidate.shown if candidate.frozen else candidate.revision
        rows.append((candidate.id, candidate.target.chat_id, shown, candidate.revision, index))
    return rows, texts


def _candidates(rows: Iterable[Row]) -> list[Candidate]:
    """The heads in `rows`, which were read together: of one headline they all say the same."""
    said: dict[int, tuple[Words, tuple[Mark, ...]]] = {}
    candidates = []
    for row in rows:
        story = row["headline_id"]
        if story not in said:
            said[story] = words_of(row), marks_of(row)
        candidates.append(_candidate(row, *said[story]))
    return candidates


def _candidate(row: Row, words: Words, marks: tuple[Mark, ...]) -> Candidate:
    return Candidate(
        id=row["id"],
        target=target_of(row),
        headline_id=row["headline_id"],
        words=words,
        revision=row["revision"],
        state=State(row["state"]),
        attempts=row["attempts"],
        loud=bool(row["loud"]),
        waiting_since=moment(row["due_at"]),
        frozen=thaw(row["request"]) if row["keep_request"] else None,
        shown=row["shown_revision"] or row["revision"],
        resend=bool(row["resend"]),
        ignores_age=bool(row["ignores_age"]),
        marks=marks,
    )


def _claim(candidate: Candidate, request: FrozenRequest) -> Claim:
    return Claim(
        id=candidate.id,
        target=candidate.target,
        headline_id=candidate.headline_id,
        request=request,
        attempts=candidate.attempts + 1,
        published=candidate.words.published,
        resend=candidate.resend,
    )
