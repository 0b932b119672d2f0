"""Is it well? What the operator reads first: plain sentences, each with its reason, the worst one first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from bot.domain.status import ChannelStatus, FeedStatus, Status
from bot.observe.troubles import Kind, Trouble
from bot.observe.words import Clockface, bare, count, size, span

#: A feed that fails for less than this may only have stumbled.
_STUMBLE = timedelta(minutes=1)
#: Longer than this no post waits on a good day (product.md §1).
_LONG = timedelta(minutes=10)


class Level(IntEnum):
    """How bad a finding is; the name is what the page and its style sheet call it."""

    WELL = 0
    NOTE = 1  # worth knowing, passes by itself
    WARN = 2  # somebody should look
    BAD = 3  # does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the state of things."""

    level: Level
    text: str


def findings(
    status: Status, ailment: str, troubles: Mapping[Kind, Trouble], face: Clockface
) -> tuple[Finding, ...]:
    """What there is to say, the worst first; where nothing is wrong, that all is well, and why.

    `ailment` is what `kabarbot health` would say, empty when nothing.
    """
    found = [
        *_of_the_bot(ailment, troubles, face),
        *_of_feeds(status, face),
        *_of_the_desk(status, face),
        *_of_channels(status, face),
        *_of_the_disk(status),
        *_of_the_queue(status, face),
    ]
    found.sort(key=lambda one: -one.level)
    if not found or found[0].level is Level.NOTE:
        found.insert(0, _well(status))
    return tuple(found)


def _of_the_bot(ailment: str, troubles: Mapping[Kind, Trouble], face: Clockface) -> Iterator[Finding]:
    if store := troubles.get(Kind.STORE):
        since = face.minute(store.since)
        yield Finding(
            Level.BAD, f"The database cannot be written since {since}, so nothing moves: {store.detail}"
        )
    if ailment:
        yield Finding(Level.BAD, f"The bot is not well: {ailment}")
    if updates := troubles.get(Kind.UPDATES):
        since = face.minute(updates.since)
        yield Finding(
            Level.WARN, f"Readers get no answers since {since}; posts go on. Telegram: {updates.detail}"
        )


def _of_feeds(status: Status, face: Clockface) -> Iterator[Finding]:
    vitals = status.vitals
    failing = [feed for feed in status.feeds if feed.failures]
    if not failing:
        if status.feeds and not any(feed.looked for feed in status.feeds):
            yield Finding(Level.NOTE, "The bot is starting: no feed has been looked at yet.")
        return
    worst = failing[0]
    lasting = _lasting(worst, vitals.at)
    if vitals.feeds_failing == vitals.feeds:
        yield Finding(Level.BAD if lasting else Level.WARN, _portal_down(worst, vitals.at, face))
    else:
        more = vitals.feeds_failing - 1
        others = f" (and {'one' if more == 1 else more} more)" if more else ""
        since = face.minute(worst.failing_since or vitals.at)
        text = f"The feed {bare(worst.name)}{others} fails since {since}: {_end(worst.failure)}"
        yield Finding(Level.WARN if lasting else Level.NOTE, text)


def _portal_down(feed: FeedStatus, now: datetime, face: Clockface) -> str:
    since = feed.failing_since or now
    again = f" Next look in {span(feed.next_look - now)}." if feed.next_look and feed.next_look > now else ""
    return f"The portal is down since {face.minute(since)} ({span(now - since)}): {_end(feed.failure)}{again}"


def _of_channels(status: Status, face: Clockface) -> Iterator[Finding]:
    vitals = status.vitals
    if vitals.channels_paused:
        refusing = next((one for one in status.channels if one.paused), None)
        yield Finding(Level.BAD, _paused(refusing, vitals.channels_paused, face))
    if vitals.channels_halted:
        halted = next((one for one in status.channels if one.halted and not one.paused), None)
        which = _which(halted, vitals.channels_halted)
        yield Finding(Level.WARN, f"An editor halted {which} with /jeda; /lanjut lets posts go on.")
    if vitals.channels_unknown:
        unknown = next((one for one in status.channels if not one.known), None)
        which = _which(unknown, vitals.channels_unknown)
        yield Finding(Level.WARN, f"Telegram has not told yet which chat is meant by {which}.")


def _paused(channel: ChannelStatus | None, number: int, face: Clockface) -> str:
    if channel is None or channel.paused is None:
        return f"{count(number, 'channel')} paused: Telegram refuses posts."
    waits = f" {count(channel.waiting, 'post')} wait there." if channel.waiting.n > 1 else ""
    waits = " 1 post waits there." if channel.waiting.n == 1 else waits
    verb = "refuses" if number == 1 else "refuse"
    since, detail = face.minute(channel.paused), _end(channel.pause_detail or "no reason was given")
    which = _which(channel, number)
    return f"{which[:1].upper()}{which[1:]} {verb} posts since {since}: {detail}{waits}"


def _which(channel: ChannelStatus | None, number: int) -> str:
    name = channel.name if channel else "a channel"
    if number == 1:
        return f"channel {name}" if channel else name
    return f"channels {name} and {'one' if number == 2 else f'{number - 1:,}'} more"


def _of_the_desk(status: Status, face: Clockface) -> Iterator[Finding]:
    held = status.vitals.held
    if held:
        are, wait = ("headline is", "waits") if held.n == 1 else ("headlines are", "wait")
        since = f" since {face.minute(status.vitals.held_since)}" if status.vitals.held_since else ""
        yield Finding(Level.WARN, f"{held} {are} held{since} and {wait} for an editor: Terbitkan or Lewati.")


def _of_the_disk(status: Status) -> Iterator[Finding]:
    room = status.vitals.room
    if room.scarce:
        left = f"{size(room.free)} of {size(room.disk)} are left"
        yield Finding(
            Level.WARN,
            f"The disk of the database is nearly full: {left}, and the database takes {size(room.database)}.",
        )


def _of_the_queue(status: Status, face: Clockface) -> Iterator[Finding]:
    vitals = status.vitals
    if vitals.waiting:
        since = vitals.waiting_since or vitals.at
        oldest = f"the oldest since {face.minute(since)} ({span(vitals.at - since)})"
        waits = "waits for its" if vitals.waiting.n == 1 else "wait for their"
        level = Level.WARN if vitals.at - since > _LONG else Level.NOTE
        yield Finding(level, f"{count(vitals.waiting, 'post')} {waits} turn, {oldest}.")
    if vitals.uncertain:
        outcome = "has an unknown outcome" if vitals.uncertain == 1 else "have unknown outcomes"
        yield Finding(
            Level.NOTE,
            f"{count(vitals.uncertain, 'send')} {outcome}: Telegram will be asked before anything is repeated.",
        )


def _well(status: Status) -> Finding:
    vitals = status.vitals
    looks = [feed.looked for feed in status.feeds if feed.looked]
    if not status.feeds and not status.channels:
        return Finding(Level.NOTE, "Nothing to do yet: no feed and no channel is set.")
    seen = f"the portal answered {span(vitals.at - max(looks))} ago" if looks else "the first look is due"
    waits = "nothing waits" if not vitals.waiting else "posts are on their way"
    takes = "its channel takes" if vitals.channels == 1 else f"all {vitals.channels:,} channels take"
    return Finding(Level.WELL, f"All is well: {seen}, {takes} posts, and {waits}.")


def _lasting(feed: FeedStatus, now: datetime) -> bool:
    return feed.paused or (feed.failing_since is not None and now - feed.failing_since >= _STUMBLE)


def _end(text: str) -> str:
    """A detail as the end of a sentence, not too long."""
    text = " ".join(text.split())
    text = text if len(text) <= 160 else text[:159].rstrip() + "…"
    return text if text.endswith((".", "…", "!", "?")) else text + "."
