"""A disk that takes nothing any more under a running bot: read-only after an error, or refusing for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support_disk import FragileDisk, ask, health, without_beats
from tests.support_webhooks import free_port
from tests.support_world import World, world


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FragileDisk]:
    """A disk that can break."""
    made = FragileDisk(tmp_path)
    yield made
    made.forbid(writing=False)
    made.unmount()


async def posted_unnoted(place: World, disk: FragileDisk) -> str:
    """A second post arrives while the disk refuses, so that nobody can note it; its title."""
    await place.start()
    await place.until_posted(1)
    await place.until_quiet()
    place.sandbox.state.faults.add(kind="delay", method="sendMessage", seconds=3.0)
    title = place.portal.publish().title
    await place.until(lambda: place.states().get("SENDING"), "a send under way")
    if not disk.forbid(writing=True):
        pytest.skip("no file may be made immutable here")
    await place.until_posted(2)
    await place.until(lambda: "store_trouble" in place.bot.output, "clear words")
    return title


async def test_a_disk_that_turns_read_only(tmp_path: Path, disk: FragileDisk) -> None:
    """Said clearly and no restart asked for; SIGTERM is obeyed; mended, nothing was lost and nothing comes twice."""
    database, port = str(disk.place / "kabarbot.db"), free_port()
    async with world(tmp_path, DATABASE_PATH=database, HTTP_ADDRESS=f"127.0.0.1:{port}") as place:
        await place.start()
        await place.until_posted(1)
        await place.until_quiet()
        disk.meet_error()
        titles = [place.portal.publish().title for _ in range(3)]
        await place.until(lambda: "store_trouble" in place.bot.output, "clear words")
        await without_beats(place)
        code, said = await health(place)
        ready, live = await ask(port, "/health/ready"), await ask(port, "/health/live")
        _, page = await ask(port, "/")
        ended, log = await place.bot.terminate(), place.bot.output
        disk.mend()
        await place.start()
        await place.until_posted(4)
        await place.until_quiet()

        assert (code, ended, ready, live) == (0, 0, (200, "ok"), (200, "ok"))
        assert all("Read-only file system" in words for words in (said, log, page))
        assert "The bot is not well" not in page
        assert "Traceback" not in log
        assert place.headlines()[1:] == titles
        assert len(place.accepted()) == 4


async def test_a_disk_that_refuses_while_a_post_is_sent(tmp_path: Path, disk: FragileDisk) -> None:
    """What was sent and could not be noted is noted when the disk takes it again: nothing comes twice, all goes on."""
    async with world(tmp_path, DATABASE_PATH=str(disk.place / "kabarbot.db")) as place:
        title = await posted_unnoted(place, disk)
        later = place.portal.publish().title
        await place.until_looked(2)
        assert place.states()["SENDING"] == 1
        disk.forbid(writing=False)
        await place.until_posted(3)
        await place.until_quiet()

        assert place.headlines()[1:] == [title, later]
        assert len(place.accepted()) == 3
        assert "post_uncertain" not in place.bot.output
        assert "store_recovered" in place.bot.output
        assert await place.bot.terminate() == 0


async def test_stopped_before_it_could_be_noted(tmp_path: Path, disk: FragileDisk) -> None:
    """SIGTERM is obeyed though the outcome of a send is not saved; after the next start Telegram is asked, nothing comes twice."""
    async with world(tmp_path, DATABASE_PATH=str(disk.place / "kabarbot.db")) as place:
        title = await posted_unnoted(place, disk)
        ended = await place.bot.terminate()
        assert place.states()["SENDING"] == 1
        disk.forbid(writing=False)
        await place.start()
        await place.until(lambda: not place.in_doubt(), "the doubt settled")

        assert ended == 0
        assert place.headlines()[1:] == [title]
        assert len(place.accepted()) == 2
