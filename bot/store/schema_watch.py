"""What is remembered of feeds so that a change in their kind is noticed through restarts."""

from __future__ import annotations

KINDS = """
-- What the last document was: feed, page, turned (a page where there was a feed); empty before the first.
ALTER TABLE feeds ADD COLUMN kind TEXT NOT NULL DEFAULT '';
"""
