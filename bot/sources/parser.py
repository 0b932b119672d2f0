"""The parent's side of the parsing child: one task at a time, a deadline, and a new child after a bad end."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from functools import partial

from bot.aside import aside
from bot.confined import environment
from bot.errors import ParseError
from bot.sources.tasks import Parsed, Task
from bot.sources.wire import HEAD, MEMORY, pack, parsed_from_json, task_to_json

#: A child that keeps more bytes than this after its answer is replaced: so its memory comes back.
_KEEP_UP_TO = 40 * 1024 * 1024
_ANSWER_LIMIT = 64 * 1024 * 1024
#: Bytes of a body that are handed over at once.
_PIECE = 64 * 1024
#: Bytes of an answer that take longer to read than readers should wait.
_LARGE = 128 * 1024


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the child says: a document, or what is wrong with it. `spent`: the child is to be replaced."""

    says: Parsed | str
    spent: bool


class ParserProcess:
    """Parses documents in a child process, started when first needed.

    It does not fetch; the child remembers the items that it read last, to be spared them. `deadline` is in seconds
    for one document, `memory` in bytes of address space beyond what the child itself takes.
    """

    def __init__(self, *, deadline: float = 10.0, memory: int = MEMORY) -> None:
        self._deadline = deadline
        self._memory = memory
        self._lock = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs (for measuring)."""
        return self._child.pid if self._child else None

    async def parse(self, body: bytes, task: Task) -> Parsed:
        """The headlines of `body`, as `bot.sources.parsing.parse` reads them.

        Raises:
            ParseError: nothing can be read in it, or reading took too long or too much memory.
        """
        async with self._lock:
            try:
                answer = await asyncio.wait_for(self._ask(task, body), self._deadline)
            except TimeoutError as error:
                await self._end()
                raise ParseError(
                    f"reading this document took more than {self._deadline:g} seconds"
                ) from error
            except (OSError, EOFError, ValueError) as error:
                await self._end()
                raise ParseError("this document brought the parser down") from error
            except asyncio.CancelledError:
                await self._end()
                raise
            if answer.spent:
                await self._end()
        if isinstance(answer.says, str):
            raise ParseError(answer.says)
        return answer.says

    async def aclose(self) -> None:
        """End the child; safe to call twice."""
        async with self._lock:
            await self._end()

    async def _ask(self, task: Task, body: bytes) -> _Answer:
        child = await self._running_child()
        if child.stdin is None or child.stdout is None:
            raise EOFError
        child.stdin.write(pack(task_to_json(task), len(body)))
        for place in range(0, len(body), _PIECE):  # as it takes them: the pipe would keep a copy of the rest
            child.stdin.write(body[place : place + _PIECE])
            await child.stdin.drain()
        size, _ = HEAD.unpack(await child.stdout.readexactly(HEAD.size))
        if size > _ANSWER_LIMIT:
            raise ValueError(size)
        answer = await child.stdout.readexactly(size)
        return await aside(partial(_read, answer), when=size > _LARGE)

    async def _running_child(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            await self._end()
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-OO", "-m", "bot.sources.child", str(self._memory)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,  # Ctrl-C is for the parent, which ends its child in good order
            )
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            child.kill()
        if child.stdin:
            child.stdin.close()
        await asyncio.shield(child.wait())


def _read(answer: bytes) -> _Answer:
    found = json.loads(answer)
    says = str(found["error"]) if "error" in found else parsed_from_json(found)
    return _Answer(says, spent=bool(found.get("spent")) or found.get("resident", 0) > _KEEP_UP_TO)
