"""`/siarkan LINK` posts a story now, and the buttons `Terbitkan` and `Lewati` decide about what is held."""

from __future__ import annotations

from datetime import tzinfo

from bot.commands.command import Handler
from bot.commands.desk.aiming import Aiming, order, titled
from bot.commands.words import quotable
from bot.domain.alerts import alert
from bot.domain.desk import Decision, Verb, aim, decision_of
from bot.domain.headlines import Headline
from bot.domain.replies import Reply, Request
from bot.domain.stamps import clock
from bot.locale import Say
from bot.ports import DecisionStore, Newcomers, OrderStore, Wake


class Publish(Handler):
    """Posts only where the story has not been posted; `wake` tells the deliverer that something is due.

    A link that nobody knows is brought in first, where it is the portal's own.
    """

    def __init__(
        self,
        orders: OrderStore,
        decisions: DecisionStore,
        aiming: Aiming,
        newcomers: Newcomers,
        *,
        wake: Wake,
        zone: tzinfo,
    ) -> None:
        self._orders = orders
        self._decisions = decisions
        self._aiming = aiming
        self._newcomers = newcomers
        self._wake = wake
        self._zone = zone

    async def answer(self, request: Request, say: Say) -> Reply:
        story = await self._story(request, say)
        if isinstance(story, Reply):
            return story
        if story.withdrawn:
            return Reply(heading=titled(story), text=say("It was withdrawn, and is never posted again."))
        reach = await self._orders.publish(order(Verb.PUBLISH, request), story.id)
        self._wake()
        values = {"count": str(reach.waited), "posts": str(reach.posts)}
        text = (
            say("Goes out now to {count} channels; stood in {posts} already.", **values)
            if reach.waited
            else say(
                "Nothing to post: it stands in {posts} channels, and the rules of no other want it.", **values
            )
        )
        return Reply(heading=titled(story), text=text)

    async def _story(self, request: Request, say: Say) -> Headline | Reply:
        aimed = await self._aiming.story(request, say, words_alone=True)
        if not isinstance(aimed, Reply):
            return aimed[0]
        link = aim(request.argument, replying=request.reply is not None).link
        return await self._brought(link, say) if link else aimed

    async def _brought(self, link: str, say: Say) -> Headline | Reply:
        found = await self._newcomers.bring(link)
        if found.story is not None:
            return found.story
        if found.foreign:
            host = quotable(found.foreign)
            return Reply(
                text=say("{host} is none of this portal’s sites: only its own stories are posted.", host=host)
            )
        return Reply(
            text=say("That page could not be read as a story: {trouble}.", trouble=quotable(found.trouble))
        )

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:
        decision = decision_of(payload)
        if decision is None:
            return None
        subject = await self._decisions.subject(decision)
        verb = Verb.RELEASE if decision.publish else Verb.PASS_OVER
        count = await self._decisions.decide(order(verb, request, payload), decision) if subject else 0
        if not subject or not count:
            return Reply(toast=say("This was decided already."), silent=True)
        if decision.publish:
            self._wake()
        kind, values = subject
        told = alert(kind, values, request.language)
        return Reply(text=told, note=self._decided(decision, request, say), edits=True)

    def _decided(self, decision: Decision, request: Request, say: Say) -> str:
        who = quotable(request.user_name) or str(request.user_id or request.chat_id)
        values = {"who": who, "at": clock(request.at, self._zone)}
        if decision.publish:
            return say("✅ Published by {who}, {at}", **values)
        return say("⏭ Passed over by {who}, {at}", **values)
