"""The program as its operator meets it: exit codes, one line for what can be fixed, memory, the secret token."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support_world import World, world

#: Bytes that the bot and its parsing child may keep resident at rest.
_AT_REST = 100 * 1024 * 1024


async def test_a_token_that_telegram_refuses_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """No traceback, no token, exit code 2."""
    async with world(tmp_path) as place:
        bot = await place.start(TELEGRAM_TOKEN="123456:AAAA-wrong-wrong-wrong", LOG_LEVEL="warning")

        assert await bot.wait() == 2
        assert len(bot.output.splitlines()) == 1
        assert "AAAA-wrong" not in bot.output


async def test_wrong_settings_are_all_named_in_one_run(tmp_path: Path) -> None:
    """One line each, exit code 2, and the secret is not shown."""
    async with world(tmp_path) as place:
        bot = await place.start(TELEGRAM_TOKEN="rahasia", POLL_INTERVAL="0", FEED_URL="")

        assert await bot.wait() == 2
        assert sorted(re.split(r"\W", line)[0] for line in bot.output.splitlines()) == [
            "FEED_URL",
            "POLL_INTERVAL",
            "TELEGRAM_TOKEN",
        ]
        assert "rahasia" not in bot.output


async def test_a_second_instance_ends_with_one_line(tmp_path: Path) -> None:
    """Exit code 1; the first goes on."""
    async with world(tmp_path) as place:
        first = await place.start()
        await place.until_posted(1)
        second = await place.start()

        assert await second.wait() == 1
        assert len(second.output.splitlines()) == 1
        assert not first.ended


async def test_a_database_path_that_cannot_be_used_is_exit_2(tmp_path: Path) -> None:
    """A folder in place of a file is named in one line."""
    async with world(tmp_path) as place:
        bot = await place.start(DATABASE_PATH=str(tmp_path))

        assert await bot.wait() == 2
        assert len(bot.output.splitlines()) == 1


@pytest.mark.parametrize("log_format", ["console", "json"])
async def test_the_token_is_in_no_output(tmp_path: Path, log_format: str) -> None:
    """At LOG_LEVEL=debug, through answers, errors of every kind, an outage, and the end."""
    async with world(tmp_path, LOG_LEVEL="debug", LOG_FORMAT=log_format) as place:
        bot = await place.start()
        await place.until_posted(1)
        chat, reader = place.reader()
        place.people.say(chat, reader, "/terbaru")
        for fault in _mishaps(place):
            place.sandbox.state.faults.add(**fault)
        place.portal.publish()
        await place.until_posted(2)
        await place.sandbox.close_port()
        await place.until_looked(3)
        await place.sandbox.open_port()
        place.portal.publish()
        await place.until_posted(3)
        assert await bot.terminate() == 0

        secret = place.sandbox.token.partition(":")[2]
        assert secret not in bot.output
        assert place.sandbox.token.replace(":", "%3A") not in bot.output
        assert "posted" in bot.output
        assert "Traceback" not in bot.output


async def test_memory_at_rest(tmp_path: Path, record_property: Any) -> None:
    """The bot and its parsing child together keep at most 100 MB resident after some work."""
    async with world(tmp_path) as place:
        bot = await place.start(POPULAR_URL=place.portal.popular_url, HTTP_ADDRESS="127.0.0.1:0")
        await place.until_posted(1)
        chat, reader = place.reader()
        place.people.say(chat, reader, "/terbaru")
        place.people.say(chat, reader, "/populer")
        for _ in range(20):
            place.portal.publish()
        await place.until_posted(21)
        await place.until(lambda: len(place.posts(chat)) == 2, "answers")
        sizes = {pid: resident(pid) for pid in family(bot.pid)}
        record_property("resident", sizes)
        print("resident MiB:", {pid: round(size / 2**20, 1) for pid, size in sizes.items()})  # noqa: T201

        assert sum(sizes.values()) <= _AT_REST


async def test_no_docstring_is_kept_in_memory(tmp_path: Path) -> None:
    """Bot and parsing child run with `-OO`, in the process that was started: 5 MB for words that nobody reads."""
    async with world(tmp_path) as place:
        bot = await place.start()
        await place.until_posted(1)
        commands = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in family(bot.pid)]

        assert len(commands) == 2
        assert all(b"-OO" in words for words in commands)


async def test_killed_it_leaves_no_child_behind(tmp_path: Path) -> None:
    """The parsing child ends when its parent is killed."""
    async with world(tmp_path) as place:
        bot = await place.start()
        await place.until_posted(1)
        children = family(bot.pid)[1:]
        assert children
        bot.send(signal.SIGKILL)
        await bot.process.wait()

        await place_without(children)


async def place_without(pids: list[int]) -> None:
    """Wait until none of `pids` runs."""
    from tests.support_world import until

    await until(lambda: not any(running(pid) for pid in pids), "the children's end")


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *map(int, children)]


def running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def resident(pid: int) -> int:
    """Bytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def _mishaps(place: World) -> list[dict[str, Any]]:
    """One of each kind of trouble that puts an address into somebody's error text."""
    refuse = {"kind": "refuse", "method": "sendMessage", "code": 400, "description": "Bad Request: oh dear"}
    return [
        {"kind": "error_before", "method": "getUpdates"},
        {"kind": "drop_before", "method": "getUpdates", "skip": 1},
        {"kind": "html", "method": "getUpdates", "skip": 2},
        {"kind": "drop_before", "method": "sendMessage", "chat": place.channel.id},
        {"kind": "error_before", "method": "editMessageReplyMarkup"},
        {**refuse, "chat": "0"},
    ]
