"""The health check: what counts as well, and that it stays small enough for a container."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.places import database_path, dotenv
from bot.domain.health import ailment
from bot.settings import load
from bot.settings.model import known_names
from bot.store.disk import refusal

NOW = datetime(2024, 11, 29, 1, 8, tzinfo=UTC)


def ago(seconds: float, now: datetime = NOW) -> str:
    """A time in the past as the table holds it."""
    return json.dumps((now - timedelta(seconds=seconds)).isoformat())


def database(path: Path, rows: Mapping[str, str]) -> None:
    """A database with the one table that is read here."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE health (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        connection.executemany("INSERT INTO health VALUES (?, ?)", rows.items())
        connection.commit()


def run(
    folder: Path, *arguments: str, code: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """`health` as a container runs it: a process of its own, nothing of ours in its environment."""
    clean = {name: value for name, value in os.environ.items() if name.upper() not in known_names()}
    clean |= {"PYTHONPATH": str(Path(__file__).parents[2])} | environment
    command = ["-c", code] if code else ["-m", "bot", "health", *arguments]
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_well_when_every_loop_beats() -> None:
    """Fresh beats and nothing that waits: nothing to say."""
    assert ailment({"beat:poll": ago(1), "beat:deliver": ago(30)}, NOW) == ""


def test_a_beat_older_than_30_seconds_is_none() -> None:
    """One silent loop is enough, and it is named."""
    said = ailment({"beat:poll": ago(1), "beat:deliver": ago(30.1)}, NOW)

    assert "deliver" in said
    assert "poll" not in said


def test_no_beat_at_all_is_not_well() -> None:
    """An empty table is a bot that has not started."""
    assert ailment({}, NOW)


@pytest.mark.parametrize(("seconds", "well"), [(599, True), (600, True), (601, False)])
def test_something_due_may_wait_ten_minutes(seconds: int, well: bool) -> None:
    """Longer, and without a known cause, is an ailment."""
    said = ailment({"beat:poll": ago(0), "waiting_since": ago(seconds)}, NOW)

    assert (said == "") is well


def test_a_null_means_that_nothing_waits() -> None:
    """The row may stay and say null."""
    assert ailment({"beat:poll": ago(0), "waiting_since": "null"}, NOW) == ""


def test_exit_0_where_all_is_well(tmp_path: Path) -> None:
    """The container's health check is green."""
    database(tmp_path / "kabar.db", {"beat:poll": ago(0, datetime.now(UTC))})

    done = run(tmp_path, DATABASE_PATH="kabar.db")

    assert (done.returncode, done.stdout) == (0, "ok\n")


def no_database(path: Path) -> None:
    """Nothing there."""


def silent(path: Path) -> None:
    """A bot that stopped a minute ago."""
    database(path, {"beat:poll": ago(60, datetime.now(UTC))})


def without_table(path: Path) -> None:
    """A database of something else."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")


def not_a_database(path: Path) -> None:
    """A text file."""
    path.write_text("berita " * 1000)


def a_folder(path: Path) -> None:
    """A folder of that name."""
    path.mkdir()


def nonsense_in_it(path: Path) -> None:
    """A beat that is no time."""
    database(path, {"beat:poll": "yesterday"})


@pytest.mark.parametrize(
    "make", [no_database, silent, without_table, not_a_database, a_folder, nonsense_in_it]
)
def test_exit_1_and_one_line_where_it_is_not(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Never a traceback, and never a database made by looking for it."""
    make(tmp_path / "kabar.db")
    before = sorted(tmp_path.iterdir())

    done = run(tmp_path, DATABASE_PATH="kabar.db")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_the_database_is_found_under_its_default_name(tmp_path: Path) -> None:
    """No settings at all: `data/kabarbot.db`."""
    (tmp_path / "data").mkdir()
    database(tmp_path / "data" / "kabarbot.db", {"beat:poll": ago(0, datetime.now(UTC))})

    assert run(tmp_path).returncode == 0


def test_only_the_standard_library_is_imported(tmp_path: Path) -> None:
    """It runs inside the container's memory limit, beside the bot."""
    database(tmp_path / "kabar.db", {"beat:poll": ago(0, datetime.now(UTC))})
    code = (
        "import sys; sys.argv = ['kabarbot', 'health']\n"
        "before = set(sys.modules)\n"  # what the interpreter itself loads, site hooks included
        "from bot.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(tops - set(sys.stdlib_module_names) - {'bot'}))\n"
        "print(sorted(name for name in sys.modules if name.startswith('bot')))"
    )

    done = run(tmp_path, code=code, DATABASE_PATH="kabar.db")

    assert done.stderr == ""
    well, foreign, ours = done.stdout.splitlines()
    assert (well, foreign) == ("ok", "[]")
    assert (
        ours
        == "['bot', 'bot.__main__', 'bot.cli', 'bot.cli.health', 'bot.cli.places', 'bot.domain', 'bot.domain.health']"
    )


# ---------------------------------------------------------------- the small twin of the settings


ENOUGH = {"TELEGRAM_TOKEN": "123456:AAbbCCdd-_", "FEED_URL": "https://a.example/", "CHANNELS": "@kabar"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {".env": "DATABASE_PATH=plain.db\n"},
        {".env": "export DATABASE_PATH = spaced.db   # a note\n"},
        {".env": "DATABASE_PATH='single #1.db' # a note\n"},
        {".env": 'DATABASE_PATH="double.db"\n# DATABASE_PATH=other.db\n'},
        {".env": "#DATABASE_PATH=off.db\n"},
        {".env": "DATABASE_PATH=first.db\nDATABASE_PATH=second.db\n"},
        {".env": "DATABASE_PATH=\n", "kabarbot.toml": 'DATABASE_PATH = "toml.db"'},
        {".env": "\ufeffDATABASE_PATH=bom.db\r\nLOG_LEVEL=info\r\n"},
        {".env": "database_path=lower.db\n"},
        {".env": "FOLDER=there\nDATABASE_PATH=${FOLDER}/${NOBODY:-x}.db\n"},
        {".env": "CONFIG_FILE=other.toml\n", "other.toml": 'database_path = "other.db"'},
        {"secrets/database_path": "secret.db\n", "kabarbot.toml": 'DATABASE_PATH = "toml.db"'},
        {"secrets/DATABASE_PATH": "SECRET.db\n", ".env": "LOG_LEVEL=info"},
        {"kabarbot.toml": 'database_path = "toml.db"\n[[feeds]]\nurl = "https://b.example/"'},
    ],
)
def test_it_looks_where_the_settings_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]
) -> None:
    """The small reader and `bot.settings.load` name the same database."""
    (tmp_path / "secrets").mkdir()
    for name in known_names():
        monkeypatch.delenv(name, raising=False)
    for name, value in ENOUGH.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    found = database_path(os.environ, tmp_path / "secrets")

    assert found == load(tmp_path / "secrets").database_path


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every setting."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DATABASE_PATH=file.db")

    assert database_path({"DATABASE_PATH": "environment.db"}, tmp_path) == Path("environment.db")


def test_a_file_that_cannot_be_understood_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot itself reports it; the health check only needs a path."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kabarbot.toml").write_text("[[[")
    (tmp_path / ".env").write_bytes(b"\xff\xfe")

    assert database_path({}, tmp_path / "nowhere") == Path("data/kabarbot.db")


def test_a_line_that_is_none_is_passed_over() -> None:
    """Notes, blank lines and words without a sign."""
    assert dotenv("# a note\n\nwords\nA=1\n", {}) == {"A": "1"}


def test_a_disk_that_takes_something(tmp_path: Path) -> None:
    """Nothing is left of the question; a folder that is not there is not the disk's fault."""
    assert refusal(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    assert refusal(tmp_path / "none") == ""
