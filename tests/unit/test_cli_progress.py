"""How far long work is: a bar on a terminal, plain lines elsewhere; and `backup`, which is such work, on both."""

from __future__ import annotations

import asyncio
import os
import pty
import sqlite3
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest

from bot.cli.progress import progress
from bot.store.connection import Database
from tests.support_world import clean_environment

MB = 1_000_000


def megabytes(number: int) -> str:
    """As the tests want to read it."""
    return f"{number // MB} MB"


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_plain_lines_come_seldom_and_hold_no_control_characters() -> None:
    """A hundred words about it within half a minute make six lines."""
    out, watch = StringIO(), Watch()
    with progress("backup", megabytes, stream=out, clock=watch) as tell:
        for step in range(100):
            watch.now = step * 0.3
            tell(step * MB, 100 * MB)
    lines = out.getvalue().splitlines()
    assert lines[0] == "backup: 17 %, 17 MB of 100 MB"
    assert len(lines) == 5
    assert all(char.isprintable() for line in lines for char in line)


def test_what_is_soon_done_says_nothing() -> None:
    """Most backups take less than a second; nothing at all is no trouble either."""
    out = StringIO()
    with progress("backup", megabytes, stream=out, clock=Watch()) as tell:
        tell(1, 2)
        tell(0, 0)
    assert not out.getvalue()


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """A database of 12 MB."""
    path = tmp_path / "kabarbot.db"
    await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO meta (key, value) SELECT 'x', hex(zeroblob(6000000))")
    return path


def command(database: Path, target: Path) -> tuple[list[str], dict[str, str]]:
    """What an operator types, and the settings."""
    settings = {
        "TELEGRAM_TOKEN": "123456:abcdefgh_token",
        "FEED_URL": "https://portal.example/rss",
        "CHANNELS": "@kabar",
        "DATABASE_PATH": str(database),
        "TERM": "xterm",
        "COLUMNS": "80",
    }
    return [sys.executable, "-m", "bot", "backup", str(target)], clean_environment() | settings


async def test_backup_in_a_pipe_has_no_bar(database: Path, tmp_path: Path) -> None:
    """Only the line that names the file and its size."""
    words, settings = command(database, tmp_path / "copy.db")
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*words, env=settings, stdout=pipe, stderr=pipe)
    out, err = await child.communicate()
    assert child.returncode == 0, err.decode()
    assert out.decode().startswith(f"{tmp_path / 'copy.db'}: ")
    assert not err


async def test_backup_on_a_terminal_shows_a_bar(database: Path, tmp_path: Path) -> None:
    """It fills up to the end, and the last line is the file's."""
    words, settings = command(database, tmp_path / "copy.db")
    ours, theirs = pty.openpty()
    child = await asyncio.create_subprocess_exec(*words, env=settings, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = await asyncio.to_thread(_read_to_its_end, ours)
    assert await child.wait() == 0, shown
    assert "backup" in shown
    assert "100%" in shown
    assert "12 MB of 12 MB" in shown
    assert shown.rstrip().splitlines()[-1].endswith(" bytes")


def _read_to_its_end(terminal: int) -> str:
    shown = b""
    with open(terminal, "rb", buffering=0) as screen:
        while True:
            try:
                piece = screen.read(65_536)
            except OSError:  # how Linux says that nobody holds the other end any more
                break
            if not piece:
                break
            shown += piece
    return shown.decode(errors="replace")


async def test_a_copy_in_steps_is_of_one_moment_while_the_bot_writes_on(
    database: Path, tmp_path: Path
) -> None:
    """Each commit in between would otherwise begin it anew, and it might never end."""
    told: list[tuple[int, int]] = []
    commits = 0
    with closing(sqlite3.connect(database, check_same_thread=False)) as bot:

        def heard(done: int, whole: int) -> None:
            nonlocal commits
            told.append((done, whole))
            if commits == 50:  # begun anew each time, it would go on for ever
                return
            commits += 1
            bot.execute("INSERT INTO meta (key, value) VALUES (?, 'x')", (f"later {commits}",))
            bot.commit()

        reading = await Database.open_to_read(database)
        try:
            await reading.copy_to(tmp_path / "copy.db", heard)
        finally:
            await reading.close()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        later = copy.execute("SELECT count(*) FROM meta WHERE key LIKE 'later %'").fetchone()[0]
        sound = copy.execute("PRAGMA integrity_check").fetchone()[0]

    assert (later, sound) == (0, "ok")
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > 12 * MB
