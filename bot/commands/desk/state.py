"""`/status`: how feeds and channels are, in a few lines; the operator's page has the rest."""

from __future__ import annotations

from datetime import tzinfo

from bot.commands.command import Handler
from bot.commands.words import quotable
from bot.domain.replies import Reply, Request
from bot.domain.stamps import clock
from bot.domain.status import ChannelStatus, FeedStatus, StatusSource
from bot.locale import Say

#: Feeds and channels that are listed; those in trouble come first.
_MOST = 20


class State(Handler):
    """Reads what the page shows; judges nothing."""

    def __init__(self, source: StatusSource, zone: tzinfo) -> None:
        self._source = source
        self._zone = zone

    async def answer(self, request: Request, say: Say) -> Reply:
        status = await self._source.status(request.at)
        feeds = [self._feed(one, say) for one in status.feeds[:_MOST]]
        channels = [self._channel(one, say) for one in status.channels[:_MOST]]
        vitals = status.vitals
        numbers = say(
            "Waiting: {waiting}. Held for an editor: {held}.",
            waiting=str(vitals.waiting + vitals.stuck),
            held=str(vitals.held),
        )
        return Reply(heading=say("Status"), text="\n".join([numbers, "", *feeds, "", *channels]))

    def _feed(self, feed: FeedStatus, say: Say) -> str:
        name = quotable(feed.name)
        if feed.failing_since is not None:
            values = {"name": name, "since": clock(feed.failing_since, self._zone), "why": feed.failure}
            return say("⚠️ {name}: fails since {since}, {why}", **values)
        if feed.looked is None:
            return say("{name}: not looked at yet", name=name)
        return say("✅ {name}: looked at {at}", name=name, at=clock(feed.looked, self._zone))

    def _channel(self, channel: ChannelStatus, say: Say) -> str:
        values = {"name": quotable(channel.name), "waiting": str(channel.waiting)}
        if channel.halted is not None:
            return say(
                "⏸ {name}: paused by an editor since {since}, {waiting} waiting",
                since=clock(channel.halted, self._zone),
                **values,
            )
        if channel.paused is not None:
            return say("⚠️ {name}: refuses the bot, {why}", why=channel.pause_detail, name=values["name"])
        if channel.last_post is None:
            return say("{name}: no post yet, {waiting} waiting", **values)
        last = clock(channel.last_post, self._zone)
        return say("✅ {name}: last post {at}, {waiting} waiting", at=last, **values)
