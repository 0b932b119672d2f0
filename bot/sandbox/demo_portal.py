"""The sample portal as the demo runs it: it tells of every change, and its newsroom keeps a pace that can be watched.

The portal knows nothing of Kabarbot; the pause is decided by who builds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.portal import SamplePortal
from bot.sandbox.portal_archive import Article
from bot.sandbox.portal_troubles import Affair

#: Seconds between two looks at whether the newsroom may go on.
_LOOK = 0.2


class DemoPortal(SamplePortal):
    """A sample portal that publishes every `every` seconds, but not while `busy` says that enough is on its way."""

    def __init__(self, *, every: float) -> None:
        super().__init__(every=every, sleep=self._pause)
        self.changed: Callable[[], None] = lambda: None
        self.busy: Callable[[], bool] = lambda: False
        self._looks: tuple[float, float] = (0.0, 0.0)

    @property
    def broken(self) -> bool:
        """Whether it answers readers with an error."""
        return self.affair is not None

    @property
    def next_look(self) -> float:
        """Seconds until a feed reader that doubles its pause after each failure comes again; an estimate."""
        before, last = self._looks
        return max(last + 2 * (last - before) - asyncio.get_running_loop().time(), 1.0)

    def publish(
        self,
        title: str | None = None,
        *,
        section: str | None = None,
        lead: str | None = None,
        reporter: str | None = None,
    ) -> Article:
        """As the desk does it, telling of it."""
        article = super().publish(title, section=section, lead=lead, reporter=reporter)
        self.changed()
        return article

    def correct(self, number: int | None = None, title: str | None = None) -> Article:
        """As the desk does it, telling of it."""
        article = super().correct(number, title)
        self.changed()
        return article

    def cause(self, name: str, *, times: int | None = None, **options: float) -> None:
        """As the desk does it, telling of it."""
        super().cause(name, times=times, **options)
        self.changed()

    def mend(self) -> None:
        """As the desk does it, telling of it."""
        super().mend()
        self.changed()

    def strike(self, *, feed: bool) -> Affair | None:
        """Every request for a page or feed passes here."""
        if feed:
            self._looks = (self._looks[1], asyncio.get_running_loop().time())
        return super().strike(feed=feed)

    async def _pause(self, seconds: float) -> None:
        """A newsroom whose site is down cannot publish; a feed holds 30 items, so it must not run far ahead."""
        await asyncio.sleep(seconds)
        while self.broken or self.busy():  # noqa: ASYNC110 - neither is known to an event
            await asyncio.sleep(_LOOK)
