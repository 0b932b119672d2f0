"""The disk below the whole program: full, read-only, or with a file on it that is none of ours or broken."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support_world import RUN, World, world

MOUNT, UMOUNT = shutil.which("mount"), shutil.which("umount")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 4 MiB. Skips where nobody may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if not (MOUNT and UMOUNT and _done(MOUNT, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place))):
        pytest.skip("no disk may be mounted here")
    yield place
    assert _done(UMOUNT, "-l", str(place))


def _done(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def remount(disk: Path, how: str) -> None:
    """Read-only (``ro``) or writable (``rw``); nothing on it may be open for writing."""
    assert MOUNT
    assert _done(MOUNT, "-o", f"remount,{how}", str(disk))


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


async def test_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """Said once and clearly, no restart asked for; nothing is lost or doubled, and with room again all goes on."""
    async with world(tmp_path) as place:
        place.settings["DATABASE_PATH"] = str(disk / "kabarbot.db")
        await place.start()
        await place.until_posted(1)
        fill(disk)
        titles = [place.portal.publish().title for _ in range(3)]
        await place.until(lambda: "store_trouble" in place.bot.output, "clear words")
        await place.until_looked(3)
        assert len(place.posts()) == 1
        assert (await health(place))[0] == 0
        (disk / "filler").unlink()
        await place.until_posted(4)
        await place.until_quiet()

        assert place.headlines()[1:] == titles
        assert "full" in place.bot.output
        assert "Traceback" not in place.bot.output
        assert await place.bot.terminate() == 0


async def test_killed_on_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """Started on a full disk it says so; with room again nothing was lost."""
    async with world(tmp_path) as place:
        place.settings["DATABASE_PATH"] = str(disk / "kabarbot.db")
        await place.start()
        await place.until_posted(1)
        fill(disk)
        title = place.portal.publish().title
        await place.until(lambda: "store_trouble" in place.bot.output, "clear words")
        await place.bot.kill()
        await place.start()
        await place.bot.wait()
        assert "full" in place.bot.output
        assert "Traceback" not in place.bot.output
        (disk / "filler").unlink()
        await place.start()
        await place.until_posted(2)

        assert place.headlines()[1:] == [title]


async def test_a_read_only_disk(tmp_path: Path, disk: Path) -> None:
    """At a start: one clear line and exit 2; mended, it goes on where it was."""
    async with world(tmp_path) as place:
        place.settings["DATABASE_PATH"] = str(disk / "kabarbot.db")
        await place.start()
        await place.until_posted(1)
        await place.until_quiet()
        assert await place.bot.terminate() == 0
        remount(disk, "ro")
        await place.start()
        code = await place.bot.wait()
        said = place.bot.output
        remount(disk, "rw")
        title = place.portal.publish().title
        await place.start()
        await place.until_posted(2)

        assert code == 2
        assert "DATABASE_PATH" in said
        assert "read-only" in said
        assert "Traceback" not in said
        assert place.headlines()[1:] == [title]


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"this is no database at all" * 100, "not a database"), (b"SQLite format 3\x00" + b"\xff" * 5000, "")],
    ids=["other", "broken head"],
)
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes, word: str) -> None:
    """One line that names the setting; the file stays as it is."""
    async with world(tmp_path) as place:
        place.database.write_bytes(content)
        await place.start()
        code = await place.bot.wait()

        assert code in {1, 2}
        assert "DATABASE_PATH" in place.bot.output or "database" in place.bot.output
        assert word in place.bot.output
        assert "Traceback" not in place.bot.output
        assert place.database.read_bytes() == content


async def test_a_file_that_breaks_within(tmp_path: Path) -> None:
    """Pages that hold nonsense: clear words, no post is doubled; restored from a backup it goes on."""
    async with world(tmp_path) as place:
        await place.start()
        await place.until_posted(1)
        await place.until_quiet()
        backup = await place.start(command=(*RUN[:-1], "backup", str(tmp_path / "kept.db")))
        assert await backup.wait() == 0
        place.bots.remove(backup)
        await place.bot.terminate()
        whole = place.database.read_bytes()
        place.database.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 8192))
        await place.start()
        code, said = await place.bot.wait(), place.bot.output
        shutil.copy(tmp_path / "kept.db", place.database)
        for beside in ("-wal", "-shm"):
            place.database.with_name(place.database.name + beside).unlink(missing_ok=True)
        await place.start()
        await place.until_looked(2)
        title = place.portal.publish().title
        await place.until_posted(2)

        assert code == 2
        assert "DATABASE_PATH" in said
        assert "malformed" in said
        assert "Traceback" not in said
        assert place.headlines()[1:] == [title]
