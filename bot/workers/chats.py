"""What updates tell about our channels: ids that exist, posts by hand, the bot's own rights.

Implements `ports.ChatEvents`; of chats that are no channel of ours only a new id is its business.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.retry import probe_delay
from bot.events import ChannelMoved, ChannelPaused, ChannelResumed, Events
from bot.ports import ChannelStore, Clock, DeskChat, DoubtStore, GroupChoices, HandStore, Wake


class Chats:
    """Keeps what is known of our chats true to what Telegram tells."""

    def __init__(
        self,
        channels: ChannelStore,
        doubts: DoubtStore,
        hand: HandStore,
        *,
        groups: GroupChoices,
        desk: DeskChat,
        clock: Clock,
        events: Events,
        wake_delivery: Wake,
    ) -> None:
        self._channels = channels
        self._doubts = doubts
        self._hand = hand
        self._groups = groups
        self._desk = desk
        self._clock = clock
        self._events = events
        self._wake_delivery = wake_delivery

    async def message_seen(self, chat_id: int, message_id: int, *, theirs: bool) -> None:
        """A message whose id is known now; `theirs`: surely not the bot's."""
        if await self._channels.of_chat(chat_id):
            await self._doubts.saw_message(chat_id, message_id, theirs=theirs, now=self._clock.now())

    async def posted_by_hand(self, chat_id: int, links: Sequence[str], message_id: int) -> None:
        """Somebody else posted in a channel: rows of the same story are not due there any more."""
        if not links or not await self._channels.of_chat(chat_id):
            return
        if await self._hand.posted(chat_id, links, message_id, self._clock.now()):
            self._wake_delivery()

    async def membership(self, chat_id: int, *, may_post: bool, detail: str) -> None:
        """The bot's own rights in a chat changed: at once, without waiting for a send to fail or a probe."""
        now = self._clock.now()
        names = dict(await self._channels.of_chat(chat_id))
        if names and may_post:
            for channel_id in await self._channels.resume_chat(chat_id, now):
                self._events.tell(ChannelResumed(now, channel_id, names.get(channel_id, "")))
            self._wake_delivery()
            return
        for channel_id, name in names.items():
            if await self._channels.pause(channel_id, detail, now + probe_delay(1), now):
                self._events.tell(ChannelPaused(now, channel_id, name, detail))

    async def migrated(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup: what it is to us, channel, subscriber or desk, it is under its new id."""
        now = self._clock.now()
        await self._desk.follow(old_chat_id, new_chat_id)
        await self._groups.moved(old_chat_id, new_chat_id, now)
        if await self._channels.of_chat(old_chat_id):
            await self._channels.moved(old_chat_id, new_chat_id)
            self._events.tell(ChannelMoved(now, old_chat_id, new_chat_id))
            self._wake_delivery()
