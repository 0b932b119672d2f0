"""The list of editors' commands; for everybody else they do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from bot.commands.command import Command, Handler
from bot.commands.desk.aiming import Aiming
from bot.commands.desk.correct import Correct
from bot.commands.desk.halt import Halt, Resume
from bot.commands.desk.publish import Publish
from bot.commands.desk.reword import Reword
from bot.commands.desk.state import State
from bot.commands.desk.statistics import Statistics
from bot.commands.desk.withdraw import Withdraw
from bot.domain.desk import DECISION_TAG
from bot.domain.status import StatusSource
from bot.locale import phrase
from bot.ports import DecisionStore, Newcomers, OrderStore, Painter, StoryFinder, Wake

if TYPE_CHECKING:
    from bot.domain.statistics import FiguresSource


@dataclass(frozen=True, slots=True)
class DeskKit:
    """What editors' commands are built from; `wake` tells the deliverer that something is due."""

    orders: OrderStore
    decisions: DecisionStore
    finder: StoryFinder
    newcomers: Newcomers
    status: StatusSource
    figures: FiguresSource
    painter: Painter
    wake: Wake
    zone: tzinfo


def desk_commands(kit: DeskKit) -> tuple[Command, ...]:
    """Every editors' command, in the order of the menu. They are called the same in both languages."""
    aiming = Aiming(kit.finder)
    publish = Publish(kit.orders, kit.decisions, aiming, kit.newcomers, wake=kit.wake, zone=kit.zone)
    return (
        _command("status", phrase("how feeds and channels are"), State(kit.status, kit.zone)),
        _command(
            "statistik",
            phrase("the last day as a picture"),
            Statistics(kit.figures, kit.painter, kit.zone),
        ),
        _command("siarkan", phrase("post a story now: link"), publish, DECISION_TAG),
        _command("sunting", phrase("change a headline: link, new headline"), Reword(kit.orders, aiming)),
        _command("ralat", phrase("add a correction: link, text"), Correct(kit.orders, aiming)),
        _command("tarik", phrase("withdraw a story: link, reason"), Withdraw(kit.orders, aiming)),
        _command("jeda", phrase("pause a channel, or all"), Halt(kit.orders)),
        _command("lanjut", phrase("let a channel, or all, go on"), Resume(kit.orders, wake=kit.wake)),
    )


def _command(name: str, summary: str, handler: Handler, tag: str = "") -> Command:
    return Command(name, name, summary, handler, tag=tag, editors=True)
