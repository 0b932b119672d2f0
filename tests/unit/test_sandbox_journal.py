"""The journal: numbered without holes, bounded in memory, whole in its file."""

import asyncio
import json
from pathlib import Path

from bot.sandbox.clock import Clock
from bot.sandbox.journal import Journal


def test_entries_are_numbered_and_found_by_number() -> None:
    """`since` gives what came after that number, whatever is still kept."""
    journal = Journal(Clock())
    for number in range(5):
        journal.add("sent", text=str(number), chat=None)
    assert [entry["n"] for entry in journal.entries(since=3)] == [4, 5]
    assert journal.entries(since=9) == []
    assert "chat" not in journal.entries()[0]


def test_memory_is_bounded_and_the_file_is_not(tmp_path: Path) -> None:
    """Only the newest stay in memory; the file has them all, readable before it is closed."""
    file = tmp_path / "journal.jsonl"
    journal = Journal(Clock(), keep=3, file=file)
    for number in range(10):
        journal.add("sent", text=str(number))
    written = [json.loads(line) for line in file.read_text().splitlines()]
    journal.close()
    assert [entry["n"] for entry in written] == list(range(1, 11))
    assert [entry["n"] for entry in journal.entries()] == [8, 9, 10]
    assert [entry["n"] for entry in journal.entries(since=9)] == [10]


def test_kinds_can_be_asked_for() -> None:
    """Tests ask for the 429s and nothing else."""
    journal = Journal(Clock())
    journal.add("sent")
    journal.add("limited", code=429)
    assert [entry["code"] for entry in journal.entries("limited")] == [429]


async def test_followers_get_what_comes_and_slow_ones_are_let_go() -> None:
    """A follower sees every entry; one that never reads does not fill the memory."""
    journal = Journal(Clock())
    follower = journal.follow()
    journal.add("sent", text="satu")
    assert json.loads(await asyncio.wait_for(follower.get(), 1))["text"] == "satu"
    for _ in range(10_002):
        journal.add("sent")
    assert follower.qsize() == 10_000
    journal.unfollow(follower)
