"""The parsing child: ``python -m bot.sources.child [BYTES]`` reads tasks on stdin and answers on stdout.

It is where a hostile document does its worst: little memory, no core dump, no files, no network, and an end
when its parent ends. It imports little else than feedparser; what reads pages comes with the first page.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

from bot.confined import limit_resources, pages_of, set_alarm
from bot.errors import ParseError
from bot.sources.parsing import parse
from bot.sources.sparing import Spare
from bot.sources.wire import HEAD, MEMORY, pack, parsed_to_json, task_from_json

#: What feedparser would open addresses with: 4.6 MB that a process without a network has no use for.
_NOT_NEEDED = ("ssl", "_hashlib")
#: Seconds of processor time for one task, should the parent that keeps the deadline be gone.
_LONGEST = 60
#: The column of ``/proc/self/statm`` with what is in memory.
_RESIDENT = 1
_TOO_BIG = "this document needs more memory than a document may"
_TOO_DEEP = "this document is nested too deeply"


def main() -> None:
    """Answer tasks until stdin ends."""
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not garble an answer
    _do_without(*_NOT_NEEDED)
    import feedparser  # noqa: F401  # paid for once, before memory is limited

    spare = Spare()
    memory = int(sys.argv[1]) if len(sys.argv) > 1 else MEMORY
    limit_resources(memory)
    while (request := _read(tasks)) is not None:
        answer = _answer(request, spare)
        answers.write(pack({**answer, "resident": pages_of(_RESIDENT) - spare.size}))
        answers.flush()
        del answer
        limit_resources(memory)  # anew: what is remembered from document to document is not counted


def _do_without(*modules: str) -> None:
    """Have imports of `modules` fail, as they do where Python was built without them."""
    for name in modules:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type] # None is what says so


def _read(source: BinaryIO) -> list[Any] | None:
    """A task and its body; a list, for whoever takes the body out is then the only one who keeps it."""
    import json

    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    size, body_size = HEAD.unpack(head)
    text, body = source.read(size), source.read(body_size)
    return [json.loads(text), body] if len(body) == body_size else None


def _answer(request: list[Any], spare: Spare) -> dict[str, Any]:
    set_alarm(_LONGEST)
    try:
        task = task_from_json(request[0])
        return parsed_to_json(parse(request.pop(), task, spare))
    except ParseError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": _TOO_BIG, "spent": True}
    except RecursionError:
        return {"error": _TOO_DEEP}
    finally:
        set_alarm(0)


if __name__ == "__main__":
    main()
