"""`check` beside a running bot: does the question work that broken sends are settled by (product.md §6)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.support_world import World, world

CHECK = (sys.executable, "-m", "bot", "check", "--json")


async def asked(place: World) -> dict[str, object]:
    """What `check` finds of the question, in the one channel that there is."""
    checking = await place.start(command=CHECK)
    await checking.wait()
    lines = [json.loads(line) for line in checking.output.splitlines() if line.startswith("{")]
    (line,) = [one for one in lines if "can be asked" in one["what"]]
    return dict(line)


async def test_the_question_is_tried_on_the_newest_own_post(tmp_path: Path) -> None:
    """It works, and leaves the post as it was; a post that is gone is no fault; one that is not ours is one."""
    async with world(tmp_path) as place:
        await place.start()
        (title,) = await place.until_posted(1)
        await place.until(lambda: not place.open_rows(), "the outcome")
        assert (await asked(place))["ok"] is True
        assert place.headlines() == [title]

        place.sandbox.state.faults.add(
            kind="refuse",
            method="editMessageReplyMarkup",
            code=400,
            description="Bad Request: message can't be edited",
        )
        strange = await asked(place)
        assert (strange["ok"], "is the database another bot's" in str(strange["cure"])) == (False, True)

        place.moderators.delete_messages(place.channel, [post.id for post in place.posts()])
        gone = await asked(place)
        assert (gone["ok"], "deleted" in str(gone["cure"])) == (True, True)
