"""When the bot's own membership of a chat changed, as updates tell it while this process runs. Kept in memory."""

from __future__ import annotations

from datetime import datetime

from bot.ports import Clock


class Comings:
    """Tells whether the bot may have been out of a chat and in again between two looks at its rights."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed: dict[int, datetime] = {}

    def changed(self, chat_id: int) -> None:
        """An update says that the bot's membership of the chat is another one now (Bot API, my_chat_member)."""
        self._changed[chat_id] = self._clock.now()

    def any_since(self, chat_id: int, moment: datetime) -> bool:
        """Whether that was so at `moment` or later."""
        changed = self._changed.get(chat_id)
        return changed is not None and changed >= moment
