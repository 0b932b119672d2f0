"""Inline results, reactions and members, as Telegram's room makes and reads them: the odd cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.domain.inline import InlinePage, InlineQuery
from bot.events import CommandAnswered
from bot.telegram.incoming import ALLOWED_UPDATES, lane_of
from bot.telegram.inline import InlineMode
from bot.telegram.members import ANONYMOUS_ADMIN, Members
from bot.telegram.reactions import ReactionWatcher
from tests.support_telegram import JAKARTA, FakeClock, Heard, headline


class FakeBot:
    """Answers every call with `result`, or raises the next of `errors`; keeps what was called."""

    def __init__(self, *errors: TelegramError, result: object = True) -> None:
        self.errors = list(errors)
        self.result = result
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, body: Mapping[str, Any]) -> object:
        self.calls.append((method, body))
        if self.errors:
            raise self.errors.pop(0)
        return self.result


class FakeInline:
    """Answers with `page`."""

    def __init__(self, page: InlinePage) -> None:
        self.page = page
        self.asked: list[InlineQuery] = []

    async def inline(self, query: InlineQuery) -> InlinePage:
        self.asked.append(query)
        return self.page


class FakeLog:
    """Keeps what readers did."""

    def __init__(self) -> None:
        self.totals: list[tuple[int, int, int, datetime]] = []
        self.choices: list[int] = []

    async def reacted(self, chat_id: int, message_id: int, total: int, at: datetime) -> None:
        self.totals.append((chat_id, message_id, total, at))

    async def chosen(self, headline_id: int, at: datetime) -> None:
        self.choices.append(headline_id)


async def english(_user: Mapping[str, Any]) -> str:
    """Everybody speaks English."""
    return "en"


def mode(
    bot: FakeBot, page: InlinePage, log: FakeLog | None = None, heard: Heard | None = None
) -> InlineMode:
    """Inline mode that answers with `page` through `bot`."""
    return InlineMode(
        bot,  # type: ignore[arg-type] # a bot that only calls
        FakeInline(page),
        log or FakeLog(),
        zone=JAKARTA,
        language_of=english,
        clock=FakeClock(),
        events=(Heard() if heard is None else heard).events,
    )


QUERY = {"update_id": 1, "inline_query": {"id": "q", "from": {"id": 7}, "query": "x", "offset": ""}}
PAGE = InlinePage((headline(0, "A & B"),), "next")


async def test_a_query_is_answered_once_and_told() -> None:
    """Body as answerInlineQuery takes it; the answer is one person's."""
    bot, heard = FakeBot(), Heard()
    await mode(bot, PAGE, heard=heard).see(QUERY)
    ((method, body),) = bot.calls
    assert (method, body["inline_query_id"], body["next_offset"]) == ("answerInlineQuery", "q", "next")
    assert body["is_personal"] is True
    assert "button" not in body
    assert body["results"][0]["input_message_content"]["message_text"].startswith(
        '<a href="https://kabar.id/1">A &amp; B</a>\n'
    )
    assert [event.command for event in heard if isinstance(event, CommandAnswered)] == ["inline"]


@pytest.mark.parametrize("link", [None, "javascript:alert(1)", "https://localhost/1"])
async def test_a_link_that_telegram_would_drop_is_left_out(link: str | None) -> None:
    """The headline can be shared all the same; a picture of that kind is left out too."""
    row = headline(0, link=link)
    row = replace(row, words=replace(row.words, image=link, kicker=""))
    bot = FakeBot()
    await mode(bot, InlinePage((row,))).see(QUERY)
    (result,) = bot.calls[0][1]["results"]
    assert not result.keys() & {"url", "thumbnail_url"}
    assert result["input_message_content"]["message_text"] == "Judul\nFriday, 29 November 2024 | 12:00"
    assert result["description"] == "Friday, 29 November 2024 | 12:00"


@pytest.mark.parametrize(
    ("errors", "calls"),
    [
        ([BadRequest("query is too old and response timeout expired or query id is invalid")], 1),
        ([NetworkError("no route")], 1),
    ],
)
async def test_an_answer_that_fails_is_not_repeated(errors: list[TelegramError], calls: int) -> None:
    """Whoever asked has typed on."""
    bot = FakeBot(*errors)
    await mode(bot, PAGE).see(QUERY)
    assert len(bot.calls) == calls


async def test_pictures_are_given_up_once() -> None:
    """Refused with them, and without them: nothing more is tried."""
    row = headline(0)
    row = replace(row, words=replace(row.words, image="https://kabar.id/foto.jpg"))
    bot = FakeBot(BadRequest("WEBDOCUMENT_URL_INVALID"), BadRequest("no"))
    await mode(bot, InlinePage((row,))).see(QUERY)
    assert ["thumbnail_url" in body["results"][0] for _, body in bot.calls] == [True, False]


@pytest.mark.parametrize(
    ("result", "counted"), [("12", [12]), ("", []), ("x", []), ("٣", []), ("9" * 19, [])]
)
async def test_choices_are_ids_of_ours(result: str, counted: list[int]) -> None:
    """Anything else in the update is nobody's."""
    log = FakeLog()
    await mode(FakeBot(), PAGE, log).see({"chosen_inline_result": {"result_id": result, "from": {"id": 7}}})
    assert log.choices == counted


async def test_all_kinds_of_reactions_are_summed() -> None:
    """Emoji, custom and paid; none at all is zero; other updates are none."""
    log = FakeLog()
    watcher = ReactionWatcher(log)
    counted = {"chat": {"id": -1}, "message_id": 5, "date": 1_700_000_000}
    kinds = [{"type": {"type": kind}, "total_count": 2} for kind in ("emoji", "custom_emoji", "paid")]
    await watcher.see({"message_reaction_count": {**counted, "reactions": kinds}})
    await watcher.see({"message_reaction_count": {**counted, "reactions": []}})
    await watcher.see({"message": {}})
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    assert log.totals == [(-1, 5, 6, at), (-1, 5, 0, at)]


def test_updates_are_asked_for_and_stand_in_the_lanes_of_their_chats() -> None:
    """Totals of one channel in order; inline queries of one person too."""
    assert {"inline_query", "chosen_inline_result", "message_reaction_count"} <= set(ALLOWED_UPDATES)
    assert lane_of({"update_id": 1, "message_reaction_count": {"chat": {"id": -5}}}) == -5
    assert lane_of(QUERY) == 7


@pytest.mark.parametrize(
    ("result", "admin"),
    [
        ({"status": "creator"}, True),
        ({"status": "administrator"}, True),
        ({"status": "member"}, False),
        ({}, False),
        (True, False),
    ],
)
async def test_administrators(result: object, admin: bool) -> None:
    """As getChatMember says."""
    bot = FakeBot(result=result)
    assert await Members(bot).is_admin(-5, 7) is admin  # type: ignore[arg-type] # a bot that only calls
    assert bot.calls == [("getChatMember", {"chat_id": -5, "user_id": 7})]


async def test_who_cannot_be_asked_about() -> None:
    """Nobody is none, an anonymous administrator is one, and where Telegram does not tell nobody is."""
    bot = FakeBot(BadRequest("user not found"))
    members = Members(bot)  # type: ignore[arg-type] # a bot that only calls
    assert not await members.is_admin(-5, None)
    assert await members.is_admin(-5, ANONYMOUS_ADMIN)
    assert bot.calls == []
    assert not await members.is_admin(-5, 7)
