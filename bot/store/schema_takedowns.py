"""Stories whose portal seems to have taken them down, and those that the desk was told of."""

from __future__ import annotations

TAKEDOWNS = """
-- `told_at`: the desk knows that it is gone; without `misses` it stands again since `since`.
-- Stories that nothing is wrong with are not here.
CREATE TABLE takedowns (
    headline_id INTEGER PRIMARY KEY REFERENCES headlines (id),
    misses INTEGER NOT NULL,
    since INTEGER,                           -- the first time that its page was missing
    look_at INTEGER,
    told_at INTEGER
);
CREATE INDEX takedowns_by_look ON takedowns (look_at) WHERE look_at IS NOT NULL;
"""
