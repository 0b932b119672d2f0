"""The words and the picture of `/statistik`: given figures in one language. Draws nothing, asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from bot.commands.words import quotable
from bot.domain.sheet import Bars, Figure, Ranking, Share, Sheet
from bot.domain.stamps import list_stamp, stamp
from bot.domain.statistics import Figures
from bot.locale import Say

#: Hours between two labels of a chart, and channels that the words name.
_LABEL_EVERY, _MOST_NAMED = 6, 3


class Words:
    """One set of figures in one language, each number with its unit."""

    def __init__(self, figures: Figures, zone: tzinfo, language: str, say: Say) -> None:
        self._figures = figures
        self._zone = zone
        self._language = language
        self.say = say
        self._since = _weekday_and_hour(figures.hours[0].start, zone, language)
        self.time = say("{time}, since {since}", time=stamp(figures.at, zone, language), since=self._since)
        self.nothing = say("Nothing is known yet: no headline, no post and no reaction in this time.")

    def text(self) -> str:
        """The key figures, a line each."""
        say, figures = self.say, self._figures
        lines = [
            self.time,
            "",
            say("Published: {headlines}", headlines=self._headlines(figures.headlines)),
            say("Sent: {posts}", posts=self._posts(figures.posts)),
            self._delays(),
            say("Reactions: {reactions}", reactions=self._reactions(figures.reactions)),
        ]
        named = [channel for channel in figures.channels[:_MOST_NAMED] if channel.reactions]
        return "\n".join([*lines, *(f"· {quotable(c.name)}: {self._reactions(c.reactions)}" for c in named)])

    def sheet(self) -> Sheet:
        """The picture."""
        say, figures, hours = self.say, self._figures, self._figures.hours
        since = say("since {since}", since=self._since)
        headlines, posts = [hour.headlines for hour in hours], [hour.posts for hour in hours]
        return Sheet(
            say("Statistics"),
            self.time,
            (
                Figure(say("Published"), self._headlines(figures.headlines), since),
                Figure(say("Sent"), self._posts(figures.posts), since),
                self._delay("p50", figures.delays.p50, say("half of the posts were faster")),
                self._delay("p95", figures.delays.p95, say("95 in 100 were faster")),
            ),
            (
                self._chart(say("Headlines by hour"), headlines, self._headlines(max(headlines, default=0))),
                self._chart(say("Posts by hour"), posts, self._posts(max(posts, default=0))),
            ),
            self._ranking(),
        )

    def _delays(self) -> str:
        delays = self._figures.delays
        if delays.p50 is None or delays.p95 is None:
            return self.say("From publication to post: no post yet")
        return self.say(
            "From publication to post: {p50} for half of the posts, {p95} for 95 in 100, of the last {posts}",
            p50=self._span(delays.p50),
            p95=self._span(delays.p95),
            posts=self._posts(delays.posts),
        )

    def _delay(self, percentile: str, delay: timedelta | None, note: str) -> Figure:
        name = self.say("Delay of posts, {percentile}", percentile=percentile)
        if delay is None:
            return Figure(name, "…", self.say("no post yet"))
        return Figure(name, self._span(delay), note)

    def _chart(self, name: str, values: Sequence[int], most: str) -> Bars:
        peak = max(values, default=0)
        starts = [hour.start.astimezone(self._zone) for hour in self._figures.hours]
        labels = tuple(f"{at:%H:%M}" if at.hour % _LABEL_EVERY == 0 else "" for at in starts)
        note = self.say("none")
        if peak:
            note = self.say(
                "at most {most}, from {hour}", most=most, hour=f"{starts[values.index(peak)]:%H:%M}"
            )
        return Bars(name, note, tuple(values), labels, self._number(peak) if peak else "")

    def _ranking(self) -> Ranking:
        say, figures = self.say, self._figures
        shares = [
            Share(channel.name, channel.reactions, self._reactions(channel.reactions), channel.ref)
            for channel in figures.channels
        ]
        if figures.others:
            others = say("others ({channels} channels)", channels=self._number(figures.others))
            shares.append(Share(others, figures.other_reactions, self._reactions(figures.other_reactions)))
        note = say("{reactions} in all", reactions=self._reactions(figures.reactions))
        return Ranking(say("Reactions by channel"), note, tuple(shares))

    def _headlines(self, number: int) -> str:
        n = self._number(number)
        return self.say("{n} headline", n=n) if number == 1 else self.say("{n} headlines", n=n)

    def _posts(self, number: int) -> str:
        n = self._number(number)
        return self.say("{n} post", n=n) if number == 1 else self.say("{n} posts", n=n)

    def _reactions(self, number: int) -> str:
        n = self._number(number)
        return self.say("{n} reaction", n=n) if number == 1 else self.say("{n} reactions", n=n)

    def _number(self, number: int) -> str:
        text = f"{number:,}"
        return text.replace(",", ".") if self._language == "id" else text

    def _span(self, delay: timedelta) -> str:
        seconds = round(delay.total_seconds())
        if seconds < 100:
            return self.say("{n} s", n=self._number(seconds))
        if seconds < 100 * 60:
            return self.say("{n} min", n=self._number(round(seconds / 60)))
        return self.say("{n} h", n=self._number(round(seconds / 3600)))


def _weekday_and_hour(when: datetime, zone: tzinfo, language: str) -> str:
    """``Selasa 10:00``"""
    weekday = list_stamp(when, zone, language).partition(",")[0]
    return f"{weekday} {when.astimezone(zone):%H:%M}"
