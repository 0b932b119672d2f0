"""`/statistik`: the newsroom's last day as a picture, and its key figures in words for who cannot see it."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from bot.commands.command import Handler
from bot.domain.replies import Reply, Request
from bot.locale import Say
from bot.ports import Painter

if TYPE_CHECKING:
    from bot.domain.statistics import FiguresSource


class Statistics(Handler):
    """Counts nothing itself. Where nothing can be drawn, the words come alone."""

    def __init__(self, source: FiguresSource, painter: Painter, zone: tzinfo) -> None:
        self._source = source
        self._painter = painter
        self._zone = zone

    async def answer(self, request: Request, say: Say) -> Reply:
        from bot.commands.desk.sheets import Words  # seldom used, and memory at rest is a promise

        figures = await self._source.figures(request.at)
        words = Words(figures, self._zone, request.language, say)
        if not (figures.headlines or figures.posts or figures.reactions):
            return Reply(heading=say("Statistics"), text=words.nothing, note=words.time)
        picture = await self._painter.paint(words.sheet())
        note = "" if picture else say("The picture could not be drawn.")
        return Reply(heading=say("Statistics"), text=words.text(), note=note, picture=picture or b"")
