"""The bot with a knife at its throat: the whole program, killed at the n-th event of a kind.

    KILL_AT=Sending:3 python -m tests.crash.runner        (settings as for `kabarbot run`)
    python -m tests.crash.runner --nursery                 (see `nursery`)

It is the real assembly over real HTTP and a real file; only the clock can be made to run faster (`SPEED`),
the same for every process of a campaign (`ORIGIN`), so that waits which are counted in seconds need not be
lived through. Dying is SIGKILL to itself, in the middle of whatever told the event.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.clock import SystemClock
from bot.events import Event

#: Seconds between two looks of the nursery at its children and its orders.
_TICK = 0.01


@dataclass(slots=True)
class KillAt:
    """A listener that ends the process, without a word, at the `left`-th event called `name`."""

    name: str
    left: int

    @classmethod
    def of(cls, text: str) -> KillAt:
        """From `Sending:3`; empty: never."""
        name, _, nth = text.partition(":")
        return cls(name, int(nth or 1))

    def __call__(self, event: Event) -> None:
        if type(event).__name__ == self.name:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


class FastClock(SystemClock):
    """Runs `speed` times as fast as the machine's since `origin` (seconds since 1970)."""

    def __init__(self, speed: float, origin: float) -> None:
        self._speed = speed
        self._origin = origin

    def now(self) -> datetime:
        real = super().now()
        begun = datetime.fromtimestamp(self._origin, UTC)
        return begun + (real - begun) * self._speed

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._speed)


def run(environment: dict[str, str]) -> int:
    """`kabarbot run` with another clock, and a listener that may end it."""
    from bot import app
    from bot.running import event_loop
    from bot.settings import check_paths, load

    settings = load()
    check_paths(settings)
    killer = KillAt.of(environment.get("KILL_AT", ""))
    clock = FastClock(float(environment.get("SPEED", "1")), float(environment.get("ORIGIN", "0")))
    with asyncio.Runner(loop_factory=event_loop(paid=settings.paid_stars_a_day > 0)) as runner:
        return runner.run(app.run(settings, [killer], clock=clock))


def nursery() -> None:
    """A warm parent: has everything imported and no event loop, and forks a bot for every line on stdin.

    A line is `{"environment": {…}, "log": "path"}`. It answers `{"born": pid}` in the same order, and
    `{"died": pid, "status": n}` when one has ended (negative: the signal). It ends when stdin does.
    """
    import bot.assembly
    import bot.observe.logs
    import bot.settings  # noqa: F401 - paid for once

    gc.freeze()
    waiting = b""
    while True:
        if select.select([0], [], [], _TICK)[0]:
            heard = os.read(0, 65536)
            if not heard:
                return
            *orders, waiting = (waiting + heard).split(b"\n")
            for order in orders:
                _say({"born": _bear(json.loads(order))})
        _bury()


def _bear(order: dict[str, object]) -> int:
    pid = os.fork()
    if pid:
        return pid
    environment = order["environment"]
    assert isinstance(environment, dict)
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in ((0, nothing), (1, log), (2, log)):
        os.dup2(file, number)
    os.environ.update(environment)
    os._exit(_run(environment))


def _run(environment: dict[str, str]) -> int:
    try:
        return run(environment)
    except BaseException:  # noqa: BLE001 - a forked child must not come back to its parent's loop
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        return 70


def _bury() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"died": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(message: dict[str, int]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    if "--nursery" in sys.argv:
        nursery()
    else:
        sys.exit(_run(dict(os.environ)))
