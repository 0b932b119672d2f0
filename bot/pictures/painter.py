"""The parent's side of drawing: one child for one picture, a deadline, and words in the log where it fails."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from bot.confined import environment
from bot.events import Events, PictureFailed
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.domain.sheet import Sheet

#: What every PNG begins with (PNG specification, §5.2).
PNG = b"\x89PNG\r\n\x1a\n"
_CHILD = ("-m", "bot.pictures.child")


class ChildPainter:
    """Implements `ports.Painter`. One picture at a time; `deadline` in seconds for each."""

    def __init__(
        self, clock: Clock, events: Events, *, deadline: float = 10.0, command: tuple[str, ...] = _CHILD
    ) -> None:
        self._clock = clock
        self._events = events
        self._deadline = deadline
        self._command = command
        self._turn = asyncio.Lock()

    async def paint(self, sheet: Sheet) -> bytes | None:
        """The PNG; None where it could not be drawn, which was told then."""
        async with self._turn:
            try:
                drawn, failure = await asyncio.wait_for(self._draw(sheet), self._deadline)
            except TimeoutError:
                drawn, failure = b"", f"drawing took more than {self._deadline:g} seconds"
            except OSError as error:
                drawn, failure = b"", f"no process can be started: {error.strerror}"
        if drawn.startswith(PNG):
            return drawn
        self._events.tell(PictureFailed(self._clock.now(), failure))
        return None

    async def _draw(self, sheet: Sheet) -> tuple[bytes, str]:
        """What the child drew, and what may be wrong with it."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, *self._command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(),
            start_new_session=True,  # Ctrl-C is for the parent
        )
        try:
            drawn, said = await child.communicate(json.dumps(asdict(sheet)).encode())
        finally:
            if child.returncode is None:
                child.kill()
                await asyncio.shield(child.wait())
        return (b"" if child.returncode else drawn), _reason(child.returncode, said)


def _reason(code: int | None, said: bytes) -> str:
    """The last line that the child said; of one that said nothing, how it ended."""
    lines = said.decode(errors="replace").split("\n")
    words = [line.strip() for line in lines if line.strip()]
    return words[-1][:200] if words else f"the child ended with code {code} and no picture"
