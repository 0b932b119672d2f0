"""Every error that Kabarbot raises on purpose.

::

    KabarbotError
    ├── SettingsError          wrong settings or arguments                      exit 2
    │   └── TokenRefused       Telegram does not know the token                 exit 2
    ├── StoreError             the database said no
    │   ├── DatabaseUnusable   its path cannot be opened or written             exit 2
    │   ├── DatabaseTooNew     a newer Kabarbot wrote it
    │   └── DiskRefused        its disk takes nothing: read-only, broken; nothing was changed
    │       └── DatabaseFull   no room on it
    ├── AlreadyRunning         another instance holds the database's lock
    └── SourceError            a portal's document could not be had
        ├── FetchError         no answer, or not a good one
        │   ├── Gone           410: the portal says that it is gone for good
        │   └── Forbidden      a redirect or link into a private network
        └── ParseError         an answer in which no headline can be read

The text of an error is one line for the person who can mend it; none holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


class KabarbotError(Exception):
    """The root of the tree; `exit_code` is what a command line ends with."""

    exit_code = 1


class SettingsError(KabarbotError):
    """Settings or arguments that cannot be used: one line for each fault."""

    exit_code = 2

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[type[SettingsError], tuple[tuple[str, ...]]]:
        return type(self), (self.faults,)


class TokenRefused(SettingsError):
    """Telegram does not know the token."""


class StoreError(KabarbotError):
    """The database could not do what it was asked; nothing was half done."""


class DatabaseUnusable(StoreError):
    """The database's path cannot be opened or written."""

    exit_code = 2


class DatabaseTooNew(StoreError):
    """A newer Kabarbot has written this database."""


class DiskRefused(StoreError):
    """The disk takes nothing (read-only, broken, over a quota); the transaction was rolled back."""


class DatabaseFull(DiskRefused):
    """The disk is full."""


class AlreadyRunning(KabarbotError):
    """Another instance uses the same database."""


class SourceError(KabarbotError):
    """A portal's document could not be had; the text says why in plain words."""


class FetchError(SourceError):
    """The portal did not answer, or not well. `retry_after` is the portal's own wish."""

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Gone(FetchError):
    """410: the portal says that this address is gone for good."""


class Forbidden(FetchError):
    """A redirect or a discovered link led into a private network."""


class ParseError(SourceError):
    """The portal answered, and no headline can be read in what it said."""
