"""The disk below the whole program: full, read-only, or with a file on it that is none of ours or broken."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support_disk import ask, done, fill, health, page_without, small_disk, without_beats
from tests.support_webhooks import free_port
from tests.support_world import RUN, world


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 4 MiB."""
    with small_disk(tmp_path / "disk") as place:
        yield place


def remount(disk: Path, how: str) -> None:
    """Read-only (``ro``) or writable (``rw``); nothing on it may be open for writing."""
    assert done("mount", "-o", f"remount,{how}", str(disk))


async def test_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """Said once and clearly, no restart asked for; nothing is lost or doubled, and with room again all goes on."""
    port = free_port()
    async with world(
        tmp_path, DATABASE_PATH=str(disk / "kabarbot.db"), HTTP_ADDRESS=f"127.0.0.1:{port}"
    ) as place:
        await place.start()
        await place.until_posted(1)
        fill(disk)
        titles = [place.portal.publish().title for _ in range(3)]
        await place.until(lambda: "store_trouble" in place.bot.output, "clear words")
        await place.until_looked(3)
        await without_beats(place)
        assert len(place.posts()) == 1
        assert await health(place) == (
            0,
            "ok, but the disk of the database takes nothing, so nothing moves: No space left on device\n",
        )
        assert await ask(port, "/health/ready") == (200, "ok")
        status, page = await ask(port, "/")
        assert (status, "The bot is not well" in page) == (200, False)
        assert "The database cannot be written since" in page
        (disk / "filler").unlink()
        await place.until_posted(4)
        await place.until_quiet()

        assert place.headlines()[1:] == titles
        assert "full" in place.bot.output
        assert "Traceback" not in place.bot.output
        await page_without(port, "cannot be written")
        assert await health(place) == (0, "ok\n")
        assert await place.bot.terminate() == 0


async def test_killed_on_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """Started on a full disk it says so; with room again nothing was lost."""
    async with world(tmp_path) as place:
        place.settings["DATABASE_PATH"] = str(disk / "kabarbot.db")
        await place.start()
        await place.until_posted(1)
        await place.until_quiet()  # a first post that nobody noted would come twice, rightly
        fill(disk)
        title = place.portal.publish().title
        await place.until(lambda: "store_trouble" in place.bot.output, "clear words")
        await place.bot.kill()
        await place.start()
        assert await place.bot.wait() == 1  # and not 2, after which nobody starts it again
        assert "full" in place.bot.output
        assert "Traceback" not in place.bot.output
        (disk / "filler").unlink()
        await place.start()
        await place.until_posted(2)

        assert place.headlines()[1:] == [title]


async def test_started_on_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """After a clean end, too: the system's word for it, and exit 1, so that it is started again; `check` says it, too."""
    async with world(tmp_path, DATABASE_PATH=str(disk / "kabarbot.db")) as place:
        await place.start()
        await place.until_posted(1)
        await place.until_quiet()
        await place.bot.terminate()
        fill(disk)
        await place.start()

        assert await place.bot.wait() == 1
        assert "No space left on device" in place.bot.output
        assert "Traceback" not in place.bot.output
        check = await place.start(command=(*RUN[:-1], "check", "--json"))
        assert await check.wait() == 1
        assert "takes nothing (No space left on device): make room there" in check.output


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
