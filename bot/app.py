"""The one place where everything is built and wired. Decides nothing itself.

`run` is the bot; `backup` and `explain` open its database beside it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bot.clock import SystemClock
from bot.errors import DatabaseUnusable, KabarbotError
from bot.events import Events, Listener

if TYPE_CHECKING:
    from bot.ports import Clock
    from bot.settings import Settings
    from bot.store.explain import Explanation


async def run(settings: Settings, listeners: Sequence[Listener] = (), *, clock: Clock | None = None) -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit code.

    `listeners` hear every event, after the bot's own; `clock` is the machine's unless another is given.
    Raises `errors.KabarbotError`.
    """
    stop = _stopped_by(signal.SIGTERM, signal.SIGINT)
    from bot.assembly import build
    from bot.observe.logs import LogListener, configure_logging
    from bot.observe.room import Observatory
    from bot.running import spare_the_collector
    from bot.store.lock import InstanceLock

    secrets = [settings.telegram_token.get_secret_value(), settings.webhook_secret.get_secret_value()]
    configure_logging(settings.log_level, settings.log_format, secrets)
    clock = clock or SystemClock()
    observatory = Observatory(clock, secrets=secrets) if settings.http_address else None
    observing = observatory.listeners if observatory else ()
    events = Events([LogListener(), *observing, *listeners])
    with InstanceLock(settings.database_path):
        async with AsyncExitStack() as stack:
            bot = await build(settings, clock, events, stack, observatory)
            spare_the_collector(paid=settings.paid_stars_a_day > 0)
            reason: KabarbotError | None = None
            try:
                await bot.run(stop)
            except* KabarbotError as group:
                reason = _first(group)
            # Parts run side by side; the first that cannot go on says why the bot ends. Said here, because Python up
            # to 3.11.3 wraps what is raised inside `except*` into a group of its own.
            if reason is not None:
                raise reason
    return 0


def _stopped_by(*signals: signal.Signals) -> asyncio.Event:
    """Set by any of `signals`, also by one that comes while everything is still being built."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    return stop


def _first(group: BaseExceptionGroup[KabarbotError]) -> KabarbotError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def backup(settings: Settings, target: Path, told: Callable[[int, int], None] | None = None) -> None:
    """Write a consistent copy of the live database to `target`, marked as a copy (promise 9).

    `told` hears how many bytes of how many are copied, from a thread of the database's.
    Raises `DatabaseUnusable` where there is no database, or `target` cannot be written or exists.
    """
    from bot.store.backup import back_up

    if target.exists():
        raise DatabaseUnusable(f"{target} exists already; name a new file")
    await back_up(_existing(settings), target, told)


async def explain(settings: Settings, words: str) -> Sequence[Explanation]:
    """The lives of the headlines that `words`, a link or part of a headline, may mean. Changes nothing."""
    from bot.store.connection import Database
    from bot.store.explain import Explainer

    database = await Database.open_to_read(_existing(settings))
    try:
        return await Explainer(database).explain(words)
    finally:
        await database.close()


def _existing(settings: Settings) -> Path:
    path = settings.database_path
    if not path.is_file():
        raise DatabaseUnusable(f"DATABASE_PATH {path}: there is no database yet; has the bot run?")
    return path
