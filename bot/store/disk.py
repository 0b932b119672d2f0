"""The database's folder, and what its disk says to whoever wants to write on it. The standard library alone, for `kabarbot health`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

#: Bytes that are tried: more than a beat needs, so that a disk that takes them would take a beat.
_TRIED = 65_536
#: What is the disk's fault: no room, over a quota, read-only, broken. A wrong owner is not.
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def make_home(folder: Path) -> None:
    """Make the database's folder where there is none, for its user and group alone. Raises `OSError`."""
    folder.mkdir(0o750, parents=True, exist_ok=True)


def refusal(folder: Path) -> str:
    """Why the disk of `folder` takes nothing, in the system's words; empty when it does, or the fault is not its own.

    Asks by writing a file without a name, of which nothing is left: a file system that has turned read-only after
    an error, or a quota, is told by nothing else.
    """
    from tempfile import TemporaryFile

    try:
        with TemporaryFile(dir=folder, buffering=0) as file:
            file.write(bytes(_TRIED))
            os.fsync(file.fileno())
    except OSError as error:
        return os.strerror(error.errno) if error.errno in _OF_THE_DISK else ""
    return ""
