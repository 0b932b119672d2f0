"""Who subscribed to what, and headlines on their way to them.

`reader_rows` holds a few hundred open rows whatever the number of readers: it is filled a page at a time, and a
row that was sent is gone. Whoever stops takes everything along by the references.
"""

from __future__ import annotations

SUBSCRIPTIONS = """
CREATE TABLE subscribers (
    id INTEGER PRIMARY KEY,                  -- a private chat, or a group (below zero)
    wish TEXT NOT NULL,
    digest_at INTEGER,                       -- minute of the local day; none: at once
    digest_next INTEGER,                     -- when the next digest is due; none: not reckoned yet
    since INTEGER NOT NULL                   -- what was first seen before is old news to them
);
CREATE INDEX subscribers_at_once ON subscribers (id) WHERE digest_at IS NULL;
CREATE INDEX subscribers_digest ON subscribers (digest_next) WHERE digest_at IS NOT NULL;

-- A headline that goes round all readers: from `start` on, past the highest id, to `start` again.
CREATE TABLE fanouts (
    headline_id INTEGER PRIMARY KEY REFERENCES headlines (id),
    at INTEGER NOT NULL,
    start INTEGER,                           -- none: has not begun
    cursor INTEGER,                          -- the last reader that was looked at
    wrapped INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE reader_rows (
    reader_id INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE ON UPDATE CASCADE,
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    state TEXT NOT NULL DEFAULT 'PENDING',   -- SENDING, UNCERTAIN, RETRY (exactly as before), SKIPPED (late)
    at INTEGER NOT NULL,                     -- when it became due
    next_at INTEGER NOT NULL DEFAULT 0,
    digest INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (reader_id, headline_id)
) WITHOUT ROWID;
CREATE INDEX reader_rows_waiting ON reader_rows (at) WHERE state IN ('PENDING', 'RETRY');
CREATE INDEX reader_rows_sending ON reader_rows (reader_id) WHERE state = 'SENDING';
CREATE INDEX reader_rows_uncertain ON reader_rows (next_at) WHERE state = 'UNCERTAIN';
CREATE INDEX reader_rows_late ON reader_rows (at) WHERE state = 'SKIPPED';
CREATE INDEX reader_rows_by_headline ON reader_rows (headline_id);

-- The message under way to a reader, of so many headlines; `doubted`: it may have arrived.
CREATE TABLE reader_messages (
    reader_id INTEGER PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE ON UPDATE CASCADE,
    request TEXT NOT NULL,
    headlines INTEGER NOT NULL,
    doubted INTEGER NOT NULL DEFAULT 0
);

-- A feed's first look brings old news, as does its first answer to a copy of the database or after a failure
-- ('closed'), and a surge is an editor's to decide: none of these sets out by itself.
CREATE TRIGGER fanout_begins AFTER INSERT ON headlines
WHEN new.hidden = 0 AND (SELECT looked_at FROM feeds WHERE id = new.owner_feed) IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM first_looks WHERE feed_id = new.owner_feed AND state <> 'done' AND state = 'closed')
    AND EXISTS (SELECT 1 FROM subscribers WHERE digest_at IS NULL)
BEGIN
    INSERT OR IGNORE INTO fanouts (headline_id, at) VALUES (new.id, new.first_seen_at);
END;
CREATE TRIGGER fanout_released AFTER UPDATE OF state ON deliveries
WHEN old.state = 'HELD' AND old.reason = 'surge' AND new.state = 'PENDING'
    AND EXISTS (SELECT 1 FROM subscribers WHERE digest_at IS NULL)
BEGIN
    INSERT OR IGNORE INTO fanouts (headline_id, at) VALUES (new.headline_id, new.at);
END;
CREATE TRIGGER fanout_cut AFTER INSERT ON deliveries WHEN new.state = 'SKIPPED' AND new.reason = 'surge'
BEGIN
    DELETE FROM fanouts WHERE headline_id = new.headline_id;
END;
CREATE TRIGGER fanout_withdrawn AFTER UPDATE OF withdrawn_at ON headlines WHEN new.withdrawn_at IS NOT NULL
BEGIN
    DELETE FROM fanouts WHERE headline_id = new.id;
    DELETE FROM reader_rows WHERE headline_id = new.id AND state <> 'SENDING';
END;
"""
