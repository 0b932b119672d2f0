"""Who administers a group: asked of Telegram when it matters, and kept nowhere."""

from __future__ import annotations

from typing import Final

from telegram.error import TelegramError

from bot.telegram.bot import QuietBot

#: Who an administrator seems to be who writes in the group's own name (Bot API, Message: `from` of anonymous
#: administrators is this user, for the sake of old clients).
ANONYMOUS_ADMIN: Final = 1087968824
_ADMINS = frozenset({"creator", "administrator"})


class Members:
    """Implements `ports.Membership` by getChatMember."""

    def __init__(self, bot: QuietBot) -> None:
        self._bot = bot

    async def is_admin(self, chat_id: int, user_id: int | None) -> bool:
        """Whether a user administers a group; False where Telegram does not tell."""
        if user_id is None or user_id == ANONYMOUS_ADMIN:
            return user_id is not None
        try:
            member = await self._bot.call("getChatMember", {"chat_id": chat_id, "user_id": user_id})
        except TelegramError:
            return False
        return isinstance(member, dict) and member.get("status") in _ADMINS
