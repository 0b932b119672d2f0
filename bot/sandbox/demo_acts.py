"""The things to try in the demo: what a click on the page, or a line in the terminal, does to the world.

Each act is done by the sandbox's own people, to the portal or to the channel; only for the bot's process the
supervisor is asked. An act that makes no sense at the moment is refused with a sentence for the reader.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.demo_stage import Stage
from bot.sandbox.demo_story import Sentence
from bot.sandbox.demo_view import REACTIONS
from bot.sandbox.world import User

Body = Mapping[str, Any]

TITLE_LIMIT = 300
#: A feed holds 30 items, so this many may wait before somebody must let the channel catch up.
ENOUGH = 20
#: The post of a batch in the middle of which the bot is killed.
_FATAL = 3
#: Seconds in which that post must come, or the bot is killed without it.
_PATIENCE = 15.0
#: Seconds for which Telegram's answer to that post stays away; the bot is dead long before.
_HELD_ANSWER = 5.0


class ActError(Exception):
    """What was asked for cannot be done now; the text tells the reader why."""


@dataclass(slots=True)
class Acts:
    """Everything that can be done. `kill` asks the supervisor for a `kill -9`; None where nobody would listen."""

    stage: Stage
    kill: Callable[[], None] | None = None
    _corrected: set[int] = field(default_factory=set)
    _killing: asyncio.Task[None] | None = None

    def table(self) -> dict[str, Callable[[Body], None]]:
        """Acts by the name under which a page asks for them."""
        return {
            "publish": self.publish,
            "ten": self.publish_ten,
            "correct": self.correct,
            "break": self.break_portal,
            "mend": self.mend_portal,
            "kick": self.kick,
            "restore": self.restore,
            "kill": self.kill_bot,
            "say": self.say,
            "tap": self.tap,
            "react": self.react,
        }

    def publish(self, body: Body) -> None:
        """One's own headline (`title`), or an invented one."""
        title = _text(body, "title", TITLE_LIMIT) if body.get("title") else None
        if title is not None and not re.search(r"\w", re.sub(r"<[^>]*>", "", title)):
            raise ActError("A headline needs at least one word.")
        self._room(1)
        article = self.stage.portal.publish(title)
        self._say(f"The portal published “{_short(article.title)}”.{self._why_not_yet()}")

    def publish_ten(self, body: Body) -> None:
        """Ten invented headlines in one second."""
        del body
        self._room(10)
        self.stage.portal.flood(10)
        self._say(
            f"The portal published ten headlines at once. They are posted one by one, oldest first.{self._why_not_yet()}"
        )

    def correct(self, body: Body) -> None:
        """Other words for the newest headline that has a post and was not corrected yet."""
        del body
        number = next((each for each in self.stage.ledger.articles if each not in self._corrected), None)
        if number is None or self.stage.portal.article(number) is None:
            raise ActError("There is no post left to correct. Publish a headline first.")
        self._corrected.add(number)
        self.stage.portal.correct(number)
        self._say("The portal corrected the headline of the newest post. Watch it change where it stands.")

    def break_portal(self, body: Body) -> None:
        """Every request to the portal is answered 500."""
        del body
        self.stage.portal.cause("break")
        self._say(
            "The portal is broken: every page and feed answers 500. The bot keeps asking, ever more politely.",
            bad=True,
        )

    def mend_portal(self, body: Body) -> None:
        """The portal works again."""
        del body
        wait = round(self.stage.portal.next_look)
        self.stage.portal.mend()
        self._say(f"The portal is mended. The bot had backed off; it looks again within {wait} s.")

    def kick(self, body: Body) -> None:
        """The channel's owner removes the bot."""
        del body
        self.stage.sandbox.moderators.set_rights(self.stage.channel, "kicked")
        self._say("The bot was removed from the channel. Its headlines wait; nothing is forgotten.", bad=True)

    def restore(self, body: Body) -> None:
        """The owner makes it an administrator again."""
        del body
        rights = ["can_post_messages"]
        self.stage.sandbox.moderators.set_rights(self.stage.channel, "administrator", rights)
        self._say("The bot was let back in. It posts what the channel missed, oldest first.")

    def kill_bot(self, body: Body) -> None:
        """`kill -9` at the worst moment: a post of ten has arrived, and the bot has not heard so yet."""
        del body
        if self.kill is None or not self.stage.pid:
            raise ActError("The bot is not running at the moment.")
        if self._killing is not None and not self._killing.done():
            raise ActError("The bot is about to be killed already.")
        if not self.stage.flowing:
            self._strike("The bot was killed with kill -9 while its headlines wait.")
            return
        self._room(10)
        self.stage.portal.flood(10)
        self._say("Ten headlines are on their way, and the bot will be killed in the middle of them …")
        self._killing = asyncio.ensure_future(self._kill_in_the_middle())

    def say(self, body: Body) -> None:
        """What the reader writes to the bot (`text`)."""
        self.stage.sandbox.people.say(self.stage.reader, self._reader(), _text(body, "text", 4096))

    def tap(self, body: Body) -> None:
        """A button under an answer, by message `id` and the button's `data`."""
        self.stage.sandbox.people.tap(
            self.stage.reader, _number(body), self._reader(), data=_text(body, "data", 64)
        )

    def react(self, body: Body) -> None:
        """The reader's reaction (`emoji`) to the post `id`; the same one again takes it back."""
        number, emoji = _number(body), _text(body, "emoji", 8)
        if emoji not in REACTIONS:
            raise ActError("That is no reaction of this channel's.")
        self.stage.sandbox.people.message(self.stage.channel, number)
        mine = self.stage.mine
        before = mine.pop(number, "")
        if emoji != before:
            mine[number] = emoji
            self._react(number, emoji, 1)
        if before:
            self._react(number, before, -1)

    async def close(self) -> None:
        """Kill nobody any more."""
        if self._killing is not None:
            self._killing.cancel()
            await asyncio.gather(self._killing, return_exceptions=True)

    async def _kill_in_the_middle(self) -> None:
        journal, faults = self.stage.sandbox.journal, self.stage.sandbox.state.faults
        fault = faults.add(
            kind="delay_after",
            method="sendMessage",
            chat=str(self.stage.channel.id),
            skip=_FATAL - 1,
            seconds=_HELD_ANSWER,
        )
        queue = journal.follow()
        try:
            async with asyncio.timeout(_PATIENCE):
                number = await _post_after(queue, fault, self.stage.channel.id)
            self._strike(
                f"kill -9: message {number} has just arrived, and the bot died before Telegram could say so."
            )
        except TimeoutError:
            self._strike("The bot was killed with kill -9.")
        finally:
            journal.unfollow(queue)
            faults.remove(fault)

    def _strike(self, words: str) -> None:
        if self.kill is not None:
            self.kill()
        self._say(words, bad=True)

    def _react(self, number: int, emoji: str, count: int) -> None:
        self.stage.sandbox.moderators.react(self.stage.channel, number, self._reader(), emoji, count)

    def _room(self, more: int) -> None:
        if self.stage.count.waiting + more > ENOUGH + 10:
            raise ActError(
                f"{self.stage.count.waiting} headlines are on their way already. Let the channel catch up first."
            )

    def _why_not_yet(self) -> str:
        if self.stage.portal.broken:
            return " Nobody can see it before the portal is mended."
        if self.stage.kicked:
            return " It waits until the bot is let back in."
        return ""

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.stage.say(Sentence(words, "bad" if bad else "info"))
        self.stage.refresh()

    def _reader(self) -> User:
        return self.stage.sandbox.people.user(self.stage.reader.id)


async def _post_after(queue: asyncio.Queue[str], fault: int, channel: int) -> int:
    """The id of the first post to `channel` that suffers `fault`."""
    struck = False
    while True:
        entry = json.loads(await queue.get())
        struck = struck or (entry["kind"] == "fault" and entry.get("id") == fault)
        if struck and entry["kind"] == "sent" and entry["chat"] == channel:
            return int(entry["message_id"])


def _text(body: Body, name: str, limit: int) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ActError("There is nothing to send: write a few words first.")
    if len(text) > limit:
        raise ActError(f"That is too long: at most {limit} characters.")
    return text.strip()


def _number(body: Body) -> int:
    number = body.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise ActError("Which message?")
    return number


def _short(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"
