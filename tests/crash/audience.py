"""Who is told things beside the channels: subscribers, a forum, the day's digest, and editors who ask.

To them the promise is another (product.md §5, §6): what was being sent to somebody when a bot died may come
twice, everything else once. News goes out a second time only, so two deaths amid the same may lose it; an
update that three bots died of is set aside.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.sandbox.messages import Message
from bot.sandbox.world import Chat, User
from tests.crash.judge import KEY_LENGTH, Story, Tally
from tests.support_world import World, until

#: How often the same news, or answer, comes at most; so many deaths amid it may lose it.
_NEWS, _ANSWER = 2, 3
_AT_ONCE = 4

#: A chat, and the key of what it is told.
Told = tuple[int, str]


@dataclass(slots=True)
class Audience:
    """Knows who asked for what, and what may have come twice; says so of nothing but what it saw under way."""

    world: World
    desk: tuple[Chat, User]
    subscribers: list[Chat] = field(default_factory=list)
    forum: Chat | None = None
    topic: int = 0
    #: The last of `subscribers`.
    digest: Chat | None = None
    questions: list[str] = field(default_factory=list)
    #: Deaths amid a message, by what it told whom.
    doubts: Counter[Told] = field(default_factory=Counter)

    async def subscribe(self) -> None:
        """Everybody asks for everything, one of them as a digest; the bot runs."""
        people = self.world.people
        readers = [self.world.reader(f"Pembaca {number}") for number in range(_AT_ONCE + 1)]
        for chat, user in readers:
            people.say(chat, user, "/langganan semua")
        self.subscribers = [chat for chat, _ in readers]
        self.forum = self.world.moderators.add_chat("supergroup", "Warga")
        self.topic = self.world.moderators.add_topic(self.forum, "Berita").id
        people.say(self.forum, self.world.moderators.owner(), "/langganan semua", thread=self.topic)
        wanted = len(readers) + 1
        await until(lambda: len(self.world.rows("SELECT id FROM subscribers")) == wanted, "subscriptions")
        digest, reader = readers[-1]
        self.digest = digest
        await until(lambda: _said(digest), "the last answer")
        people.tap(digest, _said(digest)[-1].id, reader, button="Sekali sehari, pukul 07:00")
        chosen = "SELECT 1 FROM subscribers WHERE digest_next > 0"
        await until(lambda: self.world.rows(chosen), "the digest's hour")

    @property
    def chats(self) -> Sequence[Chat]:
        """Where news and answers go."""
        forum = [self.forum] if self.forum else []
        return [*self.subscribers, *forum, self.desk[0]]

    def ask(self) -> None:
        """An editor looks for something that nobody else looks for."""
        key = f"Tanya{len(self.questions):04d}"
        self.questions.append(key)
        self.world.people.say(*self.desk, f"/cari {key}")

    @property
    def at_rest(self) -> bool:
        """Whether everything has been told."""
        return not self.world.rows("""
            SELECT 1 FROM fanouts WHERE late_at IS NOT 0 UNION ALL SELECT 1 FROM reader_rows WHERE state <> 'SKIPPED'
            UNION ALL SELECT 1 FROM inbox WHERE done_at IS NULL
        """)

    def note_death(self) -> None:
        """What was under way just then."""
        for row in self.world.rows("""
            SELECT r.reader_id, h.title FROM reader_rows r JOIN headlines h ON h.id = r.headline_id
            WHERE r.state = 'SENDING'
        """):
            self.doubts[row["reader_id"], row["title"][:KEY_LENGTH]] += 1
        for row in self.world.rows("SELECT body FROM inbox WHERE done_at IS NULL AND begun > 0"):
            message = json.loads(row["body"]).get("message", {})
            words = message.get("text", "")
            if words.startswith("/cari "):
                self.doubts[message["chat"]["id"], words.removeprefix("/cari ")] += 1

    def judge(self, name: str, stories: Sequence[Story]) -> Tally:
        """What came of it, by what the server has of each chat."""
        keys = [story.key for story in stories[1:]]
        tally = self._judge(f"{name} desk", self.desk[0], self.questions, _ANSWER)
        for chat in (*self.subscribers, *([self.forum] if self.forum else [])):
            tally += self._judge(f"{name} {chat.id}", chat, keys, _NEWS)
        if self.forum is not None:
            astray = [post.text for post in _said(self.forum) if post.thread != self.topic]
            tally.wrong += len(astray)
            tally.notes += [f"{name}: outside the forum's topic {text!r}" for text in astray]
        return tally

    def _judge(self, name: str, chat: Chat, keys: Sequence[str], most: int) -> Tally:
        texts = [message.text for message in _said(chat)]
        found = Tally()
        for key in keys:
            came, doubts = sum(key in text for text in texts), self.doubts[chat.id, key]
            # A digest has room for ten, and may leave some out.
            if not came and doubts < most and chat is not self.digest:
                found.lost += 1
                found.notes.append(f"{name}: lost {key}")
            if came > min(most, 1 + doubts):
                found.twins += 1
                found.notes.append(f"{name}: {came} times {key}, under way at {doubts} deaths")
            found.repeated += max(0, came - 1)
        return found


def _said(chat: Chat) -> list[Message]:
    return [message for message in chat.messages.values() if message.own and not message.deleted]
