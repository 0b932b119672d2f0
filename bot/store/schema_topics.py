"""Where a group's news goes, and what came too late for those who get it at once: it waits for the digests' hour."""

from __future__ import annotations

TOPICS = """
ALTER TABLE subscribers ADD COLUMN topic INTEGER;    -- a group's forum topic; none: the group itself

ALTER TABLE fanouts ADD COLUMN late_at INTEGER;      -- none: at once; 0: waits for the digests' hour; else that hour
-- Who had been asked when it was cut off, as `start`, `cursor` and `wrapped` were then.
ALTER TABLE fanouts ADD COLUMN asked_from INTEGER;
ALTER TABLE fanouts ADD COLUMN asked_to INTEGER;
ALTER TABLE fanouts ADD COLUMN asked_round INTEGER NOT NULL DEFAULT 0;
"""
