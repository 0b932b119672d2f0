"""The tables. Times are integers: microseconds since 1970, UTC (`values.ticks`)."""

from __future__ import annotations

VERSION_1 = """
-- What the bot knows of itself: made-up secrets, counters, the file it last wrote to.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Read by `kabarbot health` with the standard library alone.
CREATE TABLE health (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    interval INTEGER NOT NULL,
    headers TEXT NOT NULL DEFAULT '{}',
    selectors TEXT NOT NULL DEFAULT '{}',
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    moved_to TEXT,
    void TEXT NOT NULL DEFAULT '[]',
    added_at INTEGER NOT NULL,
    removed_at INTEGER,
    looked_at INTEGER,          -- the last good look
    tried_at INTEGER,
    next_at INTEGER NOT NULL,
    last_new_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    failure TEXT NOT NULL DEFAULT '',
    paused INTEGER NOT NULL DEFAULT 0,       -- not looked at before the next start
    gone INTEGER NOT NULL DEFAULT 0          -- the last look said so (410)
);
CREATE INDEX feeds_by_next ON feeds (next_at) WHERE removed_at IS NULL AND paused = 0;

CREATE TABLE headlines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    link TEXT,
    kicker TEXT NOT NULL DEFAULT '',
    published_at INTEGER NOT NULL,
    reporter TEXT NOT NULL DEFAULT '',
    lead TEXT NOT NULL DEFAULT '',
    image TEXT,
    portal_title TEXT NOT NULL,
    portal_link TEXT,
    portal_published_at INTEGER,
    guid TEXT,
    owner_feed INTEGER NOT NULL REFERENCES feeds (id),
    first_seen_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    corrected_at INTEGER,
    desk_edited INTEGER NOT NULL DEFAULT 0,
    flap_told INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,       -- held by a surge: not shown to readers until released
    withdrawn_at INTEGER,
    withdrawn_reason TEXT
);
CREATE INDEX headlines_by_time ON headlines (published_at, id) WHERE withdrawn_at IS NULL AND hidden = 0;

-- Every kicker and added category, case folded in `key`; `headlines` counts those that readers may see.
CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    headlines INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE shelf (
    category_id INTEGER NOT NULL REFERENCES categories (id),
    published_at INTEGER NOT NULL,
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    PRIMARY KEY (category_id, published_at, headline_id)
) WITHOUT ROWID;
CREATE INDEX shelf_by_headline ON shelf (headline_id);

-- Whoever hides, withdraws or shows a headline, the counts stay true.
CREATE TRIGGER shelf_filled AFTER INSERT ON shelf
WHEN EXISTS (SELECT 1 FROM headlines WHERE id = new.headline_id AND withdrawn_at IS NULL AND hidden = 0)
BEGIN
    UPDATE categories SET headlines = headlines + 1 WHERE id = new.category_id;
END;
CREATE TRIGGER shelf_emptied AFTER DELETE ON shelf
WHEN EXISTS (SELECT 1 FROM headlines WHERE id = old.headline_id AND withdrawn_at IS NULL AND hidden = 0)
BEGIN
    UPDATE categories SET headlines = headlines - 1 WHERE id = old.category_id;
END;
CREATE TRIGGER headline_disappeared AFTER UPDATE OF withdrawn_at, hidden ON headlines
WHEN old.withdrawn_at IS NULL AND old.hidden = 0 AND (new.withdrawn_at IS NOT NULL OR new.hidden = 1)
BEGIN
    UPDATE categories SET headlines = headlines - 1
    WHERE id IN (SELECT category_id FROM shelf WHERE headline_id = new.id);
END;
CREATE TRIGGER headline_appeared AFTER UPDATE OF withdrawn_at, hidden ON headlines
WHEN (old.withdrawn_at IS NOT NULL OR old.hidden = 1) AND new.withdrawn_at IS NULL AND new.hidden = 0
BEGIN
    UPDATE categories SET headlines = headlines + 1
    WHERE id IN (SELECT category_id FROM shelf WHERE headline_id = new.id);
END;

-- What identifies a headline, kept for ever; a key is kept as its hash.
CREATE TABLE keys (
    hash BLOB PRIMARY KEY,
    headline_id INTEGER NOT NULL REFERENCES headlines (id)
) WITHOUT ROWID;

CREATE TABLE headline_feeds (
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    category TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (headline_id, feed_id)
) WITHOUT ROWID;

CREATE TABLE revisions (
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    revision INTEGER NOT NULL,
    title TEXT NOT NULL,
    link TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (headline_id, revision)
) WITHOUT ROWID;

CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL,                       -- the setting's own words
    topic INTEGER,
    chat_id INTEGER,                         -- learnt once
    title TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    rules TEXT NOT NULL DEFAULT '{}',
    added_at INTEGER NOT NULL,
    removed_at INTEGER,
    paused_at INTEGER,                       -- it refuses
    pause_detail TEXT NOT NULL DEFAULT '',
    probe_at INTEGER,
    probes INTEGER NOT NULL DEFAULT 0,
    halted_at INTEGER                        -- an editor said /jeda
);
CREATE UNIQUE INDEX channels_by_ref ON channels (ref, ifnull(topic, 0)) WHERE removed_at IS NULL;
CREATE INDEX channels_by_chat ON channels (chat_id);

-- One row a chat in which messages stand: ids run in one sequence there.
CREATE TABLE chats (
    chat_id INTEGER PRIMARY KEY,
    highest_id INTEGER,
    blocked_until INTEGER
);
CREATE INDEX chats_blocked ON chats (blocked_until) WHERE blocked_until IS NOT NULL;

-- Messages of the last days in our chats that are not posts of ours: answers (ours = 1), other people's (0).
CREATE TABLE seen_messages (
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    ours INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (chat_id, message_id)
) WITHOUT ROWID;
CREATE INDEX seen_messages_by_time ON seen_messages (at);

-- Answers to readers in our chats whose message ids are not known (yet): an own id there may be one of them.
CREATE TABLE open_answers (
    id INTEGER PRIMARY KEY,
    chat_id INTEGER NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX open_answers_by_chat ON open_answers (chat_id, at);

-- Keys of stories that people posted in our chats themselves, of the last days.
CREATE TABLE hand_posts (
    chat_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    message_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (chat_id, hash)
) WITHOUT ROWID;
CREATE INDEX hand_posts_by_time ON hand_posts (at);

-- A pair that is new waits for its first look, or was closed because the feed failed at it.
CREATE TABLE first_looks (
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    state TEXT NOT NULL,                     -- waiting, looked, failed, done, closed
    PRIMARY KEY (channel_id, feed_id)
) WITHOUT ROWID;
CREATE INDEX first_looks_open ON first_looks (channel_id, state) WHERE state <> 'done';
CREATE INDEX first_looks_by_feed ON first_looks (feed_id, state) WHERE state <> 'done';

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    state TEXT NOT NULL,
    reason TEXT,
    rule TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',
    lane INTEGER NOT NULL DEFAULT 1,
    seq INTEGER,                             -- its place; none while held
    loud INTEGER NOT NULL DEFAULT 0,
    ignores_age INTEGER NOT NULL DEFAULT 0,  -- an editor released it
    at INTEGER NOT NULL,                     -- when it became what it is
    due_at INTEGER,
    next_at INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    asks INTEGER NOT NULL DEFAULT 0,
    request TEXT,
    keep_request INTEGER NOT NULL DEFAULT 0, -- exactly this goes out next
    chat_id INTEGER,
    message_id INTEGER,
    known_before INTEGER,
    claimed_at INTEGER,
    resend INTEGER NOT NULL DEFAULT 0,
    resent_at INTEGER,
    twin_open INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER,
    shown_revision INTEGER,
    edits INTEGER NOT NULL DEFAULT 0,
    edited_at INTEGER,
    edit_at INTEGER,
    UNIQUE (channel_id, headline_id)
);
CREATE INDEX deliveries_by_headline ON deliveries (headline_id);
-- SQLite uses a partial index only where the query repeats its condition, or one that is plainly narrower.
-- The head of a queue is the first of its channel: RETRY goes before PENDING.
CREATE INDEX deliveries_queue ON deliveries (channel_id, state DESC, lane, seq) WHERE state IN ('PENDING', 'RETRY');
CREATE INDEX deliveries_retries ON deliveries (next_at) WHERE state = 'RETRY';
CREATE INDEX deliveries_unsettled ON deliveries (chat_id) WHERE state IN ('SENDING', 'UNCERTAIN');
CREATE INDEX deliveries_sending ON deliveries (claimed_at) WHERE state = 'SENDING';
CREATE INDEX deliveries_uncertain ON deliveries (next_at) WHERE state = 'UNCERTAIN';
CREATE INDEX deliveries_held ON deliveries (channel_id, reason) WHERE state = 'HELD';
CREATE INDEX deliveries_surges ON deliveries (at) WHERE state = 'HELD' AND reason = 'surge';
CREATE INDEX deliveries_edits ON deliveries (edit_at) WHERE edit_at IS NOT NULL;
CREATE INDEX deliveries_twins ON deliveries (resent_at) WHERE twin_open = 1;
CREATE INDEX deliveries_sent ON deliveries (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX deliveries_messages ON deliveries (chat_id, message_id) WHERE message_id IS NOT NULL;

CREATE TABLE traffic (chat_id INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX traffic_by_time ON traffic (at);
CREATE INDEX traffic_by_chat ON traffic (chat_id, at);

CREATE TABLE popular (
    url TEXT NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    link TEXT,
    published_at INTEGER,
    seen_at INTEGER,                         -- when the list first had it
    headline_id INTEGER REFERENCES headlines (id),
    PRIMARY KEY (url, position)
) WITHOUT ROWID;
CREATE TABLE popular_looks (
    url TEXT PRIMARY KEY,
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    looked_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0,
    begun_at INTEGER,
    done_at INTEGER
);
CREATE INDEX inbox_waiting ON inbox (id) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

-- A trouble is told once and its end once, through restarts too.
CREATE TABLE troubles (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    told TEXT NOT NULL,
    since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER
);
CREATE INDEX alerts_waiting ON alerts (id) WHERE sent_at IS NULL;
CREATE INDEX alerts_sent ON alerts (sent_at) WHERE sent_at IS NOT NULL;

-- WebSub: a feed's place for its hub to bring news to, made up once, and what the hub was asked.
CREATE TABLE pushes (
    feed_id INTEGER PRIMARY KEY REFERENCES feeds (id),
    path TEXT NOT NULL UNIQUE,               -- ends the callback's address
    secret TEXT NOT NULL,
    hub TEXT,                                -- NULL: the feed names none any more
    topic TEXT NOT NULL DEFAULT '',
    found_on TEXT NOT NULL DEFAULT '',
    asks INTEGER NOT NULL DEFAULT 0,         -- since the hub last confirmed
    asked_at INTEGER,
    asked_from TEXT NOT NULL DEFAULT '',     -- the PUBLIC_URL of that request
    lease_until INTEGER,
    next_at INTEGER NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX pushes_by_next ON pushes (next_at) WHERE hub IS NOT NULL;

-- When news came, for what is usual: a UTC day (since 1970) and the half hours of it, one bit each.
CREATE TABLE arrivals (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    day INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    PRIMARY KEY (feed_id, day)
) WITHOUT ROWID;
CREATE TRIGGER news_arrived AFTER UPDATE OF last_new_at ON feeds
WHEN new.last_new_at IS NOT NULL AND new.last_new_at IS NOT old.last_new_at
BEGIN
    INSERT INTO arrivals (feed_id, day, slots)
    VALUES (new.id, new.last_new_at / 86400000000, 1 << (new.last_new_at / 1800000000) % 48)
    ON CONFLICT (feed_id, day) DO UPDATE SET slots = slots | excluded.slots;
END;
-- What is wrong with a feed that answers.
CREATE TABLE watched (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    kind TEXT NOT NULL,
    told TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (feed_id, kind)
) WITHOUT ROWID;
"""
