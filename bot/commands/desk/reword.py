"""`/sunting LINK judul baru`: the editor's headline in every post and answer; link, kicker and time stay."""

from __future__ import annotations

from bot.commands.command import Handler
from bot.commands.desk.aiming import Aiming, order, titled
from bot.domain.desk import Verb, fits_title
from bot.domain.headlines import MAX_TITLE
from bot.domain.replies import Reply, Request
from bot.locale import Say
from bot.ports import OrderStore


class Reword(Handler):
    """From now on the editor's words win; what the portal changes later is reported by others."""

    def __init__(self, orders: OrderStore, aiming: Aiming) -> None:
        self._orders = orders
        self._aiming = aiming

    async def answer(self, request: Request, say: Say) -> Reply:
        aimed = await self._aiming.story(request, say)
        if isinstance(aimed, Reply):
            return aimed
        story, title = aimed
        if not title:
            return Reply(text=say("What shall the headline say? Write it behind the story."))
        if not fits_title(title):
            return Reply(text=say("That is too long: {most} characters at most.", most=str(MAX_TITLE)))
        reach = await self._orders.reword(order(Verb.REWORD, request, title), story.id, title)
        return Reply(
            heading=titled(story),
            text=say(
                "Now says “{title}”, in {posts} posts and every answer.", title=title, posts=str(reach.posts)
            ),
        )
