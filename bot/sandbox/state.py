"""Everything one sandbox holds, wired together: passed to the methods, the control API and the people."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.access import Access
from bot.sandbox.calls import Call
from bot.sandbox.clock import Clock
from bot.sandbox.errors import too_many_requests
from bot.sandbox.faults import Faults
from bot.sandbox.journal import Journal
from bot.sandbox.limits import Limiter
from bot.sandbox.markup import Composer
from bot.sandbox.messages import Message, links
from bot.sandbox.queries import Queries
from bot.sandbox.updates import Updates
from bot.sandbox.webhook import Webhook
from bot.sandbox.world import Chat, World

_MOST_PICTURES: Final = 50


@dataclass(slots=True, kw_only=True)
class BotFlags:
    """What BotFather would be told: seen in `getMe` and in what the bot is sent."""

    reads_all_group_messages: bool = False
    inline: bool = True
    inline_feedback: bool = True


@dataclass(slots=True, kw_only=True)
class State:
    """The parts of a sandbox. `photos` maps a part of a URL to the refusal of any photo whose URL contains
    it; `pictures` are the last that were uploaded, by file id.
    """

    clock: Clock
    world: World
    access: Access
    journal: Journal
    limiter: Limiter
    faults: Faults
    updates: Updates
    webhook: Webhook
    composer: Composer
    queries: Queries
    flags: BotFlags
    photos: dict[str, str] = field(default_factory=dict)
    known_files: set[str] = field(default_factory=set)
    pictures: dict[str, bytes] = field(default_factory=dict)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def charge(self, call: Call, chat: Chat) -> float | None:
        """Count a send or edit against the limits; the Stars it cost, or None. Refuses with 429 one too many."""
        paid = call.flag("allow_paid_broadcast")
        now = self.clock.now()
        wait = self.limiter.wait(chat.id, now, paid=paid)
        if wait:
            raise too_many_requests(wait)
        return self.limiter.count(chat.id, now, paid=paid) or None

    def keep_picture(self, file_id: str, content: bytes) -> None:
        """Keep an uploaded picture, in place of the oldest of many."""
        self.pictures[file_id] = content
        if len(self.pictures) > _MOST_PICTURES:
            self.pictures.pop(next(iter(self.pictures)))

    def record(self, kind: str, method: str, chat: Chat, message: Message, **more: Any) -> None:  # noqa: ANN401
        """Write an accepted message or edit into the journal: its words, entities, links and buttons."""
        content: dict[str, Any] = json.loads(message.content)
        self.journal.add(
            kind,
            method=method,
            chat=chat.id,
            message_id=message.id,
            text=content.get("text") or content.get("caption"),
            entities=content.get("entities") or content.get("caption_entities"),
            links=links(content) or None,
            markup=content.get("reply_markup"),
            photo=True if "photo" in content else None,
            thread=message.thread or None,
            by=message.author.kind,
            **more,
        )
