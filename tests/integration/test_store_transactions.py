"""One connection, many coroutines: transactions never mix, a cancelled one leaves nothing, a kill neither."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import DatabaseUnusable, StoreError
from bot.store.connection import IN_MEMORY, Database

PUT = "INSERT INTO meta (key, value) VALUES (?, '')"


class Boom(Exception):  # noqa: N818 - a test's own
    """Something in the middle fails."""


@pytest.fixture(params=["memory", "file"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    opened = await Database.open(IN_MEMORY if request.param == "memory" else tmp_path / "kabarbot.db")
    yield opened
    await opened.close()


async def keys(database: Database) -> set[str]:
    """What is committed."""
    return {row["key"] for row in await database.read("SELECT key FROM meta WHERE key <> 'sequence'")}


async def put(
    database: Database, *names: str, fail: bool = False, pause: asyncio.Event | None = None
) -> None:
    """One transaction that writes `names`, others running in between."""
    async with database.transaction() as tx:
        for name in names:
            await tx.run(PUT, (name,))
            await asyncio.sleep(0)
        if pause is not None:
            await pause.wait()
        if fail:
            raise Boom


async def test_two_writers_never_mix(database: Database) -> None:
    """One rolls back while the other waits to write: neither undoes nor keeps anything of the other's."""
    pause = asyncio.Event()
    failing = asyncio.ensure_future(put(database, "a1", "a2", fail=True, pause=pause))
    committing = asyncio.ensure_future(put(database, "b1", "b2"))
    await asyncio.sleep(0.05)
    assert not committing.done()
    pause.set()

    with pytest.raises(Boom):
        await failing
    await committing

    assert await keys(database) == {"b1", "b2"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plans=st.lists(st.tuples(st.sampled_from(["commit", "fail", "cancel"]), st.integers(0, 6)), max_size=9)
)
def test_whatever_is_interleaved(plans: Sequence[tuple[str, int]]) -> None:
    """Writers that commit, fail and are cancelled at any moment: what was committed is there, whole, alone."""
    asyncio.run(_interleave(plans))


async def _interleave(plans: Sequence[tuple[str, int]]) -> None:
    database = await Database.open(IN_MEMORY)
    try:
        tasks = []
        for number, (end, turns) in enumerate(plans):
            names = [f"{number}-{part}" for part in range(3)]
            task = asyncio.ensure_future(put(database, *names, fail=end == "fail"))
            tasks.append(task)
            if end == "cancel":
                asyncio.get_running_loop().call_later(turns / 5000, task.cancel)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        found = await keys(database)
        for number, result in enumerate(results):
            parts = {key for key in found if key.startswith(f"{number}-")}
            assert len(parts) in {0, 3}
            if result is None:
                assert len(parts) == 3
            elif isinstance(result, Boom):
                assert not parts
        await put(database, "last")
        assert "last" in await keys(database)
    finally:
        await database.close()


async def test_a_cancelled_transaction_rolls_back(database: Database) -> None:
    """In the middle, and the lock is free for the next one."""
    pause = asyncio.Event()
    task = asyncio.ensure_future(put(database, "a", pause=pause))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.wait_for(put(database, "b"), 5)

    assert await keys(database) == {"b"}


async def test_cancelled_before_it_begins(database: Database) -> None:
    """While another one writes, and while BEGIN is under way."""
    pause = asyncio.Event()
    writing = asyncio.ensure_future(put(database, "a", pause=pause))
    await asyncio.sleep(0.02)
    waiting = asyncio.ensure_future(put(database, "b"))
    await asyncio.sleep(0.02)
    waiting.cancel()
    pause.set()
    await writing
    with pytest.raises(asyncio.CancelledError):
        await waiting

    beginning = asyncio.ensure_future(put(database, "c"))
    await asyncio.sleep(0)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning

    await asyncio.wait_for(put(database, "d"), 5)
    assert await keys(database) == {"a", "d"}


async def test_a_commit_once_begun_is_finished(database: Database) -> None:
    """However often its task is cancelled then."""

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.run(PUT, ("a",))
            task = asyncio.current_task()
            assert task is not None
            task.cancel()  # takes effect in the next await, which is the commit's
            for turn in range(3):
                asyncio.get_running_loop().call_later(turn / 10_000, task.cancel)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(write())

    assert await keys(database) == {"a"}
    await put(database, "b")


async def test_a_statement_that_fails_undoes_the_whole(database: Database) -> None:
    """Even the first, good part of an `executemany`."""

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.run(PUT, ("a",))
            await tx.many(PUT, [("b",), ("c",), ("b",)])

    with pytest.raises(StoreError):
        await write()

    assert await keys(database) == set()


async def test_closing_waits_for_a_transaction(database: Database) -> None:
    """What is under way ends; what comes later is refused."""
    pause = asyncio.Event()
    task = asyncio.ensure_future(put(database, "a", pause=pause))
    await asyncio.sleep(0.02)
    closing_task = asyncio.ensure_future(database.close())
    await asyncio.sleep(0.02)
    assert not closing_task.done()
    pause.set()
    await task
    await closing_task

    with pytest.raises(StoreError):
        await put(database, "b")


async def test_a_reader_sees_what_is_committed(tmp_path: Path) -> None:
    """And does not wait for a transaction; one slow reader does not hold up another."""
    database = await Database.open(tmp_path / "kabarbot.db")
    await put(database, "a")
    slow = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n"
    async with database.transaction() as tx:
        await tx.run(PUT, ("b",))
        search = asyncio.ensure_future(database.read(slow))
        await asyncio.sleep(0)
        assert await keys(database) == {"a"}
        assert not search.done()
    assert await keys(database) == {"a", "b"}
    await search
    await database.close()


async def test_readers_cannot_write(tmp_path: Path) -> None:
    """Nothing is written but in a transaction."""
    database = await Database.open(tmp_path / "kabarbot.db")
    with pytest.raises(StoreError, match="readonly"):
        await database.read("DELETE FROM meta")
    await database.close()


KILLED = """
import asyncio, sys
from bot.store.connection import Database

async def main():
    database = await Database.open(sys.argv[1])
    async with database.transaction() as tx:
        await tx.run("INSERT INTO meta (key, value) VALUES ('committed', '')")
    async with database.transaction() as tx:
        for number in range(5000):
            await tx.run("INSERT INTO meta (key, value) VALUES (?, hex(randomblob(500)))", (f"lost {number}",))
            if number == 4000:
                print("in the middle", flush=True)

asyncio.run(main())
"""


def test_a_kill_in_mid_transaction_leaves_nothing(tmp_path: Path) -> None:
    """SIGKILL, after more was written than the cache holds: what was committed stands, and nothing else."""
    path = tmp_path / "kabarbot.db"
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"in the middle\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL

    assert asyncio.run(_after_the_kill(path)) == ({"committed"}, "ok")


async def _after_the_kill(path: Path) -> tuple[set[str], str]:
    database = await Database.open(path)
    found = await keys(database), (await database.read("PRAGMA integrity_check"))[0][0]
    await database.close()
    return found


# ---------------------------------------------------------------- opening


async def test_durable_and_checked(tmp_path: Path) -> None:
    """WAL, `synchronous=FULL`, foreign keys, room given back bit by bit; a folder is made where there is none."""
    database = await Database.open(tmp_path / "new" / "folder" / "kabarbot.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum")
    async with database.transaction() as tx:
        found = [(await tx.all(f"PRAGMA {name}"))[0][0] for name in pragmas]
    await database.close()

    assert found == ["wal", 2, 1, 2]


def text_file(path: Path) -> None:
    """No database at all."""
    path.write_text("berita " * 1000)


def folder(path: Path) -> None:
    """A folder of that name."""
    path.mkdir()


def file_for_a_folder(path: Path) -> None:
    """Its folder is a file."""
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize("make", [text_file, folder, file_for_a_folder])
async def test_a_path_that_cannot_be_used(tmp_path: Path, make: object) -> None:
    """One line that names the setting; exit code 2."""
    path = tmp_path / "data" / "kabarbot.db"
    path.parent.mkdir()
    make(path)  # type: ignore[operator]

    with pytest.raises(DatabaseUnusable, match="DATABASE_PATH") as caught:
        await Database.open(path)

    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


async def test_reading_beside_the_bot(tmp_path: Path) -> None:
    """`open_to_read` neither makes nor changes anything; odd names of files are no obstacle."""
    path = tmp_path / "kabar #1?.db"
    with pytest.raises(DatabaseUnusable):
        await Database.open_to_read(path)
    assert not list(tmp_path.iterdir())
    database = await Database.open(path)
    await put(database, "a")
    beside = await Database.open_to_read(path)

    assert await keys(beside) == {"a"}
    with pytest.raises(StoreError):
        await put(beside, "b")
    await put(database, "c")
    assert await keys(beside) == {"a", "c"}
    await beside.close()
    await database.close()
    alone = await Database.open_to_read(path)
    assert await keys(alone) == {"a", "c"}
    await alone.close()


async def test_a_copy_while_writing(tmp_path: Path) -> None:
    """All that is committed, nothing that is not."""
    database = await Database.open(tmp_path / "kabarbot.db")
    await put(database, "a")
    async with database.transaction() as tx:
        await tx.run(PUT, ("b",))
        await database.copy_to(tmp_path / "copy.db")
    await database.close()

    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT key FROM meta").fetchall() == [("a",)]
