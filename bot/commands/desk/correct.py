"""`/ralat LINK teks …`: a line of correction under every post of a story; said again, it replaces the line."""

from __future__ import annotations

from bot.commands.desk.aiming import StoryOrder, beyond, order, titled, too_long
from bot.domain.desk import MAX_NOTE, Verb
from bot.domain.headlines import Headline
from bot.domain.replies import Reply, Request
from bot.locale import Say


class Correct(StoryOrder):
    """The words are taken literally; the headline stays as it is."""

    async def carry_out(self, story: Headline, words: str, request: Request, say: Say) -> Reply:
        if not words:
            return Reply(text=say("What shall the correction say? Write it behind the story."))
        if len(words) > MAX_NOTE:
            return too_long(say)
        reach = await self._orders.correct(order(Verb.CORRECT, request, words), story.id, words)
        return Reply(
            heading=titled(story),
            text=say("The correction stands under {posts} posts.", posts=str(reach.posts)),
            note=beyond(reach, say),
        )
