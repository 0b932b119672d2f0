"""Whether the database's path can be used, and what cures it where it cannot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import check_paths, parse
from bot.settings.paths import database_trouble

LEAST = {"TELEGRAM_TOKEN": "123456:AAbbCCdd-_", "FEED_URL": "https://a.example/", "CHANNELS": "@kabar"}


def refuses(*forbidden: Path) -> Callable[[Path, int], bool]:
    """A stand-in for `os.access` under which these may not be written (tests may run as root)."""
    return lambda path, mode: path not in forbidden or not mode & os.W_OK


def test_a_folder_that_will_be_made_is_fine(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    assert database_trouble(tmp_path / "a" / "b" / "kabarbot.db") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_fine(tmp_path: Path) -> None:
    """As after the first run."""
    (tmp_path / "kabarbot.db").write_bytes(b"")

    assert database_trouble(tmp_path / "kabarbot.db") == ""


def test_a_folder_that_this_user_cannot_write_brings_its_cure(tmp_path: Path) -> None:
    """A container's volume that belongs to somebody else: uid and chown are named."""
    said = database_trouble(tmp_path / "kabarbot.db", refuses(tmp_path))

    assert f"uid {os.getuid()}" in said
    assert f"`chown -R {os.getuid()} {tmp_path}`" in said


def test_the_cure_never_takes_over_a_folder_above(tmp_path: Path) -> None:
    """With /var/lib/kabarbot missing, it is not /var/lib that changes hands."""
    said = database_trouble(tmp_path / "new" / "kabarbot.db", refuses(tmp_path))

    assert f"`mkdir -p {tmp_path}/new && chown -R {os.getuid()} {tmp_path}/new`" in said


def test_a_file_that_this_user_cannot_write_brings_its_cure(tmp_path: Path) -> None:
    """The folder may be right and the file not, after a restore by root."""
    database = tmp_path / "kabarbot.db"
    database.write_bytes(b"")

    said = database_trouble(database, refuses(database))

    assert f"chown -R {os.getuid()} {database}" in said


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    """A volume mounted one level too deep."""
    assert "this is a folder" in database_trouble(tmp_path)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_a_path_that_no_system_takes_is_named(tmp_path: Path, name: str) -> None:
    """Longer than any file name may be, or with a byte that none may hold."""
    assert "cannot be used" in database_trouble(tmp_path / name)


def test_check_paths_raises_one_line(tmp_path: Path) -> None:
    """For `run`: exit 2, the setting's name first."""
    with pytest.raises(SettingsError, match=r"^DATABASE_PATH is ") as caught:
        check_paths(parse({**LEAST, "DATABASE_PATH": str(tmp_path)}))

    assert caught.value.exit_code == 2
