"""`/tarik LINK alasan …` withdraws a story in the open, `/tarik LINK` takes the desk's own slip away."""

from __future__ import annotations

from bot.commands.desk.aiming import StoryOrder, beyond, order, titled, too_long
from bot.domain.desk import MAX_NOTE, Verb
from bot.domain.headlines import Headline
from bot.domain.replies import Reply, Request
from bot.locale import Say


class Withdraw(StoryOrder):
    """With a reason the posts are struck through, without one they are deleted (past 48 hours: struck through)."""

    async def carry_out(self, story: Headline, words: str, request: Request, say: Say) -> Reply:
        if len(words) > MAX_NOTE:
            return too_long(say)
        reach = await self._orders.withdraw(order(Verb.WITHDRAW, request, words), story.id, words)
        done = (
            say("Withdrawn, with the reason under {posts} posts.", posts=str(reach.posts))
            if words
            else say(
                "Withdrawn without a reason: {posts} posts are deleted, those past 48 hours struck through.",
                posts=str(reach.posts),
            )
        )
        waited = (
            say("{count} posts that waited do not go out.", count=str(reach.waited)) if reach.waited else ""
        )
        notes = filter(None, (waited, beyond(reach, say)))
        return Reply(heading=titled(story), text=done, note="\n".join(notes))
