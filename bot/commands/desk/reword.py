"""`/sunting LINK judul baru`: the editor's headline in every post and answer; link, kicker and time stay."""

from __future__ import annotations

from bot.commands.desk.aiming import StoryOrder, beyond, order, titled, too_long
from bot.domain.desk import Verb, fits_title
from bot.domain.headlines import MAX_TITLE, Headline
from bot.domain.replies import Reply, Request
from bot.locale import Say


class Reword(StoryOrder):
    """From now on the editor's words win; what the portal changes later is reported by others."""

    async def carry_out(self, story: Headline, words: str, request: Request, say: Say) -> Reply:
        if not words:
            return Reply(text=say("What shall the headline say? Write it behind the story."))
        if not fits_title(words):
            return too_long(say, MAX_TITLE)
        reach = await self._orders.reword(order(Verb.REWORD, request, words), story.id, words)
        return Reply(
            heading=titled(story),
            text=say(
                "Now says “{title}”, in {posts} posts and every answer.", title=words, posts=str(reach.posts)
            ),
            note=beyond(reach, say),
        )
