"""No verb reads a table through: every statement that the store's verbs run is explained by SQLite itself.

With a million headlines a full scan takes a second, and a test on a small database would not notice.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.support_store import MEMORY, Home, open_home
from tests.support_store_verbs import READING, WRITING, Scene, busy_newsroom

#: Tables that grow with what the portal and the readers do; the others have a row for each line of the settings.
LARGE = (
    "deliveries headlines keys shelf headline_feeds revisions traffic inbox alerts seen_messages hand_posts "
    "reactions reactions_by_hour deeds searches readers subscribers reader_rows reader_messages"
)
# An alias stands in place of the name; SQLite says "SCAN d USING INDEX …" where an index is read through.
_SCAN = re.compile(r"SCAN (\w+)(?! USING|\w)")
_ALIASES = re.compile(
    rf"\b({LARGE.replace(' ', '|')})\b(?: AS)?(?: (?!SET|WHERE|ON|JOIN|CROSS|LEFT|ORDER)(\w+))?"
)
#: Once at a start, or once in a minute: there a scan is fair, and the tables are small by then.
SELDOM = {"configure channels", "explain", "story by words", "last_id", "forget"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A busy newsroom."""
    async with open_home(MEMORY, tmp_path) as home:
        yield await busy_newsroom(home)


async def statements(home: Home, run: object) -> Sequence[str]:
    """Every statement that runs on the connection meanwhile, with its values filled in."""
    said: list[str] = []
    connection = home.stores.database._writer
    await connection.set_trace_callback(said.append)
    try:
        await run  # type: ignore[misc]
    finally:
        await connection.set_trace_callback(None)  # type: ignore[arg-type]
    kinds = ("SELECT", "UPDATE", "DELETE", "WITH", "INSERT")
    return [sql for sql in dict.fromkeys(said) if sql.strip().startswith(kinds)]


async def plan(home: Home, sql: str) -> list[str]:
    """How SQLite means to go about it."""
    connection = home.stores.database._writer
    # References are looked up only where one is in doubt, but the plan would name their tables all the same.
    await connection.execute_fetchall("PRAGMA foreign_keys = OFF")
    rows = await connection.execute_fetchall(f"EXPLAIN QUERY PLAN {sql}")
    await connection.execute_fetchall("PRAGMA foreign_keys = ON")
    return [row["detail"] for row in rows]


def read_through(sql: str, steps: Sequence[str]) -> list[str]:
    """The large tables that a plan reads from end to end."""
    names = {alias or name: name for name, alias in _ALIASES.findall(sql)}
    names |= {name: name for name in LARGE.split()}
    scanned = [match[1] for step in steps for match in _SCAN.finditer(step)]
    return [names[alias] for alias in scanned if alias in names]


@pytest.mark.parametrize("name", [name for name in (*READING, *WRITING) if name not in SELDOM])
async def test_no_table_is_read_through(scene: Scene, name: str) -> None:
    """Each statement of each verb finds its rows by an index."""
    verb = {**READING, **WRITING}[name]
    for sql in await statements(scene.home, verb(scene)):
        steps = await plan(scene.home, sql)
        assert not read_through(sql, steps), (sql, steps)


async def test_a_scan_would_be_noticed(scene: Scene) -> None:
    """The test above can fail."""
    for sql in ("SELECT * FROM headlines", "DELETE FROM deliveries AS d WHERE d.detail = 'x'"):
        assert read_through(sql, await plan(scene.home, sql))


async def test_the_head_of_a_queue_is_not_sorted_for(scene: Scene) -> None:
    """However long the queue is, one seek finds it: only the heads themselves are put in order."""
    (sql,) = await statements(scene.home, READING["heads"](scene))
    steps = await plan(scene.home, sql)

    sorts = [number for number, step in enumerate(steps) if "TEMP B-TREE" in step]
    assert all("SUBQUERY" not in steps[number - 2] for number in sorts)
    assert len(sorts) == 2


@pytest.mark.parametrize("name", [name for name in READING if name.startswith("latest")])
async def test_pages_are_not_sorted_for(scene: Scene, name: str) -> None:
    """The index has them in order, in every category and in both directions."""
    (sql,) = await statements(scene.home, READING[name](scene))

    assert not [step for step in await plan(scene.home, sql) if "TEMP B-TREE" in step]


@pytest.mark.parametrize("verb", ["heads", "next_due", "edits_due", "doubts", "known", "latest"])
async def test_hot_verbs_run_few_statements(scene: Scene, verb: str) -> None:
    """They do not ask row by row."""
    allowed = {"known": 2, "doubts": 3}.get(verb, 1)

    assert len(await statements(scene.home, READING[verb](scene))) <= allowed
