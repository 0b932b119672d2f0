"""What editors order: who did what and when, what stands under posts, and what they were asked."""

from __future__ import annotations

EDITORS = """
-- Who ordered what: kept. `who` is a user's id, or the group's for an administrator who hides.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    verb TEXT NOT NULL,
    who INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    message_id INTEGER,                      -- the command; none for a tap
    words TEXT NOT NULL DEFAULT ''
);
-- An update that is handled again after a kill is the same order.
CREATE UNIQUE INDEX orders_by_message ON orders (chat_id, message_id) WHERE message_id IS NOT NULL;
CREATE TABLE order_headlines (
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    order_id INTEGER NOT NULL REFERENCES orders (id),
    PRIMARY KEY (headline_id, order_id)
) WITHOUT ROWID;

-- The line `Ralat`, and the revision that an editor last ordered: posts that show an older one are edited at once.
ALTER TABLE headlines ADD COLUMN note TEXT;
ALTER TABLE headlines ADD COLUMN note_at INTEGER;
ALTER TABLE headlines ADD COLUMN ordered_revision INTEGER NOT NULL DEFAULT 0;

-- An alert may be a question; `questions` are those that were asked, each once.
ALTER TABLE alerts ADD COLUMN buttons TEXT NOT NULL DEFAULT '';
CREATE TABLE questions (key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
"""
