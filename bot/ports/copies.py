"""Whether the database is the one that the bot last wrote to, or an old one that was put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.delivery import Doubt


class Found(StrEnum):
    """What a database turned out to be."""

    OWN = "own"
    MARKED = "marked"  # a copy that `backup` made, or one that is treated as such from now on
    DOUBTED = "doubted"  # its own file, but the channels are to be asked first; posts are held meanwhile
    ASKED = "asked"  # a copy made by hand, it seems: posts are held until an editor decides


class CopyStore(Protocol):
    """What is asked of the channels before anything is posted, and what they said."""

    async def in_question(self) -> Sequence[Doubt]:
        """Of a few channels: did a post of ours arrive there after the last that is known?"""
        ...

    async def answered(self, now: datetime, *, newer: bool, has_desk: bool) -> Found:
        """They hold `newer` own posts than this database knows, or none."""
        ...
