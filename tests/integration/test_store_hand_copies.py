"""A copy of the database that somebody made by hand: recognised, held, and decided by an editor."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.desk import Order, Verb, decision_of, payload_of
from bot.ports import Found
from tests.support_store import FILE, HOUR, MINUTE, NOW, Home, open_home

ORDER = Order(Verb.PASS_OVER, 7, -100, NOW + HOUR)


@asynccontextmanager
async def bot(folder: Path, *, desk: bool = True, expects: Found = Found.OWN) -> AsyncIterator[Home]:
    """A start on the database in `folder`, and what it is found to be."""
    async with open_home(FILE, folder) as home:
        assert await home.stores.copies.begin(NOW, has_desk=desk) is expects
        await home.furnish()
        yield home


async def reads(home: Home) -> tuple[int, list[str]]:
    """How many posts may go out, and what became of each row."""
    rows = await home.stores.database.read("SELECT ifnull(reason, state) AS fate FROM deliveries ORDER BY id")
    return len(await home.stores.outbox.heads(NOW + HOUR, 9)), [row["fate"] for row in rows]


def files(folder: Path) -> list[Path]:
    return list(folder.glob("kabarbot.db*"))


@pytest.fixture
async def old(tmp_path: Path) -> Path:
    """A folder with a database in which a story waits, closed."""
    folder = tmp_path / "old"
    folder.mkdir()
    async with bot(folder) as home:
        await home.news(1)
    return folder


async def test_restarts_are_no_copies(old: Path) -> None:
    """However often, and moved within its disk by a new name of its folder."""
    for _ in range(3):
        async with bot(old) as home:
            assert (await reads(home))[0] == 1
    moved = old.rename(old.with_name("moved"))
    async with bot(moved) as home:
        assert (await reads(home))[0] == 1


async def test_a_power_cut_between_the_two_writes(old: Path) -> None:
    """The database has the new word, the file beside it the old one still; twice in a row."""
    sign = old / "kabarbot.db.sign"
    for _ in range(2):
        before = sign.read_text("utf-8")
        async with bot(old):
            pass
        sign.write_text(before, "utf-8")
    async with bot(old):
        pass


@pytest.mark.parametrize("whole", [True, False], ids=["with all that lies beside it", "alone"])
async def test_copied_elsewhere(old: Path, *, whole: bool) -> None:
    """Nothing goes out, and the desk is asked once, through restarts."""
    new = old.with_name("new")
    new.mkdir()
    for path in files(old) if whole else [old / "kabarbot.db"]:
        shutil.copy2(path, new / path.name)
    for _ in range(2):
        async with bot(new, expects=Found.ASKED) as home:
            assert await reads(home) == (0, ["PENDING"])
            for question in await home.stores.questions.unasked():
                await home.stores.questions.ask(question, "?", "[]", NOW)
            assert len(await home.stores.database.read("SELECT text FROM alerts")) == 1


async def test_an_old_copy_in_its_place(old: Path) -> None:
    """`cp old.db kabarbot.db` keeps the inode, but not the word, which has changed twice since."""
    kept = old / "by-hand.db"
    shutil.copy(old / "kabarbot.db", kept)
    async with bot(old) as home:
        await home.stores.upkeep.forget(NOW)
    inode = (old / "kabarbot.db").stat().st_ino
    shutil.copy(kept, old / "kabarbot.db")
    assert (old / "kabarbot.db").stat().st_ino == inode
    async with bot(old, expects=Found.ASKED) as home:
        assert await reads(home) == (0, ["PENDING"])


async def test_without_a_desk_it_is_a_marked_copy(old: Path) -> None:
    """What was open has ended, and the first look counts as seen; the next start is like any other."""
    new = old.with_name("new")
    new.mkdir()
    shutil.copy(old / "kabarbot.db", new)
    async with open_home(FILE, new) as home:
        assert await home.stores.copies.begin(NOW, has_desk=False) is Found.MARKED
        assert await reads(home) == (0, ["copy"])
        looks = await home.stores.database.read("SELECT DISTINCT state FROM first_looks")
        assert [row["state"] for row in looks] == ["closed"]
    async with bot(new, desk=False):
        pass


async def test_a_marked_copy_is_never_asked_about(old: Path) -> None:
    """`kabarbot backup` has marked it; restored by copying the file."""
    new = old.with_name("new")
    new.mkdir()
    from bot.store.backup import back_up

    await back_up(old / "kabarbot.db", new / "kabarbot.db")
    async with bot(new, expects=Found.MARKED) as home:
        assert await reads(home) == (0, ["copy"])
        assert not await home.stores.questions.unasked()
    async with bot(new):
        pass


@pytest.mark.parametrize("publish", [True, False])
async def test_an_editor_decides_once(old: Path, *, publish: bool) -> None:
    """`Terbitkan`: what waits goes out. `Lewati`: it ends, with what the feeds brought meanwhile; what comes then is due."""
    new = old.with_name("new")
    new.mkdir()
    shutil.copy(old / "kabarbot.db", new)
    async with bot(new, expects=Found.ASKED) as home:
        await home.news(2, at=NOW + MINUTE)
        (question,) = await home.stores.questions.unasked()
        decision = question.publish if publish else question.pass_over
        read_back = decision_of(payload_of(decision))
        assert read_back is not None
        assert await home.stores.questions.subject(read_back) == ("copy", {})
        first = await home.stores.questions.decide(ORDER, read_back)
        again = await home.stores.questions.decide(ORDER, read_back)
        decided = await reads(home)
        await home.news(3, at=NOW + HOUR)
        (channel,) = await home.stores.polls.channels_for_routing()

        assert (first, again) == (1, 0)
        assert decided == ((1, ["PENDING", "PENDING"]) if publish else (0, ["copy", "copy"]))
        assert (await reads(home))[0] == 1
        assert not channel.closed  # its feed was looked at since
    async with bot(new):
        pass


async def test_a_claim_finds_it_held_too(old: Path) -> None:
    """A head that was read before the question was asked is not sent after it."""
    async with bot(old) as home:
        await home.sql("INSERT INTO meta (key, value) VALUES ('copy_asked', '1')")
        assert await home.claim() == []
        await home.stores.upkeep.beat((), NOW + HOUR)
        assert "waiting_since" not in await home.stores.upkeep.beats()
