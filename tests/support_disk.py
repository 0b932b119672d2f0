"""Disks of their own for tests of the whole program, which fill up or turn read-only; and what its health is then."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support_world import RUN, World, until

#: Of a beat that counts (product.md §1), and a little more.
SILENCE = 32.0


def done(command: str, *arguments: str) -> bool:
    """Whether there is such a command, and it went well."""
    found = shutil.which(command)
    return (
        bool(found)
        and subprocess.run([str(found), *arguments], check=False, capture_output=True).returncode == 0
    )


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A disk in memory, of 4 MiB. Skips where nobody may mount one."""
    place.mkdir()
    if not done("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)):
        pytest.skip("no disk may be mounted here")
    try:
        yield place
    finally:
        assert done("umount", "-l", str(place))


class FragileDisk:
    """A file system of ext4 in a file, that turns read-only when it meets an error. Skips where none may be mounted."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "disk"
        self._image = folder / "image"
        self.place.mkdir()
        self._image.write_bytes(bytes(16 << 20))
        if not (done("mkfs.ext4", "-q", "-F", str(self._image)) and self.mount()):
            pytest.skip("no file system in a file may be mounted here")
        self._fault = Path("/sys/fs/ext4") / self._device() / "trigger_fs_error"
        if not self._fault.exists():
            self.unmount()
            pytest.skip("this kernel lets nobody play an error of ext4")

    def mount(self) -> bool:
        """Whether it could be mounted."""
        return done("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.place))

    def unmount(self) -> None:
        """Without complaint where it is not mounted."""
        done("umount", "-l", str(self.place))

    def meet_error(self) -> None:
        """As a broken sector does: whoever has files open there can read and not write from now on."""
        self._fault.write_text("1")

    def mend(self) -> None:
        """As an operator does: unmount, check, mount. Nobody may use it meanwhile."""
        self.unmount()
        done("e2fsck", "-fp", str(self._image))
        assert self.mount()

    def forbid(self, *, writing: bool) -> bool:
        """Whether the database's open files may be written, until it is said otherwise; whether that could be done."""
        files = [file for file in self.place.glob("kabarbot.db*") if file.suffix in {".db", ".db-wal"}]
        return bool(files) and done("chattr", "+i" if writing else "-i", *map(str, files))

    def _device(self) -> str:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
        return next(Path(device).name for device, place, *_ in mounts if place == str(self.place))


def fill(disk: Path) -> None:
    """No room is left."""
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


async def health(place: World) -> tuple[int, str]:
    """What `kabarbot health` says."""
    command = await place.start(command=(*RUN[:-1], "health"))
    code = await command.wait()
    place.bots.remove(command)
    return code, command.output


async def ask(port: int, path: str) -> tuple[int, str]:
    """Status and words of the operator's page, of its health, or of its metrics."""
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        text = await answer.text()
    return answer.status, " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL).split())


async def page_without(port: int, words: str) -> None:
    """Wait until the operator's page says them no more: one rendering serves for a second."""
    end = time.monotonic() + SILENCE
    while words in (await ask(port, "/"))[1]:
        assert time.monotonic() < end, f"the page still says: {words}"
        await asyncio.sleep(0.2)


async def without_beats(place: World) -> None:
    """Wait until the last beat that the database could take is none any more."""
    age = "SELECT 1 FROM health WHERE key LIKE 'beat:%' AND julianday(json_extract(value, '$')) > julianday('now') - ?"
    await until(lambda: not place.rows(age, SILENCE / 86_400), "the last beat grew old", SILENCE + 10)
