"""What people say and ask in the world around the bot: readers, other administrators, other bots.

Each act is journaled and becomes the update that Telegram would send, or none. What people do *to* chats and
rights is in `moderators.py`.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.sandbox.errors import ControlError
from bot.sandbox.messages import Author, Message, pack, photo_content, text_content
from bot.sandbox.queries import Query
from bot.sandbox.render import message_json, origin_json
from bot.sandbox.state import State
from bot.sandbox.world import Chat, User

Poster = Literal["admin", "other_bot"]
SERVICE: Final = Author("service")


@dataclass(slots=True)
class People:
    """Acts of people in one sandbox. Every method raises ControlError for what cannot be done."""

    state: State

    def chat(self, key: str | int) -> Chat:
        chat = self.state.world.find(key)
        if chat is None:
            raise ControlError(f"no chat {key}")
        return chat

    def user(self, user_id: int) -> User:
        user = self.state.world.users.get(user_id)
        if user is None:
            raise ControlError(f"no user {user_id}")
        return user

    def message(self, chat: Chat, message_id: int) -> Message:
        message = chat.messages.get(message_id)
        if message is None or message.deleted:
            raise ControlError(f"no message {message_id} in {chat.id}")
        return message

    def say(
        self,
        chat: Chat,
        user: User,
        text: str,
        *,
        reply_to: int = 0,
        thread: int = 0,
        mode: str = "",
    ) -> Message:
        """A user writes. In a private chat that starts the conversation; in a group privacy mode decides who
        reads it.
        """
        if chat.kind == "channel":
            raise ControlError("readers do not write in a channel: use post")
        parsed = self.state.composer.compose(text, mode)
        content = text_content(parsed.text, parsed.entities, None, None)
        if chat.kind == "private":
            user.started = True
        message = self._store(chat, Author("user", user.id), content, thread=thread, reply_to=reply_to)
        if self._reaches(chat, message, parsed.text):
            self._announce("message", chat, message)
        return message

    def forward(self, chat: Chat, user: User, source: Chat, message_id: int) -> Message:
        """A user passes a message of `source` on; it says where it came from."""
        message = self.message(source, message_id)
        if message.protected or source.protected or message.service:
            raise ControlError(f"message {message_id} in {source.id} can't be forwarded")
        content = message.unpack()
        content.pop("reply_markup", None)
        content.setdefault("forward_origin", origin_json(self.state.world, source, message))
        forwarded = self._store(chat, Author("user", user.id), content)
        if self._reaches(chat, forwarded, content.get("text", "")):
            self._announce("message", chat, forwarded)
        return forwarded

    def post(
        self,
        chat: Chat,
        text: str,
        *,
        by: Poster = "admin",
        announce: bool | None = None,
        mode: str = "",
        photo: bool = False,
        signature: str = "",
    ) -> Message:
        """Another administrator, or another bot, posts in a channel. Bots' posts are announced only if told
        so.
        """
        parsed = self.state.composer.compose(text, mode)
        if photo:
            content = photo_content([_picture(self.state)], parsed.text, parsed.entities, None)
        else:
            content = text_content(parsed.text, parsed.entities, None, None)
        message = self._store(chat, _poster(self.state, chat, by, signature), content)
        if by == "admin" if announce is None else announce:
            self._announce("channel_post" if chat.kind == "channel" else "message", chat, message)
        return message

    def album(
        self, chat: Chat, count: int, *, caption: str = "", by: Poster = "admin", announce: bool = True
    ) -> list[Message]:
        """Up to 10 pictures at once, each with an id of its own."""
        if not 2 <= count <= 10:
            raise ControlError("an album has 2 to 10 pictures")
        group = self.state.world.ids.query()
        made = []
        for number in range(count):
            content = photo_content([_picture(self.state)], caption if number == 0 else "", [], None)
            content["media_group_id"] = group
            made.append(self._store(chat, _poster(self.state, chat, by, ""), content))
            if announce:
                self._announce("channel_post" if chat.kind == "channel" else "message", chat, made[-1])
        return made

    def service(
        self, chat: Chat, content: dict[str, Any] | None = None, *, announce: bool = False
    ) -> Message:
        """A service message (by default a new title) takes an id; no update tells of it unless asked to."""
        message = self._store(chat, SERVICE, content or {"new_chat_title": chat.title})
        if announce:
            self._announce("channel_post" if chat.kind == "channel" else "message", chat, message)
        return message

    def edit(self, chat: Chat, message_id: int, text: str, *, mode: str = "") -> Message:
        """Another administrator, or its author, changes a message: anybody's in a channel, the bot's
        included.
        """
        message = self.message(chat, message_id)
        parsed = self.state.composer.compose(text, mode)
        content = message.unpack()
        words, entities = ("caption", "caption_entities") if "photo" in content else ("text", "entities")
        content.pop(entities, None)
        content[words] = parsed.text
        if parsed.entities:
            content[entities] = parsed.entities
        message.content = pack(content)
        message.edit_date = int(self.state.clock.now())
        self.state.record("message", "edit", chat, message)
        if chat.kind == "channel" or self._reaches(chat, message, parsed.text):
            self._announce(
                "edited_channel_post" if chat.kind == "channel" else "edited_message", chat, message
            )
        return message

    def tap(self, chat: Chat, message_id: int, user: User, *, button: str = "", data: str = "") -> Query:
        """A user taps a button, named by its text or its callback data."""
        message = self.message(chat, message_id)
        markup = message.unpack().get("reply_markup") or {"inline_keyboard": []}
        for row in markup["inline_keyboard"]:
            for each in row:
                if "callback_data" in each and (each["text"] == button or each["callback_data"] == data):
                    return self._ask_callback(chat, message, user, each["callback_data"])
        raise ControlError(f"message {message_id} has no button {button or data!r}")

    def _ask_callback(self, chat: Chat, message: Message, user: User, data: str) -> Query:
        state = self.state
        query = Query(state.world.ids.query(), "callback", state.clock.now(), user.id, data)
        state.queries.open(query)
        state.journal.add("tap", chat=chat.id, message_id=message.id, user=user.id, data=data, query=query.id)
        state.updates.add(
            "callback_query",
            {
                "id": query.id,
                "from": user.json(),
                "message": message_json(state.world, chat, message),
                "chat_instance": str(chat.id * 7919),
                "data": data,
            },
        )
        return query

    def ask_inline(self, user: User, text: str, offset: str = "", chat_type: str = "private") -> Query:
        """A user types `@bot text` in some chat."""
        state = self.state
        if not state.flags.inline:
            raise ControlError("inline mode is off")
        query = Query(state.world.ids.query(), "inline", state.clock.now(), user.id, text)
        state.queries.open(query)
        state.journal.add("inline", user=user.id, text=text, offset=offset or None, query=query.id)
        payload = {
            "id": query.id,
            "from": user.json(),
            "query": text,
            "offset": offset,
            "chat_type": chat_type,
        }
        state.updates.add("inline_query", payload)
        return query

    def choose(self, query_id: str, result_id: str) -> None:
        """A user picks an inline result; the bot hears of it only with inline feedback on."""
        state = self.state
        query = state.queries.known.get(query_id)
        if query is None or query.kind != "inline" or query.answer is None:
            raise ControlError(f"inline query {query_id} has no answer")
        if all(str(result["id"]) != result_id for result in query.answer["results"]):
            raise ControlError(f"no result {result_id}")
        state.journal.add("inline", user=query.user_id, chosen=result_id, query=query.id)
        if state.flags.inline_feedback:
            user = self.user(query.user_id)
            payload = {"result_id": result_id, "from": user.json(), "query": query.data}
            state.updates.add("chosen_inline_result", payload)

    def _store(
        self, chat: Chat, author: Author, content: dict[str, Any], *, thread: int = 0, reply_to: int = 0
    ) -> Message:
        state = self.state
        message = Message(
            state.world.next_message_id(chat),
            int(state.clock.now()),
            author,
            pack(content),
            thread=thread,
            reply_to=reply_to,
            protected=chat.protected,
        )
        state.world.store(chat, message)
        state.record("message", "post", chat, message, user=author.user_id or None)
        return message

    def _announce(self, kind: str, chat: Chat, message: Message) -> None:
        if chat.me.present:
            self.state.updates.add(kind, message_json(self.state.world, chat, message))

    def _reaches(self, chat: Chat, message: Message, text: str) -> bool:
        """Whether a message in a private chat or group is shown to the bot: privacy mode."""
        if chat.kind == "private" or self.state.flags.reads_all_group_messages:
            return True
        if chat.me.status == "administrator" or message.service:
            return True
        replied = chat.messages.get(message.reply_to)
        if replied is not None and replied.own:
            return True
        if not text.startswith("/"):
            return False
        _, _, meant_for = text.split(maxsplit=1)[0].partition("@")
        return meant_for.lower() in {"", self.state.world.me.username.lower()}


def _poster(state: State, chat: Chat, by: Poster, signature: str) -> Author:
    user_id = 0
    if chat.kind != "channel":
        wanted = by == "other_bot"
        user_id = next((user for user in chat.members if state.world.users[user].is_bot == wanted), 0)
    return Author(by, user_id, signature)


def _picture(state: State) -> dict[str, Any]:
    file_id = state.world.ids.file()
    state.known_files.add(file_id)
    return {"file_id": file_id, "file_unique_id": f"AQAD{file_id[-8:]}", "width": 800, "height": 533}
