"""`/ralat LINK teks …`: a line of correction under every post of a story; said again, it replaces the line."""

from __future__ import annotations

from bot.commands.command import Handler
from bot.commands.desk.aiming import Aiming, order, titled
from bot.domain.desk import MAX_NOTE, Verb
from bot.domain.replies import Reply, Request
from bot.locale import Say
from bot.ports import OrderStore


class Correct(Handler):
    """The words are taken literally; the headline stays as it is."""

    def __init__(self, orders: OrderStore, aiming: Aiming) -> None:
        self._orders = orders
        self._aiming = aiming

    async def answer(self, request: Request, say: Say) -> Reply:
        aimed = await self._aiming.story(request, say)
        if isinstance(aimed, Reply):
            return aimed
        story, text = aimed
        if not text:
            return Reply(text=say("What shall the correction say? Write it behind the story."))
        if len(text) > MAX_NOTE:
            return Reply(text=say("That is too long: {most} characters at most.", most=str(MAX_NOTE)))
        reach = await self._orders.correct(order(Verb.CORRECT, request, text), story.id, text)
        return Reply(
            heading=titled(story),
            text=say("The correction stands under {posts} posts.", posts=str(reach.posts)),
        )
