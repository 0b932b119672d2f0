"""What becomes of a headline in each channel: due, held, or skipped with a reason (product.md §2, §4.1).

It does not know whether a headline is new, only what to do with one that is, or that reaches a channel later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.delivery import HoldReason, Lane, SkipReason, State
from bot.domain.headlines import Words
from bot.domain.polling import Channel, FeedForPoll, Known, NewDelivery, NewHeadline
from bot.domain.routing import breaking, route

#: As many new headlines as this allows are a catch-up after an outage, not a surge (product.md §2).
_ONE_EVERY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that `decide` obeys. `surge_limit` 0: no limit; `has_editor`: `OPS_CHAT` is set."""

    max_age: timedelta = timedelta(hours=24)
    surge_limit: int = 30
    has_editor: bool = False


def first_deliveries(
    words: Words, category: str, feed: FeedForPoll, channels: Iterable[Channel], *, too_old: bool
) -> tuple[NewDelivery, ...]:
    """A row in every channel for a headline that is seen for the first time.

    Where several reasons keep it out, the one that would last longest is told: a rule, then age, then the
    first look.
    """
    return tuple(_first(words, category, feed, channel, too_old=too_old) for channel in channels)


def further_deliveries(
    words: Words,
    categories: Collection[str],
    feed: FeedForPoll,
    channels: Iterable[Channel],
    known: Known,
    *,
    added: bool,
) -> tuple[NewDelivery, ...]:
    """Rows in channels that a known headline reaches only now.

    A new channel gets what is in its feeds at its first look. Any other gets it only where this feed has `added`
    its name or a category, so that a rule that was loosened brings no old news.
    """
    rows = []
    for channel in channels:
        meets = feed.id in channel.waiting or feed.id in channel.closed
        open_to_it = channel.id not in known.channels or (added and channel.id in known.filtered)
        if open_to_it and (meets or added):
            wanted, rule = route(words, categories, feed.name, channel)
            if wanted:
                rows.append(_admitted(feed, channel, rule, breaking(words, categories, channel)))
    return tuple(rows)


def wanted_deliveries(
    words: Words, feeds: Collection[tuple[str, str]], channels: Iterable[Channel]
) -> tuple[NewDelivery, ...]:
    """Rows in the channels whose rules want a story that an editor publishes, for any of its `feeds` (name, category)."""
    categories = [category for _, category in feeds if category]
    rows = []
    for channel in channels:
        decisions = (route(words, categories, name, channel) for name, _ in feeds)
        rule = next((rule for wanted, rule in decisions if wanted), None)
        if rule is not None:
            rows.append(NewDelivery(channel.id, State.PENDING, rule=rule))
    return tuple(rows)


def stem_surge(
    new: Sequence[NewHeadline], feed: FeedForPoll, rules: Rules, now: datetime
) -> tuple[tuple[NewHeadline, ...], bool]:
    """`new` (oldest first) as it may go out, and whether it is a surge.

    Every new headline counts, also one that is too old or filtered: a portal that changed all its keys shows more
    of yesterday's stories than of today's, and today's must not go out twice. Where nothing would go out nobody is
    asked. With an editor all that would is held, for one decision; without one the newest `surge_limit` go out.
    """
    due = [headline for headline in new if any(map(_goes_out, headline.deliveries))]
    if not due or not _is_surge(len(new), feed.looked, rules, now):
        return tuple(new), False
    kept = due[max(0, len(due) - rules.surge_limit) :] if not rules.has_editor else []
    ids = {id(headline) for headline in kept}
    return tuple(one if id(one) in ids else _stemmed(one, has_editor=rules.has_editor) for one in new), True


def first_loud(rows: Iterable[NewDelivery], heard: set[int]) -> tuple[NewDelivery, ...]:
    """`rows` with a sound for the first post to each channel, and for breaking news; `heard` had theirs."""
    result = []
    for row in rows:
        first = row.channel_id not in heard or row.lane is Lane.BREAKING
        loud = row.state is State.PENDING and first
        if loud:
            heard.add(row.channel_id)
        result.append(replace(row, loud=loud))
    return tuple(result)


def _first(words: Words, category: str, feed: FeedForPoll, channel: Channel, *, too_old: bool) -> NewDelivery:
    wanted, rule = route(words, (category,), feed.name, channel)
    if not wanted:
        return NewDelivery(channel.id, State.SKIPPED, SkipReason.FILTERED, rule)
    if too_old:
        return NewDelivery(channel.id, State.SKIPPED, SkipReason.TOO_OLD)
    return _admitted(feed, channel, rule, breaking(words, (category,), channel))


def _admitted(feed: FeedForPoll, channel: Channel, rule: str, urgent: str) -> NewDelivery:
    """The row of a headline that the channel's `rule` lets in; `urgent` is the one that has it go first."""
    row = NewDelivery(channel.id, State.PENDING, rule="; ".join(filter(None, (urgent, rule))))
    if feed.id in channel.closed:
        return replace(row, state=State.SKIPPED, reason=SkipReason.FIRST_LOOK)
    if feed.id in channel.waiting:
        return replace(row, state=State.HELD, reason=HoldReason.FIRST_LOOK)
    row = replace(row, lane=Lane.BREAKING) if urgent else row
    return replace(row, state=State.HELD, reason=HoldReason.HOLD) if channel.hold else row


def _is_surge(count: int, looked: datetime | None, rules: Rules, now: datetime) -> bool:
    if looked is None or rules.surge_limit <= 0 or count <= rules.surge_limit:
        return False
    return count * _ONE_EVERY > now - looked


def _goes_out(row: NewDelivery) -> bool:
    return row.state is State.PENDING or row.reason is HoldReason.HOLD


def _stemmed(headline: NewHeadline, *, has_editor: bool) -> NewHeadline:
    state, reason = (State.HELD, HoldReason.SURGE) if has_editor else (State.SKIPPED, SkipReason.SURGE)
    rows = tuple(
        replace(row, state=state, reason=reason) if _goes_out(row) else row for row in headline.deliveries
    )
    return replace(headline, deliveries=rows)
