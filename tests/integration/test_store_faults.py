"""What goes wrong below: a locked, full, read-only or closed database. Ours is the error, and nothing is half done."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.looks import Look
from bot.errors import DatabaseFull, StoreError
from bot.store.faults import store_errors
from tests.support_store import FILE, HOUR, NOW, Home, look, open_home
from tests.support_store_verbs import READING, WRITING, Scene, busy_newsroom


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A busy newsroom's database, closed, to be copied: building one for each test would take a minute in all."""

    async def build() -> Scene:
        async with open_home(FILE, tmp_path_factory.mktemp("newsroom")) as home:
            return await busy_newsroom(home)

    return asyncio.run(build())


@pytest.fixture
async def scene(furnished: Scene, tmp_path: Path) -> AsyncIterator[Scene]:
    """A copy of it on disk, opened so that it waits for nobody."""
    home = Home(FILE, tmp_path)
    shutil.copy(furnished.home.path, home.path)
    home.feeds, home.channels = furnished.home.feeds, furnished.home.channels
    await home.wait_for_nobody()
    yield replace(furnished, home=home)
    await home.end()


def contents(path: Path) -> list[str]:
    """All that is committed, as SQL."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is writing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def pragma(home: Home, statement: str) -> int:
    """Ask SQLite for something on the connection that writes."""
    rows = list(await home.stores.database._writer.execute_fetchall(f"PRAGMA {statement}"))
    return int(rows[0][0]) if rows else 0


async def refused(scene: Scene, name: str, before: list[str]) -> type[StoreError]:
    """The error of a writing verb, after which all is as before."""
    with pytest.raises(StoreError) as caught:
        await WRITING[name](scene)
    assert contents(scene.home.path) == before
    return caught.type


@pytest.mark.parametrize("name", WRITING)
async def test_a_locked_database(scene: Scene, name: str) -> None:
    """Every verb that writes says so in our words; when the lock is gone it does its work."""
    before = contents(scene.home.path)

    with locked(scene.home.path):
        assert await refused(scene, name, before) is StoreError

    await WRITING[name](scene)


@pytest.mark.parametrize("name", READING)
async def test_reading_does_not_wait_for_writing(scene: Scene, name: str) -> None:
    """Neither for another process nor for a transaction of ours."""
    with locked(scene.home.path):
        await READING[name](scene)
    async with scene.home.stores.database.transaction() as tx:
        await tx.run("DELETE FROM alerts")
        await READING[name](scene)


@pytest.mark.parametrize("name", WRITING)
async def test_a_read_only_database(scene: Scene, name: str) -> None:
    """As on a disk that was remounted."""
    before = contents(scene.home.path)
    await pragma(scene.home, "query_only = ON")

    await refused(scene, name, before)

    await pragma(scene.home, "query_only = OFF")
    await WRITING[name](scene)


@pytest.mark.parametrize("name", WRITING)
async def test_a_full_database(scene: Scene, name: str) -> None:
    """A verb that finds room does its work, any other changes nothing and says that the disk is full."""
    before = contents(scene.home.path)
    await pragma(scene.home, f"max_page_count = {await pragma(scene.home, 'page_count')}")

    try:
        await WRITING[name](scene)
    except DatabaseFull:
        assert contents(scene.home.path) == before
        assert scene.home.stores.database.refused_lately
    else:
        assert not scene.home.stores.database.refused_lately


@pytest.mark.parametrize("name", ["record", "claim", "keep"])
async def test_room_again_and_work_again(scene: Scene, name: str) -> None:
    """What needs room is refused for as long as there is none, and a beat says nothing is amiss but that."""
    pages = await pragma(scene.home, "page_count")
    await pragma(scene.home, f"max_page_count = {pages}")

    for _ in range(2):
        with pytest.raises(DatabaseFull, match="no room"):
            await WRITING[name](scene)
    await scene.home.stores.upkeep.beat(["poller"], NOW + HOUR)
    beats = await scene.home.stores.database.read("SELECT key FROM health ORDER BY key")
    await pragma(scene.home, f"max_page_count = {pages + 1000}")

    assert [row["key"] for row in beats] == ["beat:poller"]
    await WRITING[name](scene)


@pytest.mark.parametrize("name", [*READING, *WRITING])
async def test_a_closed_database(scene: Scene, name: str) -> None:
    """A task that comes too late is told in our words."""
    await scene.home.end()

    with pytest.raises(StoreError):
        await {**READING, **WRITING}[name](scene)


async def test_a_record_is_never_half_done(scene: Scene) -> None:
    """The look that found no room is recorded whole when there is some."""
    pages = await pragma(scene.home, "page_count")
    await pragma(scene.home, f"max_page_count = {pages}")
    with pytest.raises(DatabaseFull):
        await WRITING["record"](scene)
    await pragma(scene.home, f"max_page_count = {pages + 1000}")

    recorded = await WRITING["record"](scene)

    assert len(recorded.headline_ids) == 40
    rows = await scene.home.stores.database.read(
        "SELECT count(*) AS n FROM headlines WHERE owner_feed IS NOT NULL"
    )
    assert rows[0]["n"] == 47


@pytest.mark.parametrize("odd", ["\ud83d", 2**70], ids=["half a pair", "a number too large"])
async def test_what_sqlite_cannot_hold(scene: Scene, odd: object) -> None:
    """An error of ours, not a crash; the transaction is rolled back."""
    with pytest.raises(StoreError):
        await scene.home.stores.database.read("SELECT ?", (odd,))
    with pytest.raises(StoreError):
        await scene.home.record(found=Look(look().document, body_hash=odd))  # type: ignore[arg-type]

    await scene.home.record()


async def test_tidied_up_the_file_is_smaller(scene: Scene) -> None:
    """Empty pages go back to the disk and the log is cut short, while others read; all that is known stays."""
    home = scene.home
    await home.sql("CREATE TABLE large (text TEXT)")
    await home.sql(
        "INSERT INTO large SELECT hex(randomblob(1000)) FROM json_each(?)", json.dumps([*range(4000)])
    )
    await home.sql("DROP TABLE large")
    before = contents(home.path)
    while not await home.stores.upkeep.tidy():
        pass
    size = home.path.stat().st_size
    log = home.path.with_name(f"{home.path.name}-wal")

    assert await pragma(home, "freelist_count") == 0
    assert size == await pragma(home, "page_count") * await pragma(home, "page_size")
    assert size < 4_000_000
    assert not log.exists() or log.stat().st_size == 0
    assert contents(home.path) == before


def test_errors_keep_their_cause() -> None:
    """For the log; the text is one line for the operator."""
    with pytest.raises(StoreError, match="refused: near") as caught, store_errors():
        sqlite3.connect(":memory:").execute("SELEKT")

    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
