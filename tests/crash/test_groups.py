"""In a group an own id may be an answer to a reader: it must never pass for a post (product.md §6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.sandbox.world import Chat
from tests.crash.births import Births, Life, nursery
from tests.support_world import World, until, world


async def life(place: World, births: Births, kill_at: str = "") -> Life:
    """A bot that dies at an event."""
    return await births.bear(place.settings | {"KILL_AT": kill_at}, place.folder / "bot.log")


def own(chat: Chat) -> int:
    """How many messages of the bot's stand in a chat."""
    return sum(message.own and not message.deleted for message in chat.messages.values())


@pytest.mark.slow
async def test_an_answer_of_a_process_long_dead_is_not_taken_for_the_post(tmp_path: Path) -> None:
    """Killed amid an answer and a post, and killed again: the third process must not mistake one for the other.

    The first life leaves an answer whose id nobody knows and a post that never left; the second answers the
    reader again and dies. The third asks, and finds the answer's id to be its own.
    """
    async with world(tmp_path, kind="supergroup") as place, nursery() as births:
        group = place.channel
        reader = place.moderators.owner()
        first = await life(place, births)
        await until(lambda: own(group) == 1 and not place.open_rows(), "the first post")
        await first.kill()

        first = await life(place, births, "Sending:1")
        place.sandbox.state.faults.add(
            kind="hang_after", method="sendMessage", chat=group.id, contains="/terbaru"
        )
        place.people.say(group, reader, "/bantuan")
        await until(lambda: own(group) == 2, "an answer that the bot does not hear of")
        title = place.portal.publish("Kabar yang tidak boleh hilang").title
        await first.died

        second = await life(place, births)
        await until(lambda: own(group) == 3, "the answer again")
        await until(lambda: not place.rows("SELECT 1 FROM inbox WHERE done_at IS NULL"), "the update handled")
        await second.kill()

        third = await life(place, births)
        row = "SELECT d.state, d.asks FROM deliveries d JOIN headlines h ON h.id = d.headline_id WHERE h.title = ?"
        asked = place.rows(row, title)[0]["asks"]
        await until(
            lambda: place.rows(row, title)[0]["state"] == "SENT" or place.rows(row, title)[0]["asks"] > asked,
            "a question",
        )
        state = place.rows(row, title)[0]["state"]
        stands = title in place.headlines()
        await third.kill()

        assert stands or state != "SENT", f"{title!r} counts as sent and stands nowhere: {place.headlines()}"
