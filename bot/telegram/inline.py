"""Inline mode: ``@bot words`` in any chat becomes results to choose from; what was chosen is counted.

What is found is `InlineAnswering`'s to know. Updates are read as Telegram wrote them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import tzinfo
from typing import Any

from telegram.error import BadRequest, TelegramError

from bot.domain.headlines import Headline
from bot.domain.inline import InlinePage, InlineQuery
from bot.domain.links import postable
from bot.domain.stamps import list_stamp
from bot.events import CommandAnswered, Events
from bot.ports import Clock, EngagementLog, InlineAnswering
from bot.telegram.answers import entry
from bot.telegram.bot import QuietBot
from bot.telegram.markup import cut

#: Seconds for which Telegram may answer the same question itself: news is news for about so long.
CACHE = 20
#: Characters that a list of results shows; Bot API names no limit, and phones cut lines themselves.
_BUTTON = 64
_START = "inline"

Json = Mapping[str, Any]


class InlineMode:
    """Answers inline queries and hands choices on. `language_of` says how a user (as Telegram tells) is spoken to."""

    def __init__(
        self,
        bot: QuietBot,
        answering: InlineAnswering,
        engagement: EngagementLog,
        *,
        zone: tzinfo,
        language_of: Callable[[Json], Awaitable[str]],
        clock: Clock,
        events: Events,
    ) -> None:
        self._bot = bot
        self._answering = answering
        self._engagement = engagement
        self._zone = zone
        self._language_of = language_of
        self._clock = clock
        self._events = events

    async def see(self, update: Json) -> None:
        """Every kind of update may come. Raises what the ports raise."""
        if "inline_query" in update:
            await self._answer(update["inline_query"])
        elif "chosen_inline_result" in update:
            await self._chosen(str(update["chosen_inline_result"].get("result_id", "")))

    async def _answer(self, asked: Json) -> None:
        began = self._clock.now()
        language = await self._language_of(asked["from"])
        page = await self._answering.inline(
            InlineQuery(asked.get("query", ""), asked.get("offset", ""), language)
        )
        now = self._clock.now()
        self._events.tell(CommandAnswered(now, "inline", now - began))
        await self._send(asked["id"], page, language)

    async def _send(self, query_id: str, page: InlinePage, language: str) -> None:
        results = [_result(headline, self._zone, language) for headline in page.headlines]
        body: dict[str, Any] = {
            "inline_query_id": query_id,
            "results": results,
            "next_offset": page.next_offset,
            "cache_time": CACHE,
            # The timestamps speak the reader's language, so an answer is not for everybody.
            "is_personal": True,
        }
        if page.hint:
            body["button"] = {"text": cut(page.hint, _BUTTON), "start_parameter": _START}
        try:
            await self._bot.call("answerInlineQuery", body)
        except BadRequest:
            # Too old, which nothing mends, or a picture's address that Telegram does not like.
            await self._without_pictures(body, results)
        except TelegramError:
            return  # whoever asked types on, and asks again

    async def _without_pictures(self, body: dict[str, Any], results: list[dict[str, Any]]) -> None:
        plain = [{key: value for key, value in one.items() if key != "thumbnail_url"} for one in results]
        if plain == results:
            return
        try:
            await self._bot.call("answerInlineQuery", {**body, "results": plain})
        except TelegramError:
            return

    async def _chosen(self, result_id: str) -> None:
        # Ids are ours, but an update is anybody's word; SQLite knows 18 digits at least.
        if result_id.isascii() and result_id.isdigit() and len(result_id) <= 18:
            await self._engagement.chosen(int(result_id), self._clock.now())


def _result(headline: Headline, zone: tzinfo, language: str) -> dict[str, Any]:
    """An InlineQueryResultArticle: picture, headline and timestamp; what is sent has the link too."""
    words = headline.words
    stamp = list_stamp(words.published, zone, language)
    link = words.link if words.link and postable(words.link) else None
    result: dict[str, Any] = {
        "type": "article",
        "id": str(headline.id),
        "title": words.title,
        "description": f"{words.kicker} · {stamp}" if words.kicker else stamp,
        "input_message_content": {
            "message_text": entry(headline, zone, language),
            "parse_mode": "HTML",
            "link_preview_options": {"url": link} if link else {"is_disabled": True},
        },
    }
    if link:
        result["url"] = link
    if words.image and postable(words.image):
        result["thumbnail_url"] = words.image
    return result
