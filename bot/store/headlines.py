"""Headlines as they are recorded: what identifies them, their words and revisions, what feeds add to them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from bot.aside import aside
from bot.domain.delivery import HoldReason
from bot.domain.headlines import Key, Words
from bot.domain.polling import Correction, Known, NewDelivery, NewHeadline, PollIntent, Sighting, Wording
from bot.store.connection import Row, Transaction
from bot.store.deliveries import add_deliveries, as_held, schedule_edits
from bot.store.endings import end_posted_by_hand
from bot.store.shelf import put_on_shelf, rearrange
from bot.store.values import dump, maybe_moment, maybe_ticks, moment, ticks

#: A feed that was not heard of for this long no longer owns the words of what it brought.
OWNER_SILENT = timedelta(days=1)

#: Keys or rows that are worked on at once, which takes some milliseconds.
_MOST_AT_ONCE = 400
_OWNERS = "SELECT hash, headline_id FROM keys WHERE hash IN ({places})"
_KNOWN = """
SELECT h.*,
    coalesce(f.looked_at, 0) < :silent OR f.removed_at IS NOT NULL AS owner_silent,
    (SELECT json_group_array(category) FROM headline_feeds s WHERE s.headline_id = h.id) AS categories,
    (SELECT json_group_array(feed_id) FROM headline_feeds s WHERE s.headline_id = h.id) AS feeds,
    (SELECT json_group_array(channel_id) FROM deliveries d WHERE d.headline_id = h.id) AS channels,
    (SELECT json_group_array(channel_id) FROM deliveries d WHERE d.headline_id = h.id
        AND d.state = 'SKIPPED' AND d.reason = 'filtered') AS filtered
FROM json_each(:ids) j CROSS JOIN headlines h ON h.id = j.value CROSS JOIN feeds f ON f.id = h.owner_feed
"""
_ADD_HEADLINE = """
INSERT INTO headlines (id, title, link, kicker, published_at, reporter, lead, image,
    portal_title, portal_link, portal_published_at, guid, owner_feed, first_seen_at, hidden)
VALUES (:id, :title, :link, :kicker, :published, :reporter, :lead, :image,
    :title, :link, :portal_published, :guid, :feed, :now, :hidden)
"""
_LAST_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'headlines'"
# A new headline may take over the link of one that is gone (a page that always has the same address).
_TAKE_KEY = """
INSERT INTO keys (hash, headline_id) VALUES (?, ?)
ON CONFLICT (hash) DO UPDATE SET headline_id = excluded.headline_id
"""
_ADD_KEY = "INSERT OR IGNORE INTO keys (hash, headline_id) VALUES (?, ?)"
_ADD_FEED = """
INSERT INTO headline_feeds (headline_id, feed_id, category) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET category = iif(excluded.category = '', category, excluded.category)
"""
_ADD_REVISION = "INSERT INTO revisions (headline_id, revision, title, link, at) VALUES (?, ?, ?, ?, ?)"
_CORRECT = """
UPDATE headlines SET title = :title, link = :link, kicker = :kicker, image = :image, lead = :lead,
    reporter = :reporter, portal_title = :title, portal_link = :link,
    -- who corrects what its owner is silent about owns it: two feeds must not take turns
    owner_feed = :feed, revision = revision + 1, corrected_at = :now
WHERE id = :id RETURNING revision
"""
_CORRECT_UNDER_DESK = "UPDATE headlines SET portal_title = ?, portal_link = ? WHERE id = ?"
# Numbered down from zero: what the portal said while the desk's words stood, which no post has shown. Two of a
# wording are enough to know that it came back.
_ADD_UNDER_DESK = """
INSERT INTO revisions (headline_id, revision, title, link, at)
SELECT :id, min(0, min(revision)) - 1, :title, :link, :now FROM revisions WHERE headline_id = :id
GROUP BY headline_id HAVING sum(title = :title AND link IS :link) < 2
"""
_OLD_WORDINGS = """
SELECT count(*) AS n, (SELECT title = :title FROM headlines WHERE id = :id) AS shown FROM revisions
WHERE headline_id = :id AND title = :title AND link IS :link
"""
_FLAP = "UPDATE headlines SET flap_told = 1 WHERE id = ? AND flap_told = 0 RETURNING id"
_SIGHTED = """
UPDATE headlines SET guid = coalesce(:guid, guid), portal_published_at = coalesce(:published, portal_published_at)
WHERE id = :id
"""


def key_hash(key: Key) -> bytes:
    """16 bytes that stand for a key (BLAKE2b); scope and kind are part of it."""
    return blake2b(f"{key.kind}\n{key.value}".encode(errors="surrogatepass"), digest_size=16).digest()


async def known_by(tx: Transaction, wanted: Collection[Key], now: datetime) -> Mapping[Key, Known]:
    """The headlines that own any of the keys, each read once however many of its keys are asked for."""
    keys = await aside(lambda: {key_hash(key): key for key in wanted}, when=len(wanted) > _MOST_AT_ONCE)
    places = ",".join("?" * len(keys))
    owners = await tx.all(_OWNERS.format(places=places), (*keys,))
    ids = dump({row["headline_id"] for row in owners})
    rows = await tx.all(_KNOWN, {"ids": ids, "silent": ticks(now - OWNER_SILENT)})

    def matched() -> Mapping[Key, Known]:
        known = {row["id"]: _known(row) for row in rows}
        # Between the two statements a poll may be recorded, but nothing of a headline goes away.
        return {keys[row["hash"]]: known[row["headline_id"]] for row in owners if row["headline_id"] in known}

    return await aside(matched, when=len(rows) > _MOST_AT_ONCE)


async def add_headlines(tx: Transaction, intent: PollIntent) -> Sequence[int]:
    """All that is new, with its rows in the queues; returns ids in order."""
    now, new = intent.at, intent.new
    ids = await _next_ids(tx, len(new))
    both = list(zip(ids, new, strict=True))
    # Rows are made as the connection's thread asks for them: of a flood of news nothing is made in the loop.
    await tx.many(_ADD_HEADLINE, (_row(i, one, intent) for i, one in both))
    await tx.many(_TAKE_KEY, ((key_hash(key), i) for i, one in both for key in one.keys))
    await tx.many(_ADD_FEED, ((i, intent.feed_id, one.category) for i, one in both))
    await tx.many(_ADD_REVISION, ((i, 1, one.words.title, one.words.link, ticks(now)) for i, one in both))
    await put_on_shelf(tx, [(i, {one.words.kicker, one.category}) for i, one in both])
    await add_deliveries(tx, [(i, row) for i, one in both for row in one.deliveries], now)
    await end_posted_by_hand(tx, ids, now)
    return ids


async def correct(
    tx: Transaction, correction: Correction, feed_id: int, now: datetime, *, follow: bool
) -> None:
    """The portal's new words; with `follow` the posts are to show them too, unless the desk's words win."""
    words, headline = correction.words, correction.headline_id
    if correction.by_desk:
        await tx.run(_CORRECT_UNDER_DESK, (words.title, words.link, headline))
        values = {"id": headline, "title": words.title, "link": words.link, "now": ticks(now)}
        await tx.run(_ADD_UNDER_DESK, values)
        return
    row = await tx.one(_CORRECT, {**_words(words), "id": headline, "feed": feed_id, "now": ticks(now)})
    if row is None:
        return
    await tx.run(_ADD_REVISION, (headline, row["revision"], words.title, words.link, ticks(now)))
    await rearrange(tx, headline)
    if follow:
        await schedule_edits(tx, headline, now)


async def wording(tx: Transaction, correction: Correction) -> Wording:
    """What the words of a correction that was recorded are to their headline; BACK once a headline.

    A portal that comes to say what the desk says tells the desk nothing: AGAIN.
    """
    words = correction.words
    values = {"id": correction.headline_id, "title": words.title, "link": words.link}
    seen = await tx.one(_OLD_WORDINGS, values)
    if seen is not None and correction.by_desk and seen["shown"]:
        return Wording.AGAIN
    if seen is None or seen["n"] < 2:  # this wording itself is one of them
        return Wording.NEW
    told = await tx.one(_FLAP, (correction.headline_id,)) is None
    return Wording.AGAIN if told else Wording.BACK


async def sight(tx: Transaction, sightings: Sequence[Sighting], intent: PollIntent) -> None:
    """What the look adds to headlines that are known."""
    rows: list[tuple[int, NewDelivery]] = []
    for sighting in sightings:
        headline = sighting.headline_id
        await tx.many(_ADD_KEY, [(key_hash(key), headline) for key in sighting.keys])
        await tx.run(_ADD_FEED, (headline, intent.feed_id, sighting.category))
        if sighting.guid is not None or sighting.published is not None:
            await tx.run(
                _SIGHTED,
                {"id": headline, "guid": sighting.guid, "published": maybe_ticks(sighting.published)},
            )
        if sighting.category:
            await rearrange(tx, headline)
        rows += [(headline, row) for row in await as_held(tx, headline, sighting.deliveries)]
    await add_deliveries(tx, rows, intent.at)
    await end_posted_by_hand(tx, {headline for headline, _ in rows}, intent.at)


async def _next_ids(tx: Transaction, count: int) -> range:
    """The ids that SQLite itself would give next (AUTOINCREMENT): known before, all rows go in one hop."""
    last = await tx.one(_LAST_ID)
    first = 1 + (last["seq"] if last else 0)
    return range(first, first + count)


def _row(headline_id: int, new: NewHeadline, intent: PollIntent) -> dict[str, object]:
    return {
        **_words(new.words),
        "id": headline_id,
        "published": ticks(new.words.published),
        "portal_published": maybe_ticks(new.portal_published),
        "guid": new.guid,
        "feed": intent.feed_id,
        "now": ticks(intent.at),
        "hidden": any(row.reason is HoldReason.SURGE for row in new.deliveries),
    }


def _words(words: Words) -> dict[str, object]:
    return {
        "title": words.title,
        "link": words.link,
        "kicker": words.kicker,
        "reporter": words.reporter,
        "lead": words.lead,
        "image": words.image,
    }


def _known(row: Row) -> Known:
    return Known(
        headline_id=row["id"],
        title=row["portal_title"],
        link=row["portal_link"],
        published=maybe_moment(row["portal_published_at"]),
        guid=row["guid"],
        owner_feed=row["owner_feed"],
        owner_silent=bool(row["owner_silent"]),
        edited_by_desk=bool(row["desk_edited"]),
        withdrawn=row["withdrawn_at"] is not None,
        first_seen=moment(row["first_seen_at"]),
        categories=frozenset(filter(None, json.loads(row["categories"]))),
        channels=frozenset(json.loads(row["channels"])),
        filtered=frozenset(json.loads(row["filtered"])),
        feeds=frozenset(json.loads(row["feeds"])),
    )
