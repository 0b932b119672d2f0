"""The program from outside: exit codes, one line for each fault, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import __version__
from bot.cli.failing import ending
from bot.cli.line import app
from bot.errors import AlreadyRunning, KabarbotError, SettingsError
from bot.settings.model import known_names

TOKEN = "123456:AAbbCCdd-_"
ENOUGH = {"TELEGRAM_TOKEN": TOKEN, "FEED_URL": "https://portal.invalid/rss", "CHANNELS": "@kabar"}
VERBS = ("run", "demo", "check", "preview", "explain", "backup", "health")


def kabarbot(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a folder of its own, with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if name.upper() not in known_names()}
    clean |= {"PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "80"} | environment
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_version(tmp_path: Path) -> None:
    """One line, exit 0."""
    done = kabarbot(tmp_path, "--version")

    assert (done.returncode, done.stdout) == (0, f"kabarbot {__version__}\n")


def test_help_names_every_verb() -> None:
    """The list of the contract, and the exit codes."""
    done = CliRunner().invoke(app, ["--help"])

    assert done.exit_code == 0
    assert all(f" {verb} " in done.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    """Also those that go round the command-line library."""
    done = CliRunner().invoke(app, [verb, "--help"])

    assert done.exit_code == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["run", "--fast"], ["run", "now"], ["health", "x"], ["explain"], ["backup"], ["--x"]]
)
def test_a_wrong_argument_is_exit_2(arguments: list[str]) -> None:
    """Named in a few lines."""
    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 2
    assert "Usage:" in done.stderr


def test_an_unknown_verb_is_exit_2(tmp_path: Path) -> None:
    """From outside: named, without a traceback."""
    done = kabarbot(tmp_path, "sing")

    assert done.returncode == 2
    assert "'sing'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", [["run"], ["explain", "x"], ["backup", "copy.db"]])
def test_no_settings_at_all(tmp_path: Path, verb: list[str]) -> None:
    """The three that are needed, a line each; and nothing was made."""
    done = kabarbot(tmp_path, *verb)

    assert done.returncode == 2
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "TELEGRAM_TOKEN",
        "FEED_URL",
        "CHANNELS",
    ]
    assert list(tmp_path.iterdir()) == []


def test_everything_wrong_at_once_is_said_in_one_run(tmp_path: Path) -> None:
    """Exit 2, every line, and no secret in any."""
    done = kabarbot(
        tmp_path,
        "run",
        TELEGRAM_TOKEN='"123456:AAbbCCdd-_"',
        FEED_URL="portal.example",
        CHANNELS="1234567890",
        POLL_INTERVAL="0",
        TIMEZONE="Mars",
        PUBLIC_URL="http://bot.example.com",
        QUIET_HOURS="night",
    )

    names = [line.split()[0] for line in done.stderr.splitlines()]
    assert done.returncode == 2
    assert names == [
        "TELEGRAM_TOKEN",
        "FEED_URL",
        "CHANNELS",
        "POLL_INTERVAL",
        "TIMEZONE",
        "QUIET_HOURS",
        "PUBLIC_URL",
        "WEBHOOK_ADDRESS",
    ]
    assert TOKEN not in done.stderr


def beneath_a_file(folder: Path) -> str:
    """A folder of the path is a file."""
    (folder / "file").write_text("")
    return "file/kabarbot.db"


def a_folder(folder: Path) -> str:
    """The path is a folder."""
    (folder / "kabarbot.db").mkdir()
    return "kabarbot.db"


@pytest.mark.parametrize("make", [beneath_a_file, a_folder])
def test_a_database_path_that_cannot_be_used_is_exit_2(tmp_path: Path, make: Callable[[Path], str]) -> None:
    """Found before anything starts, with its cure."""
    done = kabarbot(tmp_path, "run", **ENOUGH, DATABASE_PATH=make(tmp_path))

    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("DATABASE_PATH is ")
    assert "expected" in line


@pytest.mark.parametrize("verb", [["explain", "judul"], ["backup", "copy.db"]])
def test_no_database_yet(tmp_path: Path, verb: list[str]) -> None:
    """Said in one line; no database is made by asking for one."""
    done = kabarbot(tmp_path, *verb, **ENOUGH)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_backup_never_overwrites(tmp_path: Path) -> None:
    """A name that is taken is a wrong argument."""
    (tmp_path / "copy.db").write_text("precious")

    done = kabarbot(tmp_path, "backup", "copy.db", **ENOUGH)

    assert (done.returncode, (tmp_path / "copy.db").read_text()) == (2, "precious")


def test_check_tells_wrong_settings_as_json(tmp_path: Path) -> None:
    """For scripts: one object a line, exit 2."""
    done = kabarbot(tmp_path, "check", "--json", TELEGRAM_TOKEN=TOKEN)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [line["what"] for line in lines] == ["FEED_URL", "CHANNELS"]
    assert all(line.keys() == {"what", "ok", "cure"} and line["ok"] is False for line in lines)


def test_run_does_not_import_the_command_line_library(tmp_path: Path) -> None:
    """What `run` imports it keeps for months."""
    code = (
        "import sys; sys.argv = ['kabarbot', 'run']\n"
        "from bot.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('typer', 'rich') if sys.modules.get(name)])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TELEGRAM_TOKEN": ""}

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "[]\n"


def raising(error: BaseException) -> Callable[[], int]:
    """A verb that ends so."""

    def verb() -> int:
        raise error

    return verb


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SettingsError(["A is 1", "B is 2"]), 2, "A is 1\nB is 2\n"),
        (AlreadyRunning("another instance runs"), 1, "kabarbot: another instance runs\n"),
        (KabarbotError(), 1, "kabarbot: KabarbotError\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_of_ours_is_words_and_a_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    """Nothing on standard output, so that a script's input stays clean."""
    assert ending(raising(error)) == code
    assert capsys.readouterr() == ("", said)


def test_an_error_that_nobody_foresaw_is_not_hidden() -> None:
    """Its traceback is for us, not for an operator to mend."""
    with pytest.raises(ZeroDivisionError):
        ending(raising(ZeroDivisionError()))


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    """As in `kabarbot preview … | head -1`."""
    (tmp_path / "a.xml").write_text(
        "<rss version='2.0'><channel><item><title>Judul</title></item></channel></rss>"
    )
    command = f"{sys.executable} -m bot preview --json {'a.xml ' * 300} | head -c 1"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    done = subprocess.run(  # noqa: S602 (a shell's pipe is what is tested)
        command,
        shell=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("{", "")
