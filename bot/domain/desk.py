"""What editors order of the bot: who signs, what it says under a post, how they point at a story.

Pure. It decides nothing about who is an editor and touches no post: orders are carried out by workers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from bot.domain.headlines import MAX_TITLE
from bot.domain.stamps import clock

#: How long Telegram lets a bot delete its message (Bot API, deleteMessage).
DELETABLE = timedelta(hours=48)
#: Characters of a reason or a correction: a longer one would crowd out the post, or not fit under a photo.
MAX_NOTE = 500
#: What the buttons under a question begin with; never changes its meaning (`bot.commands.buttons`).
DECISION_TAG = "rd"

#: The users that Telegram names for an administrator who hides, a channel that speaks in its group, and itself.
_NOBODY = frozenset({1087968824, 136817688, 777000})
_WORDS = {"id": ("Ditarik", "Ralat"), "en": ("Withdrawn", "Correction")}
_QUOTED = re.compile(r"[\"“”„«»](?P<words>[^\"“”„«»]+)[\"“”„«»]\s*(?P<rest>.*)", re.DOTALL)
_LINK = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*)\s*(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_DECISION = re.compile(r"(?P<kind>[shc])\.(?P<one>\d{1,18})(?:\.(?P<at>\d{1,18}))?\.(?P<answer>[tl])")


class Verb(StrEnum):
    """What may be ordered; the audit keeps these words."""

    WITHDRAW = "tarik"
    CORRECT = "ralat"
    REWORD = "sunting"
    PUBLISH = "siarkan"
    HALT = "jeda"
    RESUME = "lanjut"
    RELEASE = "terbitkan"
    PASS_OVER = "lewati"  # noqa: S105 (a word of an order)


@dataclass(frozen=True, slots=True)
class Order:
    """One order: by whom (a user's id; of a hidden administrator the group's), where and when it was said.

    `message_id` is the command's message, None for a tap: with it an order that is handled twice is kept once.
    """

    verb: Verb
    who: int
    chat_id: int
    at: datetime
    message_id: int | None = None
    words: str = ""


class MarkKind(StrEnum):
    """What an editor's line under a post says."""

    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Mark:
    """An editor's line under a post, literal words; `text` may be empty where it was withdrawn without a reason."""

    kind: MarkKind
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """How an order points at its story: by `link`, by `words`, or by neither; `rest` is what follows."""

    link: str = ""
    words: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A tapped `Terbitkan` (`publish`) or `Lewati`: of one held post, or of the surge that `at` and a feed name.

    `copy`: of all that waits in a database that may be a copy; `at` is when that was asked.
    """

    publish: bool
    delivery_id: int = 0
    feed_id: int = 0
    at: int = 0
    copy: bool = False


def signatory(chat_id: int, user_id: int | None) -> int:
    """Who is kept as having ordered: the user, or the group for whoever speaks in its name (Bot API, sender_chat)."""
    return chat_id if user_id is None or user_id in _NOBODY else user_id


def line(mark: Mark, zone: tzinfo, language: str) -> str:
    """``Ralat 14:05 WIB: teks``, ``Ditarik 14:05 WIB: alasan`` (product.md §5); English words for ``en``."""
    words = _WORDS.get(language) or _WORDS["id"]
    head = f"{words[0 if mark.kind is MarkKind.WITHDRAWN else 1]} {clock(mark.at, zone)}"
    return f"{head}: {mark.text}" if mark.text else head


def aim(argument: str, *, replying: bool) -> Aim:
    """Read what stands behind a command. A link goes before a reply, a reply before quoted words."""
    text = argument.strip()
    if found := _LINK.match(text):
        address = found["link"]
        return Aim(link=address if "://" in address else f"https://{address}", rest=found["rest"].strip())
    if not replying and (found := _QUOTED.match(text)):
        return Aim(words=_folded(found["words"]), rest=found["rest"].strip())
    return Aim(rest=text)


def literal(text: str) -> str:
    """An editor's words on one line, exactly as typed otherwise: nothing in them is markup."""
    return _folded("".join(char if char.isprintable() or char in "\u200c\u200d" else " " for char in text))


def fits_title(text: str) -> bool:
    """Whether `text` may be a headline."""
    return 0 < len(text) <= MAX_TITLE


def may_delete(sent_at: datetime, now: datetime) -> bool:
    """Whether Telegram still lets a post go."""
    return now - sent_at < DELETABLE


def decision_of(payload: str) -> Decision | None:
    """Read the payload of a button under a question; None for any other."""
    found = _DECISION.fullmatch(payload)
    if found is None or (found["kind"] == "s") != (found["at"] is not None):
        return None
    publish = found["answer"] == "t"
    if found["kind"] == "c":
        return Decision(publish, at=int(found["one"]), copy=True)
    if found["kind"] == "s":
        return Decision(publish, feed_id=int(found["one"]), at=int(found["at"]))
    return Decision(publish, delivery_id=int(found["one"]))


def payload_of(decision: Decision) -> str:
    """What `decision_of` reads."""
    if decision.copy:
        subject = f"c.{decision.at}"
    else:
        subject = (
            f"h.{decision.delivery_id}" if decision.delivery_id else f"s.{decision.feed_id}.{decision.at}"
        )
    return f"{subject}.{'t' if decision.publish else 'l'}"


def _folded(text: str) -> str:
    return " ".join(text.split())
