"""`/tarik LINK alasan …` withdraws a story in the open, `/tarik LINK` takes the desk's own slip away."""

from __future__ import annotations

from bot.commands.command import Handler
from bot.commands.desk.aiming import Aiming, order, titled
from bot.domain.desk import MAX_NOTE, Verb
from bot.domain.replies import Reply, Request
from bot.locale import Say
from bot.ports import OrderStore


class Withdraw(Handler):
    """With a reason the posts are struck through, without one they are deleted (past 48 hours: struck through)."""

    def __init__(self, orders: OrderStore, aiming: Aiming) -> None:
        self._orders = orders
        self._aiming = aiming

    async def answer(self, request: Request, say: Say) -> Reply:
        aimed = await self._aiming.story(request, say)
        if isinstance(aimed, Reply):
            return aimed
        story, reason = aimed
        if len(reason) > MAX_NOTE:
            return Reply(text=say("That is too long: {most} characters at most.", most=str(MAX_NOTE)))
        reach = await self._orders.withdraw(order(Verb.WITHDRAW, request, reason), story.id, reason)
        done = (
            say("Withdrawn, with the reason under {posts} posts.", posts=str(reach.posts))
            if reason
            else say(
                "Withdrawn without a reason: {posts} posts are deleted, those past 48 hours struck through.",
                posts=str(reach.posts),
            )
        )
        waited = (
            say("{count} posts that waited do not go out.", count=str(reach.waited)) if reach.waited else ""
        )
        return Reply(heading=titled(story), text=done, note=waited)
