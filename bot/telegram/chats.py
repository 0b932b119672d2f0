"""What updates tell of chats apart from commands: ids that exist, posts by hand, rights, new ids of groups.

It judges nothing: `ChatEvents` does. Updates are read as Telegram wrote them, not through PTB's classes: those
refuse an object that lacks a field which an older server does not know, and a lost kick would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.ports import ChatEvents
from bot.telegram.comings import Comings
from bot.telegram.incoming import links_in
from bot.telegram.rights import rights_in

_GROUPS = frozenset({"group", "supergroup"})

Json = Mapping[str, Any]


class ChatWatcher:
    """Hands on what one update tells; `comings` hears first of the bot's own membership."""

    def __init__(self, chats: ChatEvents, comings: Comings | None = None) -> None:
        self._chats = chats
        self._comings = comings

    async def see(self, update: Json) -> None:
        """Every kind of update may come; most tell nothing here. Raises what `ChatEvents` raises."""
        if "channel_post" in update:
            await self._post(update["channel_post"], theirs=True)
        elif "edited_channel_post" in update:
            # An editor may have changed a post of ours by hand: whose it is cannot be told.
            await self._post(update["edited_channel_post"], theirs=False)
        elif "my_chat_member" in update:
            await self._membership(update["my_chat_member"])
        elif "message" in update and update["message"]["chat"]["type"] in _GROUPS:
            await self._group_message(update["message"])

    async def _post(self, post: Json, *, theirs: bool) -> None:
        """A bot is told of everybody's posts but its own (Bot API, channel_post)."""
        chat_id, message_id = post["chat"]["id"], post["message_id"]
        await self._chats.message_seen(chat_id, message_id, theirs=theirs)
        links = links_in(post)
        if links:
            await self._chats.posted_by_hand(chat_id, links, message_id)

    async def _group_message(self, message: Json) -> None:
        chat_id = message["chat"]["id"]
        await self._chats.message_seen(chat_id, message["message_id"], theirs=True)
        if "migrate_to_chat_id" in message:
            await self._chats.migrated(chat_id, message["migrate_to_chat_id"])
        if "migrate_from_chat_id" in message:
            await self._chats.migrated(message["migrate_from_chat_id"], chat_id)

    async def _membership(self, change: Json) -> None:
        chat = change["chat"]
        if self._comings is not None:
            self._comings.changed(chat["id"])
        rights = rights_in(chat["type"], change["new_chat_member"])
        await self._chats.membership(chat["id"], may_post=rights.may_post, detail=rights.detail)
