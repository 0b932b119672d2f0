"""The painter and its child: a picture for a sheet; words in the log, and no picture, for whatever goes wrong."""

from __future__ import annotations

import asyncio
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image

from bot.domain.sheet import Ranking, Share, Sheet
from bot.events import Event, Events, PictureFailed
from bot.pictures.painter import ChildPainter
from tests.fakes import FakeClock
from tests.support_store import NOW

SHEET = Sheet("Statistik", "hari ini", (), (), Ranking("Reaksi", "", (Share("@satu", 3, "3 reaksi"),)))
ROOT = Path(__file__).parents[2]


def painter(told: list[Event], *code: str, deadline: float = 30) -> ChildPainter:
    """A painter whose child runs `code` instead, where there is any."""
    events = Events()
    events.listen(told.append)
    if not code:
        return ChildPainter(FakeClock(NOW), events, deadline=deadline)
    return ChildPainter(FakeClock(NOW), events, deadline=deadline, command=("-c", *code))


async def failure(code: str, deadline: float = 30) -> str:
    """What the log says where the child runs `code`; there must be no picture."""
    told: list[Event] = []
    assert await painter(told, code, deadline=deadline).paint(SHEET) is None
    (event,) = told
    assert isinstance(event, PictureFailed)
    return event.detail


async def test_a_picture() -> None:
    """A child draws it, and is gone."""
    told: list[Event] = []
    drawn = await painter(told).paint(SHEET)
    assert drawn is not None
    with Image.open(BytesIO(drawn)) as picture:
        assert (picture.format, picture.width) == ("PNG", 1080)
    assert not told


async def test_several_at_once() -> None:
    """Each gets its own, one after the other."""
    drawing = painter([])
    drawn = await asyncio.gather(*(drawing.paint(SHEET) for _ in range(3)))
    assert len(set(drawn)) == 1
    assert drawn[0]


async def test_a_child_that_is_killed() -> None:
    """As the kernel does when memory runs out."""
    said = await failure("import os; os.kill(os.getpid(), 9)")
    assert said == "the child ended with code -9 and no picture"


async def test_a_child_that_breaks() -> None:
    """Its last line says why; the traceback stays where it is."""
    assert await failure("raise ValueError('no such colour')") == "ValueError: no such colour"


async def test_a_child_that_hangs(tmp_path: Path) -> None:
    """Is ended at the deadline."""
    pid = tmp_path / "pid"
    code = (
        f"import os, time, pathlib; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    assert await failure(code, deadline=2) == "drawing took more than 2 seconds"
    assert not Path(f"/proc/{pid.read_text()}").exists()


async def test_a_child_that_draws_no_picture() -> None:
    """Telegram would refuse it; better words alone."""
    assert "no picture" in await failure("print('a picture, surely')")


async def test_the_bot_itself_knows_no_pillow() -> None:
    """It costs 20 MB, and memory at rest is a promise."""
    code = "import sys, bot.assembly; print(*(name for name in sys.modules if name.split('.')[0] == 'PIL'))"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    out, _ = await child.communicate()
    assert child.returncode == 0
    assert not out.strip()
