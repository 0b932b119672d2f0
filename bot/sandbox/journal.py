"""The ground truth of every delivery test: what the server truly accepted and refused, in order.

An entry is one JSON object: `n` (from 1, without holes), `at` (seconds since the epoch, UTC), `kind`, and
what that kind has. Kinds: `sent`, `edited`, `deleted`, `forwarded`, `copied`, `answered` (a callback or
inline query), `reacted`, `command_list`, `left` (what the bot did); `refused` and `limited` (what it was not
allowed, 429s being `limited`); `fault` (a fault was played); `message`, `tap`, `inline`, `rights`, `world`
(what people did).

It keeps the newest entries in memory as text and, if asked, all of them in a file of JSON lines that survives
the process. It does not decide anything.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from bot.sandbox.clock import Clock
from bot.sandbox.jsontext import dump

_FOLLOWER_BACKLOG = 10_000


class Journal:
    """Entries by number, and the queues of those who follow along."""

    def __init__(self, clock: Clock, *, keep: int = 0, file: Path | None = None) -> None:
        """Keep the newest `keep` entries in memory (0: all); append every one to `file` if there is one."""
        self._clock = clock
        self._lines: deque[str] = deque(maxlen=keep or None)
        self._file: TextIO | None = file.open("a", encoding="utf-8") if file else None
        self._followers: set[asyncio.Queue[str]] = set()
        self.last = 0

    def add(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - an entry has what its kind has
        """Write an entry down. Fields that are None are left out."""
        self.last += 1
        entry = {"n": self.last, "at": round(self._clock.now(), 3), "kind": kind}
        entry.update((name, value) for name, value in fields.items() if value is not None)
        line = dump(entry)
        self._lines.append(line)
        if self._file is not None:
            self._file.write(line + "\n")
            self._file.flush()
        for follower in list(self._followers):
            self._tell(follower, line)

    def _tell(self, follower: asyncio.Queue[str], line: str) -> None:
        try:
            follower.put_nowait(line)
        except asyncio.QueueFull:  # it reads too slowly; memory is bounded, so it is let go
            self._followers.discard(follower)

    def lines(self, since: int = 0) -> list[str]:
        """The kept entries numbered above `since`, as JSON text, oldest first."""
        skip = max(since - (self.last - len(self._lines)), 0)
        if skip == 0:
            return list(self._lines)
        newest = min(len(self._lines), self.last - since)
        return [self._lines[index] for index in range(len(self._lines) - newest, len(self._lines))]

    def entries(self, kind: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """The same, decoded; of one kind only if that is given."""
        found: Iterator[dict[str, Any]] = (json.loads(line) for line in self.lines(since))
        return [entry for entry in found if kind is None or entry["kind"] == kind]

    def follow(self) -> asyncio.Queue[str]:
        """A queue that gets every entry from now on, until `unfollow`. One that reads too slowly stops
        getting any.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(_FOLLOWER_BACKLOG)
        self._followers.add(queue)
        return queue

    def unfollow(self, queue: asyncio.Queue[str]) -> None:
        self._followers.discard(queue)

    def close(self) -> None:
        """Close the file. Entries in memory stay readable."""
        if self._file is not None:
            self._file.close()
            self._file = None
