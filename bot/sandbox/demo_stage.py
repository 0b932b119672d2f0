"""What the demo's pages show: the state of the world, and an event for whatever changes in it.

It watches (the journal, the portal, the bot's process) and tells; it does nothing to the world. Every page gets a
snapshot first and events afterwards, so one that was away is right again after its next snapshot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import asdict
from typing import Any

from bot.sandbox.demo_count import Count, Ledger
from bot.sandbox.demo_portal import DemoPortal
from bot.sandbox.demo_story import Entry, Sentence, told
from bot.sandbox.demo_view import REACTIONS, message_view
from bot.sandbox.messages import Message
from bot.sandbox.server import Sandbox
from bot.sandbox.world import Chat

Json = dict[str, Any]

_SHOWN = 60
_BACKLOG = 2_000
_STORY = 40


class Stage:
    """One world as pages see it. `operator`: the address of the bot's own page, empty if it has none."""

    def __init__(
        self, sandbox: Sandbox, portal: DemoPortal, *, channel: Chat, reader: Chat, operator: str = ""
    ) -> None:
        self.sandbox = sandbox
        self.portal = portal
        self.channel = channel
        self.reader = reader
        self.ledger = Ledger(channel.id, portal.archive.last_id)
        self.mine: dict[int, str] = {}
        self.pid = 0
        self._operator = operator
        self._story: deque[Json] = deque(maxlen=_STORY)
        self._pages: set[asyncio.Queue[Json | None]] = set()
        self._told: Json = {}
        self._behind = False

    @property
    def count(self) -> Count:
        """The counter now."""
        return self.ledger.count(self.portal.archive.last_id)

    @property
    def kicked(self) -> bool:
        """Whether the bot is out of the channel."""
        return not self.channel.me.present

    @property
    def flowing(self) -> bool:
        """Whether headlines can get from the portal into the channel at the moment."""
        return bool(self.pid) and not self.kicked and not self.portal.broken

    def snapshot(self) -> Json:
        """Everything that a page needs to begin."""
        return {
            "kind": "snapshot",
            "me": {"name": self.sandbox.state.world.me.first_name},
            "channel": {"title": self.channel.title, "name": self.channel.username},
            "links": {"operator": self._operator, "portal": self.portal.url},
            "reactions": REACTIONS,
            "messages": {"channel": self._shown(self.channel), "private": self._shown(self.reader)},
            "story": list(self._story),
            "state": self._state(),
        }

    def watch(self) -> asyncio.Queue[Json | None]:
        """Events from now on, until `unwatch`; None says that there will be no more."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue(_BACKLOG)
        self._pages.add(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[Json | None]) -> None:
        self._pages.discard(queue)

    def close(self) -> None:
        """Let every page go."""
        for queue in self._pages:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def note(self, entry: Entry) -> None:
        """Take in one journal entry."""
        self.ledger.note(entry)
        chat = self._chat(entry)
        if chat is not None and entry.get("message_id"):
            self._tell_of_message(chat, int(entry["message_id"]))
        if entry["kind"] == "answered" and entry.get("text"):
            self._tell({"kind": "toast", "text": entry["text"]})
        sentence = told(entry, self.channel.id)
        if sentence is not None:
            self.say(sentence)
        self.refresh()

    def say(self, sentence: Sentence) -> None:
        """Add a sentence to the story. The same one twice running is told once."""
        if self._story and self._story[-1]["text"] == sentence.text:
            return
        self._story.append({"at": self.sandbox.state.clock.now(), **asdict(sentence)})
        self._tell({"kind": "story", **self._story[-1]})

    def front_changed(self) -> None:
        """The portal shows something else."""
        self._tell({"kind": "front"})
        self.refresh()

    def bot_changed(self, pid: int) -> None:
        """The bot's process started under `pid`, or ended (0)."""
        self.pid = pid
        self.refresh()

    def refresh(self) -> None:
        """Tell pages the state if it has changed, and the reader when all that had waited has arrived."""
        self._behind = self._behind or (not self.flowing and self.count.waiting > 0)
        if self._behind and self.flowing and not self.count.waiting:
            self._behind = False
            self.say(_caught_up(self.count))
        state = self._state()
        if state != self._told:
            self._told = state
            self._tell({"kind": "state", "state": state})

    def _state(self) -> Json:
        return {
            "count": asdict(self.count),
            "bot": self.pid,
            "broken": self.portal.broken,
            "kicked": self.kicked,
            "commands": self._commands(),
        }

    def _commands(self) -> list[dict[str, str]]:
        """The menu of a private chat, by the Bot API's order of scopes."""
        known = self.sandbox.state.commands
        language = self.reader.user.language if self.reader.user else ""
        for scope in ("all_private_chats", "default"):
            for key in (f"{scope}:{language}", f"{scope}:"):
                if known.get(key):
                    return known[key]
        return []

    def _shown(self, chat: Chat) -> list[Json]:
        standing = [message for message in chat.messages.values() if not (message.deleted or message.service)]
        return [self._view(chat, message) for message in standing[-_SHOWN:]]

    def _view(self, chat: Chat, message: Message) -> Json:
        mine = self.mine.get(message.id, "") if chat is self.channel else ""
        return message_view(message, self.portal, mine, self.sandbox.state.pictures)

    def _chat(self, entry: Entry) -> Chat | None:
        return {self.channel.id: self.channel, self.reader.id: self.reader}.get(entry.get("chat", 0))

    def _tell_of_message(self, chat: Chat, number: int) -> None:
        message = chat.messages.get(number)
        if message is None or message.service:
            return
        where = "channel" if chat is self.channel else "private"
        if message.deleted:
            self._tell({"kind": "gone", "chat": where, "id": number})
        else:
            self._tell({"kind": "message", "chat": where, "message": self._view(chat, message)})

    def _tell(self, event: Json) -> None:
        for queue in list(self._pages):
            if queue.full():  # a page that does not read is let go; it comes back for a snapshot
                self._pages.discard(queue)
                queue.get_nowait()
                event = {"kind": "end"}
            queue.put_nowait(event)


def _caught_up(count: Count) -> Sentence:
    if count.lost or count.doubled:
        return Sentence(f"Caught up, but {count.lost} lost and {count.doubled} doubled.", "bad")
    return Sentence(
        "Caught up: all that waited is in the channel, in order. Nothing lost, nothing twice.", "good"
    )
