"""Our webhook at Telegram: set, and set again where somebody replaced it; never a pending update dropped.

What it brings is `updates`' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.ports import Clock
from bot.telegram.bot import QuietBot
from bot.telegram.errors import one_line
from bot.telegram.incoming import ALLOWED_UPDATES
from bot.telegram.trouble import Spell

#: Connections that Telegram may open to us at once; the listener takes no more.
_MOST_CONNECTIONS = 20
#: Between two looks at whether it still stands and Telegram reaches it.
_CHECK_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram brings updates: `url` with its secret path, and the `secret` of its header."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


class Standing:
    """Sees to it that a webhook stands, or none. One whose address ends with `own_path` is ours.

    Methods raise `TelegramError`.
    """

    def __init__(self, bot: QuietBot, own_path: str, spell: Spell, clock: Clock) -> None:
        self._bot = bot
        self._own_path = own_path
        self._spell = spell
        self._clock = clock
        self._is_set = False  # by this process

    async def see_to(self, webhook: Webhook) -> timedelta:
        """Have Telegram bring updates to `webhook`; returns how long that may be relied upon."""
        info = await self._bot.call("getWebhookInfo", {})
        url = str(info.get("url") or "")
        if self._is_set and url == webhook.url:
            return self._judge(info)
        trouble = "" if self._is_ours(url) else f"another webhook stood at {url}; ours replaces it"
        if self._is_set and not url:
            trouble = "somebody removed our webhook; it is set again"
        await self._bot.call("setWebhook", _body(webhook))
        self._is_set = True
        if trouble:
            return self._spell.failed("webhook", trouble, self._clock.now())
        self._spell.went_well(self._clock.now())
        return _CHECK_EVERY

    async def remove(self, words: str) -> timedelta | None:
        """Make way for fetching; a webhook that is not ours is told, behind Telegram's own `words`.

        One that was set while we fetched is somebody's, wherever it leads.
        """
        info = await self._bot.call("getWebhookInfo", {})
        url, pause = str(info.get("url") or ""), None
        if not url or not self._is_ours(url) or "setwebhook" in words.casefold():
            words = f"{words} (a webhook stands at {url or 'an unknown address'}; it is removed)"
            pause = self._spell.failed("webhook", words, self._clock.now())
        await self._bot.call("deleteWebhook", {"drop_pending_updates": False})
        return pause

    def _judge(self, info: Mapping[str, Any]) -> timedelta:
        """Whether Telegram reaches us: it says when it last failed, and goes on trying."""
        now, failed = self._clock.now(), int(info.get("last_error_date") or 0)
        lately = now.timestamp() - failed < 2 * _CHECK_EVERY.total_seconds()
        if info.get("pending_update_count") and lately:
            words = f"Telegram cannot bring updates to PUBLIC_URL: {info.get('last_error_message')}"
            self._spell.failed("webhook", one_line(words), now)
        else:
            self._spell.went_well(now)
        return _CHECK_EVERY

    def _is_ours(self, url: str) -> bool:
        return not url or (bool(self._own_path) and url.endswith(self._own_path))


def _body(webhook: Webhook) -> dict[str, Any]:
    """The call (Bot API, setWebhook)."""
    return {
        "url": webhook.url,
        "secret_token": webhook.secret,
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": _MOST_CONNECTIONS,
        "drop_pending_updates": False,
    }
