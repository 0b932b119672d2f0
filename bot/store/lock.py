"""One instance a database: an operating system's lock beside the file, gone when the process is gone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import AlreadyRunning, DatabaseUnusable
from bot.store.disk import make_home


class InstanceLock:
    """Held while the bot runs. The file stays when it ends; only the lock counts."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(f"{database.name}.lock")
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises `AlreadyRunning`, or `DatabaseUnusable` where no file can be made."""
        try:
            make_home(self._path.parent)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise DatabaseUnusable(
                f"DATABASE_PATH {self._database}: its folder cannot be used ({exc.strerror})"
            ) from exc
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(self._file)
            raise AlreadyRunning(
                f"another Kabarbot uses the database {self._database}; this one ends"
            ) from exc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
