"""From every earlier schema to this one, with a copy kept; what is not ours, or newer than we know, is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from bot.errors import DatabaseTooNew, DatabaseUnusable, StoreError
from bot.store.connection import Database
from bot.store.migrations import APPLICATION_ID, MIGRATIONS, demand_current, migrate

#: Steps that may come one day: a column, and a table that is built anew.
NEXT = (
    "ALTER TABLE feeds ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';",
    """
    CREATE TABLE channels_2 (id INTEGER PRIMARY KEY, ref TEXT NOT NULL, rules TEXT NOT NULL);
    INSERT INTO channels_2 SELECT id, ref, rules FROM channels;
    DROP TABLE channels;
    ALTER TABLE channels_2 RENAME TO channels;
    """,
)
STEPS = (*MIGRATIONS, *NEXT)


async def bring_to(path: Path, steps: Sequence[str], *, keep: bool = True) -> None:
    """Open the file as a Kabarbot that knows `steps` would."""
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, path if keep else None, steps)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What the file says, read by somebody else."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def schema(path: Path) -> list[tuple[object, ...]]:
    """Every table, index and trigger as it is written."""
    return ask(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")


def fill(path: Path) -> None:
    """Something in it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO feeds (id, url, interval, added_at, next_at) VALUES (1, 'u', 1, 0, 0)"
        )
        connection.execute("INSERT INTO channels (id, ref, added_at) VALUES (7, '@satu', 0)")
        connection.execute("INSERT INTO first_looks (channel_id, feed_id, state) VALUES (7, 1, 'done')")


@pytest.fixture
async def old(tmp_path: Path) -> Path:
    """A database of the first version with something in it."""
    path = tmp_path / "kabarbot.db"
    await bring_to(path, MIGRATIONS[:1])
    fill(path)
    return path


async def test_a_new_file_is_of_this_version(tmp_path: Path) -> None:
    """And carries our mark."""
    path = tmp_path / "kabarbot.db"
    await (await Database.open(path)).close()

    assert ask(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert ask(path, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert not list(tmp_path.glob("*.before*"))


@pytest.mark.parametrize("steps", [MIGRATIONS, STEPS], ids=["released", "to come"])
async def test_step_by_step_is_all_at_once(tmp_path: Path, steps: Sequence[str]) -> None:
    """The schema of a file that took every step by itself is that of a new one."""
    new, grown = tmp_path / "new.db", tmp_path / "grown.db"
    await bring_to(new, steps)
    for version in range(1, len(steps) + 1):
        await bring_to(grown, steps[:version])

    assert schema(grown) == schema(new)
    assert ask(grown, "PRAGMA user_version") == [(len(steps),)]


async def test_what_was_there_is_still_there(old: Path) -> None:
    """Data, references and all."""
    await bring_to(old, STEPS)

    assert ask(old, "SELECT url, colour FROM feeds") == [("u", "red")]
    assert ask(old, "SELECT channel_id, ref FROM first_looks JOIN channels ON id = channel_id") == [
        (7, "@satu")
    ]
    assert ask(old, "PRAGMA foreign_key_check") == []


async def test_references_are_checked_again_afterwards(old: Path) -> None:
    """They are off during the steps only."""
    async with aiosqlite.connect(old, isolation_level=None) as connection:
        await migrate(connection, None, STEPS)
        assert list(await connection.execute_fetchall("PRAGMA foreign_keys")) == [(1,)]


async def test_a_copy_is_kept_first(old: Path) -> None:
    """The whole old database beside the new one; one that was left by an earlier try is replaced."""
    kept = old.with_name(f"{old.name}.before-v{len(STEPS)}")
    kept.write_text("half a copy")
    await bring_to(old, STEPS)

    assert ask(kept, "PRAGMA user_version") == [(1,)]
    assert ask(kept, "SELECT url FROM feeds") == [("u",)]
    assert not list(old.parent.glob("*.part"))


async def test_no_copy_where_none_is_needed(old: Path) -> None:
    """Nothing to migrate, nothing to keep."""
    await bring_to(old, MIGRATIONS[:1])

    assert not list(old.parent.glob("*.before*"))


@pytest.mark.parametrize(
    "broken",
    [
        "ALTER TABLE feeds ADD COLUMN colour TEXT; SELECT * FROM nowhere;",
        "DELETE FROM channels;",
        "CREATE TABLE unfinished (",
    ],
    ids=["fails in the middle", "breaks a reference", "is no SQL"],
)
async def test_a_step_that_fails_changes_nothing(old: Path, broken: str) -> None:
    """Not even what the steps before it did; a good one may be taken afterwards."""
    before = schema(old)

    with pytest.raises(StoreError):
        await bring_to(old, (*MIGRATIONS[:1], NEXT[0], broken))

    assert schema(old) == before
    assert ask(old, "PRAGMA user_version") == [(1,)]
    assert ask(old, "SELECT ref FROM channels") == [("@satu",)]
    await bring_to(old, STEPS)


async def test_a_newer_database_is_refused(old: Path) -> None:
    """By whoever writes and whoever reads; nothing is touched."""
    await bring_to(old, STEPS, keep=False)
    before = schema(old)

    with pytest.raises(DatabaseTooNew, match="upgrade"):
        await Database.open(old)
    with pytest.raises(DatabaseTooNew):
        await Database.open_to_read(old)

    assert schema(old) == before


async def test_an_older_database_is_not_read(old: Path) -> None:
    """Who only reads does not migrate, and says who does."""
    async with aiosqlite.connect(old, isolation_level=None) as connection:
        await demand_current(connection, MIGRATIONS[:1])
        with pytest.raises(DatabaseUnusable, match="start the bot"):
            await demand_current(connection, STEPS)


def with_a_table(connection: sqlite3.Connection) -> None:
    """Another program's."""
    connection.execute("CREATE TABLE songs (title)")


def with_a_version(connection: sqlite3.Connection) -> None:
    """Empty but for its version."""
    connection.execute("PRAGMA user_version = 3")


def with_a_mark(connection: sqlite3.Connection) -> None:
    """Empty but for its mark."""
    connection.execute("PRAGMA application_id = 42")


@pytest.mark.parametrize("make", [with_a_table, with_a_version, with_a_mark])
async def test_another_programs_database_is_refused(
    tmp_path: Path, make: Callable[[sqlite3.Connection], None]
) -> None:
    """It is named as what it is, and stays as it was."""
    path = tmp_path / "songs.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        make(connection)
    before = schema(path)

    with pytest.raises(DatabaseUnusable, match="another program"):
        await Database.open(path)
    with pytest.raises(DatabaseUnusable, match="another program"):
        await Database.open_to_read(path)

    assert schema(path) == before


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    """As `touch` makes it."""
    path = tmp_path / "kabarbot.db"
    path.touch()
    await (await Database.open(path)).close()

    assert ask(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
