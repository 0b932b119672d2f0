"""How far long work is, on standard error: a bar on a terminal, a plain line now and then in a pipe or a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

#: To be told (done, all), from any thread and as often as there is anything to tell.
Tell = Callable[[int, int], None]
#: Words for an amount.
Words = Callable[[int], str]

#: Seconds between two plain lines, and before the first: what is done sooner needs none.
_PAUSE = 5.0


@contextmanager
def progress(
    what: str,
    words: Words,
    *,
    stream: TextIO | None = None,
    pause: float = _PAUSE,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tell]:
    """What to tell how far `what` is; `words` says an amount with its unit, `pause` is seconds between plain lines."""
    from rich.console import Console

    screen = stream or sys.stderr
    console = Console(file=screen, highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(what, words, screen, pause, clock)
        return
    with _bar(what, words, console) as tell:
        yield tell


@contextmanager
def _bar(what: str, words: Words, console: Console) -> Iterator[Tell]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as shown:
        task = shown.add_task(what, total=None, amount="")

        def tell(done: int, whole: int) -> None:
            shown.update(task, completed=done, total=whole, amount=f"{words(done)} of {words(whole)}")

        yield tell


class _Lines:
    """Tells in lines without a single control character, and seldom."""

    def __init__(
        self, what: str, words: Words, stream: TextIO, pause: float, clock: Callable[[], float]
    ) -> None:
        self._what = what
        self._words = words
        self._stream = stream
        self._pause = pause
        self._clock = clock
        self._last = clock()

    def __call__(self, done: int, whole: int) -> None:
        now = self._clock()
        if now - self._last < self._pause:
            return
        self._last = now
        share = 100 * done // whole if whole else 0
        self._stream.write(f"{self._what}: {share} %, {self._words(done)} of {self._words(whole)}\n")
        self._stream.flush()
