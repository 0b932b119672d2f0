"""From an update to whoever it is for: commands and taps to `Answering`, all else to `ChatWatcher`.

It knows no command by name and keeps nothing. PTB's application reads what readers do and chooses the handler; an
exception of a handler comes out of `handle`, so that the one guard of the update loop sees it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Protocol

from telegram import Chat, Message, Update, User
from telegram.ext import BaseHandler, CallbackContext, CallbackQueryHandler

from bot.domain.delivery import Outcome, Verdict
from bot.domain.replies import Reply, Request
from bot.events import CommandAnswered, Events, Unanswered
from bot.ports import Answering, Clock
from bot.telegram.answers import render_reply
from bot.telegram.bot import AnyApplication
from bot.telegram.chats import ChatWatcher
from bot.telegram.incoming import command_of, language_of, pointed_in
from bot.telegram.speak import Speaker

#: Kinds of update that a reader may be waiting behind.
_FOR_READERS = frozenset({"message", "callback_query"})

Context = CallbackContext[Any, Any, Any, Any]


class Watcher(Protocol):
    """Whoever reads more out of updates than commands and taps."""

    async def see(self, update: Mapping[str, Any]) -> None:
        """Every kind of update may come."""
        ...


@dataclass(frozen=True, slots=True)
class Readers:
    """What decides how a reader is answered.

    `stored_language` gives the choice of a group or a user by its id: in a group the group's counts before the
    reader's own, since everybody there reads the answer. Without a choice Telegram's word counts.
    `commands` are the names that events may carry: what a reader makes up is counted as ``other``.
    """

    zone: tzinfo
    is_editor: Callable[[int, int | None], bool] = lambda _chat, _user: False
    stored_language: Callable[[int], Awaitable[str | None]] | None = None
    commands: Collection[str] = ()

    async def language(self, asking: Collection[int], code: str | None) -> str:
        """How to speak: as the first of `asking` (ids) chose who chose anything, else by Telegram's `code`."""
        if self.stored_language is not None:
            for one in dict.fromkeys(asking):
                if chosen := await self.stored_language(one):
                    return chosen
        return language_of(code)


class WordsHandler(BaseHandler[Update, Context, None]):
    """Commands to us in any chat, and in a private chat every text. Never what names another bot.

    As PTB's `CommandHandler` reads them, but for whichever name: which there are is `Answering`'s to know.
    """

    def check_update(self, update: object) -> list[str] | None:
        """[name, argument]; the name is empty for a text that is no command."""
        if not isinstance(update, Update) or update.message is None or not update.message.text:
            return None
        message = update.message
        command = command_of(message.to_dict(), message.get_bot().username)
        if command is not None:
            return list(command)
        chatting = message.chat.type == Chat.PRIVATE and not message.via_bot
        return ["", message.text or ""] if chatting and not _is_command(message) else None

    def collect_additional_context(
        self,
        context: Context,
        update: Update,  # noqa: ARG002 - PTB's
        application: AnyApplication,  # noqa: ARG002 - PTB's
        check_result: Any,  # noqa: ANN401 - PTB's
    ) -> None:
        """Hand name and argument on as `context.args`."""
        context.args = check_result


class Dispatcher:
    """Handles one update at a time of each chat; several chats at once."""

    def __init__(  # noqa: PLR0917 - the rooms between which it stands
        self,
        application: AnyApplication,
        speaker: Speaker,
        answering: Answering,
        watcher: ChatWatcher,
        readers: Readers,
        clock: Clock,
        events: Events,
        *,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        self._application = application
        self._speaker = speaker
        self._answering = answering
        self._watchers = (watcher, *watchers)
        self._readers = readers
        self._clock = clock
        self._events = events
        self._failures: dict[int, Exception] = {}
        application.add_handler(WordsHandler(self._words))
        application.add_handler(CallbackQueryHandler(self._tap))
        application.add_error_handler(self._failed)

    async def handle(self, body: Mapping[str, Any]) -> None:
        """Handle an update as Telegram wrote it. Raises whatever its handler raised."""
        for watcher in self._watchers:
            await watcher.see(body)
        if body.keys().isdisjoint(_FOR_READERS):
            return
        await self._application.initialize()  # once; after that it only looks
        update = Update.de_json(dict(body), self._application.bot)
        await self._application.process_update(update)
        failure = self._failures.pop(update.update_id, None)
        if failure is not None:
            raise failure

    async def _failed(self, update: object, context: Context) -> None:
        if isinstance(update, Update) and isinstance(context.error, Exception):
            self._failures[update.update_id] = context.error

    async def _words(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None or context.args is None:
            return
        name, argument = context.args
        request = Request(
            name=name,
            argument=argument,
            chat_id=message.chat.id,
            user_id=message.from_user.id if message.from_user else None,
            language=await self._language(message.from_user, message.chat.id),
            at=message.date.astimezone(UTC),
            private=message.chat.type == Chat.PRIVATE,
            topic=message.message_thread_id if message.is_topic_message else None,
            is_editor=self._is_editor(message.chat.id, message.from_user),
            user_name=message.from_user.full_name if message.from_user else "",
            message_id=message.message_id,
            reply=pointed_in(message.to_dict()),
        )
        await self._reply(await self._answer(request), request, None)

    async def _tap(self, update: Update, _context: Context) -> None:
        """Answer a tapped button, and its query whatever happens: until then it turns before the reader's eyes."""
        query = update.callback_query
        if query is None:
            return
        request, toast = None, ""
        try:
            request = await self._tapped(update)
            reply = await self._answer(request) if request else Reply(silent=True)
            toast = reply.toast
        finally:
            await self._speaker.close_query(query.id, toast)
        if request is not None and query.message is not None:
            await self._reply(reply, request, query.message.message_id)

    async def _tapped(self, update: Update) -> Request | None:
        query = update.callback_query
        if query is None or query.message is None or not query.data:
            return None
        message = query.message
        in_topic = isinstance(message, Message) and message.is_topic_message
        return Request(
            name="",
            argument="",
            chat_id=message.chat.id,
            user_id=query.from_user.id,
            language=await self._language(query.from_user, message.chat.id),
            at=self._clock.now(),
            private=message.chat.type == Chat.PRIVATE,
            topic=message.message_thread_id if isinstance(message, Message) and in_topic else None,
            button=query.data,
            is_editor=self._is_editor(message.chat.id, query.from_user),
            user_name=query.from_user.full_name,
        )

    async def _answer(self, request: Request) -> Reply:
        began = self._clock.now()
        reply = await self._answering.answer(request)
        now = self._clock.now()
        self._events.tell(CommandAnswered(now, self._label(request), now - began))
        return reply

    async def _reply(self, reply: Reply, request: Request, tapped: int | None) -> None:
        if reply.silent:
            return
        body = render_reply(reply, self._readers.zone, request.language).body()
        if reply.edits and tapped is not None:
            outcome = await self._speaker.change(request.chat_id, tapped, dict(body))
            if outcome.verdict not in {Verdict.MISSING, Verdict.REFUSED}:
                self._tell_unless_done(outcome, request.chat_id)
                return
        outcome = await self._speaker.say(request.chat_id, body, topic=request.topic, picture=reply.picture)
        self._tell_unless_done(outcome, request.chat_id)

    def _tell_unless_done(self, outcome: Outcome, chat_id: int) -> None:
        if outcome.verdict is not Verdict.DONE:
            group = chat_id if chat_id < 0 else None
            self._events.tell(Unanswered(self._clock.now(), outcome.verdict, outcome.detail, group))

    async def _language(self, user: User | None, chat_id: int) -> str:
        asking = (chat_id, user.id) if user else (chat_id,)
        return await self._readers.language(asking, user.language_code if user else None)

    def _is_editor(self, chat_id: int, user: User | None) -> bool:
        return self._readers.is_editor(chat_id, user.id if user else None)

    def _label(self, request: Request) -> str:
        if request.button:
            return "button"
        return request.name if request.name in self._readers.commands else "other"


def _is_command(message: Message) -> bool:
    """A command to another bot: no text for us either."""
    first = next(iter(message.entities), None)
    return first is not None and first.type == "bot_command" and first.offset == 0
