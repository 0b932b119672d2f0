"""The line between the demo's world and whoever started the bot: one JSON object a line, both ways.

The world may only ask (`{"do": "kill"}`); the supervisor kills the process that it started itself, and tells
what it did: `{"bot": "running", "pid": 7}`, `{"bot": "ended", "code": -9}`. No process id ever travels to be
acted upon.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any


class Wire:
    """One end of a socket pair. Use `opened` to make one; nothing is sent to an end that has gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def opened(cls, fd: int) -> Wire:
        """The end that file descriptor `fd` stands for; it belongs to the wire from now on."""
        reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=fd))
        return cls(reader, writer)

    def tell(self, **words: object) -> None:
        """Send one object; kept small, so there is nothing to wait for."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(words).encode() + b"\n")

    async def heard(self) -> AsyncIterator[dict[str, Any]]:
        """Every object of the other end's, until it goes."""
        while line := await self._reader.readline():
            yield json.loads(line)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
