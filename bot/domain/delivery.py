"""A headline on its way to a channel: its states, why it may stay unposted, what is frozen of it.

::

    PENDING ──claim──▶ SENDING ──▶ SENT
      ▲                   ├──▶ RETRY      (surely not sent) ──claim──▶ SENDING
      │                   ├──▶ UNCERTAIN  (nobody knows) ──asked──▶ SENT | RETRY
    HELD (an editor, or the first look, decides)
      └──▶ SKIPPED(reason)                ├──▶ FAILED(reason)

`UNCERTAIN` and `RETRY` hold up their channel, `FAILED` does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from bot.domain.desk import Mark
from bot.domain.headlines import Words


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "PENDING"  # due, waits for its turn
    SENDING = "SENDING"  # claimed: the request is stored and may be under way
    SENT = "SENT"  # Telegram said so, or was asked and knew it
    UNCERTAIN = "UNCERTAIN"  # the outcome of a send is unknown; Telegram will be asked
    RETRY = "RETRY"  # surely not sent; tried again at `next_at`
    HELD = "HELD"  # has no place in the queue until it is released
    SKIPPED = "SKIPPED"  # will not be posted; `reason` is a SkipReason
    FAILED = "FAILED"  # Telegram refused it for good; `reason` is what Telegram said


#: States in which a row still wants to be posted.
OPEN_STATES = (State.PENDING, State.SENDING, State.UNCERTAIN, State.RETRY, State.HELD)


class SkipReason(StrEnum):
    """Why a headline is not posted: the closed list of product.md §4.1."""

    FIRST_LOOK = "first_look"
    TOO_OLD = "too_old"
    FILTERED = "filtered"  # `rule` says by which
    SURGE = "surge"
    PASSED_OVER = "passed_over"
    WITHDRAWN = "withdrawn"
    LATE = "late"
    COPY = "copy"
    BY_HAND = "by_hand"
    CHANNEL_REMOVED = "channel_removed"


class HoldReason(StrEnum):
    """Why a row waits without a place in the queue."""

    FIRST_LOOK = "first_look"  # until every new feed of the channel was looked at or has failed once
    SURGE = "surge"  # until an editor says Terbitkan or Lewati
    HOLD = "hold"  # the channel's own rule: an editor releases each post
    COPY = "copy"  # the database seems to be a copy; OPS_CHAT is asked


class Lane(IntEnum):
    """Which queue of a channel; a lower lane goes first."""

    BREAKING = 0
    NORMAL = 1


@dataclass(frozen=True, slots=True)
class FrozenRequest:
    """Exactly what is sent: fixed at the claim, stored, sent again as it is.

    `method` is the network's (``sendMessage``, ``sendPhoto``), `body` its JSON-able parameters but
    the chat. `level` counts the steps down to plainer forms (photo, rich text, plain text). `paid`: it leaves
    at a place that costs.
    """

    method: str
    body: Mapping[str, Any]
    level: int = 0
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A channel as delivery sees it: where to send, and how posts look there.

    `chat_id` is numeric; `topic` a forum topic or None; `template` a Jinja source or "" for the default;
    `name` is what people call the channel.
    """

    channel_id: int
    chat_id: int
    topic: int | None = None
    template: str = ""
    silent: bool = False
    utm: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The head of one channel's queue, ready to be rendered and claimed."""

    id: int
    target: Target
    headline_id: int
    words: Words
    revision: int
    state: State
    attempts: int
    loud: bool
    waiting_since: datetime
    frozen: FrozenRequest | None = None  # set where the same request must go out again
    shown: int = 1  # the revision that `frozen` shows
    resend: bool = False  # was UNCERTAIN, and shown to be absent
    ignores_age: bool = False  # an editor released it
    marks: tuple[Mark, ...] = ()  # editors' lines, said before it was sent


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed row: from here on its outcome must be saved."""

    id: int
    target: Target
    headline_id: int
    request: FrozenRequest
    attempts: int
    published: datetime
    resend: bool = False  # was UNCERTAIN before: look for a twin afterwards


@dataclass(frozen=True, slots=True)
class Post:
    """A message of ours that stands in a channel."""

    delivery_id: int
    target: Target
    headline_id: int
    message_id: int
    request: FrozenRequest
    words: Words
    revision: int
    edits: int = 0
    corrected_at: datetime | None = None  # when the portal last corrected it
    notes: tuple[str, ...] = ()  # lines under the headline: Ralat, Diperbarui
    struck: bool = False  # withdrawn with a reason: shown struck through
    edit_due: datetime | None = None
    marks: tuple[Mark, ...] = ()  # editors' lines, to become notes
    ordered: bool = False  # an editor said so: at once
    deletes: bool = False  # withdrawn without a reason: it is to go


class Verdict(StrEnum):
    """What an attempt to speak to the network came to."""

    DONE = "done"  # it stands there (for an edit: also "not modified")
    UNKNOWN = "unknown"  # no answer that can be trusted
    NOT_SENT = "not_sent"  # surely not accepted; the network may be out of reach
    TOO_FAST = "too_fast"  # 429; wait `retry_after`
    CHANNEL = "channel"  # the chat refuses us: pause it
    MOVED = "moved"  # the chat has a new id
    CONTENT = "content"  # refused for what it says: try a plainer form
    MISSING = "missing"  # an edit or deletion of something that is not there
    REFUSED = "refused"  # refused for good


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one attempt. `detail` is what the network said, one line, without secrets."""

    verdict: Verdict
    message_id: int | None = None
    detail: str = ""
    retry_after: timedelta | None = None
    moved_to: int | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A send of unknown outcome, with what is known about its chat (product.md §6).

    `known_before`: the highest message id known before the first attempt, None if there was none.
    `highest`: the highest known now. `ours`: ids in between that are known to be other messages of
    ours; `theirs`: ids announced as somebody else's. `answers_open`: an answer to a reader in the same
    chat is of unknown outcome too. `resent_at`: when it was sent again; `message_id` that sending's id.
    `attempts`: how often it was asked about; `claimed_at`: the moment of the send, which tells it from a later one.
    """

    delivery_id: int
    headline_id: int
    published: datetime
    target: Target
    request: FrozenRequest
    known_before: int | None
    highest: int | None
    ours: frozenset[int] = field(default_factory=frozenset)
    theirs: frozenset[int] = field(default_factory=frozenset)
    answers_open: bool = False
    resent_at: datetime | None = None
    message_id: int | None = None
    attempts: int = 0
    claimed_at: datetime | None = None


class Found(StrEnum):
    """What asking came to."""

    ARRIVED = "arrived"  # `ids[0]` is the post
    ABSENT = "absent"  # it is not there: send again
    UNKNOWABLE = "unknowable"  # no id known to start from: send again, then look back
    LATER = "later"  # no answer; ask again


@dataclass(frozen=True, slots=True)
class Settlement:
    """The answer to a doubt, or to the search for a twin.

    `ids`: own messages found, ascending. `highest`: the highest id that is known to exist now.
    `same`: of `ids` those that were shown to say the same (by a forward); empty where not compared.
    `sure`: `ids` are ours for certain; a bot that may edit everybody's posts cannot tell without a forward.
    """

    found: Found
    ids: tuple[int, ...] = ()
    highest: int | None = None
    same: tuple[int, ...] = ()
    detail: str = ""
    sure: bool = True
