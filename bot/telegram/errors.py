"""What Telegram's answers mean, as `Outcome`s. Pure; the rules are those of the Bot API server's own texts.

Whether a failed send may have arrived is told by the cause that the transport left (`NotSent`,
`NoAnswer`), never by PTB's class. PTB strips ``Bad Request: `` and lower-cases what follows, so texts are
matched folded. `BadRequest` and `TimedOut` are subclasses of `NetworkError`: they are caught first.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum, auto

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.domain.delivery import Outcome, Verdict
from bot.telegram.transport import NoAnswer, NotSent

_MAX_DETAIL = 200

_CHANNEL = re.compile(
    r"chat not found|not enough rights|need administrator rights|have no write access|chat_write_forbidden"
    r"|chat_admin_required|channel_private|channel_invalid|peer_id_invalid|chat_restricted"
    r"|user_banned_in_channel|group chat was (?:upgraded|deleted|deactivated)"
    r"|message thread not found|topic_closed|topic_deleted|topic_id_invalid|user not found"
)
#: A chat that takes text but no pictures: the plainer form may pass.
_PICTURES = re.compile(
    r"not enough rights to send (?:photo|media|picture)|chat_send_(?:photos|media)_forbidden"
)
_MISSING = re.compile(r"message to (?:edit|delete|forward|react|copy) not found|message_id_invalid")
_NOT_MODIFIED = re.compile(r"message is not modified")
_PERMANENT = re.compile(
    r"message can't be (?:edited|deleted)|there is no (?:text|caption) in the message to edit"
)
_WAS_SENT = re.compile(r"sent message was immediately deleted")


class Verb(Enum):
    """What was tried: the same words mean different things."""

    SEND = auto()
    EDIT = auto()
    DELETE = auto()


def outcome_of(error: TelegramError, verb: Verb) -> Outcome:
    """The meaning of `error` for one try of `verb`. Raises nothing."""
    detail = one_line(error.message)
    match error:
        case RetryAfter():
            return Outcome(Verdict.TOO_FAST, detail=detail, retry_after=wait_of(error))
        case ChatMigrated():
            return Outcome(Verdict.MOVED, detail=detail, moved_to=error.new_chat_id)
        case Forbidden():
            return Outcome(Verdict.CHANNEL, detail=detail)
        case InvalidToken() | EndPointNotFound() | Conflict():
            return Outcome(Verdict.NOT_SENT, detail=detail)
        case BadRequest():
            return Outcome(_verdict(detail.casefold(), verb), detail=detail)
    return _of_network(error, detail)


def wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram wants to be left alone."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def unreadable(error: Exception) -> Outcome:
    """The outcome where Telegram agreed in a form that nobody foresaw."""
    return Outcome(Verdict.UNKNOWN, detail=f"an answer that cannot be read: {type(error).__name__}")


def one_line(text: str) -> str:
    """`text` without line breaks, at most 200 characters."""
    return " ".join(text.split())[:_MAX_DETAIL]


def _of_network(error: TelegramError, detail: str) -> Outcome:
    if isinstance(error.__cause__, NotSent):
        return Outcome(Verdict.NOT_SENT, detail=detail)
    said_by_server = isinstance(error, NetworkError) and not isinstance(error.__cause__, NoAnswer)
    if said_by_server and _WAS_SENT.search(detail.casefold()):
        return Outcome(Verdict.DONE, detail=detail)
    return Outcome(Verdict.UNKNOWN, detail=detail)


def _verdict(text: str, verb: Verb) -> Verdict:
    """What a 400 means. One to a send that is not listed may be about its form: the plainer one is tried."""
    if verb is not Verb.SEND:
        for pattern, verdict in _AFTERWARDS:
            if pattern.search(text):
                return verdict
    if _PICTURES.search(text):
        return Verdict.CONTENT
    if _CHANNEL.search(text):
        return Verdict.CHANNEL
    return Verdict.REFUSED if verb is Verb.DELETE else Verdict.CONTENT


_AFTERWARDS = (
    (_NOT_MODIFIED, Verdict.DONE),
    (_MISSING, Verdict.MISSING),
    (_PERMANENT, Verdict.REFUSED),
)
