"""`/jeda` and `/lanjut`: one channel, or all of them, gets no more posts until an editor lets it go on."""

from __future__ import annotations

from bot.commands.command import Handler
from bot.commands.desk.aiming import order
from bot.commands.words import quotable
from bot.domain.desk import Verb
from bot.domain.replies import Reply, Request
from bot.locale import Say
from bot.ports import OrderStore, Wake


class Halt(Handler):
    """Lasts through restarts; corrections and withdrawals go on meanwhile."""

    def __init__(self, orders: OrderStore) -> None:
        self._orders = orders

    async def answer(self, request: Request, say: Say) -> Reply:
        named = request.argument.strip()
        meant = await self._orders.halt(order(Verb.HALT, request, named), named)
        if not meant:
            return Reply(text=say("I know no channel {name}.", name=quotable(named)))
        return Reply(text=say("Paused: {channels}.", channels=", ".join(meant)))


class Resume(Handler):
    """What waited goes out, as far as it is not too old by now."""

    def __init__(self, orders: OrderStore, *, wake: Wake) -> None:
        self._orders = orders
        self._wake = wake

    async def answer(self, request: Request, say: Say) -> Reply:
        named = request.argument.strip()
        meant = await self._orders.resume(order(Verb.RESUME, request, named), named)
        if not meant:
            return Reply(text=say("I know no channel {name}.", name=quotable(named)))
        self._wake()
        return Reply(text=say("Going on: {channels}.", channels=", ".join(meant)))
