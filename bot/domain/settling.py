"""Did a send of unknown outcome arrive? Which id to ask about next, and what the answers prove (product.md §6).

Pure: whoever walks asks the network and says what it heard. Ids in a channel or supergroup run in one
sequence, so a post that arrived stands somewhere behind the last id known before it was tried; it is
absent only when every id up to the highest one known, and `MARGIN` more, was shown not to be it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.delivery import Doubt, Found, Settlement

#: Ids behind the highest one known that are asked about too; and before a post that was sent again.
MARGIN = 20


class Heard(StrEnum):
    """What an answer says about one id."""

    NOTHING_THERE = "nothing_there"  # true only while the bot is in the chat with its rights
    FOREIGN = "foreign"  # somebody else's post, or a service message
    OURS = "ours"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Walk:
    """Asking upwards from an id. `upto` moves on when ids behind the highest known one turn out to exist.

    `highest` is the highest id known to exist, 0 where none is. `gaps`: an id read as not there, so
    the end proves nothing until the bot's membership is looked at again. `silent`: what was said in
    place of an answer, empty while answers come.
    """

    next_id: int
    upto: int
    highest: int
    skip: frozenset[int] = frozenset()
    open_ended: bool = True
    ours: tuple[int, ...] = ()
    gaps: bool = False
    silent: str = ""

    @property
    def question(self) -> int | None:
        """The id to ask about now; None when nothing is left to ask, or an answer failed to come."""
        return None if self.silent or self.next_id > self.upto else self.next_id

    def hear(self, heard: Heard, words: str = "") -> Walk:
        """The walk after the answer about `question`; `words` is what was said in place of one."""
        asked = self.next_id
        if heard is Heard.NO_ANSWER:
            return replace(self, silent=words or "no answer")
        if heard is Heard.NOTHING_THERE:
            return _ready(replace(self, next_id=asked + 1, gaps=True))
        ours = (*self.ours, asked) if heard is Heard.OURS else self.ours
        upto = max(self.upto, asked + MARGIN) if self.open_ended else self.upto
        return _ready(
            replace(self, next_id=asked + 1, upto=upto, highest=max(self.highest, asked), ours=ours)
        )


def begin_settling(doubt: Doubt) -> Walk | Settlement:
    """The walk that settles `doubt`, or the answer where there is nothing to ask.

    In a private chat the sequence is shared with other chats, and without an id known before the
    attempt there is nowhere to start from: neither can be known.
    """
    if doubt.target.chat_id > 0:
        return Settlement(Found.UNKNOWABLE, detail="in a private chat message ids say nothing")
    if doubt.known_before is None:
        return Settlement(Found.UNKNOWABLE, detail="no message id was known before the attempt")
    skip = _known_otherwise(doubt)
    highest = max(doubt.known_before, doubt.highest or 0, *skip)
    return _ready(Walk(doubt.known_before + 1, highest + MARGIN, highest, skip))


def end_settling(walk: Walk, doubt: Doubt, same: tuple[int, ...] = (), *, still_in: bool) -> Settlement:
    """What a finished walk proves. `still_in`: after the last answer the bot was in the chat with its rights.

    Beside an answer of unknown outcome an own id proves nothing unless it is among `same`, those shown to say the
    same. Waiting would teach nothing more: it goes out again, since a post that stands twice is seen and one that
    is lost is not.
    """
    if (reason := _inconclusive(walk, still_in=still_in or bool(walk.ours))) is not None:
        return Settlement(Found.LATER, walk.ours, walk.highest, detail=reason)
    if walk.ours and doubt.answers_open and walk.ours[0] not in same:
        reason = "an answer to a reader in the same chat is of unknown outcome too"
        return Settlement(Found.UNKNOWABLE, walk.ours, walk.highest, detail=reason)
    return Settlement(Found.ARRIVED if walk.ours else Found.ABSENT, walk.ours, walk.highest)


def settled(walk: Walk) -> bool:
    """Whether asking on would change nothing: an own id was found, or no question is left."""
    return bool(walk.ours) or walk.question is None


def begin_twins(doubt: Doubt) -> Walk | Settlement:
    """The walk over the ids before the new one: from the id known before the first attempt, else `MARGIN` of them."""
    if doubt.target.chat_id > 0 or doubt.message_id is None:
        return Settlement(Found.UNKNOWABLE, detail="there is no sequence of ids to look back in")
    known = doubt.known_before
    first = max(doubt.message_id - MARGIN if known is None else known + 1, 1)
    highest = max(doubt.message_id, doubt.highest or 0)
    return _ready(Walk(first, doubt.message_id - 1, highest, _known_otherwise(doubt), open_ended=False))


def end_twins(walk: Walk, same: tuple[int, ...], *, still_in: bool) -> Settlement:
    """What looking back found: own ids in `ids`, those shown to say the same in `same`."""
    if (reason := _inconclusive(walk, still_in=still_in)) is not None:
        return Settlement(Found.LATER, walk.ours, walk.highest, same, reason)
    return Settlement(Found.ARRIVED if walk.ours else Found.ABSENT, walk.ours, walk.highest, same)


def _inconclusive(walk: Walk, *, still_in: bool) -> str | None:
    """Why the answers prove nothing yet, None if they do."""
    if walk.silent:
        return walk.silent
    if walk.gaps and not still_in:
        return "the bot is not in the chat with its rights, or was out of it meanwhile"
    return None


def _known_otherwise(doubt: Doubt) -> frozenset[int]:
    """Ids that need no question. No update tells of own posts, so an id that one announced cannot be ours."""
    return doubt.ours | doubt.theirs


def _ready(walk: Walk) -> Walk:
    next_id = walk.next_id
    while next_id in walk.skip:
        next_id += 1
    return replace(walk, next_id=next_id)
