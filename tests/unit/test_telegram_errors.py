"""Telegram's answers, row by row as in the table of facts, through PTB's own reading of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.domain.delivery import Outcome, Verdict
from bot.telegram.errors import Verb, one_line, outcome_of
from bot.telegram.transport import NoAnswer, NotSent
from tests.support_telegram import quiet_bot, scripted

REFUSALS = [
    (400, "Bad Request: chat not found", Verdict.CHANNEL),
    (403, "Forbidden: bot was kicked from the channel chat", Verdict.CHANNEL),
    (403, "Forbidden: bot was kicked from the supergroup chat", Verdict.CHANNEL),
    (403, "Forbidden: bot was kicked from the group chat", Verdict.CHANNEL),
    (403, "Forbidden: bot is not a member of the channel chat", Verdict.CHANNEL),
    (400, "Bad Request: need administrator rights in the channel chat", Verdict.CHANNEL),
    (400, "Bad Request: not enough rights to send text messages to the chat", Verdict.CHANNEL),
    (400, "Bad Request: have no write access to the chat", Verdict.CHANNEL),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", Verdict.CHANNEL),
    (400, "Bad Request: CHAT_ADMIN_REQUIRED", Verdict.CHANNEL),
    (400, "Bad Request: CHANNEL_PRIVATE", Verdict.CHANNEL),
    (403, "Forbidden: bot was blocked by the user", Verdict.CHANNEL),
    (403, "Forbidden: user is deactivated", Verdict.CHANNEL),
    (403, "Forbidden: bot can't initiate conversation with a user", Verdict.CHANNEL),
    (400, "Bad Request: message thread not found", Verdict.CHANNEL),
    (400, "Bad Request: TOPIC_CLOSED", Verdict.CHANNEL),
    (400, 'Bad Request: can\'t parse entities: unsupported start tag "x" at byte offset 0', Verdict.CONTENT),
    (400, "Bad Request: message is too long", Verdict.CONTENT),
    (400, "Bad Request: message caption is too long", Verdict.CONTENT),
    (400, "Bad Request: message text is empty", Verdict.CONTENT),
    (400, "Bad Request: BUTTON_DATA_INVALID", Verdict.CONTENT),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", Verdict.CONTENT),
    (400, "Bad Request: failed to get HTTP URL content", Verdict.CONTENT),
    (400, "Bad Request: wrong type of the web page content", Verdict.CONTENT),
    (400, "Bad Request: not enough rights to send photos to the chat", Verdict.CONTENT),
    (400, "Bad Request: something that nobody has seen before", Verdict.CONTENT),
    (409, "Conflict: terminated by other getUpdates request", Verdict.NOT_SENT),
    (401, "Unauthorized", Verdict.NOT_SENT),
    (404, "Not Found", Verdict.NOT_SENT),
    (404, "Not Found: method not found", Verdict.NOT_SENT),
    (413, "Request Entity Too Large", Verdict.NOT_SENT),
    (429, "Too Many Requests: slow down", Verdict.NOT_SENT),
    (500, "Internal Server Error", Verdict.UNKNOWN),
    (502, "Bad Gateway", Verdict.UNKNOWN),
    (504, "Gateway Timeout", Verdict.UNKNOWN),
    (500, "Internal Server Error: sent message was immediately deleted", Verdict.DONE),
]
AFTERWARDS = [
    (
        Verb.EDIT,
        "message is not modified: specified new message content and reply markup are the same",
        Verdict.DONE,
    ),
    (Verb.EDIT, "message to edit not found", Verdict.MISSING),
    (Verb.EDIT, "MESSAGE_ID_INVALID", Verdict.MISSING),
    (Verb.EDIT, "message can't be edited", Verdict.REFUSED),
    (Verb.EDIT, "there is no text in the message to edit", Verdict.REFUSED),
    (Verb.EDIT, "there is no caption in the message to edit", Verdict.REFUSED),
    (Verb.EDIT, "can't parse entities: unclosed tag", Verdict.CONTENT),
    (Verb.EDIT, "chat not found", Verdict.CHANNEL),
    (Verb.DELETE, "message to delete not found", Verdict.MISSING),
    (Verb.DELETE, "message can't be deleted", Verdict.REFUSED),
    (Verb.DELETE, "something that nobody has seen before", Verdict.REFUSED),
    (Verb.DELETE, "CHAT_ADMIN_REQUIRED", Verdict.CHANNEL),
]


def envelope(code: int, description: str, **parameters: int) -> str:
    answer: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return json.dumps(answer)


async def outcome(status: int, text: str, verb: Verb = Verb.SEND) -> Outcome:
    """What one call comes to when a server answers so."""
    async with scripted((status, text)) as script, quiet_bot(script.url) as bot:
        with pytest.raises(TelegramError) as caught:
            await bot.call("sendMessage", {"chat_id": "@kabar", "text": "Judul"})
    return outcome_of(caught.value, verb)


@pytest.mark.parametrize(("code", "description", "verdict"), REFUSALS, ids=[row[1][:50] for row in REFUSALS])
async def test_each_refusal_of_a_send_means_what_the_table_says(
    code: int, description: str, verdict: Verdict
) -> None:
    """A send that is answered so comes to this verdict, and says why in one line."""
    result = await outcome(code, envelope(code, description))

    assert result.verdict is verdict
    assert description.removeprefix("Bad Request: ").casefold() in result.detail.casefold()


@pytest.mark.parametrize(
    ("verb", "description", "verdict"), AFTERWARDS, ids=[row[1][:40] for row in AFTERWARDS]
)
async def test_edits_and_deletions_have_answers_of_their_own(
    verb: Verb, description: str, verdict: Verdict
) -> None:
    """The same words mean other things to an edit or a deletion."""
    assert (await outcome(400, envelope(400, f"Bad Request: {description}"), verb)).verdict is verdict


async def test_a_429_says_how_long() -> None:
    """The wait is read from the parameters; hours are believed too."""
    result = await outcome(429, envelope(429, "Too Many Requests: retry after 7200", retry_after=7200))

    assert (result.verdict, result.retry_after) == (Verdict.TOO_FAST, timedelta(hours=2))


@pytest.mark.parametrize("verb", [Verb.SEND, Verb.EDIT])
async def test_an_upgraded_group_names_its_new_id(verb: Verb) -> None:
    """The new id stands in the parameters."""
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    result = await outcome(400, envelope(400, description, migrate_to_chat_id=-1001234), verb)

    assert (result.verdict, result.moved_to) == (Verdict.MOVED, -1001234)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "<html>ok</html>"),
        (200, '{"ok":true,"result":{"message_id":1'),
        (200, '{"ok":true}'),
        (200, "[]"),
        (200, ""),
        (403, "<html>a proxy's own refusal</html>"),
        (404, "not json"),
        (502, "<html>bad gateway</html>"),
        (302, ""),
    ],
)
async def test_an_answer_that_is_not_the_bot_apis_is_no_answer(status: int, text: str) -> None:
    """Whoever said it, it may not be Telegram: nobody knows what became of the send."""
    result = await outcome(status, text)

    assert result.verdict is Verdict.UNKNOWN
    assert "html" not in result.detail


@pytest.mark.parametrize("kind", [NetworkError, TimedOut])
def test_the_cause_decides_and_not_ptbs_class(kind: type[NetworkError]) -> None:
    """What the transport knows counts, whatever PTB calls it."""
    unsent, lost = kind("x"), kind("x")
    unsent.__cause__, lost.__cause__ = NotSent("refused"), NoAnswer("silence")

    assert outcome_of(unsent, Verb.SEND).verdict is Verdict.NOT_SENT
    assert outcome_of(lost, Verb.SEND).verdict is Verdict.UNKNOWN
    assert outcome_of(kind("x"), Verb.SEND).verdict is Verdict.UNKNOWN


def test_a_detail_is_one_short_line() -> None:
    """Whatever a server writes, a log line stays a line."""
    assert one_line("a\n b\t" + "c" * 500) == "a b " + "c" * 196
