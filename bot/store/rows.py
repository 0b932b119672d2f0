"""Rows of the tables as the domain's values."""

from __future__ import annotations

import json
from functools import lru_cache

from bot.domain.delivery import Target
from bot.domain.desk import Mark, MarkKind
from bot.domain.headlines import Headline, Words
from bot.store.connection import Row
from bot.store.values import moment

#: The columns that `words_of` reads, of a table named `h`.
WORDS = "h.title, h.link, h.kicker, h.published_at, h.reporter, h.lead, h.image"
#: The columns that `headline_of` reads.
HEADLINE = f"h.id, h.first_seen_at, h.revision, h.withdrawn_at, {WORDS}"
#: The columns that `marks_of` reads.
MARKS = "h.withdrawn_at, h.withdrawn_reason, h.note, h.note_at"
#: The columns that `target_of` reads, of `channels c`; where a message stands already its chat counts.
TARGET = "c.id AS channel_id, c.ref, c.topic, c.rules"


def words_of(row: Row) -> Words:
    """What is said of a headline."""
    return Words(
        title=row["title"],
        link=row["link"],
        kicker=row["kicker"],
        published=moment(row["published_at"]),
        reporter=row["reporter"],
        lead=row["lead"],
        image=row["image"],
    )


def marks_of(row: Row) -> tuple[Mark, ...]:
    """What editors have a headline's posts say under it."""
    marks = []
    if row["withdrawn_at"] is not None:
        marks.append(Mark(MarkKind.WITHDRAWN, moment(row["withdrawn_at"]), row["withdrawn_reason"] or ""))
    if row["note"] is not None:
        marks.append(Mark(MarkKind.CORRECTED, moment(row["note_at"]), row["note"]))
    return tuple(marks)


def headline_of(row: Row) -> Headline:
    """A headline; the row has the columns of `HEADLINE`."""
    return Headline(
        id=row["id"],
        words=words_of(row),
        first_seen=moment(row["first_seen_at"]),
        revision=row["revision"],
        withdrawn=row["withdrawn_at"] is not None,
    )


def target_of(row: Row) -> Target:
    """The delivery's view of a channel; the row has the columns of `TARGET` and a `chat_id`."""
    template, silent, utm = _look_of(row["rules"])
    return Target(
        channel_id=row["channel_id"],
        chat_id=row["chat_id"],
        topic=row["topic"],
        template=template,
        silent=silent,
        utm=utm,
        name=row["ref"],
    )


@lru_cache(maxsize=1024)
def _look_of(rules: str) -> tuple[str, bool, str]:
    """How posts look, out of the settings' table as it is stored: the same text for every post of a channel."""
    given = json.loads(rules)
    return given["template"], given["silent"], given["utm"]
