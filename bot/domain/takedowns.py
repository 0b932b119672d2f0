"""Whether a portal has taken a story down, or put it back: what its page answers, and when that is believed.

Pure. A page is believed to be gone only while the rest of its portal stands, and only the second time: an
alarm that is none costs the desk more than one that comes five minutes late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit

#: How long after its publication a story is looked after: as long as Telegram lets its posts be deleted.
WATCHED = timedelta(hours=48)
#: From the first time that a page is missing to the second, which counts.
CONFIRM_AFTER = timedelta(minutes=5)
#: How often a page that is known to be gone is asked for: the portal may put it back.
AGAIN = timedelta(minutes=30)
#: How long a portal in trouble is left alone.
AFTER_TROUBLE = timedelta(minutes=10)
#: More stories than this that leave a feed in one look were not taken down: the feed has changed.
MOST_VANISHED = 5

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
#: Where portals send those who ask for what is not there any more: the front page, or a page that says so.
_NOWHERE = re.compile(
    r"/?|/(?:index\.\w+|home|beranda)/?|/(?:errors?/)?(?:404|not-?found|tidak-?ditemukan)(?:\.\w+)?/?"
)


class Page(StrEnum):
    """What a story's page answers."""

    STANDS = "stands"
    MISSING = "missing"
    TROUBLE = "trouble"  # nothing can be told: refused, broken, out of reach


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """A page's answer; `detail` says what it was, `retry_after` when the portal wishes to be asked again."""

    page: Page
    detail: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A page that was `misses` times missing, for the first time at `since`; to be asked again at `look_at`.

    `gone`: it is believed now. `told`: the desk knows that it is gone; without `misses` it stands again, since
    `since`, and `back` says that this is believed now. A suspicion without `look_at` is none (any more).
    """

    misses: int = 0
    since: datetime | None = None
    look_at: datetime | None = None
    gone: bool = False
    told: bool = False
    back: bool = False


def page_answer(asked: str, status: int, ended: str, retry_after: timedelta | None = None) -> PageAnswer:
    """What the answer `status` says of the page `asked`, which redirects led to `ended`."""
    if status in _GONE:
        return PageAnswer(Page.MISSING, str(int(status)))
    if not 200 <= status < 300:
        return PageAnswer(Page.TROUBLE, str(status), retry_after)
    if sent_home(asked, ended):
        return PageAnswer(Page.MISSING, f"→ {urlsplit(ended).path or '/'}")
    return PageAnswer(Page.STANDS, str(status))


def sent_home(asked: str, ended: str) -> bool:
    """Whether redirects led from `asked` to a front page, as portals do that have nothing else to show."""
    nowhere = _NOWHERE.fullmatch(urlsplit(ended).path.lower())
    return ended != asked and nowhere is not None and not _NOWHERE.fullmatch(urlsplit(asked).path)


def judge(before: Suspicion, page: Page, now: datetime, *, portal_is_well: bool) -> Suspicion:
    """What is suspected of a story whose page answered `page`.

    `portal_is_well`: another page of the same portal stands. Where none does nothing is counted, and what was
    counted before may have been the same trouble.
    """
    if before.told:
        return _again(before, page, now)
    if page is Page.STANDS:
        return Suspicion()
    if page is Page.TROUBLE or not portal_is_well:
        return Suspicion(look_at=now + AFTER_TROUBLE) if before.misses or page is Page.MISSING else before
    since = before.since or now
    if before.misses and now - since >= CONFIRM_AFTER:
        return Suspicion(before.misses + 1, since, look_at=now + AGAIN, gone=True)
    return Suspicion(before.misses + 1, since, look_at=since + CONFIRM_AFTER)


def _again(before: Suspicion, page: Page, now: datetime) -> Suspicion:
    """Of a page that the desk was told is gone: it stands again the second time, as it was missing."""
    if page is not Page.STANDS:
        return Suspicion(before.misses or 1, before.since, look_at=now + AGAIN, told=True)
    since = now if before.misses or before.since is None else before.since
    return Suspicion(0, since, look_at=since + CONFIRM_AFTER, told=True, back=now - since >= CONFIRM_AFTER)


def vanished(before: Sequence[int], listed: Iterable[int]) -> frozenset[int]:
    """What stood in a feed `before` and is not `listed` now, though something that stood behind it still is.

    Empty where that are too many.
    """
    still = frozenset(listed)
    last = max((place for place, one in enumerate(before) if one in still), default=0)
    gone = frozenset(one for one in before[:last] if one not in still)
    return gone if len(gone) <= MOST_VANISHED else frozenset()
